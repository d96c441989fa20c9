// Byte streams between programs: a bounded pipe, the empty source, collectors, and devices such as /dev/zero.
import { concatBytes } from '../../base/bytes.ts';
import { BrokenPipe, type ByteSink, type ByteSource } from './command.ts';

/** As Linux's pipes (pipe(7)): the writer waits when this many bytes are unread. */
export const pipeCapacityBytes = 64 * 1024;

const encoder = new TextEncoder();

export function toBytes(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? encoder.encode(data) : data;
}

/** A pipe with one reader and one writer. A piece larger than the capacity passes whole, once the pipe is not full. */
export class Pipe implements ByteSource, ByteSink {
  readonly #pieces: Uint8Array[] = [];
  #bufferedBytes = 0;
  #writerClosed = false;
  #readerClosed = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriters: (() => void)[] = [];

  async read(): Promise<Uint8Array | undefined> {
    while (this.#pieces.length === 0 && !this.#writerClosed && !this.#readerClosed) {
      await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
    if (this.#readerClosed || this.#pieces.length === 0) return undefined;
    // Many small lines become one piece: a reader's turn costs more than the copy.
    const whole = this.#pieces.length === 1 ? (this.#pieces[0] as Uint8Array) : concatBytes(this.#pieces);
    this.#pieces.length = 0;
    this.#bufferedBytes = 0;
    this.#wakeAllWriters();
    return whole;
  }

  async write(data: Uint8Array | string): Promise<void> {
    while (this.#bufferedBytes >= pipeCapacityBytes && !this.#readerClosed) {
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
    }
    if (this.#readerClosed || this.#writerClosed) throw new BrokenPipe('broken pipe');
    const bytes = toBytes(data);
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#bufferedBytes += bytes.length;
    this.#wakeReader?.();
  }

  /** End of input for the reader, after what is in the pipe. */
  closeWriter(): void {
    this.#writerClosed = true;
    this.#wakeReader?.();
    this.#wakeAllWriters();
  }

  /** Nobody will read any more: writers get `BrokenPipe`. */
  closeReader(): void {
    this.#readerClosed = true;
    this.#pieces.length = 0;
    this.#wakeReader?.();
    this.#wakeAllWriters();
  }

  #wakeAllWriters(): void {
    const waiting = this.#wakeWriters;
    this.#wakeWriters = [];
    for (const wake of waiting) wake();
  }
}

/** A source at its end, as /dev/null. */
export const emptySource: ByteSource = { read: async () => undefined };

/** A sink that forgets, as /dev/null. */
export const nullSink: ByteSink = { write: async () => undefined };

/** A source of bytes that exist already, in pieces of at most `pieceBytes`. */
export function bytesSource(bytes: Uint8Array, pieceBytes = pipeCapacityBytes): ByteSource {
  let offset = 0;
  return {
    async read() {
      if (offset >= bytes.length) return undefined;
      const piece = bytes.subarray(offset, offset + pieceBytes);
      offset += piece.length;
      return piece;
    },
  };
}

/** Keeps what is written, up to `limitBytes`; what comes later is counted but not kept. */
export class CollectingSink implements ByteSink {
  readonly #pieces: Uint8Array[] = [];
  readonly #limitBytes: number;
  #keptBytes = 0;
  #lostBytes = 0;

  constructor(limitBytes = Infinity) {
    this.#limitBytes = limitBytes;
  }

  async write(data: Uint8Array | string): Promise<void> {
    const bytes = toBytes(data);
    const kept = bytes.slice(0, Math.max(0, this.#limitBytes - this.#keptBytes));
    this.#lostBytes += bytes.length - kept.length;
    this.#keptBytes += kept.length;
    if (kept.length > 0) this.#pieces.push(kept);
  }

  /** Keeps a remark of the collector's owner, beyond the limit. */
  note(text: string): void {
    this.#pieces.push(encoder.encode(text));
  }

  /** Bytes that did not fit. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  get bytes(): Uint8Array {
    return concatBytes(this.#pieces);
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

/** Everything that a source has, as one array. */
export async function readAll(source: ByteSource): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let piece = await source.read(); piece !== undefined; piece = await source.read()) pieces.push(piece);
  return concatBytes(pieces);
}

/** The lines of a source without their line feeds; a last line without one counts too. */
export async function* readLines(source: ByteSource): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for (let piece = await source.read(); piece !== undefined; piece = await source.read()) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
