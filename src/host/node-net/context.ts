// What every part of one host's `node-net` shares: its stack, resolver, clock, and what keeps the process alive.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import type { NetworkStack } from '../../stack/network-stack.ts';
import type { HostServices } from '../shell/command.ts';

/**
 * Keeps the process alive while a socket is open and referenced, as libuv's handles do: the stack's own timers and
 * devices say nothing about whether a program still waits for something.
 */
export class ProcessHold {
  readonly #port: MessagePort;
  #held = 0;

  constructor() {
    this.#port = new MessageChannel().port1;
    this.#port.unref();
  }

  take(): void {
    this.#held += 1;
    if (this.#held === 1) this.#port.ref();
  }

  release(): void {
    this.#held -= 1;
    if (this.#held === 0) this.#port.unref();
  }
}

/** One handle's share of a `ProcessHold`: `ref`, `unref`, and nothing once closed. */
export class HandleReference {
  readonly #hold: ProcessHold;
  #referenced = true;
  #active = false;
  #closed = false;

  constructor(hold: ProcessHold) {
    this.#hold = hold;
  }

  get referenced(): boolean {
    return this.#referenced && !this.#closed;
  }

  /** From now on there is something to wait for. */
  activate(): void {
    this.#change(() => (this.#active = true));
  }

  set(referenced: boolean): void {
    this.#change(() => (this.#referenced = referenced));
  }

  close(): void {
    this.#change(() => (this.#closed = true));
  }

  get #holds(): boolean {
    return this.#referenced && this.#active && !this.#closed;
  }

  #change(apply: () => void): void {
    const before = this.#holds;
    apply();
    if (this.#holds && !before) this.#hold.take();
    if (!this.#holds && before) this.#hold.release();
  }
}

export interface NodeNetContext {
  readonly services: HostServices;
  readonly stack: NetworkStack;
  /** For `setTimeout` of sockets; undefined: Node's own timers. */
  readonly clock: Clock | undefined;
  readonly hold: ProcessHold;
  /** The program's name, for `ss -p`. */
  readonly owner: string;
}
