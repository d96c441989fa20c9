// What dissectors of one place of capture share: the conversations so far, and the layers that others quote.
import type { Conversations } from './conversations.ts';
import type { DissectedLayers, DissectState } from './tree.ts';

export interface DissectContext {
  readonly conversations: Conversations;
  /** Of the frame at hand, since the lab's start. */
  timeSeconds: number;
  /** ICMP errors quote packets: given, since IP needs ICMP and ICMP needs IP. */
  readonly ipv4: LayerDissector;
  readonly ipv6: LayerDissector;
}

type LayerDissector = (state: DissectState, start: number, end: number, context: DissectContext) => DissectedLayers;
