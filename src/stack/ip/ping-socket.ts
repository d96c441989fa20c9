// Ping sockets: ICMP echo as an application sees it, for both families (RFC 792 pages 14 and 15, RFC 4443 section 4;
// Linux's IPPROTO_ICMP datagram sockets).
import { integerBelow } from '../../base/random.ts';
import type { StackServices } from '../services.ts';
import {
  SocketError,
  type IcmpErrorReport,
  type PingSendOptions,
  type PingSocket,
  type PingSocketOptions,
} from '../sockets.ts';
import { write16 } from '../wire/field.ts';
import {
  icmpHeaderLength,
  icmpOffset,
  icmpType,
  readIcmpType,
  readIdentifier,
  readSequence,
  writeIcmpChecksum,
} from '../wire/icmpv4.ts';
import { icmpv6Type, sealIcmpv6 } from '../wire/icmpv6.ts';
import { familyOf, type IpAddress } from '../wire/ip-address.ts';
import { nextHeader } from '../wire/ipv6.ts';
import { ipProtocol } from '../wire/ipv4.ts';
import type { ArrivedPacket, InternetLayer } from './internet-layer.ts';

/** What ping sockets need of the layer that they live in. */
export type PingInternet = Pick<InternetLayer, 'route' | 'isLocal' | 'scoped' | 'allocate' | 'transmit'>;

const identifierCount = 65_536;
/** Chosen ones stay below, as ephemeral ports do: what is above is left to who asks for it. */
const chosenBelow = 61_000;

/** All ping sockets of one stack, by identifier. */
export class PingSockets {
  readonly #services: StackServices;
  readonly #internet: PingInternet;
  readonly #sockets = new Map<number, OpenPingSocket>();

  constructor(services: StackServices, internet: PingInternet) {
    this.#services = services;
    this.#internet = internet;
  }

  /** Throws `SocketError`: EINVAL (no such identifier), EADDRINUSE. */
  open(options: PingSocketOptions): PingSocket {
    const wanted = options.identifier ?? 0;
    if (!Number.isInteger(wanted) || wanted < 0 || wanted >= identifierCount) {
      throw new SocketError('EINVAL', 'an identifier is 0 .. 65535');
    }
    if (this.#sockets.has(wanted)) throw new SocketError('EADDRINUSE', `identifier ${wanted} is taken`);
    const identifier = wanted === 0 ? this.#freeIdentifier() : wanted;
    const socket = new OpenPingSocket(this.#services, this.#internet, identifier, options, () =>
      this.#sockets.delete(identifier),
    );
    this.#sockets.set(identifier, socket);
    return socket;
  }

  /** Hands an echo reply to its socket; false when nobody waits for it. */
  arrive(packet: ArrivedPacket): boolean {
    const socket = this.#sockets.get(readIdentifier(packet.bytes, packet.transportOffset));
    socket?.arrive(packet);
    return socket !== undefined;
  }

  icmpError(report: IcmpErrorReport, _source: IpAddress, quoted: Uint8Array): void {
    const request = familyOf(report.destination.address) === 4 ? icmpType.echoRequest : icmpv6Type.echoRequest;
    if (readIcmpType(quoted, 0) !== request) return;
    this.#sockets.get(readIdentifier(quoted, 0))?.icmpError(report, readSequence(quoted, 0));
  }

  dispose(): void {
    for (const socket of Array.from(this.#sockets.values())) socket.close();
  }

  #freeIdentifier(): number {
    if (this.#sockets.size >= chosenBelow - 1) throw new SocketError('EADDRINUSE', 'every identifier is taken');
    let candidate = 1 + integerBelow(this.#services.random, chosenBelow - 1);
    while (this.#sockets.has(candidate)) candidate = candidate >= chosenBelow - 1 ? 1 : candidate + 1;
    return candidate;
  }
}

class OpenPingSocket implements PingSocket {
  readonly identifier: number;
  readonly #services: StackServices;
  readonly #internet: PingInternet;
  readonly #options: PingSocketOptions;
  readonly #closed: () => void;
  #open = true;

  constructor(
    services: StackServices,
    internet: PingInternet,
    identifier: number,
    options: PingSocketOptions,
    closed: () => void,
  ) {
    this.#services = services;
    this.#internet = internet;
    this.identifier = identifier;
    this.#options = options;
    this.#closed = closed;
  }

  send(target: IpAddress, sequence: number, payload: Uint8Array, options: PingSendOptions = {}): void {
    if (!this.#open) throw new SocketError('ENOTCONN', 'the socket is closed');
    const destination = this.#internet.scoped(target);
    const family = familyOf(destination);
    if (options.source !== undefined && !this.#internet.isLocal(options.source)) {
      throw new SocketError('EADDRNOTAVAIL', 'the source address is not one of ours');
    }
    const route = this.#internet.route(destination, options.source);
    if (route === undefined) throw new SocketError('ENETUNREACH', 'no route to the destination');
    if (payload.length > 65_507) throw new SocketError('EMSGSIZE', 'at most 65507 bytes fit into an echo request');
    const length = icmpHeaderLength + payload.length;
    const packet = this.#internet.allocate(family, length);
    const { bytes, transportOffset: at } = packet;
    bytes[at + icmpOffset.type] = family === 4 ? icmpType.echoRequest : icmpv6Type.echoRequest;
    write16(bytes, at + icmpOffset.identifier, this.identifier);
    write16(bytes, at + icmpOffset.sequence, sequence);
    bytes.set(payload, at + icmpOffset.payload);
    if (family === 4) writeIcmpChecksum(bytes, at, length);
    else sealIcmpv6(bytes, at, length, route.source, destination);
    const protocol = family === 4 ? ipProtocol.icmp : nextHeader.icmpv6;
    const result = this.#internet.transmit(packet, protocol, route.source, destination, options, route);
    if (result !== 'sent') throw new SocketError(result, 'the echo request could not be sent');
    const { counters } = this.#services;
    if (family === 4) {
      counters.IcmpOutMsgs += 1;
      counters.IcmpOutEchos += 1;
    } else {
      counters.Icmp6OutMsgs += 1;
      counters.Icmp6OutEchos += 1;
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closed();
  }

  arrive(packet: ArrivedPacket): void {
    const { bytes, transportOffset: at, transportLength: length } = packet;
    this.#options.reply?.({
      from: packet.source,
      destination: packet.destination,
      identifier: this.identifier,
      sequence: readSequence(bytes, at),
      payload: bytes.slice(at + icmpHeaderLength, at + length),
      ttl: packet.ttl,
    });
  }

  icmpError(report: IcmpErrorReport, sequence: number): void {
    this.#options.icmpError?.({ ...report, sequence });
  }
}
