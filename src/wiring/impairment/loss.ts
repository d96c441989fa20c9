// Which packets are lost: netem's random loss and its Gilbert-Elliott model (loss_event of net/sched/sch_netem.c).
// The model: Gilbert 1960, Elliott 1963; its form in netem: Salsano, Ludovici, Ordine, "Definition of a general and
// intuitive loss model for packet networks and its implementation in the Netem module in the Linux kernel".
import { fraction, type Random } from '../../base/random.ts';
import { Chance } from './correlated-random.ts';
import type { LossModel } from './impairment.ts';

/** Says for each packet, in order, whether it is lost. */
export type LossProcess = () => boolean;

export function lossProcess(model: LossModel | undefined, random: Random): LossProcess {
  if (model === undefined) return () => false;
  if (model.kind === 'random') {
    const chance = new Chance(random, model);
    return () => chance.strikes();
  }
  let bad = false;
  return () => {
    const wasBad = bad; // the packet meets the state that it found, the next one the state that follows
    if (fraction(random) < (wasBad ? model.r : model.p)) bad = !bad;
    return fraction(random) < (wasBad ? model.lossBad : model.lossGood);
  };
}
