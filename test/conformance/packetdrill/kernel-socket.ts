// A socket as system calls see it, dressed over the stack's event-driven one: blocking or not, errors kept until somebody
// asks, shutdown, readiness. Nothing here knows the protocol.
import type { SocketErrorCode, TcpListener, TcpSocket } from '../../../src/stack/sockets.ts';
import type { Stack } from '../../../src/stack/stack.ts';
import type { Ipv4Address } from '../../../src/stack/wire/ip-address.ts';
import { pollBit } from './constants.ts';

/** What a call returns; `errno` makes it -1. */
export interface CallOutcome {
  readonly value: number;
  readonly errno?: string;
  /** What the call filled in otherwise than the script says. */
  readonly mismatches?: readonly string[];
}

export function done(value: number, mismatches: readonly string[] = []): CallOutcome {
  return { value, mismatches };
}

export function failed(errno: string): CallOutcome {
  return { value: -1, errno };
}

/** A script asks for something that the runner or the stack has not: never a silent pass. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

export interface SocketDefaults {
  readonly local: { readonly address: Ipv4Address; readonly port: number };
  readonly remote: { readonly address: Ipv4Address; readonly port: number };
}

/** Linux doubles what SO_SNDBUF and SO_RCVBUF ask for, and counts its own overhead in it. */
export const bufferFactor = 2;

export class KernelSocket {
  readonly stack: Stack;
  readonly defaults: SocketDefaults;
  /** Told of something asked for that changes nothing here, with the reason. */
  readonly shortfall: (text: string) => void;
  readonly openOptions: {
    receiveBufferBytes?: number;
    maximumSegmentBytes?: number | undefined;
    noDelay?: boolean;
  } = {};
  /** Values of options, by name, as getsockopt shows them. */
  readonly options = new Map<string, number>();
  isNonBlocking = false;
  localPort = 0;
  boundAddress: Ipv4Address | undefined;
  listener: TcpListener | undefined;
  tcp: TcpSocket | undefined;
  error: SocketErrorCode | undefined;
  isReadShut = false;
  isWriteShut = false;
  /** A write did not fit, or a poll found no space: the next space is news. */
  lacksSpace = false;
  /** l_linger in seconds; undefined: off. */
  lingerSeconds: number | undefined;
  /** Bytes of the send buffer when the script has limited it. */
  sendLimitBytes: number | undefined;
  /** MSG_PEEK has taken these from the stack. */
  peekedBytes = 0;
  #peerFinished = false;
  #connectAnswered = true;

  constructor(stack: Stack, defaults: SocketDefaults, shortfall: (text: string) => void) {
    this.stack = stack;
    this.defaults = defaults;
    this.shortfall = shortfall;
  }

  connect(address: Ipv4Address, port: number): void {
    const options = {
      ...this.openOptions,
      ...(this.localPort === 0 ? {} : { localPort: this.localPort }),
    };
    this.adopt(this.stack.connectTcp({ address, port }, options));
    this.#connectAnswered = false;
  }

  listen(backlog: number): void {
    const port = this.localPort;
    const { openOptions } = this;
    // Linux takes one connection more than the backlog says.
    this.listener = this.stack.listenTcp({
      ...openOptions,
      get maximumSegmentBytes() {
        return openOptions.maximumSegmentBytes; // may still change while it listens
      },
      port,
      backlog: backlog + 1,
      acceptable: () => undefined,
    });
  }

  /** Takes the stack's socket over; its news become states that calls ask for. */
  adopt(tcp: TcpSocket): void {
    this.tcp = tcp;
    const userTimeoutMs = this.options.get('TCP_USER_TIMEOUT') ?? 0;
    if (userTimeoutMs > 0) tcp.setUserTimeout(userTimeoutMs);
    tcp.handlers = {
      peerFinished: () => {
        this.#peerFinished = true;
      },
      closed: (reason) => {
        this.error = reason === undefined || reason.code === 'ECONNABORTED' ? this.error : reason.code;
      },
    };
  }

  /** What a connect has led to: undefined while it is under way. */
  connectOutcome(): CallOutcome | undefined {
    const error = this.takeError();
    if (error !== undefined) return failed(error);
    const state = this.tcp?.state;
    if (state === 'SYN_SENT' || state === 'SYN_RCVD') return undefined;
    if (state === 'CLOSED' || state === undefined) return failed('ECONNABORTED');
    this.#connectAnswered = true;
    return done(0);
  }

  /** True until connect() has said that the connection stands. */
  get awaitsConnect(): boolean {
    return !this.#connectAnswered;
  }

  /** SO_ERROR: reading clears it. */
  takeError(): SocketErrorCode | undefined {
    const { error } = this;
    this.error = undefined;
    return error;
  }

  get isConnected(): boolean {
    const state = this.tcp?.state;
    return state !== undefined && state !== 'SYN_SENT' && state !== 'SYN_RCVD';
  }

  get isReadingOver(): boolean {
    const { tcp } = this;
    if (tcp === undefined) return false;
    return this.isReadShut || this.#peerFinished || tcp.endOfStream || tcp.state === 'CLOSED';
  }

  get readable(): number {
    return (this.tcp?.receivable ?? 0) + this.peekedBytes;
  }

  /** Bytes that a write would take. */
  get sendSpace(): number {
    const { tcp } = this;
    if (tcp === undefined) return 0;
    if (this.sendLimitBytes === undefined) return tcp.sendSpace;
    return Math.max(0, Math.min(tcp.sendSpace, this.sendLimitBytes - tcp.sendQueued));
  }

  /** Linux's rule: a third of the buffer must be free before a writer is woken. */
  get isWritable(): boolean {
    const queued = this.tcp?.sendQueued ?? 0;
    return this.sendSpace > 0 && this.sendSpace >= queued / 2;
  }

  /** The poll mask, as Linux's tcp_poll puts it together. */
  get readiness(): number {
    const { listener, tcp } = this;
    if (listener !== undefined) return listener.pending > 0 ? pollBit.in | pollBit.readNormal : 0;
    let mask = this.error === undefined ? 0 : pollBit.error;
    if (tcp === undefined) return mask | pollBit.out | pollBit.writeNormal | pollBit.hangUp;
    const isOver = this.isReadingOver;
    if (tcp.state === 'CLOSED' || (isOver && this.isWriteShut)) mask |= pollBit.hangUp;
    if (isOver) mask |= pollBit.in | pollBit.readNormal | pollBit.readHangUp;
    if (tcp.state === 'SYN_SENT' || tcp.state === 'SYN_RCVD') return mask;
    if (this.readable > 0) mask |= pollBit.in | pollBit.readNormal;
    if (this.isWriteShut || tcp.state === 'CLOSED' || this.isWritable) mask |= pollBit.out | pollBit.writeNormal;
    else this.lacksSpace = true;
    return mask;
  }

  /** A number that changes with every event that wakes a poller on Linux. */
  get wakeCount(): string {
    const { tcp, listener } = this;
    if (listener !== undefined) return `${listener.pending}`;
    const received = tcp?.info().bytesReceived ?? 0;
    if (this.lacksSpace && this.isWritable) {
      this.lacksSpace = false;
      this.#spaceNews += 1;
    }
    return `${received} ${this.isReadingOver} ${this.error ?? ''} ${this.isConnected} ${tcp?.state === 'CLOSED'} ${this.#spaceNews}`;
  }

  #spaceNews = 0;

  close(): void {
    if (this.lingerSeconds === 0) this.tcp?.abort();
    else this.tcp?.close();
    this.listener?.close();
  }
}
