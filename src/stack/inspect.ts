// A snapshot of a stack's inside in plain data (structured-cloneable): `ss`, `ip`, `nstat` and the page print the same numbers.
import type { NeighborState } from './events.ts';
import type { Endpoint } from './sockets.ts';
import type { TcpState } from './tcp/state.ts';
import type { IpAddress, Prefix } from './wire/ip-address.ts';
import type { MacAddress } from './wire/mac-address.ts';

export interface InterfaceInspection {
  readonly index: number;
  readonly name: string;
  readonly mac: MacAddress;
  readonly mtu: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly loopback: boolean;
  readonly addresses: readonly AddressInspection[];
  readonly counters: InterfaceCounters;
}

/** The fields beyond the prefix are of IPv6 addresses only (RFC 4862). */
export interface AddressInspection extends Prefix {
  readonly state?: 'tentative' | 'preferred' | 'deprecated' | 'dadfailed';
  /** True for one that a router's advertisement brought. */
  readonly dynamic?: boolean;
  /** ms; infinite when it ends by no timer. */
  readonly validLeftMs?: number;
  readonly preferredLeftMs?: number;
}

/** Frames and bytes (Ethernet header included), as `ip -s link` shows. */
export interface InterfaceCounters {
  readonly rxFrames: number;
  readonly rxBytes: number;
  readonly rxDropped: number;
  readonly txFrames: number;
  readonly txBytes: number;
  readonly txDropped: number;
}

export interface RouteInspection {
  readonly destination: Prefix;
  /** Absent: the destination is on the link. */
  readonly gateway: IpAddress | undefined;
  readonly interface: string;
  readonly source: IpAddress | undefined;
  readonly metric: number;
  readonly origin: 'kernel' | 'static' | 'ra';
  /** ms until it goes by itself; absent: never. */
  readonly expiresInMs?: number;
}

export interface NeighborInspection {
  readonly interface: string;
  readonly address: IpAddress;
  readonly mac: MacAddress | undefined;
  readonly state: NeighborState;
  /** It has said of itself that it is a router (IPv6). */
  readonly router: boolean;
}

export interface TcpSocketInspection {
  readonly protocol: 'tcp';
  readonly state: TcpState;
  readonly local: Endpoint;
  /** Absent for listeners. */
  readonly remote: Endpoint | undefined;
  /** As `ss` counts: bytes unread, or connections waiting on a listener. */
  readonly receiveQueue: number;
  /** As `ss` counts: bytes unacknowledged, or the backlog of a listener. */
  readonly sendQueue: number;
  /** Name of the program that opened it; empty when the host did not say. */
  readonly owner: string;
  /** The control block's numbers, absent for listeners. Sequence numbers are absolute; times in ms; windows in bytes. */
  readonly control:
    | {
        readonly sndUna: number;
        readonly sndNxt: number;
        readonly sndWnd: number;
        readonly rcvNxt: number;
        readonly rcvWnd: number;
        readonly iss: number;
        readonly irs: number;
        readonly mss: number;
        readonly cwnd: number;
        readonly ssthresh: number;
        readonly srttMs: number | undefined;
        readonly rttvarMs: number | undefined;
        readonly rtoMs: number;
        readonly flightBytes: number;
        readonly outOfOrderBytes: number;
        readonly retransmits: number;
        /** How often the retransmission timer has fired since the peer last acknowledged anything. */
        readonly retries: number;
        /** Pending timers: name and ms left. */
        readonly timers: readonly { readonly name: string; readonly leftMs: number }[];
      }
    | undefined;
}

export interface UdpSocketInspection {
  readonly protocol: 'udp';
  readonly local: Endpoint;
  readonly remote: Endpoint | undefined;
  readonly receiveQueue: number;
  readonly owner: string;
}

export interface StackInspection {
  readonly interfaces: readonly InterfaceInspection[];
  readonly routes: readonly RouteInspection[];
  readonly neighbors: readonly NeighborInspection[];
  readonly tcp: readonly TcpSocketInspection[];
  readonly udp: readonly UdpSocketInspection[];
  /** Servers that routers have advertised and that still may be asked (RFC 8106). */
  readonly advertisedDnsServers: readonly IpAddress[];
  /** SNMP names (RFC 4293, 4022, 4113), as `nstat` prints them: IpForwDatagrams, TcpRetransSegs... */
  readonly counters: Readonly<Record<string, number>>;
  readonly drops: Readonly<Record<string, number>>;
}
