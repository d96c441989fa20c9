// What one terminal sends to the orchestrator: numbered bytes, as far as its credit reaches.
import { BrokenPipe } from '../shell/command.ts';
import { terminalCreditBytes } from './messages.ts';

interface Waiting {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Keeps output in order and holds programs back when nobody takes it. */
export class CreditedOutput {
  readonly #send: (offset: number, bytes: Uint8Array) => void;
  readonly #waiting: Waiting[] = [];
  #sentOffset = 0;
  #takenOffset = 0;
  #closed = false;

  constructor(send: (offset: number, bytes: Uint8Array) => void) {
    this.#send = send;
  }

  /** Resolves when the bytes have been sent; rejects with `BrokenPipe` after `close`. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.reject(new BrokenPipe('the terminal is closed'));
    return new Promise((resolve, reject) => {
      // The line discipline hands out views of what programs wrote; what waits or travels must be our own.
      this.#waiting.push({ bytes: bytes.slice(), resolve, reject });
      this.#drain();
    });
  }

  /** The orchestrator has taken everything before `offset`; what it cannot have taken yet is not believed. */
  credit(offset: number): void {
    this.#takenOffset = Math.max(this.#takenOffset, Math.min(offset, this.#sentOffset));
    this.#drain();
  }

  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new BrokenPipe('the terminal is closed'));
  }

  #drain(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#sentOffset - this.#takenOffset >= terminalCreditBytes) return;
      this.#waiting.shift();
      const offset = this.#sentOffset;
      this.#sentOffset += next.bytes.length;
      this.#send(offset, next.bytes);
      next.resolve();
    }
  }
}
