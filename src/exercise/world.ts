// What the judge needs of a lab: the lab itself, and its time.
import type { Clock, Milliseconds } from '../base/clock.ts';
import type { RunningLab } from '../runtime/runtime.ts';

export interface JudgedLab {
  readonly lab: RunningLab;
  /** Lab time, ms. */
  now(): Milliseconds;
  /** Lets lab time pass. */
  pass(durationMs: Milliseconds): Promise<void>;
}

/** A lab on real time. */
export function onRealTime(lab: RunningLab, clock: Clock): JudgedLab {
  return {
    lab,
    now: () => clock.now(),
    pass: async (durationMs) => await new Promise((resolve) => void clock.schedule(durationMs, resolve)),
  };
}

/** What a lab on virtual time has besides. */
export interface TimedLab extends RunningLab {
  readonly labMs: Milliseconds;
  pass(durationMs: Milliseconds): Promise<void>;
}

export function onVirtualTime(lab: TimedLab): JudgedLab {
  return { lab, now: () => lab.labMs, pass: async (durationMs) => await lab.pass(durationMs) };
}
