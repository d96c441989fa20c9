// What is wrong with one direction of a link, in netem's words (tc-netem(8)). A value: three appliers make it true.
// Shares are numbers in 0 .. 1, correlations too; times are ms; rates bits per second. netem-text.ts parses the words.
import { formatDurationMs, formatPercent, formatRate } from '../../base/units.ts';

export type DelayDistribution = 'uniform' | 'normal' | 'pareto' | 'paretonormal';

export type LossModel =
  | { readonly kind: 'random'; readonly share: number; readonly correlation: number }
  /**
   * Gilbert-Elliott as netem takes it: `p` good to bad and `r` bad to good per packet, loss share `lossBad` while bad
   * and `lossGood` while good.
   */
  | {
      readonly kind: 'gilbert-elliott';
      readonly p: number;
      readonly r: number;
      readonly lossBad: number;
      readonly lossGood: number;
    };

/** One direction's impairments; an absent part means "as on a perfect wire". */
export interface Impairment {
  readonly delay?: {
    readonly delayMs: number;
    readonly jitterMs: number;
    readonly correlation: number;
    readonly distribution: DelayDistribution;
  };
  readonly loss?: LossModel;
  readonly duplicate?: { readonly share: number; readonly correlation: number };
  readonly corrupt?: { readonly share: number; readonly correlation: number };
  /**
   * Needs a delay: the chosen share is sent at once and so overtakes. With `gap` N at least N - 1 packets are delayed
   * between two of them; 0 and 1 mean none.
   */
  readonly reorder?: { readonly share: number; readonly correlation: number; readonly gap: number };
  readonly rateBitsPerSecond?: number;
  /** Packets that may wait; default 1000, as netem's. */
  readonly limitPackets?: number;
}

export const noImpairment: Impairment = {};

/** What netem's queue holds when nobody says otherwise, in packets. */
export const defaultLimitPackets = 1000;

/**
 * The impairment as tc-netem(8) writes it: `delay 50ms 10ms 25% distribution normal loss 20%`; empty text for a perfect
 * wire. Shares are printed to a millionth of a percent, rates to a bit per second.
 */
export function formatImpairment(impairment: Impairment): string {
  const { delay, loss, duplicate, corrupt, reorder, rateBitsPerSecond, limitPackets } = impairment;
  const words: string[] = [];
  if (delay !== undefined) {
    words.push('delay', formatDurationMs(delay.delayMs));
    if (delay.jitterMs > 0 || delay.correlation > 0) words.push(formatDurationMs(delay.jitterMs));
    words.push(...unlessZero(delay.correlation));
    if (delay.distribution !== 'uniform') words.push('distribution', delay.distribution); // uniform: netem's own
  }
  if (loss?.kind === 'random') words.push('loss', formatPercent(loss.share), ...unlessZero(loss.correlation));
  if (loss?.kind === 'gilbert-elliott') {
    words.push('loss', 'gemodel', ...[loss.p, loss.r, loss.lossBad, loss.lossGood].map(formatPercent));
  }
  if (duplicate !== undefined) {
    words.push('duplicate', formatPercent(duplicate.share), ...unlessZero(duplicate.correlation));
  }
  if (corrupt !== undefined) words.push('corrupt', formatPercent(corrupt.share), ...unlessZero(corrupt.correlation));
  if (reorder !== undefined) {
    words.push('reorder', formatPercent(reorder.share), ...unlessZero(reorder.correlation));
    if (reorder.gap > 0) words.push('gap', String(reorder.gap));
  }
  if (rateBitsPerSecond !== undefined) words.push('rate', formatRate(rateBitsPerSecond));
  if (limitPackets !== undefined) words.push('limit', String(limitPackets));
  return words.join(' ');
}

/** A value that no applier could make true: netem's word for the part, and what is wrong with it. */
export interface ImpairmentProblem {
  readonly part: 'delay' | 'loss' | 'duplicate' | 'corrupt' | 'reorder' | 'rate' | 'limit';
  readonly message: string;
}

/** The first impossible value; undefined when all are possible. */
export function impairmentProblem(impairment: Impairment): ImpairmentProblem | undefined {
  const { delay, reorder, rateBitsPerSecond, limitPackets } = impairment;
  const wrong = sharesOf(impairment).find(({ share }) => !(share >= 0 && share <= 1));
  if (wrong !== undefined) return { part: wrong.part, message: `${wrong.name} must be between 0% and 100%` };
  if (delay !== undefined) {
    for (const [name, ms] of [
      ['a delay', delay.delayMs],
      ['a jitter', delay.jitterMs],
    ] as const) {
      if (!(ms >= 0 && ms <= longestDelayMs)) return { part: 'delay', message: `${name} is between 0 and one hour` };
    }
    if (delay.distribution !== 'uniform' && delay.jitterMs === 0)
      return { part: 'delay', message: 'a distribution needs a delay with jitter' };
  }
  if (reorder !== undefined) {
    if (!(Number.isInteger(reorder.gap) && reorder.gap >= 0 && reorder.gap <= 1e6))
      return { part: 'reorder', message: 'a gap is a whole number of packets' };
    if (delay === undefined || delay.delayMs === 0)
      return { part: 'reorder', message: 'reorder needs a delay, or nothing is overtaken' };
  }
  if (rateBitsPerSecond !== undefined && !(rateBitsPerSecond >= 8 && rateBitsPerSecond <= 1e12))
    return { part: 'rate', message: 'a rate is between 8bit and 1000gbit' };
  if (limitPackets !== undefined && !(Number.isInteger(limitPackets) && limitPackets >= 1 && limitPackets <= 1e6))
    return { part: 'limit', message: 'a limit is between 1 and 1000000 packets' };
  return undefined;
}

const longestDelayMs = 3_600_000;

interface NamedShare {
  readonly part: ImpairmentProblem['part'];
  readonly name: string;
  readonly share: number;
}

function sharesOf({ delay, loss, duplicate, corrupt, reorder }: Impairment): readonly NamedShare[] {
  const shares: NamedShare[] = [];
  const both = (part: NamedShare['part'], value: { readonly share: number; readonly correlation: number }): void => {
    shares.push({ part, name: part, share: value.share });
    shares.push({ part, name: `the correlation of ${part}`, share: value.correlation });
  };
  if (delay !== undefined) shares.push({ part: 'delay', name: 'the correlation of delay', share: delay.correlation });
  if (loss?.kind === 'random') both('loss', loss);
  if (loss?.kind === 'gilbert-elliott') {
    const { p, r, lossBad, lossGood } = loss;
    for (const [name, share] of Object.entries({ p, r, '1-h': lossBad, '1-k': lossGood }))
      shares.push({ part: 'loss', name: `${name} of gemodel`, share });
  }
  if (duplicate !== undefined) both('duplicate', duplicate);
  if (corrupt !== undefined) both('corrupt', corrupt);
  if (reorder !== undefined) both('reorder', reorder);
  return shares;
}

function unlessZero(share: number): readonly string[] {
  return share > 0 ? [formatPercent(share)] : [];
}
