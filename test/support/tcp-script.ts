// A script against one TCP in virtual time: the test plays the peer, segment by segment. A line that does not come true
// fails with the whole dialogue so far. Sequence numbers are relative: 0 is each side's SYN.
import { seededRandom } from '../../src/base/random.ts';
import type { DropReason } from '../../src/stack/drop.ts';
import type { StackEvent } from '../../src/stack/events.ts';
import { ipKnobs } from '../../src/stack/ip/knobs.ts';
import { Knobs } from '../../src/stack/knobs.ts';
import type {
  SocketError,
  TcpConnectOptions,
  TcpListener,
  TcpListenOptions,
  TcpSocket,
} from '../../src/stack/sockets.ts';
import { newTcpCounters } from '../../src/stack/tcp/counters.ts';
import { tcpKnobs } from '../../src/stack/tcp/knobs.ts';
import { StepClock } from '../../src/stack/step-clock.ts';
import { Tcp } from '../../src/stack/tcp/tcp.ts';
import { checksum, pseudoHeaderSum } from '../../src/stack/wire/checksum.ts';
import { write16 } from '../../src/stack/wire/field.ts';
import type { Ipv4Address } from '../../src/stack/wire/ip-address.ts';
import {
  parseTcp,
  tcpFlag,
  tcpHeaderBytes,
  tcpOffset,
  TcpSegmentView,
  writeTcpHeader,
} from '../../src/stack/wire/tcp.ts';
import {
  writeMaximumSegmentSize,
  writeSack,
  writeSackPermitted,
  writeTimestamps,
  writeWindowScale,
} from '../../src/stack/wire/tcp-options.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { PacketOnlyInternet } from './packet-only-internet.ts';

export const ourAddress = 0x0a00_0001 as Ipv4Address;
export const peerAddress = 0x0a00_0002 as Ipv4Address;
export const ourPort = 80;
export const peerPort = 5000;
const peerIss = 1_000_000;

/** A segment in packetdrill's shorthand: `S` SYN, `F` FIN, `R` RST, `P` PSH, `U` URG, `.` ACK. */
export interface ScriptSegment {
  readonly flags: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly length?: number;
  /** The data itself; `length` zeros otherwise. */
  readonly data?: Uint8Array;
  readonly window?: number;
  readonly mss?: number;
  readonly scale?: number;
  readonly sackOk?: boolean;
  /** The urgent pointer; goes with `U`. */
  readonly urgent?: number;
  /** Bytes of further options, a multiple of four. */
  readonly rawOptions?: readonly number[];
  readonly timestamps?: readonly [value: number, echo: number];
  /** Relative to the stream that is acknowledged. */
  readonly sack?: readonly (readonly [number, number])[];
}

/** What our side sent, relative as well. */
export interface SeenSegment extends ScriptSegment {
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly window: number;
  readonly atMs: number;
  readonly bytes: Uint8Array;
  /** The sequence number as on the wire. */
  readonly rawSeq: number;
}

export class TcpScript {
  readonly clock = new VirtualClock();
  readonly internet = new PacketOnlyInternet(ourAddress);
  readonly knobs = new Knobs(ipKnobs, tcpKnobs);
  readonly counters = newTcpCounters();
  readonly events: StackEvent[] = [];
  readonly drops: DropReason[] = [];
  readonly tcp: Tcp;
  /** What the socket's handlers heard. */
  readonly heard: string[] = [];
  closedWith: SocketError | undefined;
  socket: TcpSocket | undefined;
  listener: TcpListener | undefined;
  /** Ports of the conversation, as our side sees them. */
  localPort = ourPort;
  remotePort = peerPort;
  ourIss: number | undefined;
  readonly #outbox: SeenSegment[] = [];
  readonly #dialogue: string[] = [];

  constructor(knobs: Readonly<Record<string, number | string>> = {}) {
    // These scripts speak of the steady state; quick ACKs have tests of their own (delayed-ack.test.ts).
    const settings = { 'net.ipv4.tcp_max_quickacks': 0, ...knobs };
    for (const [name, value] of Object.entries(settings)) {
      const refusal = this.knobs.write(name, String(value));
      if (refusal !== undefined) throw new Error(refusal);
    }
    this.tcp = new Tcp({
      internet: this.internet,
      clock: new StepClock(this.clock),
      random: seededRandom('script'),
      knobs: this.knobs,
      counters: this.counters,
      drop: (reason) => {
        this.drops.push(reason);
        this.#note(`  (drops: ${reason})`);
      },
      onEvent: (event) => this.events.push(event),
    });
    this.internet.carrier = (bytes, offset) => this.#record(bytes, offset);
  }

  /** Active open to the peer. */
  connect(options: TcpConnectOptions = {}): TcpSocket {
    const remote = { address: peerAddress, port: this.remotePort };
    this.socket = this.tcp.connect(remote, { handlers: this.handlers(), ...options });
    this.localPort = this.socket.local.port;
    return this.socket;
  }

  listen(options: Partial<TcpListenOptions> = {}): TcpListener {
    this.listener = this.tcp.listen({ port: ourPort, acceptable: () => this.heard.push('acceptable'), ...options });
    return this.listener;
  }

  accept(): TcpSocket {
    const socket = this.listener?.accept();
    if (socket === undefined) throw this.#failure('nothing to accept');
    socket.handlers = this.handlers();
    this.socket = socket;
    return socket;
  }

  /** The socket of the script; fails when there is none. */
  get open(): TcpSocket {
    if (this.socket === undefined) throw this.#failure('no socket is open');
    return this.socket;
  }

  handlers(): NonNullable<TcpConnectOptions['handlers']> {
    return {
      established: () => this.heard.push('established'),
      readable: () => this.heard.push('readable'),
      writable: () => this.heard.push('writable'),
      urgent: () => this.heard.push('urgent'),
      peerFinished: () => this.heard.push('peerFinished'),
      softError: (report) => this.heard.push(`softError ${report.kind}`),
      closed: (reason) => {
        this.closedWith = reason;
        this.heard.push(reason === undefined ? 'closed' : `closed ${reason.code}`);
      },
    };
  }

  /** Handshake by active open; the peer offers `options` in its SYN-ACK. Leaves both sides at sequence 1. */
  establish(options: Omit<ScriptSegment, 'flags'> = {}, connect: TcpConnectOptions = {}): TcpSocket {
    const socket = this.connect(connect);
    this.expect({ flags: 'S', seq: 0 });
    this.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460, ...options });
    this.expect({ flags: '.', seq: 1, ack: 1 });
    return socket;
  }

  /** Handshake by passive open. */
  establishPassively(options: Omit<ScriptSegment, 'flags'> = {}): TcpSocket {
    this.listen();
    this.send({ flags: 'S', seq: 0, mss: 1460, ...options });
    this.expect({ flags: 'S.', seq: 0, ack: 1 });
    this.send({ flags: '.', seq: 1, ack: 1, ...(options.timestamps ? { timestamps: options.timestamps } : {}) });
    return this.accept();
  }

  /** The peer sends a segment; default window 65535, default ACK none unless flags have it (then 1). */
  send(segment: ScriptSegment): void {
    this.#note(`${stamp(this.clock.now())} < ${describe(segment)}`);
    const { bytes, offset } = this.#write(segment);
    this.internet.arrive(bytes, offset, peerAddress);
    this.settle();
  }

  /** Our side must send this now (after what it has sent already). Only the named properties are compared. */
  expect(wanted: ScriptSegment): SeenSegment {
    this.settle();
    const seen = this.#outbox.shift();
    if (seen === undefined) throw this.#failure(`expected ${describe(wanted)}, but nothing was sent`);
    const difference = compare(wanted, seen);
    if (difference !== undefined) throw this.#failure(`expected ${describe(wanted)}: ${difference}`);
    return seen;
  }

  /** Nothing is sent now, nor in the next `durationMs`. */
  expectNothing(durationMs = 0): void {
    this.advance(durationMs);
    const seen = this.#outbox[0];
    if (seen !== undefined) throw this.#failure(`expected nothing, but ${describe(seen)} was sent`);
  }

  /** Nothing until `delayMs` from now, and then this. */
  expectAfter(delayMs: number, wanted: ScriptSegment): SeenSegment {
    const startMs = this.clock.now();
    this.expectNothing(Math.max(delayMs - 1, 0));
    this.clock.runUntil(startMs + delayMs);
    return this.expect(wanted);
  }

  expectState(state: string): void {
    if (this.open.state !== state) throw this.#failure(`expected state ${state}, but it is ${this.open.state}`);
  }

  expectHeard(...news: string[]): void {
    this.settle();
    const said = this.heard.splice(0).join(', ');
    if (said !== news.join(', ')) throw this.#failure(`expected to hear [${news.join(', ')}], but heard [${said}]`);
  }

  /** The reasons for which segments were refused since the last call. */
  takeDrops(): DropReason[] {
    return this.drops.splice(0);
  }

  /** Runs the timers of the next `durationMs`. */
  advance(durationMs: number): void {
    this.clock.runFor(durationMs);
  }

  /** Runs what is due at this very moment. */
  settle(): void {
    this.clock.runFor(0);
  }

  /** Forgets what was sent and not looked at. */
  skip(): number {
    return this.#outbox.splice(0).length;
  }

  /** Our stream's absolute sequence number for a relative one. */
  ours(relative: number): number {
    return ((this.ourIss ?? 0) + relative) >>> 0;
  }

  get dialogue(): string {
    return this.#dialogue.join('\n');
  }

  #write(segment: ScriptSegment): { bytes: Uint8Array; offset: number } {
    const options = new Uint8Array(64);
    let end = 0;
    if (segment.mss !== undefined) end = writeMaximumSegmentSize(options, end, segment.mss);
    if (segment.sackOk === true) end = writeSackPermitted(options, end);
    if (segment.timestamps !== undefined) end = writeTimestamps(options, end, ...segment.timestamps);
    if (segment.scale !== undefined) end = writeWindowScale(options, end, segment.scale);
    if (segment.sack !== undefined) {
      const edges = Uint32Array.from(segment.sack.flat(), (edge) => this.ours(edge));
      end = writeSack(options, end, edges, segment.sack.length);
    }
    if (segment.rawOptions !== undefined) {
      options.set(segment.rawOptions, end);
      end += segment.rawOptions.length;
    }
    const data = segment.data ?? new Uint8Array(segment.length ?? 0);
    const headerLength = tcpHeaderBytes + end;
    const bytes = new Uint8Array(headerLength + data.length);
    const flags = parseFlags(segment.flags);
    const seq = (peerIss + (segment.seq ?? 0)) >>> 0;
    const ack = (flags & tcpFlag.ack) === 0 ? 0 : this.ours(segment.ack ?? 1);
    const ports = { source: this.remotePort, destination: this.localPort };
    writeTcpHeader(bytes, 0, ports, seq, ack, headerLength, flags, segment.window ?? 65_535);
    write16(bytes, tcpOffset.urgentPointer, segment.urgent ?? 0);
    bytes.set(options.subarray(0, end), tcpHeaderBytes);
    bytes.set(data, headerLength);
    const pseudo = pseudoHeaderSum(4, peerAddress, ourAddress, 6, bytes.length);
    write16(bytes, tcpOffset.checksum, checksum(bytes, 0, bytes.length, pseudo));
    return { bytes, offset: 0 };
  }

  #record(bytes: Uint8Array, offset: number): void {
    const view = new TcpSegmentView();
    const pseudo = pseudoHeaderSum(4, ourAddress, peerAddress, 6, bytes.length - offset);
    if (!parseTcp(bytes, offset, bytes.length - offset, view)) throw this.#failure('sent a malformed segment');
    if (checksum(bytes, offset, bytes.length - offset, pseudo) !== 0) throw this.#failure('sent a wrong checksum');
    if ((view.flags & tcpFlag.syn) !== 0) this.ourIss = view.sequence;
    const { options } = view;
    const blocks = Array.from({ length: options.sackBlockCount }, (_, index): [number, number] => [
      ((options.sackEdges[2 * index] as number) - peerIss) | 0,
      ((options.sackEdges[2 * index + 1] as number) - peerIss) | 0,
    ]);
    const seen: SeenSegment = {
      flags: formatFlags(view.flags),
      seq: (view.sequence - (this.ourIss ?? view.sequence)) | 0,
      ack: (view.flags & tcpFlag.ack) === 0 ? 0 : (view.acknowledgment - peerIss) | 0,
      length: view.dataLength,
      window: view.window,
      atMs: this.clock.now(),
      bytes: view.bytes.slice(view.dataOffset, view.dataOffset + view.dataLength),
      rawSeq: view.sequence,
      urgent: view.urgentPointer,
      rawOptions: Array.from(bytes.subarray(offset + tcpHeaderBytes, view.dataOffset)),
      sackOk: options.sackPermitted,
      sack: blocks,
      ...(options.maximumSegmentSize === undefined ? {} : { mss: options.maximumSegmentSize }),
      ...(options.windowScale === undefined ? {} : { scale: options.windowScale }),
      ...(options.hasTimestamps ? { timestamps: [options.timestampValue, options.timestampEcho] as const } : {}),
    };
    this.#outbox.push(seen);
    this.#note(`${stamp(this.clock.now())} > ${describe(seen)}`);
  }

  #note(line: string): void {
    this.#dialogue.push(line);
  }

  #failure(message: string): Error {
    return new Error(`at ${this.clock.now()} ms: ${message}\n${this.dialogue}`);
  }
}

const letters: readonly (readonly [string, number])[] = [
  ['S', tcpFlag.syn],
  ['F', tcpFlag.fin],
  ['R', tcpFlag.rst],
  ['P', tcpFlag.psh],
  ['U', tcpFlag.urg],
  ['.', tcpFlag.ack],
];

function parseFlags(text: string): number {
  return letters.reduce((flags, [letter, bit]) => (text.includes(letter) ? flags | bit : flags), 0);
}

function formatFlags(flags: number): string {
  return letters.map(([letter, bit]) => ((flags & bit) === 0 ? '' : letter)).join('');
}

function stamp(ms: number): string {
  return `${ms.toFixed(1).padStart(10)}`;
}

function describe(segment: ScriptSegment): string {
  const range = `${segment.seq ?? '*'}(${segment.length ?? segment.data?.length ?? '*'})`;
  const parts = [segment.flags, range];
  if (segment.ack !== undefined) parts.push(`ack ${segment.ack}`);
  if (segment.window !== undefined) parts.push(`win ${segment.window}`);
  if (segment.mss !== undefined) parts.push(`mss ${segment.mss}`);
  if (segment.scale !== undefined) parts.push(`ws ${segment.scale}`);
  if (segment.sackOk === true) parts.push('sackOK');
  if (segment.timestamps !== undefined) parts.push(`ts ${segment.timestamps.join('/')}`);
  if (segment.sack !== undefined && segment.sack.length > 0) {
    parts.push(`sack ${segment.sack.map((each) => each.join('-')).join(' ')}`);
  }
  return parts.join(' ');
}

/** PSH is compared only when the script names it. */
function compare(wanted: ScriptSegment, seen: SeenSegment): string | undefined {
  const ignored = wanted.flags.includes('P') ? '' : 'P';
  if (wanted.flags !== seen.flags.replace(ignored, '')) return `flags are ${seen.flags}`;
  const { data } = wanted;
  if (data !== undefined && data.join() !== seen.bytes.join()) return 'the data differs';
  for (const key of ['seq', 'ack', 'length', 'window', 'mss', 'scale', 'sackOk', 'urgent'] as const) {
    if (wanted[key] !== undefined && wanted[key] !== seen[key]) return `${key} is ${seen[key]}`;
  }
  if (wanted.sack !== undefined && JSON.stringify(wanted.sack) !== JSON.stringify(seen.sack)) {
    return `SACK blocks are ${JSON.stringify(seen.sack)}`;
  }
  if (wanted.timestamps !== undefined && JSON.stringify(wanted.timestamps) !== JSON.stringify(seen.timestamps)) {
    return `timestamps are ${JSON.stringify(seen.timestamps)}`;
  }
  return undefined;
}
