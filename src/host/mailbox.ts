// A queue between the stack's callbacks and a program that waits for them.
import type { Clock } from '../base/clock.ts';

/** Items in the order in which they came; one taker at a time. */
export class Mailbox<T> {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #limit: number;
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;

  /** What comes when `limit` items wait is lost, as in a socket's receive queue; `signal` ends every wait. */
  constructor(clock: Clock, signal?: AbortSignal, limit = Infinity) {
    this.#clock = clock;
    this.#signal = signal;
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.length;
  }

  /** False when the item was lost. */
  put(item: T): boolean {
    if (this.#items.length >= this.#limit) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  /** The next item; undefined when none came within `waitMs` or the signal has aborted. */
  async take(waitMs = Infinity): Promise<T | undefined> {
    if (this.#items.length === 0 && waitMs > 0 && this.#signal?.aborted !== true) await this.#wait(waitMs);
    return this.#items.shift();
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer?.cancel();
        this.#signal?.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      const timer = waitMs === Infinity ? undefined : this.#clock.schedule(waitMs, wake);
      this.#signal?.addEventListener('abort', wake);
      this.#wake = wake;
    });
  }
}
