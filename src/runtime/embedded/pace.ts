// How fast a lab's time runs when it is virtual: not at all while nobody waits for it, and as fast as the processor can
// while somebody does. Programs on hosts are promises, so each timer is followed by a turn in which they go on.
import type { Milliseconds } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import type { VirtualClock } from '../../wiring/virtual-clock.ts';

/** Turns without a timer after which nothing can happen any more: messages and promises need a few. */
const idleTurnLimit = 50;

export class VirtualPace {
  readonly #clock: VirtualClock;
  /** What is waited for. */
  readonly #waits = new Set<(error: unknown) => void>();
  #running = false;
  #idleTurns = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /**
   * Lets time run until `work` is settled. Rejects with `Fault` internal when it waits for what can never come, and with
   * whatever a timer throws.
   */
  async until<T>(work: Promise<T>): Promise<T> {
    let fail: (error: unknown) => void = () => undefined;
    const failure = new Promise<never>((_, reject) => (fail = reject));
    this.#waits.add(fail);
    this.#idleTurns = 0;
    if (!this.#running) void this.#run();
    try {
      return await Promise.race([work, failure]);
    } finally {
      this.#waits.delete(fail);
    }
  }

  /** Lets `durationMs` of lab time pass. */
  pass(durationMs: Milliseconds): Promise<void> {
    return this.until(new Promise((resolve) => void this.#clock.schedule(durationMs, resolve)));
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      for (;;) {
        await turn();
        if (this.#waits.size === 0) break;
        if (this.#clock.step()) this.#idleTurns = 0;
        else this.#idleTurns += 1;
        if (this.#idleTurns > idleTurnLimit) throw new Fault('internal', 'what is waited for can never come.');
      }
    } catch (error) {
      for (const fail of this.#waits) fail(error);
    } finally {
      this.#running = false;
    }
  }
}

/** Everything that waits for nothing but its turn has it. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
