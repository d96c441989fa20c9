// Cuts a byte stream into checked frames so that a reader who joins in the middle, or after a writer who died in the
// middle, is in step again at the next delimiter. Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999): the
// payload is encoded without a zero byte, so that zero can only be a delimiter; a CRC-32 refuses what two writers mixed.
import { crc32 } from 'node:zlib';

/** The largest payload that either side accepts, in bytes. */
export const maximumPayloadBytes = 16 * 1024 * 1024;

const delimiter = 0;
const checksumBytes = 4;
/** CRC-32 goes on from here: from 0, four zero bytes would be an empty payload with its right checksum. */
const checksumStart = 0x41434b21;
/** A group of COBS: one code byte and at most this many bytes that are not zero. */
const groupBytes = 254;
/** What the encoding of the largest payload may take. */
const maximumEncodedBytes = maximumPayloadBytes + checksumBytes + Math.ceil(maximumPayloadBytes / groupBytes) + 8;

/**
 * `payload` as one frame: delimiter, encoded payload with its checksum, delimiter. The leading delimiter ends whatever
 * an earlier writer left unfinished.
 */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  if (payload.length > maximumPayloadBytes) throw new RangeError(`a payload of ${payload.length} bytes is too large`);
  const checked = new Uint8Array(payload.length + checksumBytes);
  checked.set(payload);
  new DataView(checked.buffer).setUint32(payload.length, crc32(payload, checksumStart));
  const target = new Uint8Array(checked.length + Math.ceil(checked.length / groupBytes) + 3);
  let length = 1; // target[0] is the leading delimiter
  let start = 0;
  for (;;) {
    const zero = checked.indexOf(0, start);
    const end = zero === -1 ? checked.length : zero;
    while (end - start >= groupBytes) {
      target[length] = 0xff; // a full group: no zero follows
      target.set(checked.subarray(start, start + groupBytes), length + 1);
      length += groupBytes + 1;
      start += groupBytes;
    }
    target[length] = end - start + 1;
    target.set(checked.subarray(start, end), length + 1);
    length += end - start + 1;
    if (zero === -1) break;
    start = end + 1;
  }
  target[length] = delimiter;
  return target.subarray(0, length + 1);
}

/** The payload of an encoded frame (without delimiters), or undefined when it is damaged. */
function decodeFrame(encoded: Uint8Array): Uint8Array | undefined {
  const checked = new Uint8Array(encoded.length);
  let length = 0;
  for (let offset = 0; offset < encoded.length;) {
    const code = encoded[offset] as number;
    const end = offset + code;
    if (end > encoded.length) return undefined;
    checked.set(encoded.subarray(offset + 1, end), length);
    length += code - 1;
    offset = end;
    if (code !== 0xff && offset < encoded.length) length += 1; // the zero that the code stands for
  }
  if (length < checksumBytes) return undefined;
  const payload = checked.subarray(0, length - checksumBytes);
  const sum = new DataView(checked.buffer).getUint32(length - checksumBytes);
  return sum === crc32(payload, checksumStart) ? payload : undefined;
}

/** Turns a stream that arrives in pieces of any size into payloads. */
export class FrameDecoder {
  readonly #receive: (payload: Uint8Array) => void;
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;
  #skipping = false;
  #damaged = 0;

  /** `receive` gets every intact payload, in order; it owns the bytes. */
  constructor(receive: (payload: Uint8Array) => void) {
    this.#receive = receive;
  }

  /** Frames that did not pass their check: what another writer mixed in or left unfinished. */
  get damaged(): number {
    return this.#damaged;
  }

  push(bytes: Uint8Array): void {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(delimiter, start);
      if (end === -1) break;
      this.#finish(bytes.subarray(start, end));
      start = end + 1;
    }
    if (start < bytes.length) this.#keep(bytes.slice(start)); // the caller may reuse its buffer
  }

  /** Forgets an unfinished frame: the stream was replaced by another. */
  reset(): void {
    this.#pieces = [];
    this.#pendingBytes = 0;
    this.#skipping = false;
  }

  #keep(piece: Uint8Array): void {
    if (this.#skipping) return;
    this.#pendingBytes += piece.length;
    this.#pieces.push(piece);
    if (this.#pendingBytes <= maximumEncodedBytes) return;
    this.reset();
    this.#skipping = true; // no frame of ours is that long: wait for the next delimiter
  }

  #finish(last: Uint8Array): void {
    const pieces = this.#pieces;
    const skipped = this.#skipping;
    this.reset();
    if (skipped) {
      this.#damaged += 1;
      return;
    }
    const encoded = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
    if (encoded.length === 0) return;
    const payload = decodeFrame(encoded);
    if (payload === undefined) this.#damaged += 1;
    else this.#receive(payload);
  }
}
