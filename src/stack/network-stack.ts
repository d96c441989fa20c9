// What a host's programs may ask of its TCP/IP stack: the one interface between `host/` and `stack/`.
import type { Disposable } from '../base/dispose.ts';
import type { NetworkDevice } from './device.ts';
import type { NetworkInterface } from './interface.ts';
import type { StackInspection } from './inspect.ts';
import type { Route } from './ip/internet-layer.ts';
import type { RouterAdvertising } from './ip/v6/router-advertiser.ts';
import type {
  PingSocket,
  PingSocketOptions,
  TcpConnectOptions,
  TcpListenOptions,
  TcpListener,
  TcpSocket,
  UdpSocket,
  UdpSocketOptions,
  Endpoint,
} from './sockets.ts';
import type { IpAddress, Prefix } from './wire/ip-address.ts';
import type { MacAddress } from './wire/mac-address.ts';

export interface RouteEntry {
  readonly destination: Prefix;
  readonly gateway?: IpAddress;
  /** Interface name; may be left out when the gateway is on a connected prefix. */
  readonly interface?: string;
  readonly source?: IpAddress;
  /** Lower wins among equal prefixes; default 0. */
  readonly metric?: number;
}

/** One frame as an interface sent or received it. */
export interface TapRecord {
  readonly frame: Uint8Array;
  readonly direction: 'in' | 'out';
  readonly interface: string;
  /** The stack's clock, ms. */
  readonly atMs: number;
}

export interface NetworkStack {
  /**
   * Adds an interface; `addresses` bring their connected routes and are taken as unique. The stack makes `lo` itself, and
   * the link-local addresses where IPv6 is switched on.
   */
  addInterface(name: string, device: NetworkDevice, addresses: readonly Prefix[]): NetworkInterface;
  readonly interfaces: readonly NetworkInterface[];
  /** IPv6 addresses are used once nobody on the link objects. Throws `SocketError`: EINVAL, EACCES (IPv6 is off). */
  addAddress(interfaceName: string, prefix: Prefix): void;
  removeAddress(interfaceName: string, prefix: Prefix): boolean;
  setInterfaceUp(interfaceName: string, up: boolean): void;

  /** Throws `SocketError`: EINVAL for an unknown interface, ENETUNREACH for a gateway that is not on a link. */
  addRoute(entry: RouteEntry): void;
  /** Removes the matching route and says whether there was one. */
  removeRoute(entry: RouteEntry): boolean;
  route(destination: IpAddress): Route | undefined;
  /** Of both families. */
  setForwarding(on: boolean): void;
  readonly forwarding: boolean;
  /** What this router tells hosts on a link (RFC 4861 section 6.2); undefined: it stops. */
  advertiseRouter(interfaceName: string, settings: RouterAdvertising | undefined): void;

  /** DNS servers that routers have advertised and that still may be asked (RFC 8106). */
  readonly advertisedDnsServers: readonly IpAddress[];

  addNeighbor(interfaceName: string, address: IpAddress, mac: MacAddress): void;
  removeNeighbor(interfaceName: string, address: IpAddress): boolean;
  flushNeighbors(interfaceName?: string): void;

  /** Active open; returns in SYN_SENT. Throws `SocketError`: EADDRINUSE, EADDRNOTAVAIL, ENETUNREACH. */
  connectTcp(remote: Endpoint, options?: TcpConnectOptions, owner?: string): TcpSocket;
  /** Passive open. Throws `SocketError`: EADDRINUSE, EADDRNOTAVAIL. */
  listenTcp(options: TcpListenOptions, owner?: string): TcpListener;
  openUdp(options?: UdpSocketOptions, owner?: string): UdpSocket;
  openPing(options?: PingSocketOptions): PingSocket;

  /** Every frame of an interface (undefined: of all) until disposed. */
  tap(interfaceName: string | undefined, listener: (record: TapRecord) => void): Disposable;
  inspect(): StackInspection;
  /** Settings by Linux's sysctl names, such as `net.ipv4.ip_default_ttl`. */
  knobNames(): readonly string[];
  /** Undefined: no such knob. */
  readKnob(name: string): string | undefined;
  /** A sentence that says why not, or undefined when it was set. */
  writeKnob(name: string, value: string): string | undefined;
  /** Closes every socket without a word to the peers, stops every timer, releases the devices. */
  dispose(): void;
}
