// What a dissector remembers of TCP conversations: where each side's sequence numbers started, as tcpdump keeps it.

/** The two starting points as one direction sees them. */
export interface SequenceOrigin {
  readonly own: number;
  readonly peer: number;
}

/** Conversations that are forgotten first are those not seen for longest. */
const conversationLimit = 10_000;

interface Conversation {
  readonly lowKey: string;
  lowOrigin: number;
  highOrigin: number;
}

export class Conversations {
  readonly #conversations = new Map<string, Conversation>();

  /**
   * The origins for a segment with ACK that goes from `sender` to `receiver` (texts that name endpoints). Undefined: it
   * starts the conversation (or starts it anew, with SYN): its numbers are shown as they are, and noted.
   */
  origin(
    sender: string,
    receiver: string,
    segment: { readonly isSyn: boolean; readonly sequence: number; readonly acknowledgment: number },
  ): SequenceOrigin | undefined {
    const [low, high] = sender < receiver ? [sender, receiver] : [receiver, sender];
    const key = `${low} ${high}`;
    const known = this.#conversations.get(key);
    const isFromLow = sender === low;
    if (known === undefined || segment.isSyn) {
      const [own, peer] = [segment.sequence, (segment.acknowledgment - 1) >>> 0];
      this.#remember(key, { lowKey: low, lowOrigin: isFromLow ? own : peer, highOrigin: isFromLow ? peer : own });
      return undefined;
    }
    this.#remember(key, known);
    return isFromLow
      ? { own: known.lowOrigin, peer: known.highOrigin }
      : { own: known.highOrigin, peer: known.lowOrigin };
  }

  #remember(key: string, conversation: Conversation): void {
    this.#conversations.delete(key);
    if (this.#conversations.size >= conversationLimit) {
      const [oldest] = this.#conversations.keys();
      if (oldest !== undefined) this.#conversations.delete(oldest);
    }
    this.#conversations.set(key, conversation);
  }
}
