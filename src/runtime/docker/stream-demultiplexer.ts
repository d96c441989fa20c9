// Takes apart what the engine sends over an attachment without a terminal: 8 bytes of header (stream, 0, 0, 0, length
// in 4 bytes, most significant first), then the bytes of that stream. See "Attach to a container" of the Engine API.

const headerBytes = 8;
const standardError = 2;

export class StreamDemultiplexer {
  readonly #onOutput: (bytes: Uint8Array) => void;
  readonly #onError: (bytes: Uint8Array) => void;
  readonly #header = new Uint8Array(headerBytes);
  #headerFilled = 0;
  #bodyLeft = 0;

  constructor(onOutput: (bytes: Uint8Array) => void, onError: (bytes: Uint8Array) => void) {
    this.#onOutput = onOutput;
    this.#onError = onError;
  }

  /** Listeners get views into `bytes`, valid until this returns. */
  push(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length;) {
      if (this.#bodyLeft > 0) {
        const piece = bytes.subarray(offset, offset + this.#bodyLeft);
        this.#bodyLeft -= piece.length;
        offset += piece.length;
        if (this.#header[0] === standardError) this.#onError(piece);
        else this.#onOutput(piece);
        continue;
      }
      this.#header[this.#headerFilled] = bytes[offset] as number;
      this.#headerFilled += 1;
      offset += 1;
      if (this.#headerFilled < headerBytes) continue;
      this.#headerFilled = 0;
      this.#bodyLeft = new DataView(this.#header.buffer).getUint32(4);
    }
  }
}
