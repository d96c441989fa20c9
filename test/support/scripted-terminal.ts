// A host's terminal under a test's control: what it says, when, and what it was told.
import { disposable, type Disposable } from '../../src/base/dispose.ts';
import type { HostTerminal } from '../../src/runtime/runtime.ts';

/** With `echo`, every byte comes back, and Enter also gives a new line and a prompt. */
export class ScriptedTerminal implements HostTerminal {
  readonly written: Uint8Array[] = [];
  readonly sizes: string[] = [];
  readonly #echo: boolean;
  #listener: ((bytes: Uint8Array) => void | Promise<void>) | undefined;
  #closed: (() => void) | undefined;
  #tail: Promise<void> = Promise.resolve();
  closed = false;

  constructor(options: { readonly echo: boolean } = { echo: false }) {
    this.#echo = options.echo;
  }

  /** Speaks; resolves when the listener has taken it, as a runtime waits before the next piece. */
  say(output: string | Uint8Array): Promise<void> {
    const bytes = typeof output === 'string' ? new TextEncoder().encode(output) : output;
    this.#tail = this.#tail.then(async () => await this.#listener?.(bytes));
    return this.#tail;
  }

  get typed(): string {
    return Buffer.concat(this.written).toString();
  }

  write(bytes: Uint8Array): void {
    this.written.push(bytes);
    if (!this.#echo) return;
    void this.say(new TextDecoder().decode(bytes).replaceAll('\r', '\r\n$ '));
  }

  resize(columns: number, rows: number): void {
    this.sizes.push(`${columns}x${rows}`);
  }

  onOutput(listener: (bytes: Uint8Array) => void | Promise<void>): Disposable {
    this.#listener = listener;
    if (this.#echo) void this.say('$ ');
    return disposable(() => (this.#listener = undefined));
  }

  onClosed(listener: () => void): Disposable {
    this.#closed = listener;
    return disposable(() => (this.#closed = undefined));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#closed?.();
  }
}
