// The orchestrator's end of the control channel: says hello on every attachment until it is answered, then carries on
// where the last attachment ended, or reports that the agent is a new one.
import type { Clock, Timer } from '../../base/clock.ts';
import { encodeFrame, FrameDecoder } from './framing.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import {
  NumberedMessages,
  protocolVersion,
  readLinkMessage,
  writeLinkMessage,
  type LinkMessage,
  type Welcome,
} from './protocol.ts';

export interface ClientLinkOptions {
  readonly clock: Clock;
  /** This conversation's name: unique among all that were ever held with the agent, in this process too. */
  readonly client: string;
  readonly onMessage: (message: unknown) => void;
  /** Answered, for the first time or again; what is sent from now on arrives. */
  readonly onAttached: () => void;
  /** The agent knows nothing of what was said before: it was restarted, or another orchestrator was here. */
  readonly onForgotten: () => void;
  /** Another orchestrator serves the agent now: nothing more is heard or taken on this attachment. */
  readonly onSuperseded: () => void;
}

const helloAgainMs = 250;
const keepAliveMs = 10_000;

export class ClientLink {
  readonly #options: ClientLinkOptions;
  readonly #numbered: NumberedMessages;
  #decoder: FrameDecoder;
  #write: ((bytes: Uint8Array) => void) | undefined;
  #attachments = 0;
  #nonce = '';
  #attached = false;
  #session = '';
  #timer: Timer | undefined;

  constructor(options: ClientLinkOptions) {
    this.#options = options;
    this.#decoder = this.#newDecoder();
    this.#numbered = new NumberedMessages(
      options.clock,
      (message) => this.#transmit(message),
      (bytes) => options.onMessage(decodeMessage(bytes)),
    );
  }

  /** True once the agent has answered on the present attachment. */
  get attached(): boolean {
    return this.#attached;
  }

  /** A new attachment to the container; `write` sends to the agent's standard input. */
  connect(write: (bytes: Uint8Array) => void): void {
    this.disconnect();
    this.#write = write;
    this.#decoder = this.#newDecoder();
    this.#attachments += 1;
    this.#nonce = `${this.#options.client}-${this.#attachments}`;
    this.#sayHello();
  }

  /** The attachment has ended; what is sent now waits for the next one. */
  disconnect(): void {
    this.#write = undefined;
    this.#attached = false;
    this.#timer?.cancel();
    this.#numbered.detach();
  }

  /** What came from the agent's standard output. */
  push(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  /** Sends a message that arrives once and in order, over as many attachments as it takes. */
  send(message: unknown): void {
    this.#numbered.send(encodeMessage(message));
  }

  #sayHello(): void {
    this.#transmit({
      kind: 'hello',
      hello: {
        version: protocolVersion,
        client: this.#options.client,
        nonce: this.#nonce,
        session: this.#session,
        received: this.#numbered.received,
      },
    });
    this.#timer = this.#options.clock.schedule(helloAgainMs, () => this.#sayHello());
  }

  #keepAlive(): void {
    this.#timer = this.#options.clock.schedule(keepAliveMs, () => {
      this.#transmit({ kind: 'received', number: this.#numbered.received });
      this.#keepAlive();
    });
  }

  #newDecoder(): FrameDecoder {
    return new FrameDecoder((payload) => this.#receive(payload));
  }

  #receive(payload: Uint8Array): void {
    const message = readLinkMessage(payload);
    if (message?.kind === 'welcome') this.#handleWelcome(message.welcome);
    if (message === undefined || !this.#attached) return; // meant for an earlier attachment
    if (message.kind === 'numbered') this.#numbered.accept(message.number, message.message);
    if (message.kind === 'received') this.#numbered.acknowledge(message.number);
    if (message.kind === 'plain') this.#options.onMessage(decodeMessage(message.message));
  }

  #handleWelcome(welcome: Welcome): void {
    if (this.#attached) {
      // The engine copies the agent's output to everybody who is attached: this is an answer to somebody else.
      if (welcome.nonce !== this.#nonce && welcome.session !== this.#session) {
        this.disconnect();
        this.#options.onSuperseded();
      }
      return;
    }
    if (welcome.nonce !== this.#nonce) return;
    this.#timer?.cancel();
    const forgotten = this.#session !== '' && welcome.session !== this.#session;
    this.#session = welcome.session;
    this.#attached = true;
    if (forgotten) {
      this.#numbered.reset();
      this.#options.onForgotten();
    }
    this.#numbered.attach(forgotten ? 0 : welcome.received);
    this.#keepAlive();
    this.#options.onAttached();
  }

  #transmit(message: LinkMessage): void {
    this.#write?.(encodeFrame(writeLinkMessage(message)));
  }
}
