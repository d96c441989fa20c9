// The timers of one connection: deadlines in a table, and at most one timer of the clock behind them. Moving a deadline
// later costs nothing: the clock's timer fires early, finds nothing due and is set again.
import type { Clock, Timer } from '../../base/clock.ts';

/** Names as the inspection shows them; where two fall due together, the earlier in this list goes first. */
export const timerNames = [
  'loss-probe',
  'reorder',
  'retransmit',
  'persist',
  'delayed-ack',
  'keep-alive',
  'fin-wait-2',
  'time-wait',
] as const;

export type TimerName = (typeof timerNames)[number];

/** Index into `timerNames`. */
export const timerKind = {
  lossProbe: 0,
  reorder: 1,
  retransmit: 2,
  persist: 3,
  delayedAck: 4,
  keepAlive: 5,
  finWait2: 6,
  timeWait: 7,
} as const;

export type TimerKind = (typeof timerKind)[keyof typeof timerKind];

export class Timers {
  readonly #clock: Clock;
  readonly #due: (kind: TimerKind) => void;
  /** Absolute ms; Infinity: not set. */
  readonly #deadlines = new Float64Array(timerNames.length).fill(Infinity);
  #timer: Timer | undefined;
  #timerAtMs = Infinity;

  constructor(clock: Clock, due: (kind: TimerKind) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** Sets `kind` to fall due `delayMs` from now, whatever it was before. */
  set(kind: TimerKind, delayMs: number): void {
    const deadline = this.#clock.now() + delayMs;
    this.#deadlines[kind] = deadline;
    if (deadline < this.#timerAtMs) this.#arm(deadline, delayMs);
  }

  clear(kind: TimerKind): void {
    this.#deadlines[kind] = Infinity;
  }

  isSet(kind: TimerKind): boolean {
    return this.#deadlines[kind] !== Infinity;
  }

  /** Ms until `kind` is due; Infinity when it is not set. */
  leftMs(kind: TimerKind): number {
    return (this.#deadlines[kind] as number) - this.#clock.now();
  }

  /** Clears every deadline and gives the clock's timer back. */
  clearAll(): void {
    this.#deadlines.fill(Infinity);
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
  }

  #arm(atMs: number, delayMs: number): void {
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#clock.schedule(delayMs, () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
    const nowMs = this.#clock.now();
    for (let kind = 0; kind < timerNames.length; kind += 1) {
      if ((this.#deadlines[kind] as number) > nowMs) continue;
      this.#deadlines[kind] = Infinity;
      this.#due(kind as TimerKind); // an index of timerNames is a kind
    }
    let earliest = Infinity;
    for (const deadline of this.#deadlines) if (deadline < earliest) earliest = deadline;
    if (earliest < this.#timerAtMs) this.#arm(earliest, earliest - nowMs);
  }
}
