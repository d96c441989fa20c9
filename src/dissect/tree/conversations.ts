// The TCP and UDP conversations of one place of capture: their numbers, and what each TCP side has said so far.
import { formatIp, type IpAddress } from '../../stack/wire/ip-address.ts';

/** What one side of a TCP conversation has sent; sequence numbers are raw, relative ones start at `base`. */
export interface TcpSide {
  base: number;
  /** Next sequence number expected from this side; undefined until something was seen. */
  next: number | undefined;
  /** Last window field, unscaled; undefined until one was seen. */
  window: number | undefined;
  /** From its SYN; undefined when that was not seen or had no such option. */
  windowShift: number | undefined;
  lastAcknowledgment: number | undefined;
  duplicateAcknowledgments: number;
  /** When its last acknowledgment came, s. */
  acknowledgedAt: number;
  /** When its highest sequence number came, s. */
  advancedAt: number;
  lastWas: 'keep-alive' | 'zero-window-probe' | 'other';
}

/** The handshake's round trip: from the SYN to the ACK that completes it. */
export interface RoundTrip {
  synAt: number | undefined;
  /** Undefined until it is known; s. */
  seconds: number | undefined;
}

export interface TcpConversation {
  readonly stream: number;
  readonly roundTrip: RoundTrip;
  /** Between the addresses in `from-to` order of the first segment. */
  readonly sides: readonly [TcpSide, TcpSide];
  readonly firstKey: string;
}

export interface Pair {
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

export class Conversations {
  readonly #tcp = new Map<string, TcpConversation>();
  readonly #udp = new Map<string, number>();
  #tcpCount = 0;

  /** The conversation of a segment, and which side sent it; a SYN on an ended pair of ports starts a new one. */
  tcp(pair: Pair, source: number, destination: number, startsAnew: (known: TcpSide) => boolean) {
    const forth = `${formatIp(pair.source)} ${source} ${formatIp(pair.destination)} ${destination}`;
    const back = `${formatIp(pair.destination)} ${destination} ${formatIp(pair.source)} ${source}`;
    let conversation = this.#tcp.get(forth) ?? this.#tcp.get(back);
    if (conversation === undefined || startsAnew(sideOf(conversation, forth))) {
      conversation = {
        stream: this.#tcpCount,
        roundTrip: { synAt: undefined, seconds: undefined },
        sides: [newSide(), newSide()],
        firstKey: forth,
      };
      this.#tcpCount += 1;
      this.#tcp.delete(back);
      this.#tcp.set(forth, conversation);
    }
    return {
      stream: conversation.stream,
      roundTrip: conversation.roundTrip,
      sender: sideOf(conversation, forth),
      receiver: sideOf(conversation, back),
    };
  }

  /** The number of a UDP conversation. */
  udp(pair: Pair, source: number, destination: number): number {
    const ends = [`${formatIp(pair.source)} ${source}`, `${formatIp(pair.destination)} ${destination}`]
      .sort()
      .join(' ');
    const known = this.#udp.get(ends);
    if (known !== undefined) return known;
    this.#udp.set(ends, this.#udp.size);
    return this.#udp.size - 1;
  }
}

function sideOf(conversation: TcpConversation, key: string): TcpSide {
  return conversation.sides[conversation.firstKey === key ? 0 : 1];
}

function newSide(): TcpSide {
  return {
    base: 0,
    next: undefined,
    window: undefined,
    windowShift: undefined,
    lastAcknowledgment: undefined,
    duplicateAcknowledgments: 0,
    acknowledgedAt: 0,
    advancedAt: 0,
    lastWas: 'other',
  };
}
