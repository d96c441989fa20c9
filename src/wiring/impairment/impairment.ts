// What is wrong with one direction of a link, in netem's words (tc-netem(8)). A value: three appliers make it true.
// Shares are numbers in 0 .. 1, correlations too; times are ms; rates bits per second.

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
  /** Needs a delay: the chosen share is sent at once and so overtakes; with `gap` N, every Nth packet is. */
  readonly reorder?: { readonly share: number; readonly correlation: number; readonly gap: number };
  readonly rateBitsPerSecond?: number;
  /** Packets that may wait; default 1000, as netem's. */
  readonly limitPackets?: number;
}

export const noImpairment: Impairment = {};
