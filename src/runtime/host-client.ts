// A running host as its orchestrator holds it: requests and news over any channel, for both runtimes.
import { disposable, type Disposable } from '../base/dispose.ts';
import { Emitter } from '../base/emitter.ts';
import { Fault, type FaultCode } from '../base/fault.ts';
import type { HostNews, HostRequest, HostResult } from '../host/agent/messages.ts';
import type { StackEvent } from '../stack/events.ts';
import type { StackInspection } from '../stack/inspect.ts';
import type { Impairment } from '../wiring/impairment/impairment.ts';
import { ClientTerminal } from './client-terminal.ts';
import type { CommandResult, HostTerminal, RunningHost, RunOptions } from './runtime.ts';

/** One host's two-way line; byte arrays are the receiver's from then on. */
export interface HostChannel {
  send(request: HostRequest): void;
  onNews(listener: (news: HostNews) => void): Disposable;
}

export interface HostClientOptions {
  readonly name: string;
  /** Boots the host again and attaches its new channel before it resolves. */
  restart(): Promise<void>;
  /** Frames, while capture is on. */
  frame?(news: Extract<HostNews, { readonly kind: 'frame' }>): void;
}

interface PendingRequest {
  readonly resolve: (result: HostResult) => void;
  readonly reject: (fault: Fault) => void;
}

/** What requests are made from: everything but the number. */
type Numbered = Extract<HostRequest, { readonly request: number }>;
type Unnumbered<T> = T extends unknown ? Omit<T, 'request'> : never;

const defaultTimeoutMs = 60_000;

export class HostClient implements RunningHost {
  readonly name: string;
  readonly #options: HostClientOptions;
  readonly #pending = new Map<number, PendingRequest>();
  readonly #terminals = new Map<number, ClientTerminal>();
  readonly #events = new Emitter<StackEvent>();
  #channel: HostChannel | undefined;
  #listening: Disposable | undefined;
  #lastNumber = 0;
  #downReason = 'it has not been started';

  constructor(options: HostClientOptions) {
    this.#options = options;
    this.name = options.name;
  }

  /** Takes a (new) line to the host; whatever ran over the one before is over. */
  attach(channel: HostChannel): void {
    this.detach('it was started again');
    this.#channel = channel;
    this.#listening = channel.onNews((news) => this.#hear(news));
    if (this.#events.listenerCount > 0) this.#watch(true);
  }

  /** The line is gone: terminals close, requests fail with `Fault` host-down. */
  detach(reason: string): void {
    this.#downReason = reason;
    this.#channel = undefined;
    this.#listening?.dispose();
    for (const pending of this.#pending.values()) pending.reject(this.#down());
    this.#pending.clear();
    for (const terminal of Array.from(this.#terminals.values())) terminal.handleClosed();
    this.#terminals.clear();
  }

  async openTerminal(size: { readonly columns: number; readonly rows: number }): Promise<HostTerminal> {
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const terminal = new ClientTerminal(number, (request) => this.#channel?.send(request));
    this.#terminals.set(number, terminal);
    try {
      await this.#ask({ kind: 'open-terminal', terminal: number, ...size });
    } catch (error) {
      this.#terminals.delete(number);
      throw error;
    }
    return terminal;
  }

  async run(command: string, options: RunOptions = {}): Promise<CommandResult> {
    const { stdin = new Uint8Array(0), timeoutMs = defaultTimeoutMs, signal, asJudge = false } = options;
    signal?.throwIfAborted();
    const number = this.#lastNumber + 1;
    const cancel = (): void => this.#channel?.send({ kind: 'cancel-run', request: number });
    const reply = this.#ask({ kind: 'run', command, stdin, timeoutMs, asJudge });
    signal?.addEventListener('abort', cancel);
    try {
      const result = await reply;
      if (result.kind !== 'run') throw this.#unexpected(result);
      if (result.timedOut) {
        throw new Fault('command-timeout', `'${command}' did not end within ${timeoutMs} ms.`, {
          place: { host: this.name },
        });
      }
      signal?.throwIfAborted();
      return { status: result.status, stdout: result.stdout, stderr: result.stderr };
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  async inspect(): Promise<StackInspection> {
    const result = await this.#ask({ kind: 'inspect' });
    if (result.kind !== 'inspection') throw this.#unexpected(result);
    return result.inspection;
  }

  onEvent(listener: (event: StackEvent) => void): Disposable {
    const registration = this.#events.on(listener);
    if (this.#events.listenerCount === 1) this.#watch(true);
    return disposable(() => {
      registration.dispose();
      if (this.#events.listenerCount === 0) this.#watch(false);
    });
  }

  restart(): Promise<void> {
    return this.#options.restart();
  }

  async impair(interfaceName: string, impairment: Impairment): Promise<void> {
    await this.#ask({ kind: 'impair', interface: interfaceName, impairment });
  }

  async cut(interfaceName: string, cut: boolean): Promise<void> {
    await this.#ask({ kind: 'cut', interface: interfaceName, cut });
  }

  async setCapture(on: boolean): Promise<void> {
    await this.#ask({ kind: 'capture', on });
  }

  #watch(on: boolean): void {
    this.#ask({ kind: 'watch', on }).catch(() => undefined); // it fails only with the host; the next line asks again
  }

  #ask(request: Unnumbered<Exclude<Numbered, { readonly kind: 'cancel-run' }>>): Promise<HostResult> {
    const channel = this.#channel;
    if (channel === undefined) return Promise.reject(this.#down());
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    return new Promise((resolve, reject) => {
      this.#pending.set(number, { resolve, reject });
      // Adding the number to a request without one gives that same request back: TypeScript cannot see it per member.
      channel.send({ ...request, request: number } as HostRequest);
    });
  }

  #hear(news: HostNews): void {
    switch (news.kind) {
      case 'reply':
        this.#settle(news.request, news.result);
        break;
      case 'terminal-output':
        this.#terminals.get(news.terminal)?.handleOutput(news.offset, news.bytes);
        break;
      case 'terminal-closed':
        this.#terminals.get(news.terminal)?.handleClosed();
        this.#terminals.delete(news.terminal);
        break;
      case 'event':
        this.#events.emit(news.event);
        break;
      case 'frame':
        this.#options.frame?.(news);
        break;
    }
  }

  #settle(request: number, result: HostResult): void {
    const pending = this.#pending.get(request);
    this.#pending.delete(request);
    if (result.kind !== 'failed') pending?.resolve(result);
    else {
      const code: FaultCode = result.code ?? 'internal';
      pending?.reject(new Fault(code, result.message, { place: { host: this.name } }));
    }
  }

  #down(): Fault {
    return new Fault('host-down', `host ${this.name} does not run: ${this.#downReason}.`, {
      place: { host: this.name },
      nextStep: 'Restart the host.',
    });
  }

  #unexpected(result: HostResult): Fault {
    return new Fault('internal', `an answer of the wrong kind: ${result.kind}.`, { place: { host: this.name } });
  }
}
