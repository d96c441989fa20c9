// Which packets arrive with one bit wrong: netem's corrupt (in netem_enqueue of net/sched/sch_netem.c).
import { integerBelow, type Random } from '../../base/random.ts';
import { Chance } from './correlated-random.ts';
import type { Impairment } from './impairment.ts';

/** The frame itself, or a copy in which one random bit is flipped. */
export type CorruptProcess = (frame: Uint8Array) => Uint8Array;

export function corruptProcess(corrupt: Impairment['corrupt'], random: Random): CorruptProcess {
  if (corrupt === undefined) return (frame) => frame;
  const chance = new Chance(random, corrupt);
  return (frame) => {
    if (!chance.strikes() || frame.length === 0) return frame;
    const copy = frame.slice();
    const offset = integerBelow(random, copy.length);
    copy[offset] = (copy[offset] as number) ^ (1 << integerBelow(random, 8)); // offset is below the length
    return copy;
  };
}
