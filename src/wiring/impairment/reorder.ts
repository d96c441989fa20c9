// Which packets overtake: netem's reorder and gap (the last part of netem_enqueue in net/sched/sch_netem.c).
import type { Random } from '../../base/random.ts';
import { Chance } from './correlated-random.ts';
import type { Impairment } from './impairment.ts';

/** Says for each packet, in order, whether it is sent at once. */
export type ReorderProcess = () => boolean;

/** With a gap of N, at least N - 1 packets are delayed between two that are not. */
export function reorderProcess(reorder: Impairment['reorder'], random: Random): ReorderProcess {
  if (reorder === undefined) return () => false;
  const chance = new Chance(random, reorder);
  let delayed = 0;
  return () => {
    if (delayed >= reorder.gap - 1 && chance.strikes()) {
      delayed = 0;
      return true;
    }
    delayed += 1;
    return false;
  };
}
