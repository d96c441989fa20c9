// Captured frames on their way out of a world: many in one message, and only so many that nobody has taken yet.
import type { Clock, Milliseconds, Timer } from '../../base/clock.ts';
import type { CapturedFrame } from '../runtime.ts';
import type { FrameBatch } from './worker-messages.ts';

/** A frame waits at most this long for others. */
const gatherMs: Milliseconds = 10;
/** A batch of this size does not wait. */
const batchBytes = 256 * 1024;
/** What may be under way before frames are left out: a reader that is stuck must not fill the memory. */
const underWayLimitBytes = 32 * 1024 * 1024;
/** A frame counts for at least this much: its record is not free either. */
const recordBytes = 128;

export class FrameGatherer {
  readonly #clock: Clock;
  readonly #send: (batch: FrameBatch) => void;
  #frames: CapturedFrame[] = [];
  #gatheredBytes = 0;
  #underWayBytes = 0;
  #lost = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, send: (batch: FrameBatch) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  add(frame: CapturedFrame): void {
    const size = frame.frame.length + recordBytes;
    if (this.#underWayBytes + this.#gatheredBytes + size > underWayLimitBytes) {
      this.#lost += 1;
      return;
    }
    this.#frames.push(frame);
    this.#gatheredBytes += size;
    if (this.#gatheredBytes >= batchBytes) this.flush();
    else this.#timer ??= this.#clock.schedule(gatherMs, () => this.flush());
  }

  /** The reader has taken frames that came as `bytes` bytes. */
  taken(bytes: number): void {
    this.#underWayBytes = Math.max(0, this.#underWayBytes - bytes);
  }

  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const frames = this.#frames;
    if (frames.length === 0) return;
    const bytes = new Uint8Array(frames.reduce((sum, { frame }) => sum + frame.length, 0));
    let offset = 0;
    for (const { frame } of frames) {
      bytes.set(frame, offset);
      offset += frame.length;
    }
    const batch = {
      frames: frames.map(({ frame, ...rest }) => ({ ...rest, length: frame.length })),
      bytes,
      lost: this.#lost,
    };
    this.#underWayBytes += this.#gatheredBytes;
    this.#frames = [];
    this.#gatheredBytes = 0;
    this.#lost = 0;
    this.#send(batch);
  }
}

/** What `taken` is told for a batch. */
export function batchSize(batch: FrameBatch): number {
  return batch.bytes.length + batch.frames.length * recordBytes;
}

/** The frames of a batch, each a view of its bytes. */
export function framesOf(batch: FrameBatch): readonly CapturedFrame[] {
  let offset = 0;
  return batch.frames.map(({ length, ...rest }) => {
    const frame = batch.bytes.subarray(offset, offset + length);
    offset += length;
    return { ...rest, frame };
  });
}
