// A connection as its application holds it: the calls of RFC 9293 section 3.9.1. No handler is called from in here.
import {
  SocketError,
  type Endpoint,
  type TcpInfo,
  type TcpSendOptions,
  type TcpSocket,
  type TcpSocketHandlers,
} from '../sockets.ts';
import { abort, close, finish } from './close.ts';
import type { Connection } from './connection.ts';
import { armKeepAlive } from './keep-alive.ts';
import { tcpInfo } from './info.ts';
import { packetOptions } from './packet-options.ts';
import { sendAck } from './segment.ts';
import { output } from './send.ts';
import type { TcpState } from './state.ts';
import { markUrgent, urgentBytes } from './urgent.ts';
import { updateIsDue } from './window.ts';

export class ConnectionSocket implements TcpSocket {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get local(): Endpoint {
    return this.#connection.local;
  }

  get remote(): Endpoint {
    return this.#connection.remote;
  }

  get state(): TcpState {
    return this.#connection.block.state;
  }

  get handlers(): TcpSocketHandlers {
    return this.#connection.handlers;
  }

  set handlers(handlers: TcpSocketHandlers) {
    this.#connection.handlers = handlers;
  }

  get sendSpace(): number {
    return this.#maySend ? this.#connection.sendBuffer.space : 0;
  }

  get sendQueued(): number {
    return this.#connection.sendBuffer.length;
  }

  get receivable(): number {
    return this.#connection.receiveBuffer.readable;
  }

  get endOfStream(): boolean {
    return this.#connection.block.finReceived && this.receivable === 0;
  }

  send(bytes: Uint8Array, options: TcpSendOptions = {}): number {
    const connection = this.#connection;
    const { block } = connection;
    if (block.finWanted) throw new SocketError('EPIPE', 'this side has finished sending');
    if (!this.#maySend) throw new SocketError('ENOTCONN', 'the connection is closed');
    const taken = connection.sendBuffer.append(bytes);
    if (taken < bytes.length) connection.wantsSpace = true;
    if (taken > 0) {
      const more = options.more === true;
      const { corked } = connection;
      connection.moreFollows = more;
      if (options.urgent === true) markUrgent(connection);
      if (options.endOfRecord === true && taken === bytes.length) connection.recordEnds.push(connection.sendBuffer.end);
      connection.corked ||= more; // for this call only: the next ACK may send it, as on Linux
      this.#output();
      connection.corked = corked;
    }
    return taken;
  }

  get urgentBytes(): number {
    return urgentBytes(this.#connection);
  }

  receive(maximumBytes: number = Infinity): Uint8Array | undefined {
    const connection = this.#connection;
    const taken = connection.receiveBuffer.take(maximumBytes);
    if (taken !== undefined && this.#mayReceiveMore && updateIsDue(connection)) sendAck(connection);
    return taken;
  }

  receiveInto(target: Uint8Array): number {
    const connection = this.#connection;
    const length = connection.receiveBuffer.takeInto(target);
    if (length > 0 && this.#mayReceiveMore && updateIsDue(connection)) sendAck(connection);
    return length;
  }

  finish(): void {
    if (this.state === 'CLOSED' || this.state === 'TIME_WAIT') return;
    finish(this.#connection);
  }

  close(): void {
    close(this.#connection);
  }

  abort(): void {
    abort(this.#connection);
  }

  setTrafficClass(trafficClass: number): void {
    const connection = this.#connection;
    [connection.packetOptions, connection.markableOptions] = packetOptions(trafficClass);
  }

  setNoDelay(on: boolean): void {
    this.#connection.noDelay = on;
    if (on) this.#push();
  }

  setCork(on: boolean): void {
    this.#connection.corked = on;
    if (!on) output(this.#connection);
  }

  setUserTimeout(timeoutMs: number | undefined): void {
    this.#connection.userTimeoutMs = timeoutMs;
  }

  info(): TcpInfo {
    return tcpInfo(this.#connection);
  }

  setKeepAlive(idleMs: number | undefined): void {
    this.#connection.keepAliveMs = idleMs;
    this.#connection.keepAliveProbes = 0;
    armKeepAlive(this.#connection);
  }

  /** One step, however many segments go out. */
  #output(): void {
    const { clock } = this.#connection.services;
    const before = clock.enter();
    try {
      output(this.#connection);
    } finally {
      clock.leave(before);
    }
  }

  /** What waits in a small segment leaves now: Linux lets TCP_NODELAY override a cork once. */
  #push(): void {
    const connection = this.#connection;
    const { corked, noDelay } = connection;
    connection.corked = false;
    connection.noDelay = true;
    this.#output();
    connection.corked = corked;
    connection.noDelay = noDelay;
  }

  get #maySend(): boolean {
    const { state, finWanted } = this.#connection.block;
    return (
      !finWanted && (state === 'SYN_SENT' || state === 'SYN_RCVD' || state === 'ESTABLISHED' || state === 'CLOSE_WAIT')
    );
  }

  get #mayReceiveMore(): boolean {
    const { state } = this.#connection.block;
    return state === 'ESTABLISHED' || state === 'FIN_WAIT_1' || state === 'FIN_WAIT_2';
  }
}
