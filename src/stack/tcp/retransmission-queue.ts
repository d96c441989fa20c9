// Segments sent and not acknowledged, oldest first, with what is known about each: when it was last sent, whether SACK
// has delivered it, whether it counts as lost (RFC 6675 section 4, RFC 8985 section 5.3). One column per property, no objects.
import { assert } from '../../base/assert.ts';
import { seqAfter, seqBefore, seqDiff, type Seq } from './sequence.ts';

/** Marks of a segment. `inAgain`: sent again and not known to be lost again; so at most one of lost and inAgain. */
export const segmentMark = { sacked: 1, lost: 2, inAgain: 4, everResent: 8, fin: 16 } as const;

const { sacked, lost, inAgain, everResent } = segmentMark;

/** Of an idle connection: a power of two, small enough for V8 to keep all columns on its heap. */
const smallestCapacity = 4;

export class RetransmissionQueue {
  #capacity: number = smallestCapacity;
  #starts = new Uint32Array(smallestCapacity);
  #ends = new Uint32Array(smallestCapacity);
  #sentAt = new Float64Array(smallestCapacity);
  #marks = new Uint8Array(smallestCapacity);
  #head = 0;
  #count = 0;
  /** Sequence numbers in segments with the mark. */
  sackedBytes = 0;
  lostBytes = 0;
  sackedCount = 0;
  /** Segments that were sent more than once. */
  #resentCount = 0;

  /** True when each segment was sent last no earlier than the one before it. */
  get inOrderOfSending(): boolean {
    return this.#resentCount === 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Each index is 0 (oldest) .. count - 1. */
  start(index: number): Seq {
    return this.#starts[this.#slot(index)] as Seq;
  }

  end(index: number): Seq {
    return this.#ends[this.#slot(index)] as Seq;
  }

  sentAtMs(index: number): number {
    return this.#sentAt[this.#slot(index)] as number;
  }

  marks(index: number): number {
    return this.#marks[this.#slot(index)] as number;
  }

  length(index: number): number {
    return seqDiff(this.end(index), this.start(index));
  }

  /** A segment leaves for the first time; `finMark` is 0 or `segmentMark.fin`. */
  push(start: Seq, end: Seq, nowMs: number, finMark: number): void {
    if (this.#count === this.#capacity) this.#grow();
    const slot = this.#slot(this.#count);
    this.#starts[slot] = start;
    this.#ends[slot] = end;
    this.#sentAt[slot] = nowMs;
    this.#marks[slot] = finMark;
    this.#count += 1;
  }

  /** The oldest segment has been acknowledged. */
  shift(): void {
    assert(this.#count > 0, 'nothing to acknowledge');
    this.#account(0, -1);
    if ((this.marks(0) & everResent) !== 0) this.#resentCount -= 1;
    this.#head = (this.#head + 1) & (this.#capacity - 1);
    this.#count -= 1;
  }

  /** The oldest segment has been acknowledged up to `seq`, which lies inside it. */
  trim(seq: Seq): void {
    this.#account(0, -1);
    this.#starts[this.#head] = seq;
    this.#account(0, 1);
  }

  markSacked(index: number): void {
    this.#remark(index, sacked, lost | inAgain);
  }

  markLost(index: number): void {
    this.#remark(index, lost, inAgain);
  }

  /** Takes the loss marks back of everything (undo). */
  unmarkLost(): void {
    for (let index = 0; index < this.#count; index += 1) this.#remark(index, 0, lost);
  }

  /** Forgets what SACK said (reneging, RFC 2018 section 8). */
  unmarkSacked(): void {
    for (let index = 0; index < this.#count; index += 1) this.#remark(index, 0, sacked);
  }

  markResent(index: number, nowMs: number): void {
    if ((this.marks(index) & everResent) === 0) this.#resentCount += 1;
    this.#remark(index, inAgain | everResent, lost);
    this.#sentAt[this.#slot(index)] = nowMs;
  }

  /** The oldest segment that counts as lost and has not been sent again since, from `from` on; -1: none. */
  nextLost(from = 0): number {
    if (this.lostBytes === 0) return -1;
    for (let index = from; index < this.#count; index += 1) {
      if (((this.#marks[this.#slot(index)] as number) & lost) !== 0) return index;
    }
    return -1;
  }

  /** Splits a segment so that it ends at `at`; the rest becomes a segment of its own with the same marks. */
  split(index: number, at: Seq): void {
    assert(seqAfter(at, this.start(index)) && seqBefore(at, this.end(index)), 'a split lies inside the segment');
    if (this.#count === this.#capacity) this.#grow();
    for (let each = this.#count; each > index; each -= 1) this.#copy(this.#slot(each - 1), this.#slot(each));
    this.#count += 1;
    const slot = this.#slot(index);
    const wasSacked = ((this.#marks[slot] as number) & sacked) !== 0;
    this.#ends[slot] = at;
    this.#marks[slot] = (this.#marks[slot] as number) & ~segmentMark.fin;
    this.#starts[this.#slot(index + 1)] = at;
    if (wasSacked) this.sackedCount += 1;
    if (((this.#marks[slot] as number) & everResent) !== 0) this.#resentCount += 1;
  }

  clear(): void {
    this.#head = 0;
    this.#count = 0;
    this.sackedBytes = 0;
    this.lostBytes = 0;
    this.sackedCount = 0;
    this.#resentCount = 0;
  }

  #slot(index: number): number {
    return (this.#head + index) & (this.#capacity - 1);
  }

  #remark(index: number, set: number, unset: number): void {
    const slot = this.#slot(index);
    this.#account(index, -1);
    this.#marks[slot] = ((this.#marks[slot] as number) & ~unset) | set;
    this.#account(index, 1);
  }

  #account(index: number, sign: 1 | -1): void {
    const marks = this.marks(index);
    if ((marks & (sacked | lost)) === 0) return;
    const bytes = sign * this.length(index);
    if ((marks & sacked) !== 0) {
      this.sackedBytes += bytes;
      this.sackedCount += sign;
    }
    if ((marks & lost) !== 0) this.lostBytes += bytes;
  }

  #copy(from: number, to: number): void {
    this.#starts[to] = this.#starts[from] as number;
    this.#ends[to] = this.#ends[from] as number;
    this.#sentAt[to] = this.#sentAt[from] as number;
    this.#marks[to] = this.#marks[from] as number;
  }

  #grow(): void {
    const order = Array.from({ length: this.#count }, (_, index) => this.#slot(index));
    const capacity = 2 * this.#capacity;
    const moved = { starts: new Uint32Array(capacity), ends: new Uint32Array(capacity) };
    const sentAt = new Float64Array(capacity);
    const marks = new Uint8Array(capacity);
    order.forEach((slot, index) => {
      moved.starts[index] = this.#starts[slot] as number;
      moved.ends[index] = this.#ends[slot] as number;
      sentAt[index] = this.#sentAt[slot] as number;
      marks[index] = this.#marks[slot] as number;
    });
    this.#starts = moved.starts;
    this.#ends = moved.ends;
    this.#sentAt = sentAt;
    this.#marks = marks;
    this.#head = 0;
    this.#capacity = capacity;
  }
}
