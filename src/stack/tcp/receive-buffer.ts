// Bytes from the peer: in order and unread (the receive queue), and out of order, each written once to the place in the
// ring where the application will find it. What has arrived first stays: a later segment never changes it.
import { ByteRing } from './byte-ring.ts';
import { OutOfOrderQueue } from './out-of-order.ts';
import { seqAdd, seqDiff, type Seq } from './sequence.ts';

/** Bytes above the announced limit, for right edges that rounding by the window scale moves up (see window.ts). */
export const windowSlackBytes = 4096;

export class ReceiveBuffer {
  readonly #ring: ByteRing;
  readonly limitBytes: number;
  readonly outOfOrder = new OutOfOrderQueue();
  /** Sequence number of the first unread byte. */
  #head: Seq;
  /** In-order bytes unread. */
  #readable = 0;

  constructor(limitBytes: number, head: Seq) {
    this.limitBytes = limitBytes;
    this.#ring = new ByteRing(limitBytes + windowSlackBytes);
    this.#head = head;
  }

  /** Starts over at `head`: the peer's SYN has come. */
  start(head: Seq): void {
    this.#head = head;
  }

  get readable(): number {
    return this.#readable;
  }

  /** Bytes that may still be announced beyond RCV.NXT. */
  get space(): number {
    return this.limitBytes - this.#readable;
  }

  /** Takes a segment's data, whose range the caller has cut to the window; returns the new RCV.NXT, or undefined when refused. */
  insert(rcvNxt: Seq, seq: Seq, bytes: Uint8Array, offset: number, length: number): Seq | undefined {
    const position = seqDiff(seq, this.#head);
    if (position + length > this.limitBytes + windowSlackBytes) return undefined;
    if (seq === rcvNxt && this.outOfOrder.isEmpty) {
      this.#ring.write(position, bytes, offset, length, position);
      this.#readable += length;
      return seqAdd(seq, length);
    }
    const end = seqAdd(seq, length);
    const kept = this.outOfOrder.add(seq, end, (from, to) => {
      const at = seqDiff(from, this.#head);
      this.#ring.write(at, bytes, offset + seqDiff(from, seq), seqDiff(to, from), this.#ring.limitBytes);
    });
    if (!kept) return undefined;
    const reached = this.outOfOrder.advance(rcvNxt);
    this.#readable += seqDiff(reached, rcvNxt);
    return reached;
  }

  /** Moves up to `maximumBytes` out; undefined when nothing is readable. */
  take(maximumBytes: number): Uint8Array | undefined {
    const length = Math.min(maximumBytes, this.#readable);
    if (length <= 0) return undefined;
    const bytes = new Uint8Array(length);
    this.takeInto(bytes);
    return bytes;
  }

  /** Moves as many unread bytes as fit to the start of `target`; returns how many. */
  takeInto(target: Uint8Array): number {
    const length = Math.min(target.length, this.#readable);
    this.#ring.read(0, target, 0, length);
    this.#ring.discard(length);
    this.#head = seqAdd(this.#head, length);
    this.#readable -= length;
    return length;
  }

  release(): void {
    this.#ring.release();
    this.outOfOrder.clear();
    this.#readable = 0;
  }
}
