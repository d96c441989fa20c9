// A signal that also aborts when time is up: for programs with a time limit of their own.
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/dispose.ts';

/** Why the signal of a `timeLimit` aborted, when it was the time. */
export class TimeIsUp extends Error {
  override readonly name = 'TimeIsUp';
}

export interface TimeLimit extends Disposable {
  /** Aborts with `TimeIsUp` after the time, or with the outer signal's reason. */
  readonly signal: AbortSignal;
}

/** Must be disposed, or the timer stays. `limitMs` undefined: no limit. */
export function timeLimit(clock: Clock, limitMs: number | undefined, outer: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const pass = (): void => controller.abort(outer.reason);
  const dispose = (): void => {
    timer?.cancel();
    outer.removeEventListener('abort', pass);
  };
  const timer =
    limitMs === undefined ? undefined : clock.schedule(limitMs, () => controller.abort(new TimeIsUp('time is up')));
  if (outer.aborted) pass();
  else outer.addEventListener('abort', pass);
  return { signal: controller.signal, dispose };
}
