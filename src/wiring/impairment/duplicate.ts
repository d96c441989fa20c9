// Which packets are sent twice: netem's duplicate (the first part of netem_enqueue in net/sched/sch_netem.c).
import type { Random } from '../../base/random.ts';
import { Chance } from './correlated-random.ts';
import type { Impairment } from './impairment.ts';

/** Says for each packet, in order, whether a second one goes with it. */
export type DuplicateProcess = () => boolean;

export function duplicateProcess(duplicate: Impairment['duplicate'], random: Random): DuplicateProcess {
  if (duplicate === undefined) return () => false;
  const chance = new Chance(random, duplicate);
  return () => chance.strikes();
}
