// Bytes that the application has sent and the peer has not acknowledged: the send queue and the retransmission queue's data.
import { ByteRing } from './byte-ring.ts';
import { seqAdd, seqDiff, type Seq } from './sequence.ts';

export class SendBuffer {
  readonly #ring: ByteRing;
  readonly #limitBytes: number;
  /** Sequence number of the first byte held. */
  #head: Seq;
  #length = 0;

  constructor(limitBytes: number, head: Seq) {
    this.#ring = new ByteRing(limitBytes);
    this.#limitBytes = limitBytes;
    this.#head = head;
  }

  /** Bytes that `append` would take. */
  get space(): number {
    return this.#limitBytes - this.#length;
  }

  get length(): number {
    return this.#length;
  }

  /** Sequence number after the last byte. */
  get end(): Seq {
    return seqAdd(this.#head, this.#length);
  }

  /** Copies as much of `bytes` as fits and says how much. */
  append(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.space);
    this.#ring.write(this.#length, bytes, 0, taken, this.#length);
    this.#length += taken;
    return taken;
  }

  /** Copies `length` bytes from `seq` on into a segment. */
  copyTo(seq: Seq, target: Uint8Array, offset: number, length: number): void {
    this.#ring.read(seqDiff(seq, this.#head), target, offset, length);
  }

  /** Forgets everything before `seq`; true when that freed anything. */
  acknowledge(seq: Seq): boolean {
    const count = Math.min(seqDiff(seq, this.#head), this.#length);
    if (count <= 0) return false;
    this.#ring.discard(count);
    this.#head = seqAdd(this.#head, count);
    this.#length -= count;
    return true;
  }

  release(): void {
    this.#ring.release();
    this.#length = 0;
  }
}
