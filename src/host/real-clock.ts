// The real clock: the only place besides `system-random.ts` that asks the system anything. Made for many short timers.
import type { Clock, Milliseconds, Timer } from '../base/clock.ts';

interface Entry {
  readonly dueMs: Milliseconds;
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * Real time. Zero delays ride on one `setImmediate`, all others on one `setTimeout` for the nearest due entry of a
 * heap: a stack that arms and cancels a timer per segment costs no system timer each. Not early, up to about 1 ms late.
 */
export class RealClock implements Clock {
  readonly #heap: Entry[] = [];
  #immediates: Entry[] = [];
  #immediateHandle: NodeJS.Immediate | undefined;
  #timeoutHandle: NodeJS.Timeout | undefined;
  #timeoutDueMs = Infinity;
  #order = 0;
  #pending = 0;
  readonly #keepsProcess: boolean;

  /** With `keepsProcess: false` waiting timers do not keep the process alive; what waits for them must do so itself. */
  constructor(options: { readonly keepsProcess?: boolean } = {}) {
    this.#keepsProcess = options.keepsProcess ?? true;
  }

  now(): Milliseconds {
    return performance.now();
  }

  wallClock(): Milliseconds {
    return Date.now();
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#pending;
  }

  schedule(delayMs: Milliseconds, callback: () => void): Timer {
    const immediate = !(delayMs > 0);
    const entry: Entry = { dueMs: immediate ? 0 : this.now() + delayMs, order: this.#order++, callback };
    this.#pending += 1;
    if (immediate) {
      this.#immediates.push(entry);
      this.#immediateHandle ??= setImmediate(() => this.#runImmediates());
    } else {
      push(this.#heap, entry);
      this.#arm();
    }
    return { cancel: () => this.#cancel(entry) };
  }

  #cancel(entry: Entry): void {
    if (entry.callback === undefined) return;
    entry.callback = undefined;
    this.#pending -= 1;
    if (this.#heap.length > 64 && this.#heap.length > 4 * this.#pending) {
      const living = this.#heap.filter((other) => other.callback !== undefined);
      this.#heap.length = 0;
      for (const other of living) push(this.#heap, other);
    }
    if (this.#pending === 0) this.#rest(); // nothing of ours keeps the process alive
  }

  #runImmediates(): void {
    this.#immediateHandle = undefined;
    const batch = this.#immediates;
    this.#immediates = []; // what these schedule runs after the next look at the system's events
    this.#runDue(this.now());
    let next = 0;
    try {
      while (next < batch.length) this.#fire(batch[next++] as Entry);
    } finally {
      if (next < batch.length) this.#immediates.unshift(...batch.slice(next)); // one callback threw: the others still run
      if (this.#immediates.length > 0) this.#immediateHandle ??= setImmediate(() => this.#runImmediates());
      this.#arm();
    }
  }

  #runDue(nowMs: Milliseconds): void {
    for (let top = this.#heap[0]; top !== undefined && top.dueMs <= nowMs; top = this.#heap[0]) {
      pop(this.#heap);
      this.#fire(top);
    }
  }

  #fire(entry: Entry): void {
    const callback = entry.callback;
    if (callback === undefined) return;
    entry.callback = undefined;
    this.#pending -= 1;
    callback();
  }

  #arm(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].callback === undefined) pop(this.#heap);
    const dueMs = this.#heap[0]?.dueMs ?? Infinity;
    if (dueMs >= this.#timeoutDueMs) return; // an alarm that comes too early finds nothing due and is set again
    clearTimeout(this.#timeoutHandle);
    this.#timeoutDueMs = dueMs;
    this.#timeoutHandle = setTimeout(() => this.#alarm(), Math.max(1, Math.ceil(dueMs - this.now())));
    if (!this.#keepsProcess) this.#timeoutHandle.unref();
  }

  #alarm(): void {
    this.#timeoutHandle = undefined;
    this.#timeoutDueMs = Infinity;
    try {
      this.#runDue(this.now());
    } finally {
      this.#arm();
    }
  }

  #rest(): void {
    clearTimeout(this.#timeoutHandle);
    clearImmediate(this.#immediateHandle);
    this.#timeoutHandle = undefined;
    this.#immediateHandle = undefined;
    this.#timeoutDueMs = Infinity;
    this.#heap.length = 0;
    this.#immediates.length = 0;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
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

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
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
}
