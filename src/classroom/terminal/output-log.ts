// The last part of a terminal's output, each byte with its offset: what viewers are fed from, and resume from.
import { assert } from '../../base/assert.ts';
import { concatBytes } from '../../base/bytes.ts';

/** Output kept per terminal, bytes: a viewer who was away for a few seconds of fast output resumes without a keyframe. */
export const logCapacityBytes = 512 * 1024;

interface Chunk {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Bytes from `startOffset` (forgotten before) to `endOffset` (not written yet). Appended arrays are kept, not copied. */
export class OutputLog {
  readonly #capacityBytes: number;
  #chunks: Chunk[] = [];
  /** Index of the first chunk that is kept: shifting an array of many small chunks each time would cost. */
  #first = 0;
  #endOffset = 0;

  constructor(capacityBytes: number = logCapacityBytes) {
    this.#capacityBytes = capacityBytes;
  }

  get startOffset(): number {
    return this.#chunks[this.#first]?.offset ?? this.#endOffset;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push({ offset: this.#endOffset, bytes });
    this.#endOffset += bytes.length;
    for (let next = this.#chunks[this.#first + 1]; next !== undefined; next = this.#chunks[this.#first + 1]) {
      if (this.#endOffset - next.offset < this.#capacityBytes) break;
      this.#first += 1;
    }
    if (this.#first > 256 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Up to `maximumBytes` from `offset` on, which must lie between start and end; empty at the end. */
  read(offset: number, maximumBytes: number): Uint8Array {
    assert(offset >= this.startOffset && offset <= this.#endOffset, 'an offset that the log holds');
    const parts: Uint8Array[] = [];
    let left = Math.min(maximumBytes, this.#endOffset - offset);
    let position = offset;
    for (let index = this.#indexOf(offset); left > 0; index += 1) {
      const chunk = this.#chunks[index];
      assert(chunk !== undefined, 'chunks reach to the end');
      const part = chunk.bytes.subarray(position - chunk.offset, position - chunk.offset + left);
      parts.push(part);
      position += part.length;
      left -= part.length;
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : concatBytes(parts);
  }

  /** The chunk that holds `offset`, by bisection. */
  #indexOf(offset: number): number {
    let low = this.#first;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const chunk = this.#chunks[middle];
      if (chunk !== undefined && chunk.offset + chunk.bytes.length <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
