// The data streams of an iperf3 test: who sends fills them for a while, who receives counts; both print a line a second.
import type { Milliseconds } from '../../base/clock.ts';
import type { HostServices } from '../shell/command.ts';
import type { TcpStream } from '../tcp-stream.ts';
import type { StreamResult } from './control.ts';
import { intervalLine } from './report.ts';

export interface TransferOptions {
  readonly host: HostServices;
  readonly streams: readonly TcpStream[];
  readonly isSender: boolean;
  /** Bytes of one write. */
  readonly blockBytes: number;
  /** What the sender does at most, in all; Infinity: no limit. */
  readonly limitBytes: number;
  /** Between two lines; 0: none. */
  readonly intervalMs: Milliseconds;
  readonly print: (line: string) => Promise<void>;
}

/** The sender breathes after so much: on wires without any delay time would stand still otherwise. */
const breathAfterBytes = 4 * 1024 * 1024;

export class Transfer {
  readonly #options: TransferOptions;
  readonly #startedMs: Milliseconds;
  readonly #bytes: number[];
  readonly #stopped = new AbortController();
  readonly #works: Promise<void>[];
  #printing: Promise<void> = Promise.resolve();
  #left: number;

  constructor(options: TransferOptions) {
    this.#options = options;
    this.#startedMs = options.host.clock.now();
    this.#bytes = options.streams.map(() => 0);
    this.#left = options.limitBytes;
    this.#works = options.streams.map((stream, index) =>
      options.isSender ? this.#send(stream, index) : this.#receive(stream, index),
    );
    for (const work of this.#works) work.catch(() => undefined); // a stream that breaks is over
    if (options.intervalMs > 0) this.#printing = this.#printIntervals();
  }

  /** Resolves when the sender has sent its bytes, or every stream has ended. */
  async finished(): Promise<void> {
    await Promise.allSettled(this.#works);
  }

  /** Ends the transfer; resolves with what each stream has carried. */
  async stop(): Promise<readonly StreamResult[]> {
    const seconds = this.#seconds;
    this.#stopped.abort();
    await this.#printing;
    return this.#options.streams.map((stream, index) => ({
      id: index + 1,
      bytes: this.#bytes[index] ?? 0,
      retransmits: stream.socket.info().totalRetransmits,
      seconds,
    }));
  }

  get #seconds(): number {
    return (this.#options.host.clock.now() - this.#startedMs) / 1000;
  }

  async #send(stream: TcpStream, index: number): Promise<void> {
    const block = new Uint8Array(this.#options.blockBytes);
    let sinceBreath = 0;
    while (!this.#stopped.signal.aborted && this.#left > 0) {
      const piece = this.#left < block.length ? block.subarray(0, this.#left) : block;
      this.#left -= piece.length;
      await stream.write(piece);
      this.#bytes[index] = (this.#bytes[index] ?? 0) + piece.length;
      sinceBreath += piece.length;
      if (sinceBreath < breathAfterBytes) continue;
      sinceBreath = 0;
      await this.#options.host.sleep(1, this.#stopped.signal);
    }
  }

  async #receive(stream: TcpStream, index: number): Promise<void> {
    for (let bytes = await stream.read(); bytes !== undefined; bytes = await stream.read()) {
      if (this.#stopped.signal.aborted) return;
      this.#bytes[index] = (this.#bytes[index] ?? 0) + bytes.length;
    }
  }

  async #printIntervals(): Promise<void> {
    const { host, streams, intervalMs, isSender, print } = this.#options;
    let before = { seconds: 0, bytes: streams.map(() => 0), retransmits: streams.map(() => 0) };
    while (!this.#stopped.signal.aborted) {
      await host.sleep(intervalMs, this.#stopped.signal);
      const infos = streams.map((stream) => stream.socket.info());
      const now = {
        seconds: this.#seconds,
        bytes: [...this.#bytes],
        retransmits: infos.map((info) => info.totalRetransmits),
      };
      if (now.seconds - before.seconds < 0.001) break;
      for (const [index, info] of infos.entries()) {
        const retransmits = (now.retransmits[index] ?? 0) - (before.retransmits[index] ?? 0);
        await print(
          intervalLine({
            id: 5 + 2 * index,
            fromSeconds: before.seconds,
            toSeconds: now.seconds,
            bytes: (now.bytes[index] ?? 0) - (before.bytes[index] ?? 0),
            ...(isSender && { retransmits, cwndBytes: info.cwndBytes }),
          }),
        );
      }
      before = now;
    }
  }
}
