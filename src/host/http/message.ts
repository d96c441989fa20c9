// HTTP/1.1 messages on a TCP stream: RFC 9112 sections 2 to 7 (framing), RFC 9110 (meaning of the fields used here).
// Left out: trailers as values, obsolete line folding, upgrades, requests in absolute form.
import { concatBytes } from '../../base/bytes.ts';

/** A head longer than this is refused. */
export const maximumHeadBytes = 64 * 1024;

/** Fields in order, names as they were written. */
export class HttpFields {
  readonly entries: readonly (readonly [name: string, value: string])[];

  constructor(entries: readonly (readonly [name: string, value: string])[]) {
    this.entries = entries;
  }

  /** All values of a field, joined as RFC 9110 section 5.3 says; undefined when there is none. */
  get(name: string): string | undefined {
    const values = this.entries.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(', ');
  }

  /** True when `token` is among the comma-separated values of the field. */
  has(name: string, token: string): boolean {
    const values = (this.get(name) ?? '').toLowerCase().split(',');
    return values.some((value) => value.trim() === token);
  }
}

export interface HttpHead {
  readonly startLine: string;
  readonly fields: HttpFields;
  /** Every line as it came, without line ends. */
  readonly lines: readonly string[];
}

/** What a peer sent that is no HTTP. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
}

/** How the end of a body is found (RFC 9112 section 6.3). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

/** The stream ended before the body did; `missing` bytes are known for a content length. */
export class BodyCutOff extends Error {
  override readonly name = 'BodyCutOff';
  readonly missing: number | undefined;

  constructor(missing: number | undefined) {
    super('the body was cut off');
    this.missing = missing;
  }
}

/** Where messages are read from: a `TcpStream`. */
export interface HttpSource {
  read(): Promise<Uint8Array | undefined>;
}

/** The framing of a request's body. Throws `HttpError` for what must not be guessed at. */
export function requestFraming(fields: HttpFields): BodyFraming {
  const coding = fields.get('transfer-encoding');
  if (coding !== undefined) {
    if (coding.trim().toLowerCase() !== 'chunked') throw new HttpError(`transfer coding ${coding}`);
    return { kind: 'chunked' };
  }
  const bytes = contentLength(fields);
  return bytes === undefined ? { kind: 'none' } : { kind: 'length', bytes };
}

/** The framing of a response's body. Throws `HttpError`. */
export function responseFraming(status: number, method: string, fields: HttpFields): BodyFraming {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' };
  if (fields.get('transfer-encoding') !== undefined) {
    return fields.has('transfer-encoding', 'chunked') ? { kind: 'chunked' } : { kind: 'until-close' };
  }
  const bytes = contentLength(fields);
  return bytes === undefined ? { kind: 'until-close' } : { kind: 'length', bytes };
}

function contentLength(fields: HttpFields): number | undefined {
  const text = fields.get('content-length');
  if (text === undefined) return undefined;
  const values = new Set(text.split(',').map((value) => value.trim()));
  const [value = ''] = values;
  if (values.size !== 1 || !/^\d{1,15}$/.test(value)) throw new HttpError(`content length ${text}`);
  return Number(value);
}

/** Reads messages from a stream, one after the other. */
export class HttpReader {
  readonly #source: HttpSource;
  #buffer: Uint8Array = new Uint8Array(0);
  #receivedBytes = 0;

  constructor(source: HttpSource) {
    this.#source = source;
  }

  /** All bytes that the stream has given so far. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** The next head; undefined when the stream ends before its first byte. Throws `HttpError`. */
  async head(): Promise<HttpHead | undefined> {
    const lines: string[] = [];
    let size = 0;
    for (;;) {
      const line = await this.#line(maximumHeadBytes - size);
      if (line === undefined) {
        if (lines.length === 0 && this.#buffer.length === 0) return undefined;
        throw new HttpError('the head is cut off');
      }
      size += line.length + 2;
      if (line === '' && lines.length === 0) continue; // RFC 9112 section 2.2: an empty line before a message
      if (line === '') break;
      lines.push(line);
    }
    const [startLine = '', ...fieldLines] = lines;
    return { startLine, fields: new HttpFields(fieldLines.map(parseField)), lines };
  }

  /** The pieces of a body. Throws `HttpError` and `BodyCutOff`. */
  async *body(framing: BodyFraming): AsyncGenerator<Uint8Array> {
    switch (framing.kind) {
      case 'none':
        return;
      case 'length':
        yield* this.#exactly(framing.bytes);
        return;
      case 'until-close':
        for (let piece = await this.#piece(); piece !== undefined; piece = await this.#piece()) yield piece;
        return;
      case 'chunked':
        yield* this.#chunks();
    }
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const size = /^([0-9a-f]{1,8})\s*(;.*)?$/i.exec((await this.#line(4096)) ?? fail(new BodyCutOff(undefined)))?.[1];
      if (size === undefined) throw new HttpError('a chunk without a size');
      const bytes = Number.parseInt(size, 16);
      if (bytes === 0) break;
      yield* this.#exactly(bytes);
      if ((await this.#line(4096)) !== '') throw new HttpError('a chunk that is longer than it says');
    }
    for (let line = await this.#line(maximumHeadBytes); line !== ''; line = await this.#line(maximumHeadBytes)) {
      if (line === undefined) throw new BodyCutOff(undefined);
    }
  }

  async *#exactly(count: number): AsyncGenerator<Uint8Array> {
    let left = count;
    while (left > 0) {
      const piece = await this.#piece(left);
      if (piece === undefined) throw new BodyCutOff(left);
      left -= piece.length;
      yield piece;
    }
  }

  /** Some bytes, at most `maximum`; undefined at the end of the stream. */
  async #piece(maximum = Infinity): Promise<Uint8Array | undefined> {
    if (this.#buffer.length === 0 && !(await this.#fill())) return undefined;
    const piece = this.#buffer.subarray(0, maximum);
    this.#buffer = this.#buffer.subarray(piece.length);
    return piece;
  }

  /** A line without its end; undefined when the stream ends in it. */
  async #line(limit: number): Promise<string | undefined> {
    let from = 0;
    for (;;) {
      const end = this.#buffer.indexOf(10, from);
      if (end >= 0) {
        const line = latin1(this.#buffer.subarray(0, end)).replace(/\r$/, '');
        this.#buffer = this.#buffer.subarray(end + 1);
        return line;
      }
      from = this.#buffer.length;
      if (from > limit) throw new HttpError('the head is too long');
      if (!(await this.#fill())) return undefined;
    }
  }

  async #fill(): Promise<boolean> {
    const bytes = await this.#source.read();
    if (bytes === undefined) return false;
    this.#receivedBytes += bytes.length;
    this.#buffer = this.#buffer.length === 0 ? bytes : concatBytes([this.#buffer, bytes]);
    return true;
  }
}

function fail(error: Error): never {
  throw error;
}

function parseField(line: string): readonly [string, string] {
  const match = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*(.*?)[ \t]*$/.exec(line);
  if (match === null) throw new HttpError(`no field: ${line.slice(0, 60)}`);
  return [match[1] ?? '', match[2] ?? ''];
}

/** Heads are bytes; what is above 0x7f is kept as it is. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
