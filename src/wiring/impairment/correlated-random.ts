// netem's correlated chance (get_crandom of net/sched/sch_netem.c): each draw leans towards the one before.
import { fraction, type Random } from '../../base/random.ts';

/**
 * Draws in [0, 1). With a correlation above 0, a draw is the mean of a fresh one and the last, weighted by the
 * correlation: as in netem, neighbours resemble each other and extreme values become rarer than they should be, which is
 * why tc-netem(8) advises against correlated loss.
 */
export class CorrelatedRandom {
  readonly #random: Random;
  readonly #correlation: number;
  #last: number;

  constructor(random: Random, correlation: number) {
    this.#random = random;
    this.#correlation = correlation;
    this.#last = correlation === 0 ? 0 : fraction(random);
  }

  next(): number {
    const fresh = fraction(this.#random);
    if (this.#correlation === 0) return fresh;
    this.#last = fresh * (1 - this.#correlation) + this.#last * this.#correlation;
    return this.#last;
  }
}

/** Says yes for a share of its calls, with netem's correlation. */
export class Chance {
  readonly #share: number;
  readonly #random: CorrelatedRandom;

  constructor(random: Random, part: { readonly share: number; readonly correlation: number }) {
    this.#share = part.share;
    this.#random = new CorrelatedRandom(random, part.correlation);
  }

  strikes(): boolean {
    return this.#random.next() < this.#share;
  }
}
