// A host's terminal as its orchestrator holds it: output in order to the listener, credit back when it was taken.
import { disposable, type Disposable } from '../base/dispose.ts';
import type { HostRequest } from '../host/agent/messages.ts';
import type { HostTerminal } from './runtime.ts';

/** Credit is sent back after this many bytes were taken, and whenever nothing is left to take. */
const creditEveryBytes = 32 * 1024;

export class ClientTerminal implements HostTerminal {
  readonly #number: number;
  readonly #send: (request: HostRequest) => void;
  readonly #closedListeners = new Set<() => void>();
  readonly #queue: Uint8Array[] = [];
  #listener: ((bytes: Uint8Array) => void | Promise<void>) | undefined;
  #receivedOffset = 0;
  #takenOffset = 0;
  #creditedOffset = 0;
  #delivering = false;
  #closed = false;

  constructor(number: number, send: (request: HostRequest) => void) {
    this.#number = number;
    this.#send = send;
  }

  write(bytes: Uint8Array): void {
    if (!this.#closed) this.#send({ kind: 'terminal-input', terminal: this.#number, bytes });
  }

  resize(columns: number, rows: number): void {
    if (!this.#closed) this.#send({ kind: 'terminal-resize', terminal: this.#number, columns, rows });
  }

  /** One listener at a time; output that came before it is kept for it. */
  onOutput(listener: (bytes: Uint8Array) => void | Promise<void>): Disposable {
    this.#listener = listener;
    void this.#deliver();
    return disposable(() => {
      if (this.#listener === listener) this.#listener = undefined;
    });
  }

  onClosed(listener: () => void): Disposable {
    if (this.#closed) {
      queueMicrotask(listener);
      return disposable(() => undefined);
    }
    const own = (): void => listener();
    this.#closedListeners.add(own);
    return disposable(() => this.#closedListeners.delete(own));
  }

  close(): void {
    if (!this.#closed) this.#send({ kind: 'close-terminal', terminal: this.#number });
  }

  /** Bytes that come a second time, after a line was taken up again, are left out. */
  handleOutput(offset: number, bytes: Uint8Array): void {
    const fresh = bytes.subarray(Math.max(0, Math.min(bytes.length, this.#receivedOffset - offset)));
    if (fresh.length === 0) return;
    this.#receivedOffset = offset + bytes.length;
    this.#queue.push(fresh);
    void this.#deliver();
  }

  handleClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#delivering && this.#queue.length === 0) this.#tellClosed();
    else if (this.#listener === undefined) this.#tellClosed();
  }

  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      while (this.#listener !== undefined) {
        const bytes = this.#queue.shift();
        if (bytes === undefined) break;
        await this.#listener(bytes);
        this.#takenOffset += bytes.length;
        this.#giveCredit();
      }
    } finally {
      this.#delivering = false;
      if (this.#closed && this.#queue.length === 0) this.#tellClosed();
    }
  }

  #giveCredit(): void {
    if (this.#closed) return;
    const due = this.#takenOffset - this.#creditedOffset >= creditEveryBytes || this.#queue.length === 0;
    if (!due) return;
    this.#creditedOffset = this.#takenOffset;
    this.#send({ kind: 'terminal-credit', terminal: this.#number, offset: this.#takenOffset });
  }

  #tellClosed(): void {
    for (const listener of Array.from(this.#closedListeners)) listener();
    this.#closedListeners.clear();
  }
}
