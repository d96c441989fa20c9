// ICMPv6 for this host: answering echo requests, and telling transports of errors about packets that we sent.
// RFC 4443 sections 2.4, 3 and 4, RFC 8201 section 4 (path MTU, never below 1280), RFC 5927 section 4 (what a stranger may
// claim). Neighbor discovery is handed on. Left out: node information queries, multicast listener queries.
import type { InterfaceTable, StackInterface } from '../../interfaces.ts';
import type { StackServices } from '../../services.ts';
import type { IcmpErrorReport } from '../../sockets.ts';
import { read16, read32 } from '../../wire/field.ts';
import { icmpHeaderLength } from '../../wire/icmpv4.ts';
import { checksumOfIcmpv6, icmpv6Type, isIcmpv6Error, sealIcmpv6, unreachableCode6 } from '../../wire/icmpv6.ts';
import { isIpv4, isMulticastIp } from '../../wire/ip-address.ts';
import {
  findUpperLayer,
  ipv6HeaderLength,
  nextHeader,
  readDestination6,
  readPacketLength6,
  readSource6,
} from '../../wire/ipv6.ts';
import type { ArrivedPacket, TransportHandler } from '../internet-layer.ts';
import type { PingSockets } from '../ping-socket.ts';
import type { Routing } from '../routing.ts';
import type { Ipv6Output } from './output.ts';

/** Bytes of the failed transport header that a useful error quotes. */
const minimumQuotedTransport = 8;

export interface Icmpv6Parts {
  readonly services: StackServices;
  readonly interfaces: InterfaceTable;
  readonly routing: Routing;
  readonly output: Ipv6Output;
  readonly pings: PingSockets;
  readonly handlerOf: (protocol: number) => TransportHandler | undefined;
  /** Takes a message of neighbor discovery whose checksum is right; false when it is not to be believed. */
  readonly discovery: (on: StackInterface, packet: ArrivedPacket) => boolean;
}

export class Icmpv6 {
  readonly #parts: Icmpv6Parts;
  readonly #services: StackServices;

  constructor(parts: Icmpv6Parts) {
    this.#parts = parts;
    this.#services = parts.services;
  }

  arrive(on: StackInterface, packet: ArrivedPacket): void {
    const { counters } = this.#services;
    const { bytes, transportOffset: at, transportLength: length, source, destination } = packet;
    counters.Icmp6InMsgs += 1;
    if (length < icmpHeaderLength) {
      counters.Icmp6InErrors += 1;
      return this.#services.drop('icmp-malformed', on.name);
    }
    if (!packet.checksumTrusted && checksumOfIcmpv6(bytes, at, length, source, destination) !== 0) {
      counters.Icmp6InErrors += 1;
      counters.Icmp6InCsumErrors += 1;
      return this.#services.drop('icmp-checksum', on.name);
    }
    const type = bytes[at] as number; // 8 bytes are there
    if (type === icmpv6Type.echoRequest) return this.#answerEcho(packet);
    if (type === icmpv6Type.echoReply) {
      counters.Icmp6InEchoReplies += 1;
      if (!this.#parts.pings.arrive(packet)) this.#services.drop('icmp-ignored', on.name);
    } else if (isIcmpv6Error(type)) {
      this.#arriveError(on, packet, type);
    } else if (type >= icmpv6Type.routerSolicitation && type <= icmpv6Type.redirect) {
      if (this.#parts.discovery(on, packet)) return;
      counters.Icmp6InErrors += 1;
      this.#services.drop('icmp-malformed', on.name);
    } else {
      this.#services.drop('icmp-ignored', on.name); // RFC 4443 section 2.4 (b)
    }
  }

  /** Tells the sender among us that the packet in `frame` found no neighbor, as if a router had said so. */
  reportUnreachableNeighbor(on: StackInterface, frame: Uint8Array, offset: number): void {
    const from = this.#parts.interfaces.inZone(readSource6(frame, offset), on);
    const error = {
      kind: 'unreachable',
      type: icmpv6Type.unreachable,
      code: unreachableCode6.address,
      mtu: 0,
    } as const;
    this.#dispatch(on, frame, offset, frame.length, { ...error, from });
  }

  #answerEcho(request: ArrivedPacket): void {
    const { counters, knobs } = this.#services;
    counters.Icmp6InEchos += 1;
    const ignoresAll = knobs.number('net.ipv6.icmp.echo_ignore_all') === 1;
    if (ignoresAll || (request.toGroup && knobs.number('net.ipv6.icmp.echo_ignore_multicast') === 1)) {
      return this.#services.drop('icmp-ignored', request.interface.name);
    }
    const to = request.source;
    const from = isMulticastIp(request.destination) ? undefined : request.destination;
    const route = this.#parts.routing.find(to, from);
    if (route === undefined || isIpv4(to) || isIpv4(route.source)) {
      counters.Ip6OutNoRoutes += 1;
      return this.#services.drop('ip-no-route');
    }
    const { bytes, transportOffset: at, transportLength: length } = request;
    const reply = this.#parts.output.allocate(length);
    reply.bytes.set(bytes.subarray(at, at + length), reply.transportOffset);
    reply.bytes[reply.transportOffset] = icmpv6Type.echoReply;
    sealIcmpv6(reply.bytes, reply.transportOffset, length, route.source, to);
    counters.Icmp6OutMsgs += 1;
    counters.Icmp6OutEchoReplies += 1;
    const options = { trafficClass: request.trafficClass };
    this.#parts.output.transmit(reply, nextHeader.icmpv6, route.source, to, options, route);
  }

  #arriveError(on: StackInterface, packet: ArrivedPacket, type: number): void {
    const { bytes, transportOffset: at, transportLength: length } = packet;
    const kind = this.#countedKind(type);
    if (kind === undefined) return this.#services.drop('icmp-ignored', on.name);
    const quotedAt = at + icmpHeaderLength;
    const end = at + length;
    if (end - quotedAt < ipv6HeaderLength || (bytes[quotedAt] as number) >>> 4 !== 6) {
      this.#services.counters.Icmp6InErrors += 1;
      return this.#services.drop('icmp-malformed', on.name);
    }
    const mtu = kind === 'fragmentation-needed' ? read32(bytes, at + 4) : 0;
    if (kind === 'fragmentation-needed') this.#learnPathMtu(on, bytes, quotedAt, mtu);
    const code = bytes[at + 1] as number; // 8 bytes are there
    this.#dispatch(on, bytes, quotedAt, end, { kind, type, code, from: packet.source, mtu });
  }

  #learnPathMtu(on: StackInterface, bytes: Uint8Array, quotedAt: number, mtu: number): void {
    const { interfaces, routing } = this.#parts;
    if (!interfaces.isLocal(interfaces.inZone(readSource6(bytes, quotedAt), on))) return;
    const destination = interfaces.inZone(readDestination6(bytes, quotedAt), on);
    const route = routing.find(destination);
    if (route === undefined || route.interface.loopback) return;
    routing.pathMtu.learn(destination, mtu, readPacketLength6(bytes, quotedAt), route.interface.ipv6Mtu);
  }

  /** Hands an error about our packet at `at`, which may be cut at `end`, to its transport. */
  #dispatch(
    on: StackInterface,
    bytes: Uint8Array,
    at: number,
    end: number,
    error: Omit<IcmpErrorReport, 'destination'>,
  ): void {
    const { interfaces, pings, handlerOf } = this.#parts;
    const source = interfaces.inZone(readSource6(bytes, at), on);
    if (!interfaces.isLocal(source)) return;
    const packetEnd = Math.min(end, at + readPacketLength6(bytes, at));
    const upper = findUpperLayer(bytes, at, packetEnd);
    if (upper === undefined || !upper.isStart) return; // later fragments name no port: nobody can be told
    const quoted = bytes.subarray(upper.at, packetEnd);
    if (quoted.length < minimumQuotedTransport) return;
    const hasPorts = upper.protocol === nextHeader.tcp || upper.protocol === nextHeader.udp;
    const address = interfaces.inZone(readDestination6(bytes, at), on);
    const report: IcmpErrorReport = { ...error, destination: { address, port: hasPorts ? read16(quoted, 2) : 0 } };
    if (upper.protocol === nextHeader.icmpv6) pings.icmpError(report, source, quoted);
    else handlerOf(upper.protocol)?.icmpError(report, source, quoted);
  }

  #countedKind(type: number): IcmpErrorReport['kind'] | undefined {
    const { counters } = this.#services;
    switch (type) {
      case icmpv6Type.unreachable:
        counters.Icmp6InDestUnreachs += 1;
        return 'unreachable';
      case icmpv6Type.packetTooBig:
        counters.Icmp6InPktTooBigs += 1;
        return 'fragmentation-needed';
      case icmpv6Type.timeExceeded:
        counters.Icmp6InTimeExcds += 1;
        return 'time-exceeded';
      case icmpv6Type.parameterProblem:
        counters.Icmp6InParmProblems += 1;
        return 'parameter-problem';
      default:
        return undefined;
    }
  }
}
