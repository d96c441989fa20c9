// Requests to one host and their replies, terminals and captured frames, over whatever carries messages in order.
import { assert } from '../../base/assert.ts';
import { disposable, type Disposable } from '../../base/dispose.ts';
import { Fault } from '../../base/fault.ts';
import type { HostNews, HostRequest, HostResult } from '../../host/agent/messages.ts';
import type { StackInspection } from '../../stack/inspect.ts';
import type { CommandResult, HostTerminal, RunOptions } from '../runtime.ts';

export type FrameNews = Extract<HostNews, { readonly kind: 'frame' }>;

export interface HostConversationOptions {
  readonly labId: string;
  readonly host: string;
  readonly send: (request: HostRequest) => void;
  readonly onFrame: (frame: FrameNews) => void;
}

/** A request without its number, which the conversation gives. */
type Numberless<T> = T extends { readonly request: number } ? Omit<T, 'request'> : never;

const defaultTimeoutMs = 60_000;

interface Pending {
  readonly resolve: (result: HostResult) => void;
  readonly reject: (error: unknown) => void;
}

export class HostConversation {
  readonly #options: HostConversationOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #terminals = new Map<number, Terminal>();
  #numbers = 0;

  constructor(options: HostConversationOptions) {
    this.#options = options;
  }

  /** What came from the host; anything that is no news is left out: a host is not trusted with our types. */
  receive(message: unknown): void {
    if (!isNews(message)) return;
    switch (message.kind) {
      case 'reply':
        this.#pending.get(message.request)?.resolve(message.result);
        this.#pending.delete(message.request);
        break;
      case 'terminal-output':
        this.#terminals.get(message.terminal)?.receive(message.bytes, message.offset);
        break;
      case 'terminal-closed':
        this.#terminals.get(message.terminal)?.end();
        break;
      case 'frame':
        this.#options.onFrame(message);
        break;
    }
  }

  /** The host has forgotten everything that was open: it was started again, or is gone. */
  forget(reason: string): void {
    for (const terminal of Array.from(this.#terminals.values())) terminal.end();
    const pending = Array.from(this.#pending.values());
    this.#pending.clear();
    for (const { reject } of pending) reject(this.#fault('host-down', reason));
  }

  /** Resolves when the host has done it. Throws `Fault` host-down or bad-argument. */
  async order(request: Numberless<HostRequest>): Promise<void> {
    await this.#ask(request);
  }

  async inspect(): Promise<StackInspection> {
    const result = await this.#ask({ kind: 'inspect' });
    assert(result.kind === 'inspection', 'an inspection is answered with one');
    return result.inspection;
  }

  async run(command: string, options: RunOptions = {}): Promise<CommandResult> {
    const { signal } = options;
    signal?.throwIfAborted();
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const number = this.#numbers + 1;
    const cancel = (): void => this.#options.send({ kind: 'cancel-run', request: number });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const result = await this.#ask({ kind: 'run', command, stdin: options.stdin ?? new Uint8Array(), timeoutMs });
      signal?.throwIfAborted();
      assert(result.kind === 'run', 'a run is answered with its outcome');
      if (result.timedOut) throw this.#fault('command-timeout', `"${command}" did not end within ${timeoutMs} ms`);
      return { status: result.status, stdout: result.stdout, stderr: result.stderr };
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  async openTerminal(size: { readonly columns: number; readonly rows: number }): Promise<HostTerminal> {
    const terminal = new Terminal(this.#numbers + 1, this.#options.send, (id) => this.#terminals.delete(id));
    this.#terminals.set(terminal.id, terminal);
    try {
      await this.#ask({ kind: 'open-terminal', terminal: terminal.id, ...size });
      return terminal;
    } catch (error) {
      terminal.end();
      throw error;
    }
  }

  async #ask(request: Numberless<HostRequest>): Promise<HostResult> {
    this.#numbers += 1;
    const number = this.#numbers;
    const result = await new Promise<HostResult>((resolve, reject) => {
      this.#pending.set(number, { resolve, reject });
      this.#options.send({ ...request, request: number });
    });
    if (result.kind === 'failed') throw this.#fault('bad-argument', result.message);
    return result;
  }

  #fault(code: 'host-down' | 'command-timeout' | 'bad-argument', message: string): Fault {
    return new Fault(code, message, { place: { lab: this.#options.labId, host: this.#options.host } });
  }
}

class Terminal implements HostTerminal {
  readonly id: number;
  readonly #send: (request: HostRequest) => void;
  readonly #onEnd: (id: number) => void;
  readonly #waiting: Uint8Array[] = [];
  readonly #closedListeners = new Set<() => void>();
  #listener: ((bytes: Uint8Array) => void | Promise<void>) | undefined;
  #taken = 0;
  #busy = false;
  #ended = false;

  constructor(id: number, send: (request: HostRequest) => void, onEnd: (id: number) => void) {
    this.id = id;
    this.#send = send;
    this.#onEnd = onEnd;
  }

  write(bytes: Uint8Array): void {
    if (!this.#ended) this.#send({ kind: 'terminal-input', terminal: this.id, bytes });
  }

  resize(columns: number, rows: number): void {
    if (!this.#ended) this.#send({ kind: 'terminal-resize', terminal: this.id, columns, rows });
  }

  onOutput(listener: (bytes: Uint8Array) => void | Promise<void>): Disposable {
    this.#listener = listener;
    void this.#feed();
    return disposable(() => {
      if (this.#listener === listener) this.#listener = undefined;
    });
  }

  onClosed(listener: () => void): Disposable {
    if (this.#ended) listener();
    else this.#closedListeners.add(listener);
    return disposable(() => this.#closedListeners.delete(listener));
  }

  close(): void {
    if (!this.#ended) this.#send({ kind: 'close-terminal', terminal: this.id });
  }

  /** Output as it comes; `offset` counts what came before, so that nothing is shown twice. */
  receive(bytes: Uint8Array, offset: number): void {
    const waitingBytes = this.#waiting.reduce((sum, piece) => sum + piece.length, 0);
    const known = this.#taken + waitingBytes - offset;
    if (known < 0 || known >= bytes.length) return;
    this.#waiting.push(bytes.subarray(known));
    void this.#feed();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(this.id);
    for (const listener of this.#closedListeners) listener();
  }

  async #feed(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (
        let piece = this.#waiting[0];
        piece !== undefined && this.#listener !== undefined;
        piece = this.#waiting[0]
      ) {
        this.#waiting.shift();
        this.#taken += piece.length;
        await this.#listener(piece);
        if (!this.#ended) this.#send({ kind: 'terminal-credit', terminal: this.id, offset: this.#taken });
      }
    } finally {
      this.#busy = false;
    }
  }
}

function isNews(message: unknown): message is HostNews {
  const news = message as Partial<HostNews> | null; // each field that is relied upon is checked here
  switch (news?.kind) {
    case 'reply':
      return typeof news.request === 'number' && typeof news.result === 'object';
    case 'terminal-output':
      return typeof news.terminal === 'number' && typeof news.offset === 'number' && news.bytes instanceof Uint8Array;
    case 'terminal-closed':
      return typeof news.terminal === 'number';
    case 'frame':
      return typeof news.interface === 'string' && typeof news.atMs === 'number' && news.frame instanceof Uint8Array;
    default:
      return false;
  }
}
