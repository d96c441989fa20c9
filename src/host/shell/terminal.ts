// The terminal behind a shell: line discipline for programs' input (termios(3): ICANON, ECHO, ISIG, ICRNL), ONLCR for output.
import type { ByteSink, ByteSource } from './command.ts';
import { toBytes } from './pipe.ts';
import { codePointWidth, splitCharacters, textWidth } from './text-width.ts';

/** Output goes out in pieces of this many bytes, so that input is heard between two of them. */
const outputPieceBytes = 16 * 1024;
/** As Linux's MAX_CANON neighbourhood: a line longer than this takes no more characters. */
const maximumLineCharacters = 4096;

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface TerminalHandlers {
  /** Input while the shell itself reads (raw mode). */
  shellInput(bytes: Uint8Array): void;
  /** Ctrl-C or Ctrl-\ while a program runs. */
  interrupt(signalName: 'INT' | 'QUIT'): void;
  /** Ctrl-Z while a program runs. */
  suspend(): void;
  resized(): void;
}

/** Sends bytes to whoever watches; resolves when more may be sent, rejects with `BrokenPipe` when nobody does any more. */
export type TerminalOutput = (bytes: Uint8Array) => Promise<void>;

export class Terminal {
  readonly name: string;
  readonly #output: TerminalOutput;
  readonly #handlers: TerminalHandlers;
  #size: TerminalSize;
  /** `shell`: keys go to the line editor; `program`: lines are collected for the foreground job. */
  #mode: 'shell' | 'program' = 'shell';
  #decoder = new TextDecoder();
  #partial = '';
  #ready: Uint8Array[] = [];
  #endPending = false;
  #closed = false;
  readonly #readers = new Set<() => void>();
  #escape = '';
  #atLineStart = true;

  constructor(name: string, size: TerminalSize, output: TerminalOutput, handlers: TerminalHandlers) {
    this.name = name;
    this.#size = size;
    this.#output = output;
    this.#handlers = handlers;
  }

  get size(): TerminalSize {
    return this.#size;
  }

  /** True when the last program's output ended its line. */
  get atLineStart(): boolean {
    return this.#atLineStart;
  }

  /** The shell has moved to a new line by itself. */
  lineEnded(): void {
    this.#atLineStart = true;
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    this.#handlers.resized();
  }

  input(bytes: Uint8Array): void {
    if (this.#mode === 'shell') this.#handlers.shellInput(bytes);
    else for (const character of this.#decoder.decode(bytes, { stream: true })) this.#cooked(character);
  }

  /** Programs may read lines from now on. */
  enterProgramMode(): void {
    this.#mode = 'program';
    this.#endPending = false;
  }

  /** The shell reads again; what was typed ahead and not read by a program comes back as bytes. */
  enterShellMode(): Uint8Array {
    this.#mode = 'shell';
    const typedAhead = [...this.#ready.map((bytes) => new TextDecoder().decode(bytes)), this.#partial].join('');
    this.#ready = [];
    this.#partial = '';
    this.#endPending = false;
    return toBytes(typedAhead);
  }

  /** Draws for the shell itself; nothing is converted, nothing waits. */
  draw(text: string): void {
    this.#output(toBytes(text)).catch(() => undefined); // nobody watches any more: the shell hears of it by its input
  }

  /** What programs write: line feeds become CR LF. */
  readonly sink: ByteSink = {
    write: async (data) => {
      const bytes = withCarriageReturns(toBytes(data));
      if (bytes.length === 0) return;
      this.#atLineStart = bytes.at(-1) === 0x0a;
      for (let offset = 0; offset < bytes.length; offset += outputPieceBytes) {
        await this.#output(bytes.subarray(offset, offset + outputPieceBytes));
      }
    },
  };

  /** Lines typed for a foreground program; `signal` ends its reading, so that it takes no line of its successor's. */
  openSource(signal: AbortSignal): ByteSource {
    return {
      read: async () => {
        while (this.#ready.length === 0 && !this.#endPending && !this.#closed && !signal.aborted) {
          await this.#somethingToRead(signal);
        }
        if (signal.aborted) return undefined;
        const line = this.#ready.shift();
        if (line === undefined) this.#endPending = false;
        return line;
      },
    };
  }

  /** Readers get the end of input. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #somethingToRead(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#readers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#readers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  #wake(): void {
    for (const wake of Array.from(this.#readers)) wake();
  }

  #cooked(character: string): void {
    if (this.#escape !== '' || character === '\x1b') return this.#skipEscape(character);
    switch (character) {
      case '\r':
      case '\n':
        this.draw('\r\n');
        this.#atLineStart = true;
        this.#push(`${this.#partial}\n`);
        break;
      case '\x03':
      case '\x1c':
        this.draw(character === '\x03' ? '^C' : '^\\');
        this.#atLineStart = false;
        this.#partial = '';
        this.#ready = [];
        this.#handlers.interrupt(character === '\x03' ? 'INT' : 'QUIT');
        break;
      case '\x04':
        if (this.#partial === '') {
          this.#endPending = true;
          this.#wake();
        } else this.#push(this.#partial);
        break;
      case '\x1a':
        this.draw('^Z\r\n');
        this.#handlers.suspend();
        break;
      case '\x7f':
      case '\b':
        this.#erase(1);
        break;
      case '\x15':
        this.#erase(Infinity);
        break;
      case '\x17':
        this.#erase(splitCharacters(/\S*\s*$/.exec(this.#partial)?.[0] ?? '').length);
        break;
      default:
        this.#typed(character);
    }
  }

  #typed(character: string): void {
    if (this.#partial.length >= maximumLineCharacters) return this.draw('\x07');
    const code = character.codePointAt(0) ?? 0;
    this.#partial += character;
    this.#atLineStart = false;
    this.draw(code < 0x20 && character !== '\t' ? `^${String.fromCharCode(code + 0x40)}` : character);
  }

  /** Cursor keys and the like mean nothing to a line discipline; they are dropped whole. */
  #skipEscape(character: string): void {
    this.#escape += character;
    // eslint-disable-next-line no-control-regex -- ECMA-48 escape sequences
    if (/^\x1b(?:\[[\x20-\x3f]*[\x40-\x7e]|O.|[^[O\x1b])$/s.test(this.#escape) || this.#escape.length > 32)
      this.#escape = '';
  }

  #erase(count: number): void {
    const characters = splitCharacters(this.#partial);
    const erased = characters.splice(Math.max(0, characters.length - count)).join('');
    this.#partial = characters.join('');
    let width = textWidth(erased);
    for (const character of erased)
      if (codePointWidth(character.codePointAt(0) ?? 0) === 0 && character < ' ') width += 2;
    if (width > 0) this.draw('\b'.repeat(width) + ' '.repeat(width) + '\b'.repeat(width));
  }

  #push(text: string): void {
    this.#partial = '';
    this.#ready.push(toBytes(text));
    this.#wake();
  }
}

/** ONLCR: every line feed gets a carriage return before it. */
export function withCarriageReturns(bytes: Uint8Array): Uint8Array {
  let feeds = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) feeds += 1;
  if (feeds === 0) return bytes;
  const converted = new Uint8Array(bytes.length + feeds);
  let from = 0;
  let to = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    converted.set(bytes.subarray(from, at), to);
    to += at - from;
    converted[to] = 0x0d;
    converted[to + 1] = 0x0a;
    to += 2;
    from = at + 1;
  }
  converted.set(bytes.subarray(from), to);
  return converted.subarray(0, to + bytes.length - from);
}
