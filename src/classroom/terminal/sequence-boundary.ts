// Finds where the last finished character or escape sequence ends, so that nobody starts to read in the middle of one.
// ECMA-48 sections 5.4 (control sequences) and 5.6 (control strings), ECMA-35 13.2 (escape sequences), RFC 3629 (UTF-8).
// Left out: 8-bit C1 controls, which a UTF-8 terminal's programs do not send.

type State = 'ground' | 'character' | 'escape' | 'control' | 'string' | 'string-escape';

/** A longer unfinished sequence is a program's bug: it counts as text. */
const maximumPendingBytes = 64 * 1024;

const escape = 0x1b;
const cancel = 0x18;
const substitute = 0x1a;
const bell = 0x07;

/** Follows a terminal's output and knows how many of its last bytes belong to something unfinished. */
export class SequenceBoundary {
  #state: State = 'ground';
  #continuationsLeft = 0;
  #pendingBytes = 0;

  /** Bytes at the end of what was seen that begin a sequence or character whose end has not come yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  advance(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index] as number;
      if (this.#state === 'ground' && byte < 0x80 && byte !== escape) continue;
      this.#step(byte);
    }
    if (this.#pendingBytes > maximumPendingBytes) this.#finish();
  }

  #step(byte: number): void {
    this.#pendingBytes += 1;
    if (byte === cancel || byte === substitute) return this.#finish();
    switch (this.#state) {
      case 'ground':
        return this.#begin(byte);
      case 'character':
        if ((byte & 0xc0) !== 0x80) return this.#restart(byte);
        this.#continuationsLeft -= 1;
        return this.#continuationsLeft === 0 ? this.#finish() : undefined;
      case 'escape':
        return this.#stepEscape(byte);
      case 'control':
        if (byte === escape) return this.#restart(byte);
        return byte >= 0x40 && byte <= 0x7e ? this.#finish() : undefined;
      case 'string':
        if (byte === bell) return this.#finish();
        if (byte === escape) this.#state = 'string-escape';
        return undefined;
      case 'string-escape':
        // ESC \ ends the string; ESC and anything else ends it too and begins a sequence of its own.
        if (byte === 0x5c) return this.#finish();
        this.#pendingBytes = 2;
        this.#state = 'escape';
        return this.#stepEscape(byte);
    }
  }

  #stepEscape(byte: number): void {
    if (byte === escape) return this.#restart(byte);
    if (byte === 0x5b) this.#state = 'control';
    else if (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) this.#state = 'string';
    else if (byte >= 0x30 && byte <= 0x7e) this.#finish(); // intermediates (0x20 .. 0x2f) wait for their final byte
  }

  #begin(byte: number): void {
    if (byte === escape) this.#state = 'escape';
    else if (byte >= 0xc2 && byte <= 0xf4) {
      this.#state = 'character';
      this.#continuationsLeft = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    } else this.#finish();
  }

  /** What was begun is given up; `byte` may begin something new. */
  #restart(byte: number): void {
    this.#finish();
    if (byte < 0x80 && byte !== escape) return;
    this.#pendingBytes = 1;
    this.#begin(byte);
  }

  #finish(): void {
    this.#state = 'ground';
    this.#pendingBytes = 0;
  }
}
