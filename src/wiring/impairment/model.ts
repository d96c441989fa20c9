// One direction of a link with everything that is wrong with it: netem's enqueue (net/sched/sch_netem.c) on our clock.
// Per packet, in netem's order: duplicate, loss, corrupt, limit, then reorder or delay and rate.
import type { Clock, Milliseconds, Timer } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { FrameOffload, FrameReceiver } from '../../stack/device.ts';
import { corruptProcess } from './corrupt.ts';
import { delayProcess } from './delay.ts';
import { duplicateProcess } from './duplicate.ts';
import { defaultLimitPackets, noImpairment, type Impairment } from './impairment.ts';
import { lossProcess } from './loss.ts';
import { transmissionMs } from './rate.ts';
import { reorderProcess } from './reorder.ts';

export interface ImpairmentModelOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly impairment?: Impairment;
  /** Takes the frames that come out, in the order in which they do. Synchronous with `send` when nothing delays them. */
  readonly deliver: FrameReceiver;
}

/** What became of the frames so far. */
export interface ImpairmentCounters {
  readonly sent: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly corrupted: number;
  /** Sent at once by `reorder`. */
  readonly overtaking: number;
  /** Lost because the queue was full. */
  readonly overflowed: number;
}

interface Queued {
  readonly dueMs: Milliseconds;
  readonly frame: Uint8Array;
  readonly offload: FrameOffload | undefined;
}

/** A picosecond: less than that before its time, a frame is due. Sums of ms are not exact. */
const dueToleranceMs = 1e-9;

export class ImpairmentModel {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #deliver: FrameReceiver;
  readonly #counters = { sent: 0, lost: 0, duplicated: 0, corrupted: 0, overtaking: 0, overflowed: 0 };
  #impairment: Impairment;
  #parts: Parts;
  /** By due time; what is due at the same time, by arrival. Frames before `#head` are gone. */
  #queue: Queued[] = [];
  #head = 0;
  #timer: Timer | undefined;
  #timerDueMs = Infinity;

  constructor(options: ImpairmentModelOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#deliver = options.deliver;
    this.#impairment = options.impairment ?? noImpairment;
    this.#parts = partsOf(this.#impairment, this.#random);
  }

  get impairment(): Impairment {
    return this.#impairment;
  }

  get counters(): ImpairmentCounters {
    return { ...this.#counters };
  }

  /** Frames that wait to come out. */
  get queuedFrames(): number {
    return this.#queue.length - this.#head;
  }

  /** Frames that are on their way keep their delays; the limit holds for those that come from now on. */
  setImpairment(impairment: Impairment): void {
    this.#impairment = impairment;
    this.#parts = partsOf(impairment, this.#random);
  }

  send(frame: Uint8Array, offload?: FrameOffload): void {
    this.#counters.sent += 1;
    if (this.#parts === untouched) this.#deliver(frame, offload);
    else this.#enqueue(frame, offload, true);
  }

  /** Loses what is on its way. */
  clear(): void {
    this.#queue = [];
    this.#head = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
  }

  #enqueue(frame: Uint8Array, offload: FrameOffload | undefined, mayDuplicate: boolean): void {
    const parts = this.#parts;
    const twice = mayDuplicate && parts.isDuplicated();
    if (parts.isLost()) {
      if (!twice) {
        this.#counters.lost += 1;
        return;
      }
    } else if (twice) {
      this.#counters.duplicated += 1;
      this.#enqueue(frame, offload, false); // it meets loss and delay on its own, but is not duplicated again
    }
    const sent = parts.corrupt(frame);
    if (sent === frame) this.#place(frame, offload);
    else {
      this.#counters.corrupted += 1;
      // Whoever was promised that the checksum is left out must look at it now, and finds it wrong.
      this.#place(sent, offload === undefined ? undefined : { ...offload, checksumPartial: false });
    }
  }

  #place(frame: Uint8Array, offload: FrameOffload | undefined): void {
    const { limitPackets = defaultLimitPackets, rateBitsPerSecond } = this.#impairment;
    if (this.queuedFrames >= limitPackets) {
      this.#counters.overflowed += 1;
      return;
    }
    const nowMs = this.#clock.now();
    if (this.#parts.overtakes()) {
      this.#counters.overtaking += 1;
      this.#deliver(frame, offload);
      return;
    }
    let delayMs = this.#parts.delayMs();
    let fromMs = nowMs;
    const last = this.#queue.at(-1);
    if (rateBitsPerSecond !== undefined) {
      if (last !== undefined && this.queuedFrames > 0) {
        // The link is busy until the last frame is out; the time it waits for that counts towards its delay.
        delayMs = Math.max(0, delayMs - (last.dueMs - nowMs));
        fromMs = last.dueMs;
      }
      delayMs += transmissionMs(frame.length, rateBitsPerSecond);
    }
    const dueMs = fromMs + delayMs;
    if (dueMs <= nowMs && (this.#queue[this.#head]?.dueMs ?? Infinity) > nowMs) this.#deliver(frame, offload);
    else this.#insert({ dueMs, frame, offload });
  }

  #insert(entry: Queued): void {
    const queue = this.#queue;
    let index = queue.length;
    while (index > this.#head && (queue[index - 1] as Queued).dueMs > entry.dueMs) index -= 1; // index > 0
    if (index === queue.length) queue.push(entry);
    else queue.splice(index, 0, entry);
    this.#arm();
  }

  #arm(): void {
    const dueMs = this.#queue[this.#head]?.dueMs ?? Infinity;
    if (dueMs === this.#timerDueMs) return;
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = dueMs === Infinity ? undefined : this.#clock.schedule(dueMs - this.#clock.now(), () => this.#run());
  }

  #run(): void {
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
    const nowMs = this.#clock.now() + dueToleranceMs;
    for (
      let next = this.#queue[this.#head];
      next !== undefined && next.dueMs <= nowMs;
      next = this.#queue[this.#head]
    ) {
      this.#head += 1;
      if (this.#head === this.#queue.length) {
        this.#queue.length = 0;
        this.#head = 0;
      }
      this.#deliver(next.frame, next.offload);
    }
    if (this.#head > 256 && this.#head > this.#queue.length / 2) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    this.#arm();
  }
}

interface Parts {
  readonly isDuplicated: () => boolean;
  readonly isLost: () => boolean;
  readonly corrupt: (frame: Uint8Array) => Uint8Array;
  readonly overtakes: () => boolean;
  readonly delayMs: () => Milliseconds;
}

/** What a perfect wire is made of. */
const untouched: Parts = {
  isDuplicated: () => false,
  isLost: () => false,
  corrupt: (frame) => frame,
  overtakes: () => false,
  delayMs: () => 0,
};

function partsOf(impairment: Impairment, random: Random): Parts {
  const { delay, loss, duplicate, corrupt, reorder, rateBitsPerSecond } = impairment;
  if ([delay, loss, duplicate, corrupt, reorder, rateBitsPerSecond].every((part) => part === undefined)) {
    return untouched;
  }
  return {
    isDuplicated: duplicateProcess(duplicate, random),
    isLost: lossProcess(loss, random),
    corrupt: corruptProcess(corrupt, random),
    overtakes: reorderProcess(reorder, random),
    delayMs: delayProcess(delay, random),
  };
}
