// Both ends send a stream and close; what each received must be what the other sent, whatever the pipe did.
import { fraction, seededRandom } from '../../src/base/random.ts';
import type { TcpSocket } from '../../src/stack/sockets.ts';
import { TcpPair, type PipeOptions } from './tcp-pair.ts';

export interface TransferOptions extends PipeOptions {
  readonly clientBytes: number;
  readonly serverBytes: number;
  /** Bytes; small ones make windows close. */
  readonly bufferBytes?: number;
  /** The receiver reads this many bytes at most per wake-up and waits this long between; absent: at once, all. */
  readonly slowReader?: { readonly bytes: number; readonly pauseMs: number };
  readonly limitMs?: number;
  readonly knobs?: Readonly<Record<string, string>>;
}

export interface TransferResult {
  readonly pair: TcpPair;
  /** Virtual ms until both applications had heard `closed`. */
  readonly durationMs: number;
  /** What is wrong, in words; empty when nothing is. */
  readonly faults: readonly string[];
}

/** Byte `index` of the stream `salt`: unlike its neighbors and unlike any shift of itself by a segment. */
function patternByte(index: number, salt: number): number {
  return (Math.imul(index + salt, 0x9e37_79b1) >>> 24) & 0xff;
}

class StreamEnd {
  readonly #pair: TcpPair;
  readonly #options: TransferOptions;
  readonly #name: string;
  readonly #sendBytes: number;
  readonly #expectBytes: number;
  readonly #salt: number;
  socket: TcpSocket | undefined;
  sent = 0;
  received = 0;
  peerFinished = false;
  closed = false;
  readonly faults: string[] = [];

  constructor(pair: TcpPair, options: TransferOptions, name: 'client' | 'server') {
    this.#pair = pair;
    this.#options = options;
    this.#name = name;
    this.#salt = name === 'client' ? 1 : 1_000_003;
    this.#sendBytes = name === 'client' ? options.clientBytes : options.serverBytes;
    this.#expectBytes = name === 'client' ? options.serverBytes : options.clientBytes;
  }

  readonly handlers = {
    established: (): void => this.push(),
    writable: (): void => this.push(),
    readable: (): void => this.pull(),
    peerFinished: (): void => {
      this.peerFinished = true;
      this.pull();
    },
    closed: (reason: Error | undefined): void => {
      this.pull();
      if (this.closed) this.faults.push(`${this.#name}: closed twice`);
      this.closed = true;
      if (reason !== undefined) this.faults.push(`${this.#name}: ${reason.message}`);
    },
  };

  push(): void {
    const { socket } = this;
    if (socket === undefined) return;
    while (this.sent < this.#sendBytes) {
      const length = Math.min(16_384, this.#sendBytes - this.sent);
      const chunk = Uint8Array.from({ length }, (_, index) => patternByte(this.sent + index, this.#salt));
      const taken = socket.send(chunk);
      this.sent += taken;
      if (taken < length) return;
    }
    socket.finish();
  }

  pull(): void {
    const slow = this.#options.slowReader;
    const bytes = this.socket?.receive(slow?.bytes);
    if (bytes !== undefined) {
      const otherSalt = this.#salt === 1 ? 1_000_003 : 1;
      const at = bytes.findIndex((byte, index) => byte !== patternByte(this.received + index, otherSalt));
      if (at >= 0 && this.faults.length === 0) {
        this.faults.push(`${this.#name}: byte ${this.received + at} differs`);
      }
      this.received += bytes.length;
      if (slow === undefined) this.pull();
      else this.#pair.clock.schedule(slow.pauseMs, () => this.pull());
    }
  }

  check(): string[] {
    const faults = [...this.faults];
    if (!this.closed) faults.push(`${this.#name}: not closed, in ${this.socket?.state ?? 'no state'}`);
    if (this.received !== this.#expectBytes) {
      faults.push(`${this.#name}: received ${this.received} of ${this.#expectBytes} bytes`);
    }
    if (!this.peerFinished) faults.push(`${this.#name}: never heard of the peer's FIN`);
    return faults;
  }
}

/** Runs one connection from SYN to the end of TIME_WAIT. */
export function transfer(seed: string | number, options: TransferOptions): TransferResult {
  const pair = new TcpPair(seed, options);
  for (const [name, value] of Object.entries(options.knobs ?? {})) {
    for (const end of [pair.client, pair.server]) end.knobs.write(name, value);
  }
  const buffers =
    options.bufferBytes === undefined
      ? {}
      : { sendBufferBytes: options.bufferBytes, receiveBufferBytes: options.bufferBytes };
  const server = new StreamEnd(pair, options, 'server');
  const client = new StreamEnd(pair, options, 'client');
  const listener = pair.server.tcp.listen({
    port: 80,
    ...buffers,
    acceptable: () => {
      const socket = listener.accept();
      if (socket === undefined) return;
      server.socket = socket;
      socket.handlers = server.handlers;
      server.push();
      server.pull();
      if (socket.endOfStream) server.peerFinished = true;
    },
  });
  const remote = { address: pair.server.internet.address, port: 80 };
  client.socket = pair.client.tcp.connect(remote, { handlers: client.handlers, ...buffers });
  const limitMs = options.limitMs ?? 7_200_000;
  pair.clock.runUntilCondition(() => client.closed && server.closed, limitMs);
  const durationMs = pair.clock.now();
  pair.clock.runFor(130_000); // the end of every TIME_WAIT, and readers that are slow
  const faults = [...client.check(), ...server.check()];
  listener.close();
  const left = [...pair.client.tcp.inspect(), ...pair.server.tcp.inspect()];
  if (left.length > 0) faults.push(`left behind: ${left.map((each) => each.state).join(', ')}`);
  if (pair.clock.pending > 0) faults.push(`${pair.clock.pending} timers left`);
  return { pair, durationMs, faults };
}

/** A pipe and a load drawn from `seed`: up to 30 % loss, and everything else that a network may do. */
export function randomTransfer(seed: number): TransferOptions {
  const random = seededRandom(seed).fork('options');
  const draw = (maximum: number): number => fraction(random) * maximum;
  const size = (): number =>
    Math.floor([0, draw(100), draw(20_000), draw(200_000), draw(1_000_000)][random.uint32() % 5] ?? 0);
  return {
    delayMs: draw(100),
    jitterMs: random.uint32() % 2 === 0 ? 0 : draw(40),
    loss: random.uint32() % 4 === 0 ? 0 : draw(0.3),
    duplicate: random.uint32() % 2 === 0 ? 0 : draw(0.1),
    corrupt: random.uint32() % 2 === 0 ? 0 : draw(0.05),
    reorder: random.uint32() % 2 === 0 ? 0 : draw(0.2),
    mtu: random.uint32() % 4 === 0 ? 576 : 1500,
    clientBytes: size(),
    serverBytes: size(),
    ...(random.uint32() % 3 === 0 ? { bufferBytes: 2048 + Math.floor(draw(30_000)) } : {}),
    ...(random.uint32() % 6 === 0 ? { slowReader: { bytes: 1 + Math.floor(draw(8000)), pauseMs: draw(20) } } : {}),
    limitMs: 30 * 24 * 3_600_000,
    knobs: {
      'net.ipv4.tcp_retries2': '60', // whoever loses 16 in a row has bad luck, not a fault
      'net.ipv4.tcp_syn_retries': '60',
      'net.ipv4.tcp_synack_retries': '60',
      'net.ipv4.tcp_sack': random.uint32() % 5 === 0 ? '0' : '1',
      'net.ipv4.tcp_timestamps': random.uint32() % 5 === 0 ? '0' : '1',
      'net.ipv4.tcp_window_scaling': random.uint32() % 5 === 0 ? '0' : '1',
      'net.ipv4.tcp_congestion_control': random.uint32() % 3 === 0 ? 'reno' : 'cubic',
    },
  };
}
