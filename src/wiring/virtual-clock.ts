// Time that moves only when told to: an event queue ordered by due time, then by the order of scheduling.
import type { Clock, Milliseconds, Timer } from '../base/clock.ts';

interface Entry {
  readonly dueMs: Milliseconds;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** A clock for simulations: two runs that schedule the same things see the same order of events. */
export class VirtualClock implements Clock {
  readonly #heap: Entry[] = [];
  readonly #epochMs: Milliseconds;
  #nowMs: Milliseconds = 0;
  #order = 0;
  #pending = 0;

  /** `epochMs` is what `wallClock` says at virtual time 0. */
  constructor(epochMs: Milliseconds = Date.UTC(2026, 0, 1)) {
    this.#epochMs = epochMs;
  }

  now(): Milliseconds {
    return this.#nowMs;
  }

  wallClock(): Milliseconds {
    return this.#epochMs + this.#nowMs;
  }

  schedule(delayMs: Milliseconds, callback: () => void): Timer {
    const entry: Entry = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#push(entry);
    this.#pending += 1;
    return {
      cancel: () => {
        if (entry.callback === undefined) return;
        entry.callback = undefined; // the husk leaves the heap when it comes up, or when husks outnumber the living
        this.#pending -= 1;
        if (this.#heap.length > 64 && this.#heap.length > 4 * this.#pending) this.#compact();
      },
    };
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#pending;
  }

  /** When the next timer is due; undefined when none is pending. */
  get nextDueMs(): Milliseconds | undefined {
    this.#dropHusks();
    return this.#heap[0]?.dueMs;
  }

  /** Runs the next timer, moving time to it; false when none is pending. */
  step(): boolean {
    this.#dropHusks();
    const entry = this.#pop();
    if (entry === undefined) return false;
    const callback = entry.callback;
    entry.callback = undefined;
    this.#pending -= 1;
    this.#nowMs = entry.dueMs;
    callback?.();
    return true;
  }

  /** Runs every timer due until `timeMs` (absolute) and leaves the clock there. */
  runUntil(timeMs: Milliseconds): void {
    for (let due = this.nextDueMs; due !== undefined && due <= timeMs; due = this.nextDueMs) this.step();
    this.#nowMs = Math.max(this.#nowMs, timeMs);
  }

  /** Runs everything due in the next `durationMs`. */
  runFor(durationMs: Milliseconds): void {
    this.runUntil(this.#nowMs + durationMs);
  }

  /**
   * Steps until `condition` holds (checked before each step). False when no timer is left or the next one is due after
   * `limitMs` (absolute) and the condition still does not hold.
   */
  runUntilCondition(condition: () => boolean, limitMs: Milliseconds = Infinity): boolean {
    for (;;) {
      if (condition()) return true;
      const due = this.nextDueMs;
      if (due === undefined || due > limitMs) return false;
      this.step();
    }
  }

  #dropHusks(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].callback === undefined) this.#pop();
  }

  #compact(): void {
    const living = this.#heap.filter((entry) => entry.callback !== undefined);
    this.#heap.length = 0;
    for (const entry of living) this.#push(entry);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as Entry;
      if (!isBefore(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && isBefore(right, heap[childIndex] as Entry)) childIndex += 1;
      const child = heap[childIndex] as Entry;
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
