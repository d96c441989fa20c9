// One question to one name server: RFC 1035 section 4.2 (UDP and TCP), RFC 5452 section 9 (what makes a response ours:
// random id and port, the same question, the right peer).
import { concatBytes } from '../../base/bytes.ts';
import { integerBelow } from '../../base/random.ts';
import { SocketError, type Endpoint, type IcmpErrorReport, type SocketErrorCode } from '../../stack/sockets.ts';
import { parseDns, writeDns, type DnsMessage } from '../../stack/wire/dns.ts';
import { sameName } from '../../stack/wire/dns-name.ts';
import { read16, write16 } from '../../stack/wire/field.ts';
import { Mailbox } from '../mailbox.ts';
import type { HostServices } from '../shell/command.ts';
import { TcpStream } from '../tcp-stream.ts';
import { TimeIsUp, timeLimit } from '../time-limit.ts';

export type DnsHost = Omit<HostServices, 'resolver'>;

export interface QuerySetting {
  readonly server: Endpoint;
  readonly transport: 'udp' | 'tcp';
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Name of the asking program, for `ss -p`. */
  readonly owner: string;
}

export type QueryOutcome =
  | { readonly kind: 'response'; readonly message: DnsMessage; readonly bytes: number; readonly elapsedMs: number }
  | { readonly kind: 'timeout' }
  /** The host refused to send, or ICMP or TCP said that nobody is there. */
  | { readonly kind: 'error'; readonly code: SocketErrorCode }
  | { readonly kind: 'malformed' };

export function randomId(host: DnsHost): number {
  return integerBelow(host.random, 0x1_0000);
}

/** Sends `query` and waits for its response. Rejects only with the signal's reason. */
export async function askServer(host: DnsHost, query: DnsMessage, setting: QuerySetting): Promise<QueryOutcome> {
  setting.signal.throwIfAborted();
  const startMs = host.clock.now();
  try {
    const found = await (setting.transport === 'udp' ? overUdp : overTcp)(host, query, setting);
    if (found === undefined) return { kind: 'timeout' };
    if (found.message === undefined) return { kind: 'malformed' };
    const elapsedMs = host.clock.now() - startMs;
    return { kind: 'response', message: found.message, bytes: found.bytes, elapsedMs };
  } catch (error) {
    if (error instanceof TimeIsUp) return { kind: 'timeout' };
    if (error instanceof SocketError) return { kind: 'error', code: error.code };
    throw error;
  }
}

interface Arrived {
  readonly bytes: number;
  /** Undefined when it could not be read. */
  readonly message: DnsMessage | undefined;
}

type UdpNews =
  | { readonly kind: 'datagram'; readonly payload: Uint8Array }
  | { readonly kind: 'error'; readonly code: SocketErrorCode };

async function overUdp(host: DnsHost, query: DnsMessage, setting: QuerySetting): Promise<Arrived | undefined> {
  const news = new Mailbox<UdpNews>(host.clock, setting.signal, 64);
  const endMs = host.clock.now() + setting.timeoutMs;
  const socket = host.stack.openUdp(
    {
      received: ({ payload }) => void news.put({ kind: 'datagram', payload }),
      icmpError: (report) => {
        const code = errorOfReport(report);
        if (code !== undefined) news.put({ kind: 'error', code });
      },
    },
    setting.owner,
  );
  try {
    socket.connect(setting.server); // so the stack lets only this server's datagrams and errors through
    socket.send(writeDns(query));
    for (;;) {
      const item = await news.take(endMs - host.clock.now());
      setting.signal.throwIfAborted();
      if (item === undefined) return undefined;
      if (item.kind === 'error') throw new SocketError(item.code, 'an ICMP error came back');
      const found = readResponse(item.payload, query);
      if (found !== undefined) return found;
    }
  } finally {
    socket.close();
  }
}

async function overTcp(host: DnsHost, query: DnsMessage, setting: QuerySetting): Promise<Arrived | undefined> {
  const limit = timeLimit(host.clock, setting.timeoutMs, setting.signal);
  let stream: TcpStream | undefined;
  try {
    stream = await TcpStream.connect(host.stack, setting.server, { signal: limit.signal, owner: setting.owner });
    await stream.write(withLength(writeDns(query)));
    const reader = new LengthReader(stream);
    for (;;) {
      const bytes = await reader.next();
      if (bytes === undefined) throw new SocketError('ECONNRESET', 'the server closed before it answered');
      const found = readResponse(bytes, query);
      if (found !== undefined) return found;
    }
  } finally {
    stream?.close();
    limit.dispose();
  }
}

/** Undefined: not the response to our query. */
function readResponse(bytes: Uint8Array, query: DnsMessage): Arrived | undefined {
  const parsed = parseDns(bytes);
  if (parsed.kind === 'malformed') {
    return parsed.id === query.id && parsed.isResponse ? { bytes: bytes.length, message: undefined } : undefined;
  }
  const { message } = parsed;
  if (message.id !== query.id || !message.isResponse) return undefined;
  const [asked] = query.questions;
  const [answered] = message.questions;
  const isOurs =
    asked === undefined || answered === undefined
      ? message.responseCode !== 0 // an error may come without the question
      : answered.type === asked.type && answered.class === asked.class && sameName(answered.name, asked.name);
  return isOurs ? { bytes: bytes.length, message } : undefined;
}

/** What an ICMP error means for a connected UDP socket, as on Linux; undefined when it means nothing. */
export function errorOfReport(report: IcmpErrorReport): SocketErrorCode | undefined {
  if (report.kind === 'time-exceeded') return 'EHOSTUNREACH';
  if (report.kind !== 'unreachable') return undefined;
  if (report.code === 3 || report.code === 2) return 'ECONNREFUSED';
  return report.code === 0 ? 'ENETUNREACH' : 'EHOSTUNREACH';
}

/** A message as it goes over TCP (RFC 1035 section 4.2.2): its length in two bytes before it, in one segment. */
export function withLength(message: Uint8Array): Uint8Array {
  const length = new Uint8Array(2);
  write16(length, 0, message.length);
  return concatBytes([length, message]);
}

/** The messages of a TCP connection, one by one. */
export class LengthReader {
  readonly #stream: TcpStream;
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(stream: TcpStream) {
    this.#stream = stream;
  }

  /** Undefined when the peer has finished; what is left of half a message is forgotten. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#buffer.length < 2 || this.#buffer.length < 2 + read16(this.#buffer, 0)) {
      const bytes = await this.#stream.read();
      if (bytes === undefined) return undefined;
      this.#buffer = concatBytes([this.#buffer, bytes]);
    }
    const end = 2 + read16(this.#buffer, 0);
    const message = this.#buffer.slice(2, end);
    this.#buffer = this.#buffer.slice(end);
    return message;
  }
}
