// One shared terminal as a page follows it: offsets, credit, keyframes and coming back (src/messages/terminal.ts has the
// rules). Knows neither socket nor xterm: requests go out by `send`, bytes go to a `Screen`.
import type { Clock, Timer } from '../../src/base/clock.ts';
import type { FaultMessage } from '../../src/messages/faults.ts';
import type { HostName, LabId } from '../../src/messages/ids.ts';
import {
  acknowledgeEveryBytes,
  acknowledgeIdleMs,
  maximumInputBytes,
  type TerminalNews,
  type TerminalRequest,
  type TerminalViewer,
} from '../../src/messages/terminal.ts';

/** What draws the bytes; `parsed` is called when they are on the screen, in order. */
export interface Screen {
  /** Empties itself, takes the size, and writes `data`. */
  restart(columns: number, rows: number, data: string, parsed: () => void): void;
  write(bytes: Uint8Array, parsed: () => void): void;
  /** Takes the size after everything written before. */
  resize(columns: number, rows: number): void;
}

export interface StreamListener {
  readonly phase: (phase: StreamPhase) => void;
  readonly viewers: (viewers: readonly TerminalViewer[]) => void;
  readonly mayType: (mayType: boolean) => void;
}

/**
 * `offline`: no socket; `attaching`: asked, not answered; `live`: bytes come; `closed`: the shell has ended;
 * `refused`: the server does not want to.
 */
export type StreamPhase =
  | { readonly kind: 'offline' | 'attaching' | 'live' }
  | { readonly kind: 'closed'; readonly reason: string }
  | { readonly kind: 'refused'; readonly fault: FaultMessage };

export interface StreamOptions {
  readonly channel: number;
  readonly lab: LabId;
  readonly host: HostName;
  readonly columns: number;
  readonly rows: number;
  readonly send: (request: TerminalRequest) => void;
  readonly screen: Screen;
  readonly clock: Clock;
  readonly listener: StreamListener;
}

/** Keys that wait for the terminal to open, bytes: a command of the guide, not a paste. */
const maximumWaitingBytes = 16 * 1024;

export class TerminalStream {
  readonly #options: StreamOptions;
  #phase: StreamPhase = { kind: 'offline' };
  #columns: number;
  #rows: number;
  /** Where our copy of the stream ends; absent: we have none. */
  #end: number | undefined;
  #parsed = 0;
  #acknowledged = 0;
  /** The server counts from a keyframe or from what we said we have: write callbacks of an earlier copy are void. */
  #generation = 0;
  #isReplaying = false;
  #wasLive = false;
  #idle: Timer | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#columns = options.columns;
    this.#rows = options.rows;
  }

  /** The socket is there (again). */
  connect(): void {
    this.#attach();
  }

  /** The socket is gone: what was typed meanwhile is left out rather than typed much later. */
  disconnect(): void {
    this.#idle?.cancel();
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#become({ kind: 'offline' });
  }

  dispose(): void {
    this.#idle?.cancel();
    this.#generation += 1;
    if (this.#phase.kind !== 'offline') this.#send({ kind: 'detach', channel: this.#options.channel });
  }

  /** Keys; they wait while the terminal opens or replays. What is typed while the connection is lost is left out. */
  input(bytes: Uint8Array): void {
    if (this.#phase.kind === 'offline' && this.#wasLive) return;
    if (this.#phase.kind !== 'live' || this.#isReplaying) {
      if (this.#waitingBytes + bytes.length > maximumWaitingBytes) return;
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
      if (this.#phase.kind === 'closed') this.#attach(); // a key opens a new shell
      return;
    }
    for (let start = 0; start < bytes.length; start += maximumInputBytes) {
      const part = bytes.subarray(start, start + maximumInputBytes);
      this.#send({ kind: 'input', channel: this.#options.channel, bytes: part });
    }
  }

  /** What would fit into the page's window now. */
  resize(columns: number, rows: number): void {
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    if (this.#phase.kind === 'live' && !this.#isReplaying) this.#sendSize();
  }

  receive(news: TerminalNews): void {
    if (this.#phase.kind === 'offline') return;
    if (news.kind === 'attached') return this.#attached(news);
    // Until the server has answered our asking, what comes still belongs to the time before.
    if (this.#phase.kind === 'attaching' && news.kind !== 'fault') return;
    switch (news.kind) {
      case 'keyframe':
        return this.#keyframe(news);
      case 'output':
        return this.#output(news.offset, news.bytes);
      case 'size':
        return this.#options.screen.resize(news.columns, news.rows);
      case 'viewers':
        return this.#options.listener.viewers(news.viewers);
      case 'closed':
        this.#end = undefined; // a new shell counts anew
        this.#become({ kind: 'closed', reason: news.reason });
        return;
      case 'fault':
        // Too much input at once is no reason to leave; a terminal that we may not open is.
        if (this.#phase.kind === 'attaching') this.#become({ kind: 'refused', fault: news.fault });
        return;
    }
  }

  #attach(): void {
    this.#idle?.cancel();
    const { channel, lab, host } = this.#options;
    this.#become({ kind: 'attaching' });
    const lastOffset = this.#isReplaying ? undefined : this.#end;
    this.#send({
      kind: 'attach',
      channel,
      lab,
      host,
      terminal: 1,
      columns: this.#columns,
      rows: this.#rows,
      ...(lastOffset !== undefined && { lastOffset }),
    });
  }

  #attached(news: Extract<TerminalNews, { kind: 'attached' }>): void {
    this.#options.listener.mayType(news.mayType);
    this.#wasLive = true;
    this.#become({ kind: 'live' });
    this.#options.screen.resize(news.columns, news.rows);
    // Everything up to here has been said to be ours by `lastOffset`.
    if (this.#end !== undefined) this.#acknowledged = this.#parsed;
    if (this.#end !== undefined && !this.#isReplaying) this.#sendWaiting();
  }

  #keyframe(news: Extract<TerminalNews, { kind: 'keyframe' }>): void {
    this.#idle?.cancel();
    this.#generation += 1;
    const generation = this.#generation;
    this.#end = news.offset;
    this.#isReplaying = true;
    this.#options.screen.restart(news.columns, news.rows, news.data, () => {
      if (generation !== this.#generation) return;
      this.#isReplaying = false;
      this.#parsed = Math.max(news.offset, 0);
      this.#acknowledged = -1;
      if (this.#phase.kind !== 'live') return;
      this.#acknowledge();
      this.#sendSize();
      this.#sendWaiting();
    });
  }

  #output(offset: number, bytes: Uint8Array): void {
    if (this.#end !== undefined && offset !== this.#end) {
      this.#send({ kind: 'detach', channel: this.#options.channel });
      this.#attach();
      return;
    }
    const generation = this.#generation;
    const end = offset + bytes.length;
    this.#end = end;
    this.#options.screen.write(bytes, () => {
      if (generation !== this.#generation) return;
      this.#parsed = end;
      if (this.#phase.kind !== 'live') return;
      this.#idle?.cancel();
      if (this.#parsed - this.#acknowledged >= acknowledgeEveryBytes) this.#acknowledge();
      else this.#idle = this.#options.clock.schedule(acknowledgeIdleMs, () => this.#acknowledge());
    });
  }

  #acknowledge(): void {
    if (this.#phase.kind !== 'live' || this.#isReplaying || this.#parsed === this.#acknowledged) return;
    this.#acknowledged = this.#parsed;
    this.#send({ kind: 'acknowledge', channel: this.#options.channel, offset: this.#parsed });
  }

  #sendSize(): void {
    this.#send({ kind: 'resize', channel: this.#options.channel, columns: this.#columns, rows: this.#rows });
  }

  #sendWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const bytes of waiting) this.input(bytes);
  }

  #send(request: TerminalRequest): void {
    this.#options.send(request);
  }

  #become(phase: StreamPhase): void {
    this.#phase = phase;
    this.#options.listener.phase(phase);
  }
}
