// Slow start (RFC 5681 section 3.1) with appropriate byte counting (RFC 3465, L = 2): common to all algorithms.
import type { ControlBlock } from '../control-block.ts';

/** Grows the window towards ssthresh; returns the bytes acknowledged that were not used up on the way. */
export function slowStart(block: ControlBlock, bytes: number): number {
  const counted = Math.min(bytes, 2 * block.sndMss);
  const growth = Math.min(counted, Math.max(block.ssthresh - block.cwnd, 0));
  block.cwnd += growth;
  return counted - growth;
}
