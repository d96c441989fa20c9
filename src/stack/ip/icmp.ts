// ICMP for this host: answering echo requests, and telling transports of errors about packets that we sent.
// RFC 792, RFC 1122 section 3.2.2, RFC 1191 section 3 (path MTU), RFC 5927 section 4 (what a stranger may claim).
// Left out: redirects (counted, not followed), timestamps, address masks, router discovery.
import type { InterfaceTable } from '../interfaces.ts';
import type { StackServices } from '../services.ts';
import type { IcmpErrorReport } from '../sockets.ts';
import { checksum } from '../wire/checksum.ts';
import { read16 } from '../wire/field.ts';
import {
  icmpHeaderLength,
  icmpType,
  readIcmpCode,
  readIcmpType,
  readNextMtu,
  unreachableCode,
  writeIcmpChecksum,
} from '../wire/icmpv4.ts';
import { isIpv4 } from '../wire/ip-address.ts';
import {
  ipProtocol,
  ipv4Flag,
  ipv4HeaderLength,
  readDestination,
  readFlagsAndOffset,
  readHeaderLength,
  readProtocol,
  readSource,
  readTotalLength,
} from '../wire/ipv4.ts';
import type { ArrivedPacket, TransportHandler } from './internet-layer.ts';
import type { IpOutput } from './output.ts';
import type { PingSockets } from './ping-socket.ts';
import type { Routing } from './routing.ts';

/** Bytes of the failed transport header that every error quotes (RFC 792). */
const minimumQuotedTransport = 8;

export interface IcmpParts {
  readonly services: StackServices;
  readonly interfaces: InterfaceTable;
  readonly routing: Routing;
  readonly output: IpOutput;
  readonly pings: PingSockets;
  readonly handlerOf: (protocol: number) => TransportHandler | undefined;
}

export class Icmp {
  readonly #parts: IcmpParts;
  readonly #services: StackServices;

  constructor(parts: IcmpParts) {
    this.#parts = parts;
    this.#services = parts.services;
  }

  arrive(packet: ArrivedPacket): void {
    const { counters } = this.#services;
    const { bytes, transportOffset: at, transportLength: length } = packet;
    counters.IcmpInMsgs += 1;
    if (length < icmpHeaderLength) {
      counters.IcmpInErrors += 1;
      return this.#services.drop('icmp-malformed', packet.interface.name);
    }
    if (!packet.checksumTrusted && checksum(bytes, at, length) !== 0) {
      counters.IcmpInErrors += 1;
      counters.IcmpInCsumErrors += 1;
      return this.#services.drop('icmp-checksum', packet.interface.name);
    }
    const type = readIcmpType(bytes, at);
    if (type === icmpType.echoRequest) return this.#answerEcho(packet);
    if (type === icmpType.echoReply) {
      counters.IcmpInEchoReps += 1;
      if (!this.#parts.pings.arrive(packet)) this.#services.drop('icmp-ignored', packet.interface.name);
      return;
    }
    this.#arriveError(packet, type);
  }

  /**
   * Tells the sender among us that `frame`'s packet at `offset` found no neighbor: as if our own router had sent
   * "host unreachable", which is what Linux does.
   */
  reportUnreachableNeighbor(frame: Uint8Array, offset: number): void {
    const source = readSource(frame, offset);
    this.#dispatch(frame, offset, frame.length - offset, {
      kind: 'unreachable',
      type: icmpType.unreachable,
      code: unreachableCode.host,
      from: source,
      mtu: 0,
    });
  }

  #answerEcho(request: ArrivedPacket): void {
    const { counters, knobs } = this.#services;
    counters.IcmpInEchos += 1;
    const ignoresAll = knobs.number('net.ipv4.icmp_echo_ignore_all') === 1;
    if (ignoresAll || (request.toGroup && knobs.number('net.ipv4.icmp_echo_ignore_broadcasts') === 1)) {
      return this.#services.drop('icmp-ignored', request.interface.name);
    }
    const to = request.source;
    const from = request.toGroup ? undefined : request.destination;
    const route = this.#parts.routing.find(to, from);
    if (route === undefined || !isIpv4(to) || !isIpv4(route.source)) {
      counters.IpOutNoRoutes += 1;
      return this.#services.drop('ip-no-route');
    }
    const { bytes, transportOffset: at, transportLength: length } = request;
    const reply = this.#parts.output.allocate(length);
    reply.bytes.set(bytes.subarray(at, at + length), reply.transportOffset);
    reply.bytes[reply.transportOffset] = icmpType.echoReply;
    writeIcmpChecksum(reply.bytes, reply.transportOffset, length);
    counters.IcmpOutMsgs += 1;
    counters.IcmpOutEchoReps += 1;
    const options = { trafficClass: request.trafficClass };
    this.#parts.output.transmit(reply, ipProtocol.icmp, route.source, to, options, route);
  }

  #arriveError(packet: ArrivedPacket, type: number): void {
    const { bytes, transportOffset: at, transportLength: length } = packet;
    const code = readIcmpCode(bytes, at);
    const kind = kindOf(type, code);
    if (kind !== undefined) this.#count(kind);
    if (kind === undefined || kind === 'redirect') return this.#services.drop('icmp-ignored', packet.interface.name);
    const quotedAt = at + icmpHeaderLength;
    const quotedLength = length - icmpHeaderLength;
    if (!isQuote(bytes, quotedAt, quotedLength)) {
      this.#services.counters.IcmpInErrors += 1;
      return this.#services.drop('icmp-malformed', packet.interface.name);
    }
    let mtu = 0;
    if (kind === 'fragmentation-needed') mtu = this.#learnPathMtu(bytes, quotedAt, readNextMtu(bytes, at));
    this.#dispatch(bytes, quotedAt, quotedLength, { kind, type, code, from: packet.source, mtu });
  }

  /** The MTU to report: what the router named, or what we concluded from a message that names none. */
  #learnPathMtu(bytes: Uint8Array, quotedAt: number, named: number): number {
    if (!this.#parts.interfaces.isLocal(readSource(bytes, quotedAt))) return named;
    const destination = readDestination(bytes, quotedAt);
    const route = this.#parts.routing.find(destination);
    if (route === undefined || route.interface.loopback) return named;
    const sentLength = readTotalLength(bytes, quotedAt);
    const learned = this.#parts.routing.pathMtu.learn(destination, named, sentLength, route.interface.mtu);
    return named === 0 ? (learned ?? route.mtu) : named;
  }

  /** Hands an error about our packet at `at` to its transport. Later fragments name no port: nobody can be told. */
  #dispatch(bytes: Uint8Array, at: number, available: number, error: Omit<IcmpErrorReport, 'destination'>): void {
    const source = readSource(bytes, at);
    if (!this.#parts.interfaces.isLocal(source)) return;
    if ((readFlagsAndOffset(bytes, at) & ipv4Flag.offsetMask) !== 0) return;
    const headerLength = readHeaderLength(bytes, at);
    const end = Math.min(available, readTotalLength(bytes, at));
    const quoted = bytes.subarray(at + headerLength, at + end);
    if (quoted.length < minimumQuotedTransport) return;
    const protocol = readProtocol(bytes, at);
    const hasPorts = protocol === ipProtocol.tcp || protocol === ipProtocol.udp;
    const destination = { address: readDestination(bytes, at), port: hasPorts ? read16(quoted, 2) : 0 };
    const report: IcmpErrorReport = { ...error, destination };
    if (protocol === ipProtocol.icmp) this.#parts.pings.icmpError(report, source, quoted);
    else this.#parts.handlerOf(protocol)?.icmpError(report, source, quoted);
  }

  #count(kind: IcmpErrorReport['kind']): void {
    const { counters } = this.#services;
    if (kind === 'unreachable' || kind === 'fragmentation-needed') counters.IcmpInDestUnreachs += 1;
    else if (kind === 'time-exceeded') counters.IcmpInTimeExcds += 1;
    else if (kind === 'parameter-problem') counters.IcmpInParmProbs += 1;
    else if (kind === 'source-quench') counters.IcmpInSrcQuenchs += 1;
    else counters.IcmpInRedirects += 1;
  }
}

function kindOf(type: number, code: number): IcmpErrorReport['kind'] | undefined {
  switch (type) {
    case icmpType.unreachable:
      return code === unreachableCode.fragmentationNeeded ? 'fragmentation-needed' : 'unreachable';
    case icmpType.timeExceeded:
      return 'time-exceeded';
    case icmpType.parameterProblem:
      return 'parameter-problem';
    case icmpType.sourceQuench:
      return 'source-quench';
    case icmpType.redirect:
      return 'redirect';
    default:
      return undefined;
  }
}

/** True when `length` bytes at `at` begin with an IPv4 header and 8 bytes more; the packet itself may be cut. */
function isQuote(bytes: Uint8Array, at: number, length: number): boolean {
  if (length < ipv4HeaderLength + minimumQuotedTransport || (bytes[at] as number) >>> 4 !== 4) return false;
  const headerLength = readHeaderLength(bytes, at);
  return headerLength >= ipv4HeaderLength && length >= headerLength + minimumQuotedTransport;
}
