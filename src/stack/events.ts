// What a stack tells about itself as it happens: the page draws it, tests listen to it, nothing in the stack depends on it.
import type { DropReason } from './drop.ts';
import type { Endpoint } from './sockets.ts';
import type { TcpState } from './tcp/state.ts';
import type { IpAddress } from './wire/ip-address.ts';
import type { MacAddress } from './wire/mac-address.ts';

export type StackEvent =
  | { readonly kind: 'drop'; readonly reason: DropReason; readonly interface: string | undefined }
  | {
      readonly kind: 'tcp-state';
      readonly local: Endpoint;
      readonly remote: Endpoint;
      readonly from: TcpState;
      readonly to: TcpState;
    }
  | {
      readonly kind: 'tcp-retransmit';
      readonly local: Endpoint;
      readonly remote: Endpoint;
      readonly cause: 'timeout' | 'fast' | 'probe';
    }
  | {
      readonly kind: 'neighbor';
      readonly interface: string;
      readonly address: IpAddress;
      readonly mac: MacAddress | undefined;
      readonly state: NeighborState;
    };

/** States of RFC 4861 section 7.3.2, used for ARP as well, as `ip neigh` prints them. */
export type NeighborState = 'INCOMPLETE' | 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE' | 'FAILED' | 'PERMANENT';

export type StackEventListener = (event: StackEvent) => void;
