// What passes over the container's attached stdio. Each frame (framing.ts) carries one of five messages; those marked
// numbered arrive once and in order, also when the orchestrator lost its connection in between or reads from another
// attachment: what was not acknowledged is sent again.
import type { Clock, Timer } from '../../base/clock.ts';
import { concatBytes } from '../../base/bytes.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';

/** Refused when it differs: both sides come from one release, the image's tag sees to that. */
export const protocolVersion = 1;

/** Orchestrator to agent, first on every attachment and again until answered. */
export interface Hello {
  readonly version: number;
  /** One conversation's name, unique among all; the arrival of another ends what the earlier had open here. */
  readonly client: string;
  /** Unique per attachment; the welcome repeats it. */
  readonly nonce: string;
  /** The session that this side believes in; empty before the first welcome. */
  readonly session: string;
  /** The agent's last numbered message that arrived in that session. */
  readonly received: number;
}

/** The agent's answer. */
export interface Welcome {
  readonly version: number;
  readonly nonce: string;
  /**
   * Names the numbering in force. Another one than before: the host was restarted or served another orchestrator in
   * between, and numbers start at 1 on both sides.
   */
  readonly session: string;
  readonly received: number;
}

export type LinkMessage =
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'welcome'; readonly welcome: Welcome }
  /** Numbered from 1; arrives once and in order. */
  | { readonly kind: 'numbered'; readonly number: number; readonly message: Uint8Array }
  /** May be lost when the connection is: captured frames. */
  | { readonly kind: 'plain'; readonly message: Uint8Array }
  /** Everything up to this number has arrived. */
  | { readonly kind: 'received'; readonly number: number };

const kindCodes = { hello: 1, welcome: 2, numbered: 3, plain: 4, received: 5 } as const;

/** One link message as the payload of a frame. */
export function writeLinkMessage(message: LinkMessage): Uint8Array {
  switch (message.kind) {
    case 'hello':
      return concatBytes([Uint8Array.of(kindCodes.hello), encodeMessage(message.hello)]);
    case 'welcome':
      return concatBytes([Uint8Array.of(kindCodes.welcome), encodeMessage(message.welcome)]);
    case 'numbered':
      return concatBytes([numberHeader(kindCodes.numbered, message.number), message.message]);
    case 'plain':
      return concatBytes([Uint8Array.of(kindCodes.plain), message.message]);
    case 'received':
      return numberHeader(kindCodes.received, message.number);
  }
}

/** Undefined for what is none of ours. */
export function readLinkMessage(payload: Uint8Array): LinkMessage | undefined {
  const rest = payload.subarray(1);
  switch (payload[0]) {
    case kindCodes.hello:
      return readRecord(rest, isHello, (hello) => ({ kind: 'hello', hello }));
    case kindCodes.welcome:
      return readRecord(rest, isWelcome, (welcome) => ({ kind: 'welcome', welcome }));
    case kindCodes.numbered:
      return rest.length < 4 ? undefined : { kind: 'numbered', number: readNumber(rest), message: rest.subarray(4) };
    case kindCodes.plain:
      return { kind: 'plain', message: rest };
    case kindCodes.received:
      return rest.length === 4 ? { kind: 'received', number: readNumber(rest) } : undefined;
    default:
      return undefined;
  }
}

function numberHeader(code: number, value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = code;
  new DataView(bytes.buffer).setUint32(1, value);
  return bytes;
}

function readNumber(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

function readRecord<T>(
  bytes: Uint8Array,
  fits: (value: unknown) => value is T,
  wrap: (value: T) => LinkMessage,
): LinkMessage | undefined {
  try {
    const value = decodeMessage(bytes);
    return fits(value) ? wrap(value) : undefined;
  } catch {
    return undefined; // counted by nobody: the sender repeats what is not answered
  }
}

function isHello(value: unknown): value is Hello {
  const hello = value as Partial<Hello> | null; // each field is checked here
  return (
    typeof hello?.version === 'number' &&
    typeof hello.client === 'string' &&
    typeof hello.nonce === 'string' &&
    typeof hello.session === 'string' &&
    typeof hello.received === 'number'
  );
}

function isWelcome(value: unknown): value is Welcome {
  const welcome = value as Partial<Welcome> | null; // each field is checked here
  return (
    typeof welcome?.version === 'number' &&
    typeof welcome.nonce === 'string' &&
    typeof welcome.session === 'string' &&
    typeof welcome.received === 'number'
  );
}

/** How long a numbered message may stay unacknowledged on a live attachment before it is sent again. */
const resendAfterMs = 2000;

/**
 * One direction pair of numbered messages, the same on both sides: keeps what was not acknowledged, sends it again
 * after a re-attachment or a damaged frame, and delivers what arrives once and in order.
 */
export class NumberedMessages {
  readonly #clock: Clock;
  readonly #transmit: (message: LinkMessage) => void;
  readonly #deliver: (message: Uint8Array) => void;
  #unacknowledged: { readonly number: number; readonly message: Uint8Array }[] = [];
  #nextNumber = 1;
  #received = 0;
  #attached = false;
  #resendTimer: Timer | undefined;

  constructor(clock: Clock, transmit: (message: LinkMessage) => void, deliver: (message: Uint8Array) => void) {
    this.#clock = clock;
    this.#transmit = transmit;
    this.#deliver = deliver;
  }

  /** The number of the last message that arrived in order. */
  get received(): number {
    return this.#received;
  }

  /** Messages that the other side has not acknowledged. */
  get unacknowledged(): number {
    return this.#unacknowledged.length;
  }

  send(message: Uint8Array): void {
    const entry = { number: this.#nextNumber, message };
    this.#nextNumber += 1;
    this.#unacknowledged.push(entry);
    if (!this.#attached) return;
    this.#transmit({ kind: 'numbered', ...entry });
    this.#watch();
  }

  /** The other side is there and has everything up to `peerReceived`: the rest is sent again. */
  attach(peerReceived: number): void {
    this.#attached = true;
    this.acknowledge(peerReceived);
    this.#resend();
  }

  /** Nobody listens: what is sent is kept. */
  detach(): void {
    this.#attached = false;
    this.#resendTimer?.cancel();
    this.#resendTimer = undefined;
  }

  /** Forgets both directions: the other side is a new one. */
  reset(): void {
    this.detach();
    this.#unacknowledged = [];
    this.#nextNumber = 1;
    this.#received = 0;
  }

  /** A numbered message arrived; one that is late or early is left out, the sender sends it again when needed. */
  accept(number: number, message: Uint8Array): void {
    if (number === this.#received + 1) {
      this.#received = number;
      this.#deliver(message);
    }
    if (this.#attached) this.#transmit({ kind: 'received', number: this.#received });
  }

  acknowledge(number: number): void {
    let arrived = 0;
    while ((this.#unacknowledged[arrived]?.number ?? Infinity) <= number) arrived += 1;
    if (arrived === 0) return;
    this.#unacknowledged.splice(0, arrived);
    this.#resendTimer?.cancel();
    this.#resendTimer = undefined;
    if (this.#attached) this.#watch();
  }

  #watch(): void {
    if (this.#unacknowledged.length === 0 || this.#resendTimer !== undefined) return;
    this.#resendTimer = this.#clock.schedule(resendAfterMs, () => {
      this.#resendTimer = undefined;
      if (this.#attached) this.#resend();
    });
  }

  #resend(): void {
    for (const entry of this.#unacknowledged) this.#transmit({ kind: 'numbered', ...entry });
    this.#watch();
  }
}
