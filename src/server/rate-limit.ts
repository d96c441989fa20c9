// How often: a bucket that refills with time, and a set of them, one per person or address.
import type { Clock } from '../base/clock.ts';

export interface Rate {
  /** What may be taken at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Holds up to `burst`; refills at `perSecond`. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #clock: Clock;
  #level: number;
  #updatedAtMs: number;

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
    this.#level = rate.burst;
    this.#updatedAtMs = clock.now();
  }

  /** True when nothing was taken for so long that a new bucket would be the same. */
  get isFull(): boolean {
    this.#refill();
    return this.#level >= this.#rate.burst;
  }

  /** Takes `amount` if there is so much; false when there is not. */
  take(amount = 1): boolean {
    this.#refill();
    if (this.#level < amount) return false;
    this.#level -= amount;
    return true;
  }

  #refill(): void {
    const nowMs = this.#clock.now();
    this.#level = Math.min(this.#rate.burst, this.#level + ((nowMs - this.#updatedAtMs) / 1000) * this.#rate.perSecond);
    this.#updatedAtMs = nowMs;
  }
}

/** Keys to remember before full buckets are thrown out. */
const maximumKeys = 1_000;

export class RateLimits {
  readonly #rate: Rate;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  take(key: string): boolean {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= maximumKeys) this.#sweep();
      bucket = new TokenBucket(this.#rate, this.#clock);
      this.#buckets.set(key, bucket);
    }
    return bucket.take();
  }

  #sweep(): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull) this.#buckets.delete(key);
  }
}
