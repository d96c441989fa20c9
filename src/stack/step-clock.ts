// A clock that is read once per step of the stack, however many of its parts ask: reading the system's clock ten times
// for each segment cost a sixth of bulk TCP's time.
import type { Clock, Milliseconds, Timer } from '../base/clock.ts';

/**
 * Tells the time of the clock behind it, which stands still during a *step*: the handling of one segment, or one socket
 * call, of some microseconds. No code of an application runs inside a step: whoever calls its handlers ends the step
 * before and begins another after them, so however long a handler works, what follows it (a timer, the time of sending a
 * segment) starts from the time after it. Listeners of events do run inside one: they look, and do not work. Outside of steps every question is passed on.
 */
export class StepClock implements Clock {
  readonly #clock: Clock;
  #inStep = false;
  #isKnown = false;
  #nowMs: Milliseconds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): Milliseconds {
    if (this.#isKnown) return this.#nowMs;
    const nowMs = this.#clock.now();
    this.#nowMs = nowMs;
    this.#isKnown = this.#inStep;
    return nowMs;
  }

  /** Begins a step, at a new time; returns what was before, for `leave` (a step inside a step is one of its own). */
  enter(): boolean {
    return this.#set(true);
  }

  /** Ends the step, and returns to what was before it. */
  leave(before: boolean): void {
    this.#set(before);
  }

  /** Time runs from here on, for an application's handler; `leave` ends that, too, and the step goes on at a new time. */
  run(): boolean {
    return this.#set(false);
  }

  schedule(delayMs: Milliseconds, callback: () => void): Timer {
    return this.#clock.schedule(delayMs, callback);
  }

  wallClock(): Milliseconds {
    return this.#clock.wallClock();
  }

  #set(inStep: boolean): boolean {
    const before = this.#inStep;
    this.#inStep = inStep;
    this.#isKnown = false;
    return before;
  }
}
