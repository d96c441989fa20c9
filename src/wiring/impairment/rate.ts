// How long a frame occupies a link of limited rate: netem's packet_time_ns (net/sched/sch_netem.c).
import type { Milliseconds } from '../../base/clock.ts';

/** ms that `frameBytes` (with the Ethernet header, as netem counts) take at `bitsPerSecond`; 0 without a rate. */
export function transmissionMs(frameBytes: number, bitsPerSecond: number | undefined): Milliseconds {
  return bitsPerSecond === undefined ? 0 : (frameBytes * 8000) / bitsPerSecond;
}
