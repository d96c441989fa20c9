// The agent's end of the control channel: waits for an orchestrator's hello, keeps what it must not lose while nobody
// is attached, and never waits for anybody to read.
import type { Clock } from '../../base/clock.ts';
import { encodeFrame, FrameDecoder } from './framing.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import {
  NumberedMessages,
  protocolVersion,
  readLinkMessage,
  writeLinkMessage,
  type Hello,
  type LinkMessage,
} from './protocol.ts';

export interface AgentLinkOptions {
  readonly clock: Clock;
  /** Unique per start of the agent. */
  readonly boot: string;
  /** Writes to whoever is attached; must not block. */
  readonly write: (bytes: Uint8Array) => void;
  /** Bytes given to `write` that have not left: plain messages are dropped beyond `plainBacklogBytes`. */
  readonly backlogBytes: () => number;
  /** Another orchestrator than before has arrived: what the earlier one had open is to be closed. */
  readonly onClient: (client: string) => void;
  readonly onMessage: (message: unknown) => void;
}

/** How much may wait at a slow reader before captured frames are left out. */
const plainBacklogBytes = 4 * 1024 * 1024;
/** An orchestrator that has said nothing for so long is gone; it says something every 10 s. */
const attendedForMs = 30_000;

export class AgentLink {
  readonly #options: AgentLinkOptions;
  readonly #decoder: FrameDecoder;
  readonly #numbered: NumberedMessages;
  #client: string | undefined;
  #sessions = 0;
  #heardAtMs = -Infinity;
  #droppedPlain = 0;

  constructor(options: AgentLinkOptions) {
    this.#options = options;
    this.#decoder = new FrameDecoder((payload) => this.#receive(payload));
    this.#numbered = new NumberedMessages(
      options.clock,
      (message) => this.#transmit(message),
      (bytes) => options.onMessage(decodeMessage(bytes)),
    );
  }

  /** Captured frames that were left out because the reader was slow. */
  get droppedPlain(): number {
    return this.#droppedPlain;
  }

  /** True while an orchestrator is there. */
  get attended(): boolean {
    return this.#client !== undefined && this.#options.clock.now() - this.#heardAtMs < attendedForMs;
  }

  /** What came in on the container's standard input. */
  push(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  /** Sends a message that must arrive; kept until the orchestrator has it. */
  send(message: unknown): void {
    if (this.#client !== undefined) this.#numbered.send(encodeMessage(message)); // nobody ever asked: nobody to tell
  }

  /** Sends a message that may be lost. */
  sendPlain(message: unknown): void {
    if (!this.attended) return;
    if (this.#options.backlogBytes() > plainBacklogBytes) {
      this.#droppedPlain += 1;
      return;
    }
    this.#transmit({ kind: 'plain', message: encodeMessage(message) });
  }

  #receive(payload: Uint8Array): void {
    const message = readLinkMessage(payload);
    if (message === undefined) return;
    this.#heardAtMs = this.#options.clock.now();
    if (message.kind === 'hello') this.#welcome(message.hello);
    if (this.#client === undefined) return; // an earlier orchestrator's words to an earlier agent
    if (message.kind === 'numbered') this.#numbered.accept(message.number, message.message);
    if (message.kind === 'received') this.#numbered.acknowledge(message.number);
  }

  #welcome(hello: Hello): void {
    if (hello.version !== protocolVersion) return; // not answered: the orchestrator reports a host that is silent
    if (hello.client !== this.#client) {
      this.#numbered.reset();
      this.#sessions += 1;
      if (this.#client !== undefined) this.#options.onClient(hello.client);
      this.#client = hello.client;
    }
    const session = `${this.#options.boot}/${this.#sessions}`;
    this.#transmit({
      kind: 'welcome',
      welcome: { version: protocolVersion, nonce: hello.nonce, session, received: this.#numbered.received },
    });
    this.#numbered.attach(hello.session === session ? hello.received : 0);
  }

  #transmit(message: LinkMessage): void {
    this.#options.write(encodeFrame(writeLinkMessage(message)));
  }
}
