// A program's streams as the shell hands them out: they end when the program is ended, and a busy program yields.
import { BrokenPipe, type ByteSink, type ByteSource, type HostServices } from './command.ts';

/** Where a program reads and writes, before it exists. */
export interface Streams {
  /** A terminal's lines go to whoever reads next, so each program opens its own. */
  readonly stdin: (signal: AbortSignal) => ByteSource;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  /** True when stdout is a terminal. */
  readonly isTerminal: boolean;
}

/** A program that moves this many bytes lets everybody else have a turn. */
const turnBytes = 64 * 1024;
/** What a call costs a program beside its bytes. */
const callBytes = 64;
/** How long a turn takes, in ms: also under virtual time a program needs time to move bytes, or Ctrl-C would never come. */
const turnMs = 0.1;

/** One program's streams. */
export class ProgramStreams {
  readonly #host: HostServices;
  readonly #signal: AbortSignal;
  readonly #isCutOff: () => boolean;
  readonly #blocked = new Set<(error: BrokenPipe) => void>();
  #spentBytes = 0;

  /** `isCutOff` says, once `signal` has aborted, whether the program's output is refused from then on. */
  constructor(host: HostServices, signal: AbortSignal, isCutOff: () => boolean) {
    this.#host = host;
    this.#signal = signal;
    this.#isCutOff = isCutOff;
    signal.addEventListener('abort', () => {
      if (!isCutOff()) return;
      for (const release of Array.from(this.#blocked)) release(new BrokenPipe('the program was ended'));
    });
  }

  source(inner: ByteSource): ByteSource {
    return {
      read: async () => {
        if (this.#signal.aborted) return undefined;
        const bytes = await this.#untilEnded(inner.read());
        if (bytes !== undefined) await this.#spend(bytes.length);
        return this.#signal.aborted ? undefined : bytes;
      },
    };
  }

  sink(inner: ByteSink): ByteSink {
    return {
      write: async (data) => {
        if (this.#signal.aborted && this.#isCutOff()) throw new BrokenPipe('the program was ended');
        await this.#unlessCutOff(inner.write(data));
        await this.#spend(data.length);
      },
    };
  }

  /** `work`, or `BrokenPipe` as soon as the program's output is refused. */
  async #unlessCutOff(work: Promise<void>): Promise<void> {
    const { promise: refused, reject: refuse } = Promise.withResolvers<never>();
    this.#blocked.add(refuse);
    try {
      await Promise.race([work, refused]);
    } finally {
      this.#blocked.delete(refuse);
    }
  }

  #untilEnded<T>(work: Promise<T>): Promise<T | undefined> {
    const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
    const handleAbort = (): void => end(undefined);
    this.#signal.addEventListener('abort', handleAbort);
    return Promise.race([work, ended]).finally(() => this.#signal.removeEventListener('abort', handleAbort));
  }

  async #spend(bytes: number): Promise<void> {
    this.#spentBytes += bytes + callBytes;
    if (this.#spentBytes < turnBytes) return;
    this.#spentBytes = 0;
    await this.#host.sleep(turnMs, this.#signal.aborted ? undefined : this.#signal);
  }
}
