// What one terminal sends to the orchestrator: numbered bytes, gathered for a turn, as far as its credit reaches.
import type { Clock, Timer } from '../../base/clock.ts';
import { concatBytes } from '../../base/bytes.ts';
import { BrokenPipe } from '../shell/command.ts';
import { terminalCreditBytes } from './messages.ts';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Keeps output in order and holds programs back when nobody takes it. */
export class CreditedOutput {
  readonly #clock: Clock;
  readonly #send: (offset: number, bytes: Uint8Array) => void;
  #gathered: Uint8Array[] = [];
  #writtenOffset = 0;
  #sentOffset = 0;
  #takenOffset = 0;
  #flushTimer: Timer | undefined;
  #waiting: Waiting[] = [];
  #closed = false;

  constructor(clock: Clock, send: (offset: number, bytes: Uint8Array) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Resolves when more may be written; rejects with `BrokenPipe` after `close`. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.reject(new BrokenPipe('the terminal is closed'));
    // The line discipline hands out views of what programs wrote; what waits or travels must be our own.
    this.#gathered.push(bytes.slice());
    this.#writtenOffset += bytes.length;
    // A hundred short lines travel as one message.
    this.#flushTimer ??= this.#clock.schedule(0, () => this.#flush());
    if (this.#hasCredit()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The orchestrator has taken everything before `offset`; what it cannot have taken yet is not believed. */
  credit(offset: number): void {
    this.#takenOffset = Math.max(this.#takenOffset, Math.min(offset, this.#sentOffset));
    if (!this.#hasCredit()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve } of waiting) resolve();
  }

  /** Sends what was written and refuses the rest. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new BrokenPipe('the terminal is closed'));
  }

  #hasCredit(): boolean {
    return this.#writtenOffset - this.#takenOffset < terminalCreditBytes;
  }

  #flush(): void {
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    if (this.#gathered.length === 0) return;
    const bytes = concatBytes(this.#gathered);
    this.#gathered = [];
    const offset = this.#sentOffset;
    this.#sentOffset += bytes.length;
    this.#send(offset, bytes);
  }
}
