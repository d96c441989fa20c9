// Time as a service: whoever holds the clock decides whether a second is real, slow or virtual.

/** Milliseconds; fractions are allowed. */
export type Milliseconds = number;

/** A pending one-shot timer. */
export interface Timer {
  /** Stops the timer; harmless when it has fired or was cancelled before. */
  cancel(): void;
}

/** The only source of time below the composition root. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary origin; never goes back. */
  now(): Milliseconds;
  /**
   * Calls `callback` once, `delayMs` from now; a negative delay counts as 0. Never calls back synchronously.
   * Timers that fall due at the same instant fire in the order in which they were scheduled.
   */
  schedule(delayMs: Milliseconds, callback: () => void): Timer;
  /** Milliseconds since the Unix epoch, for people to read (log lines, capture files); may jump. */
  wallClock(): Milliseconds;
}
