// One TCP connection: the control block and the small parts around it, its state, and its news for the application.
// It decides nothing about segments: the files beside it do (arrive, send, retransmit, close...), each taking a Connection.
import { assert } from '../../base/assert.ts';
import type { IpFamily } from '../wire/ip-address.ts';
import { familyOf } from '../wire/ip-address.ts';
import type { TransmitOptions } from '../ip/internet-layer.ts';
import { SocketError, type Endpoint, type IcmpErrorReport, type TcpSocketHandlers } from '../sockets.ts';
import { Chronograph } from './chronograph.ts';
import { congestionControl, type CongestionControl } from './congestion/control.ts';
import { ControlBlock } from './control-block.ts';
import { EcnState } from './ecn.ts';
import { markablePacket, wholePacket } from './packet-options.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { Rack } from './recovery/rack.ts';
import { RecoveryState } from './recovery/recovery-state.ts';
import { RetransmissionQueue } from './retransmission-queue.ts';
import { RttEstimator } from './rtt.ts';
import { SendBuffer } from './send-buffer.ts';
import { seqAdd, seqOf, type Seq } from './sequence.ts';
import type { ConnectionServices } from './services.ts';
import { nextTcpState, type TcpEvent } from './state.ts';
import { Tally } from './tally.ts';
import { Timers } from './timers.ts';
import { windowShiftFor } from './window.ts';

/** News for the application, in the order in which they are told. */
export const news = {
  established: 1,
  softError: 2,
  urgent: 4,
  readable: 8,
  peerFinished: 16,
  writable: 32,
  closed: 64,
} as const;

/** What the listener of a passive open wants to know. */
export interface ConnectionParent {
  /** The handshake is complete: false when the accept queue has no room. */
  mayEstablish(): boolean;
  established(child: Connection): void;
  /** The child failed before or after it was established. */
  gone(child: Connection): void;
}

export interface ConnectionOptions {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly iss: Seq;
  readonly owner: string;
  readonly handlers: TcpSocketHandlers;
  readonly sendBufferBytes: number;
  readonly receiveBufferBytes: number;
  /** What the window must be able to express, should the buffer ever grow to it. */
  readonly receiveBufferMaximumBytes: number;
  /** TCP_MAXSEG; undefined: as the route allows. */
  readonly maximumSegmentBytes: number | undefined;
  readonly noDelay: boolean;
  readonly parent: ConnectionParent | undefined;
}

export class Connection {
  readonly services: ConnectionServices;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly ports: { readonly source: number; readonly destination: number };
  readonly family: IpFamily;
  readonly owner: string;
  readonly parent: ConnectionParent | undefined;

  readonly block = new ControlBlock();
  readonly rtt = new RttEstimator();
  readonly sent = new RetransmissionQueue();
  readonly rack = new Rack();
  readonly recovery = new RecoveryState();
  readonly ecn = new EcnState();
  readonly congestion: CongestionControl;
  readonly sendBuffer: SendBuffer;
  readonly receiveBuffer: ReceiveBuffer;
  readonly timers: Timers;
  readonly chronograph = new Chronograph();
  readonly tally = new Tally();
  /** The last round of sending stopped at the peer's window. */
  windowBlocked = false;

  handlers: TcpSocketHandlers;
  /** How packets leave: whole; data with an ECN mark allowed. The application's DSCP is in both. */
  packetOptions: TransmitOptions = wholePacket;
  markableOptions: TransmitOptions = markablePacket;
  /** SND.UP and RCV.UP; undefined: no urgent data yet. */
  sndUp: Seq | undefined = undefined;
  rcvUp: Seq | undefined = undefined;
  noDelay: boolean;
  /** TCP_CORK is on. / The last bytes came with MSG_MORE. */
  corked = false;
  moreFollows = false;
  /** Where records end that later bytes must not join (MSG_EOR), beyond SND.NXT, ascending. */
  readonly recordEnds: Seq[] = [];
  readonly maximumSegmentBytes: number;
  /** Ms of silence before the first keep-alive probe; undefined: off. */
  keepAliveMs: number | undefined = undefined;
  /** TCP_USER_TIMEOUT in ms; undefined: retries are counted. */
  userTimeoutMs: number | undefined = undefined;
  /** When the oldest unacknowledged byte was sent, or the last ACK moved it; when the first window probe left. Ms. */
  unackedSinceMs = 0;
  probingSinceMs = 0;
  /** Probes sent without an answer; of keep-alive and persist. */
  keepAliveProbes = 0;
  persistProbes = 0;
  persistBackOff = 0;
  /** Retransmissions of the oldest segment since it last moved. */
  retries = 0;
  totalRetransmits = 0;

  /** An ACK is owed at once / data bytes that nothing has acknowledged yet. */
  ackNow = false;
  unackedBytes = 0;
  /** ACKs that are still to be sent without delay, and whether both sides take turns (see delayed-ack.ts). */
  quickAcks = 0;
  takesTurns = false;
  /** When data last came in order, ms. */
  lastInOrderMs: number | undefined = undefined;
  /** The largest segment seen from the peer, in bytes of data: what "full-sized" means for delayed ACKs. At first 536. */
  largestSegment = 536;
  /** Range to report as duplicate in the next ACK (RFC 2883). */
  dsackStart: Seq | undefined = undefined;
  dsackEnd: Seq = seqOf(0);
  /** The handshake was done by a cookie: nobody knows how long it took. */
  fromCookie = false;
  /** When our SYN or SYN-ACK first left, ms. */
  synSentAtMs = 0;
  /** The window shift that our SYN offers, and whether the peer's SYN offered one. */
  readonly offeredShift: number;
  peerScales = false;
  /** Where the peer's FIN is, once seen. */
  peerFinSeq: Seq | undefined = undefined;

  /** The application will read no more: data that comes now is answered with RST. */
  readingClosed = false;
  /** `send` has taken less than it was given. */
  wantsSpace = false;
  /** In the window of data that ends at `windowUseEnd`: cwnd was reached, or else the most bytes in flight. */
  cwndLimited = false;
  mostInFlightBytes = 0;
  windowUseEnd: Seq = seqOf(0);
  /** The byte with DSCP and ECN of the packet that is being handled. */
  arrivedClass = 0;
  /** When a segment last came or went, ms. */
  lastArrivalMs = 0;
  lastDataReceivedMs = 0;
  lastDataSentMs = 0;
  lastInvalidAnswerMs = -Infinity;
  softError: SocketError | undefined = undefined;
  #softReport: IcmpErrorReport | undefined;

  /** Nobody has accepted the connection yet: news waits for who will. */
  #isHeld: boolean;
  #news = 0;
  #telling = false;
  #tellingSoon = false;
  #failure: SocketError | undefined;
  #toldClosed = false;

  constructor(services: ConnectionServices, options: ConnectionOptions) {
    this.services = services;
    this.local = options.local;
    this.remote = options.remote;
    this.ports = { source: options.local.port, destination: options.remote.port };
    this.family = familyOf(options.local.address);
    this.owner = options.owner;
    this.parent = options.parent;
    this.handlers = options.handlers;
    this.#isHeld = options.parent !== undefined;
    this.noDelay = options.noDelay;
    this.maximumSegmentBytes = options.maximumSegmentBytes ?? Infinity;
    this.congestion = congestionControl(services.settings.congestionControl);
    this.sendBuffer = new SendBuffer(options.sendBufferBytes, seqAdd(options.iss, 1));
    this.receiveBuffer = new ReceiveBuffer(options.receiveBufferBytes, seqOf(0));
    this.offeredShift = windowShiftFor(Math.max(options.receiveBufferBytes, options.receiveBufferMaximumBytes));
    this.timers = new Timers(services.clock, (kind) => services.timerDue(this, kind));
    const { block } = this;
    block.iss = options.iss;
    block.sndUna = options.iss;
    block.sndNxt = options.iss;
    block.probedTo = options.iss;
    this.windowUseEnd = options.iss;
    block.smallSentTo = options.iss;
    this.lastArrivalMs = services.clock.now();
    this.lastDataReceivedMs = this.lastArrivalMs;
  }

  /** Moves along the state table; an event that the table does not know in this state is a bug. */
  move(event: TcpEvent): void {
    const from = this.block.state;
    const to = nextTcpState(from, event);
    assert(to !== undefined, `${event} leads nowhere from ${from}`);
    this.block.state = to;
    this.services.onEvent({ kind: 'tcp-state', local: this.local, remote: this.remote, from, to });
  }

  /** Ends the connection: CLOSED, timers gone, four-tuple free. `failure` is what the application is told. */
  end(event: TcpEvent, failure: SocketError | undefined): void {
    const { counters } = this.services;
    const from = this.block.state;
    if (from === 'CLOSED') return;
    if (from === 'SYN_SENT' || from === 'SYN_RCVD') counters.TcpAttemptFails += 1;
    else if (event === 'reset' && (from === 'ESTABLISHED' || from === 'CLOSE_WAIT')) counters.TcpEstabResets += 1;
    if (from === 'TIME_WAIT') this.services.timeWaits.count -= 1;
    this.move(event);
    this.timers.clearAll();
    this.ackNow = false;
    this.sent.clear();
    this.sendBuffer.release();
    if (this.readingClosed || failure !== undefined) this.receiveBuffer.release();
    this.services.closed(this);
    this.tellClosed(failure);
    this.parent?.gone(this);
  }

  /** The application's part is over (CLOSED, or TIME_WAIT holds only the four-tuple). Told once. */
  tellClosed(failure: SocketError | undefined): void {
    if (this.#toldClosed) return;
    this.#toldClosed = true;
    this.#failure = failure;
    this.tell(news.closed);
  }

  fail(code: SocketError['code'], message: string): void {
    this.end('reset', new SocketError(code, message));
  }

  /** Remembers a soft error, to be told and to explain a later timeout (RFC 1122 section 4.2.3.9). */
  noteSoftError(report: IcmpErrorReport, error: SocketError): void {
    this.softError = error;
    this.#softReport = report;
    this.tell(news.softError);
  }

  /** Notes news for the application; they are told by `tellNews`, or at the latest by the clock. */
  tell(bit: number): void {
    this.#news |= bit;
    if (this.#tellingSoon || this.#telling || this.#isHeld) return;
    this.#tellingSoon = true;
    this.services.clock.schedule(0, () => this.tellNews());
  }

  /** Notes news when the caller is sure to call `tellNews` before it returns to the clock. */
  note(bit: number): void {
    this.#news |= bit;
  }

  /** Calls the handlers. Never to be called from inside one of the socket's methods. */
  tellNews(): void {
    this.#tellingSoon = false;
    if (this.#news === 0 || this.#telling || this.#isHeld) return;
    const { clock } = this.services;
    const before = clock.run();
    this.#telling = true;
    try {
      while (this.#news !== 0) {
        const bit = this.#news & -this.#news;
        this.#news &= ~bit;
        this.#tellOne(bit);
      }
    } finally {
      this.#telling = false;
      clock.leave(before);
    }
  }

  /** The stack goes down: no more news for anybody. */
  silence(): void {
    this.#isHeld = true;
  }

  /** The application has taken the connection from its listener: what has happened so far is told soon. */
  accepted(): void {
    this.#isHeld = false;
    this.#news &= ~news.established;
    if (this.#news !== 0) this.tell(this.#news);
  }

  #tellOne(bit: number): void {
    const { handlers } = this;
    if (this.#toldClosed && this.#failure !== undefined && bit !== news.closed) return;
    if (bit === news.readable) handlers.readable?.();
    else if (bit === news.writable) handlers.writable?.();
    else if (bit === news.urgent) handlers.urgent?.();
    else if (bit === news.established) handlers.established?.();
    else if (bit === news.peerFinished) handlers.peerFinished?.();
    else if (bit === news.closed) handlers.closed?.(this.#failure);
    else if (bit === news.softError && this.#softReport !== undefined) handlers.softError?.(this.#softReport);
  }
}
