// One UDP socket: RFC 768 "User Interface", RFC 1122 section 4.1.3 (errors, addresses, TTL and TOS go up and down).
import { covers, shownAddress, type Binding } from '../binding.ts';
import type { UdpSocketInspection } from '../inspect.ts';
import type { ArrivedPacket, InternetLayer } from '../ip/internet-layer.ts';
import type { StackServices } from '../services.ts';
import {
  SocketError,
  type Endpoint,
  type IcmpErrorReport,
  type UdpSendOptions,
  type UdpSocket,
  type UdpSocketOptions,
} from '../sockets.ts';
import {
  broadcastIpv4,
  directedBroadcast,
  familyOf,
  isIpv4,
  isUnspecifiedIp,
  loopbackIpv4,
  loopbackIpv6,
  type IpAddress,
} from '../wire/ip-address.ts';
import { ipProtocol } from '../wire/ipv4.ts';
import { readSourcePort, sealUdp, udpHeaderLength, writeUdp } from '../wire/udp.ts';

/** 65535 less the headers of IPv4 and UDP. */
const maximumPayloadBytes = 65_507;
/** The payload field of IPv6 has 16 bits, and the UDP header is part of it. */
const maximumPayloadBytes6 = 65_527;

/** What a socket asks of its surroundings. */
export interface UdpSocketUses {
  readonly services: StackServices;
  readonly internet: InternetLayer;
  closed(socket: OpenUdpSocket): void;
}

export interface UdpOpening {
  readonly binding: Binding;
  readonly port: number;
  readonly options: UdpSocketOptions;
  readonly owner: string;
}

export class OpenUdpSocket implements UdpSocket {
  readonly binding: Binding;
  readonly #uses: UdpSocketUses;
  readonly #options: UdpSocketOptions;
  readonly #owner: string;
  #local: Endpoint;
  #remote: Endpoint | undefined;
  #open = true;

  constructor(uses: UdpSocketUses, opening: UdpOpening) {
    this.#uses = uses;
    const { binding, port, options, owner } = opening;
    this.binding = binding;
    this.#options = options;
    this.#owner = owner;
    this.#local = { address: options.address ?? shownAddress(binding, uses.internet.hasIpv6()), port };
  }

  get local(): Endpoint {
    return this.#local;
  }

  get remote(): Endpoint | undefined {
    return this.#remote;
  }

  connect(remote: Endpoint): void {
    this.#requireOpen();
    if (remote.port === 0) throw new SocketError('EINVAL', 'port 0 is nobody’s');
    const address = this.#uses.internet.scoped(addressToSendTo(remote.address));
    const route = this.#uses.internet.route(address, this.#sourceFor(address));
    if (route === undefined) throw new SocketError('ENETUNREACH', 'no route to the peer');
    this.#remote = { address, port: remote.port };
    this.#local = { address: this.binding.address ?? route.source, port: this.#local.port };
  }

  send(payload: Uint8Array, destination?: Endpoint, options?: UdpSendOptions): void {
    this.#requireOpen();
    const to = destination ?? this.#remote;
    if (to === undefined || to.port < 1 || to.port > 65_535) throw new SocketError('EINVAL', 'no destination');
    const { internet, services } = this.#uses;
    const address = internet.scoped(addressToSendTo(to.address));
    const maximum = isIpv4(address) ? maximumPayloadBytes : maximumPayloadBytes6;
    if (payload.length > maximum) throw new SocketError('EMSGSIZE', `at most ${maximum} bytes`);
    // A connected socket keeps its source address also towards others, as on Linux.
    const source = this.#remote === undefined ? this.#sourceFor(address) : this.#local.address;
    const route = internet.route(address, source);
    if (route === undefined) throw new SocketError('ENETUNREACH', 'no route to the destination');
    const { addresses } = route.interface;
    if (address === broadcastIpv4 || addresses.some((own) => directedBroadcast(own) === address)) {
      throw new SocketError('EACCES', 'broadcasts are not allowed');
    }
    const length = udpHeaderLength + payload.length;
    const packet = internet.allocate(familyOf(address), length);
    const { bytes, transportOffset: at } = packet;
    writeUdp(bytes, at, { sourcePort: this.#local.port, destinationPort: to.port, length, checksum: 0 });
    bytes.set(payload, at + udpHeaderLength);
    sealUdp(bytes, at, route.source, address);
    const result = internet.transmit(packet, ipProtocol.udp, route.source, address, options, route);
    if (result !== 'sent') throw new SocketError(result, 'the datagram could not be sent');
    if (isIpv4(address)) services.counters.UdpOutDatagrams += 1;
    else services.counters.Udp6OutDatagrams += 1;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#uses.closed(this);
  }

  /**
   * How well this socket fits a datagram between our `local` address and the remote endpoint: -1 not at all, else the
   * number of things it names.
   */
  score(local: IpAddress, remoteAddress: IpAddress, remotePort: number): number {
    if (!this.takesFrom(remoteAddress, remotePort)) return -1;
    if (this.#remote === undefined && !covers(this.binding, local)) return -1;
    const own = this.#remote === undefined ? this.binding.address : this.#local.address;
    if (own !== undefined && own !== local) return -1;
    return (own === undefined ? 0 : 1) + (this.#remote === undefined ? 0 : 2);
  }

  /** True unless the socket is connected to somebody else. */
  takesFrom(address: IpAddress, port: number): boolean {
    return this.#remote === undefined || (this.#remote.address === address && this.#remote.port === port);
  }

  arrive(packet: ArrivedPacket, length: number): void {
    const { counters } = this.#uses.services;
    const { bytes, transportOffset: at } = packet;
    if (this.#options.received === undefined) {
      if (packet.family === 4) {
        counters.UdpRcvbufErrors += 1;
        counters.UdpInErrors += 1;
      } else {
        counters.Udp6RcvbufErrors += 1;
        counters.Udp6InErrors += 1;
      }
      this.#uses.services.drop('udp-queue-full', packet.interface.name); // nobody reads: a queue of no length
      return;
    }
    if (packet.family === 4) counters.UdpInDatagrams += 1;
    else counters.Udp6InDatagrams += 1;
    this.#options.received({
      payload: bytes.slice(at + udpHeaderLength, at + length),
      source: { address: packet.source, port: readSourcePort(bytes, at) },
      destination: { address: packet.destination, port: this.#local.port },
      ttl: packet.ttl,
    });
  }

  icmpError(report: IcmpErrorReport): void {
    this.#options.icmpError?.(report);
  }

  inspect(): UdpSocketInspection {
    return { protocol: 'udp', local: this.#local, remote: this.#remote, receiveQueue: 0, owner: this.#owner };
  }

  /** The source that the binding asks for. Throws `SocketError` ENETUNREACH when it excludes the family. */
  #sourceFor(destination: IpAddress): IpAddress | undefined {
    const { address, family } = this.binding;
    if (family !== undefined && family !== familyOf(destination)) {
      throw new SocketError('ENETUNREACH', 'the socket is bound to the other family');
    }
    return address;
  }

  #requireOpen(): void {
    if (!this.#open) throw new SocketError('ENOTCONN', 'the socket is closed');
  }
}

/** "To nobody in particular" means ourselves, as on Linux. */
function addressToSendTo(address: IpAddress): IpAddress {
  if (!isUnspecifiedIp(address)) return address;
  return isIpv4(address) ? loopbackIpv4 : loopbackIpv6;
}
