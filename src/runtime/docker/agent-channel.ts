// The orchestrator's line to one host's agent: attaches to the container, attaches again when the line breaks, and
// keeps what the agent wrote to its standard error for the fault that explains a host that does not answer.
import type { Clock, Timer } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import { ClientLink } from '../../host/agent/client-link.ts';
import type { Engine } from './engine.ts';
import { StreamDemultiplexer } from './stream-demultiplexer.ts';

export interface AgentChannelOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly containerId: string;
  readonly labId: string;
  readonly host: string;
  /** The line's name, unique among all: the agent continues a conversation with its name, and forgets another's. */
  readonly client: string;
  readonly onMessage: (message: unknown) => void;
  /** The agent has forgotten everything: it was started again. */
  readonly onForgotten: () => void;
  /** Another orchestrator has taken the host over. */
  readonly onSuperseded: () => void;
}

/** How long an agent may take from its container's start to its first answer. */
const answerWithinMs = 30_000;
const attachAgainMs = { first: 20, most: 2000 } as const;
const errorTailCharacters = 4096;

export class AgentChannel {
  readonly #options: AgentChannelOptions;
  readonly #link: ClientLink;
  #stream: NodeJS.ReadWriteStream | undefined;
  #errorTail = '';
  #closed = false;
  #attempts = 0;
  #generation = 0;
  #timer: Timer | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: AgentChannelOptions) {
    this.#options = options;
    this.#link = new ClientLink({
      clock: options.clock,
      client: options.client,
      onMessage: options.onMessage,
      onForgotten: options.onForgotten,
      onSuperseded: () => {
        this.close();
        options.onSuperseded();
      },
      onAttached: () => {
        this.#attempts = 0;
        for (const resume of this.#waiting.splice(0)) resume();
      },
    });
    void this.#attach();
  }

  /** What the agent last wrote to its standard error. */
  get errorTail(): string {
    return this.#errorTail;
  }

  /** Sends one message; it arrives once and in order, even when the line breaks in between. */
  send(message: unknown): void {
    this.#link.send(message);
  }

  /** Resolves when the agent answers on the present attachment. Throws `Fault` host-down when it does not in time. */
  async answered(): Promise<void> {
    if (this.#link.attached) return;
    await new Promise<void>((resolve, reject) => {
      const timer = this.#options.clock.schedule(answerWithinMs, () => reject(this.#silentFault()));
      this.#waiting.push(() => {
        timer.cancel();
        if (this.#closed) reject(this.#silentFault());
        else resolve();
      });
    });
  }

  /** The container is about to be started again: what is attached now is about to end. */
  expectRestart(): void {
    this.#dropStream();
  }

  /** Attaches anew, now. */
  reattach(): void {
    this.#attempts = 0;
    this.#timer?.cancel();
    void this.#attach();
  }

  /** Ends the line; the agent goes on. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#dropStream();
    for (const resume of this.#waiting.splice(0)) resume();
  }

  async #attach(): Promise<void> {
    this.#dropStream();
    this.#generation += 1;
    const generation = this.#generation;
    try {
      const stream = await this.#options.engine.attach(this.#options.containerId);
      if (this.#closed || generation !== this.#generation) return destroy(stream);
      this.#stream = stream;
      const demultiplexer = new StreamDemultiplexer(
        (bytes) => this.#link.push(bytes),
        (bytes) => {
          this.#errorTail = (this.#errorTail + Buffer.from(bytes).toString()).slice(-errorTailCharacters);
        },
      );
      stream.on('data', (bytes: Buffer) => {
        if (this.#stream === stream) demultiplexer.push(bytes);
      });
      stream.on('error', () => this.#lose(stream));
      stream.on('end', () => this.#lose(stream));
      stream.on('close', () => this.#lose(stream));
      this.#link.connect((bytes) => stream.write(bytes));
    } catch {
      if (generation !== this.#generation) return;
      this.#attachLater(); // the container may be between two starts; whoever waits for an answer has a time limit
    }
  }

  #lose(stream: NodeJS.ReadWriteStream): void {
    if (this.#stream !== stream) return;
    this.#dropStream();
    this.#attachLater();
  }

  #attachLater(): void {
    if (this.#closed) return;
    const delayMs = Math.min(attachAgainMs.most, attachAgainMs.first * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(delayMs, () => void this.#attach());
  }

  #dropStream(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#link.disconnect();
    if (stream !== undefined) destroy(stream);
  }

  #silentFault(): Fault {
    const { labId, host } = this.#options;
    const tail = this.#errorTail.trim();
    return new Fault('host-down', `the host's agent does not answer${tail === '' ? '' : `; it last said: ${tail}`}`, {
      place: { lab: labId, host },
    });
  }
}

function destroy(stream: NodeJS.ReadWriteStream): void {
  stream.on('error', () => undefined); // what happens to a line that was given up concerns nobody
  (stream as NodeJS.ReadWriteStream & { destroy?: () => void }).destroy?.();
}
