// iperf3's control connection, as ESnet's iperf 3.12 speaks it: a cookie, states of one byte, JSON behind its length.
// Left out: UDP, authentication, bidirectional tests.
import { concatBytes } from '../../base/bytes.ts';
import { integerBelow, type Random } from '../../base/random.ts';
import type { TcpStream } from '../tcp-stream.ts';

/** iperf_api.h: one signed byte each. */
export const iperfState = {
  testStart: 1,
  testRunning: 2,
  testEnd: 4,
  parameterExchange: 9,
  createStreams: 10,
  serverTerminate: 11,
  clientTerminate: 12,
  exchangeResults: 13,
  displayResults: 14,
  iperfStart: 15,
  iperfDone: 16,
  accessDenied: 255,
  serverError: 254,
} as const;

/** Without the zero byte behind it. */
const cookieLetters = 36;
export const cookieBytes = cookieLetters + 1;
/** More than any side has to say. */
const maximumJsonBytes = 64 * 1024;

/** What a client asks for; `time` and `num` in seconds and bytes, one of them zero. */
export interface IperfParameters {
  readonly time: number;
  readonly num: number;
  readonly parallel: number;
  readonly len: number;
  readonly reverse: boolean;
}

export interface StreamResult {
  readonly id: number;
  readonly bytes: number;
  readonly retransmits: number;
  readonly seconds: number;
}

/** The other side has ended the test or said something that is no iperf3. */
export class IperfError extends Error {
  override readonly name = 'IperfError';
}

export function newCookie(random: Random): Uint8Array {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  const cookie = new Uint8Array(cookieBytes);
  for (let at = 0; at < cookieLetters; at += 1) cookie[at] = letters.charCodeAt(integerBelow(random, letters.length));
  return cookie;
}

/** Reads exact numbers of bytes from a stream that comes in pieces of any size. */
export class ControlReader {
  readonly #stream: TcpStream;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: TcpStream) {
    this.#stream = stream;
  }

  /** Throws `IperfError` when the stream ends before. */
  async bytes(count: number): Promise<Uint8Array> {
    while (this.#rest.length < count) {
      const piece = await this.#stream.read();
      if (piece === undefined) throw new IperfError('control socket has closed unexpectedly');
      this.#rest = concatBytes([this.#rest, piece]);
    }
    const taken = this.#rest.slice(0, count);
    this.#rest = this.#rest.slice(count);
    return taken;
  }

  async state(): Promise<number> {
    return (await this.bytes(1))[0] as number; // bytes() gives as many as asked
  }

  /** Throws `IperfError` when another state comes. */
  async expect(state: number): Promise<void> {
    const seen = await this.state();
    if (seen === iperfState.accessDenied) throw new IperfError('the server is busy running a test. try again later');
    if (seen !== state) throw new IperfError(`unexpected state ${seen} from the other side`);
  }

  async json(): Promise<Readonly<Record<string, unknown>>> {
    const head = await this.bytes(4);
    const length = new DataView(head.buffer, head.byteOffset, 4).getUint32(0);
    if (length > maximumJsonBytes) throw new IperfError('the other side does not speak iperf3');
    try {
      const value: unknown = JSON.parse(new TextDecoder().decode(await this.bytes(length)));
      if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
    } catch (cause) {
      if (cause instanceof IperfError) throw cause;
    }
    throw new IperfError('the other side does not speak iperf3');
  }
}

export async function sendState(stream: TcpStream, state: number): Promise<void> {
  await stream.write(Uint8Array.of(state));
}

export async function sendJson(stream: TcpStream, value: unknown): Promise<void> {
  const text = new TextEncoder().encode(JSON.stringify(value));
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, text.length);
  await stream.write(concatBytes([head, text]));
}

export function parametersMessage(parameters: IperfParameters): unknown {
  const { reverse, ...others } = parameters;
  return {
    tcp: true,
    omit: 0,
    blockcount: 0,
    pacing_timer: 1000,
    client_version: '3.12',
    ...others,
    ...(reverse && { reverse }),
  };
}

/** Throws `IperfError` for what we can not do. */
export function readParameters(message: Readonly<Record<string, unknown>>): IperfParameters {
  if (message['udp'] === true || message['sctp'] === true || message['bidirectional'] === true)
    throw new IperfError('only TCP in one direction is supported');
  const number = (key: string, fallback: number): number => {
    const value = message[key];
    return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : fallback;
  };
  return {
    time: number('time', 10),
    num: number('num', 0),
    parallel: Math.max(1, Math.min(32, Math.floor(number('parallel', 1)))),
    len: Math.max(1, Math.min(1024 * 1024, Math.floor(number('len', 131_072)))),
    reverse: message['reverse'] === true,
  };
}

export function resultsMessage(results: readonly StreamResult[], isSender: boolean): unknown {
  return {
    cpu_util_total: 0,
    cpu_util_user: 0,
    cpu_util_system: 0,
    sender_has_retransmits: isSender ? 1 : 0,
    streams: results.map(({ id, bytes, retransmits, seconds }) => ({
      id,
      bytes,
      retransmits: isSender ? retransmits : -1,
      jitter: 0,
      errors: 0,
      packets: 0,
      start_time: 0,
      end_time: seconds,
    })),
  };
}

/** Bytes per stream that the other side counted, by the stream's number; what is damaged counts as nothing. */
export function readResults(
  message: Readonly<Record<string, unknown>>,
): readonly Pick<StreamResult, 'bytes' | 'retransmits'>[] {
  const streams: unknown = message['streams'];
  if (!Array.isArray(streams)) return [];
  const field = (stream: unknown, key: string): number => {
    const value: unknown = typeof stream === 'object' && stream !== null ? Reflect.get(stream, key) : undefined;
    return typeof value === 'number' ? value : 0;
  };
  return streams.map((stream: unknown) => ({
    bytes: field(stream, 'bytes'),
    retransmits: field(stream, 'retransmits'),
  }));
}
