// A ring of bytes that grows by doubling up to a limit: the storage under the send and the receive buffer.
import { assert } from '../../base/assert.ts';

const smallestBytes = 2048;

/** Positions are offsets from the ring's head, which `discard` moves. */
export class ByteRing {
  readonly limitBytes: number;
  #bytes = new Uint8Array(0);
  #head = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Copies `length` bytes of `source` to `position`; `position + length` must not exceed the limit. `used`: bytes to keep. */
  write(position: number, source: Uint8Array, sourceOffset: number, length: number, used: number): void {
    if (length === 0) return;
    this.#reserve(position + length, used);
    const capacity = this.#bytes.length;
    const start = (this.#head + position) % capacity;
    const first = Math.min(length, capacity - start);
    this.#bytes.set(source.subarray(sourceOffset, sourceOffset + first), start);
    if (first < length) this.#bytes.set(source.subarray(sourceOffset + first, sourceOffset + length), 0);
  }

  /** Copies `length` bytes from `position` into `target`. The caller knows that they were written. */
  read(position: number, target: Uint8Array, targetOffset: number, length: number): void {
    if (length === 0) return;
    const capacity = this.#bytes.length;
    assert(position + length <= capacity, 'reading what was never written');
    const start = (this.#head + position) % capacity;
    const first = Math.min(length, capacity - start);
    target.set(this.#bytes.subarray(start, start + first), targetOffset);
    if (first < length) target.set(this.#bytes.subarray(0, length - first), targetOffset + first);
  }

  /** Moves the head: the first `length` bytes are gone. */
  discard(length: number): void {
    if (this.#bytes.length > 0) this.#head = (this.#head + length) % this.#bytes.length;
  }

  /** Gives the memory back. */
  release(): void {
    this.#bytes = new Uint8Array(0);
    this.#head = 0;
  }

  #reserve(needed: number, used: number): void {
    const capacity = this.#bytes.length;
    if (needed <= capacity) return;
    assert(needed <= this.limitBytes, 'a buffer would exceed its limit');
    let size = Math.max(capacity, smallestBytes);
    while (size < needed) size *= 2;
    const grown = new Uint8Array(Math.min(size, Math.max(this.limitBytes, needed)));
    this.read(0, grown, 0, Math.min(used, capacity));
    this.#bytes = grown;
    this.#head = 0;
  }
}
