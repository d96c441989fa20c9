// How long a packet is delayed: netem's delay, jitter and distributions (tabledist of net/sched/sch_netem.c). The
// kernel reads a table of quantiles that iproute2 makes from these formulas; we use the formulas, and the whole draw
// where the kernel takes a remainder of it, so that a correlation of jitter means something.
import type { Milliseconds } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { CorrelatedRandom } from './correlated-random.ts';
import type { DelayDistribution, Impairment } from './impairment.ts';

/** The delay of the next packet in ms, never negative. */
export type DelayProcess = () => Milliseconds;

export function delayProcess(delay: Impairment['delay'], random: Random): DelayProcess {
  if (delay === undefined) return () => 0;
  const { delayMs, jitterMs } = delay;
  if (jitterMs === 0) return () => delayMs;
  const draws = new CorrelatedRandom(random, delay.correlation);
  const quantile = quantiles[delay.distribution];
  return () => Math.max(0, delayMs + jitterMs * quantile(draws.next()));
}

/** netem's tables hold 16-bit numbers of 1/8192: nothing is further than 4 jitters from the delay. */
const farthest = 4;

/** A share of all packets -> how many jitters the delay of that share is off. */
const quantiles: Readonly<Record<DelayDistribution, (share: number) => number>> = {
  uniform: (share) => 2 * share - 1,
  normal: normalQuantile,
  pareto: paretoQuantile,
  paretonormal: (share) => 0.25 * normalQuantile(share) + 0.75 * paretoQuantile(share),
};

/** Pareto with a = 3, shifted to mean 0 and scaled (netem/pareto.c of iproute2). */
function paretoQuantile(share: number): number {
  return Math.min(farthest, ((1 - share) ** (-1 / 3) - 1.5) * (4 / 3));
}

const central = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
] as const;
const centralBelow = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1,
] as const;
const tail = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
] as const;
const tailBelow = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1] as const;

/** Acklam's rational approximation of the inverse normal distribution; relative error below 1.2e-9. */
function normalQuantile(share: number): number {
  if (share > 0.5) return -normalQuantile(1 - share);
  if (share < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(Math.max(share, Number.MIN_VALUE)));
    return Math.max(-farthest, horner(tail, q) / horner(tailBelow, q));
  }
  const q = share - 0.5;
  const r = q * q;
  return (horner(central, r) * q) / horner(centralBelow, r);
}

function horner(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
