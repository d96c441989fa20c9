// The seam between the transport protocols and the internet layer (RFC 1122 section 3.4, in our own words):
// transports write their segment straight into the frame that will leave, and read theirs where it arrived.
import type { NetworkInterface } from '../interface.ts';
import type { IcmpErrorReport } from '../sockets.ts';
import type { IpAddress, IpFamily } from '../wire/ip-address.ts';

/** A packet for this host, whole (reassembled) and with a valid internet header. A view: valid during the call only. */
export interface ArrivedPacket {
  readonly interface: NetworkInterface;
  readonly family: IpFamily;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** True when the packet came to a broadcast or multicast address: TCP must not answer (RFC 9293 MUST-57). */
  readonly toGroup: boolean;
  readonly bytes: Uint8Array;
  /** Offset in `bytes` of the internet header and of the transport header. */
  readonly networkOffset: number;
  readonly transportOffset: number;
  /** Bytes from the transport header to the end of the packet (link padding excluded). */
  readonly transportLength: number;
  /** TTL or hop limit, and the byte with DSCP and ECN, as received. */
  readonly ttl: number;
  readonly trafficClass: number;
  /** True when the transport checksum is known to be good or only partial (offload): do not verify it. */
  readonly checksumTrusted: boolean;
}

/** Where a packet to some destination leaves. */
export interface Route {
  readonly interface: NetworkInterface;
  /** The address of ours that a packet on this route carries when its sender does not choose. */
  readonly source: IpAddress;
  /** The neighbor to hand the packet to: a gateway, or the destination itself. */
  readonly nextHop: IpAddress;
  /** Bytes: the interface's MTU, or less when path MTU discovery has learned better. */
  readonly mtu: number;
}

/** A packet being made: the transport fills `bytes` from `transportOffset` on, then calls `InternetLayer.transmit`. */
export interface OutgoingPacket {
  readonly bytes: Uint8Array;
  readonly transportOffset: number;
}

export interface TransmitOptions {
  readonly ttl?: number;
  readonly trafficClass?: number;
  readonly dontFragment?: boolean;
}

export interface TransportHandler {
  /** One packet of this protocol. A handler that throws is a bug. */
  arrive(packet: ArrivedPacket): void;
  /**
   * An ICMP error about a packet that we sent. `quoted` holds at least 8 bytes of the transport header that failed;
   * it is what a stranger sent, so believe nothing without checks (RFC 5927).
   */
  icmpError(report: IcmpErrorReport, source: IpAddress, quoted: Uint8Array): void;
}

export interface InternetLayer {
  /** The route to `destination`, from `source` if given (which must be local); undefined: no route. */
  route(destination: IpAddress, source?: IpAddress): Route | undefined;
  /**
   * `address` with its zone: a link-local IPv6 address without one is meant to be on our first link (RFC 4007 section 6).
   * Others are returned as they are.
   */
  scoped(address: IpAddress): IpAddress;
  /** Whether this host speaks IPv6 at all. */
  hasIpv6(): boolean;
  /** True when `address` is assigned to one of our interfaces (loopback included). */
  isLocal(address: IpAddress): boolean;
  /**
   * A fresh buffer with room for link and internet headers before `transportLength` bytes. Nothing else may hold it,
   * and once transmitted it is immutable (see device.ts).
   */
  allocate(family: IpFamily, transportLength: number): OutgoingPacket;
  /**
   * Writes the internet header and sends the packet; fragments it when it is larger than the route's MTU and
   * `dontFragment` is not set (IPv4). Returns an errno-like word when nothing was sent: 'EMSGSIZE' for a packet that
   * is too large with `dontFragment`, 'ENETUNREACH' when there is no route.
   */
  transmit(
    packet: OutgoingPacket,
    protocol: number,
    source: IpAddress,
    destination: IpAddress,
    options?: TransmitOptions,
    route?: Route,
  ): 'sent' | 'EMSGSIZE' | 'ENETUNREACH';
  /** Answers `packet` with ICMP port unreachable, subject to the rules and limits of RFC 1122 section 3.2.2 and RFC 4443. */
  portUnreachable(packet: ArrivedPacket): void;
  /** Negative advice (RFC 9293 MUST-20): packets to `destination` seem to get lost, so its next hop is to be asked for anew. */
  doubt(destination: IpAddress): void;
  /** Registers the one handler of a transport protocol (6: TCP, 17: UDP, 1: ICMP is the layer's own). */
  register(protocol: number, handler: TransportHandler): void;
}
