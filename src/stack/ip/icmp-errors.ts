// Sending ICMP errors, and above all not sending them: RFC 1122 section 3.2.2 (about what never), RFC 1812 sections
// 4.3.2.3 (how much to quote: 576 bytes in all), 4.3.2.4 (source address), 4.3.2.5 (precedence), 4.3.2.7 (when never).
import type { StackInterface } from '../interfaces.ts';
import type { InterfaceTable } from '../interfaces.ts';
import type { StackServices } from '../services.ts';
import { icmpHeaderLength, icmpType, isIcmpError, writeIcmpChecksum } from '../wire/icmpv4.ts';
import { write32 } from '../wire/field.ts';
import { broadcastIpv4, isLoopbackIp, isMulticastIp, type Ipv4Address } from '../wire/ip-address.ts';
import {
  ipProtocol,
  ipv4Flag,
  ipv4HeaderLength,
  ipv4Offset,
  readDestination,
  readFlagsAndOffset,
  readHeaderLength,
  readProtocol,
  readSource,
  readTotalLength,
} from '../wire/ipv4.ts';
import type { IpOutput } from './output.ts';
import type { IcmpLimit } from './icmp-limit.ts';
import type { Routing } from './routing.ts';

/** RFC 1812 section 4.3.2.3: no ICMP error is larger. */
const maximumErrorBytes = 576;

/** RFC 1812 section 4.3.2.5: errors travel as "internetwork control". */
const errorPrecedence = 0xc0;

export interface IcmpErrorKind {
  readonly type: number;
  readonly code: number;
  /** The four bytes behind the checksum: next-hop MTU or pointer; default 0. */
  readonly rest?: number;
}

export class IcmpErrors {
  readonly #services: StackServices;
  readonly #interfaces: InterfaceTable;
  readonly #routing: Routing;
  readonly #output: IpOutput;
  readonly #limit: IcmpLimit;

  constructor(parts: {
    readonly services: StackServices;
    readonly interfaces: InterfaceTable;
    readonly routing: Routing;
    readonly output: IpOutput;
    readonly limit: IcmpLimit;
  }) {
    this.#services = parts.services;
    this.#interfaces = parts.interfaces;
    this.#routing = parts.routing;
    this.#output = parts.output;
    this.#limit = parts.limit;
  }

  /**
   * Answers the packet at `offset` of `bytes`, which came in over `from`, with an error, if the rules allow one.
   * `toLinkGroup`: its frame was addressed to a group.
   */
  send(error: IcmpErrorKind, bytes: Uint8Array, offset: number, from: StackInterface, toLinkGroup: boolean): void {
    const source = readSource(bytes, offset);
    if (toLinkGroup || !this.#mayAnswer(bytes, offset, from)) return;
    const route = this.#routing.find(source);
    if (route === undefined) return;
    if (!route.interface.loopback && !this.#limit.allows(source, error.type, error.code)) {
      this.#services.drop('icmp-rate-limited', from.name);
      return;
    }
    const quotedLength = Math.min(
      readTotalLength(bytes, offset),
      bytes.length - offset,
      maximumErrorBytes - ipv4HeaderLength - icmpHeaderLength,
    );
    const packet = this.#output.allocate(icmpHeaderLength + quotedLength);
    const at = packet.transportOffset;
    packet.bytes[at] = error.type;
    packet.bytes[at + 1] = error.code;
    write32(packet.bytes, at + 4, error.rest ?? 0);
    packet.bytes.set(bytes.subarray(offset, offset + quotedLength), at + icmpHeaderLength);
    writeIcmpChecksum(packet.bytes, at, icmpHeaderLength + quotedLength);
    const answerFrom = this.#sourceOf(readDestination(bytes, offset), route.source);
    const answerRoute = answerFrom === route.source ? route : (this.#routing.find(source, answerFrom) ?? route);
    this.#count(error.type);
    const trafficClass = ((bytes[offset + ipv4Offset.trafficClass] as number) & 0x1c) | errorPrecedence;
    this.#output.transmit(packet, ipProtocol.icmp, answerFrom, source, { trafficClass }, answerRoute);
  }

  /** The address that the failed packet was for, if it is ours, so that its sender knows whom it hears; else the route's. */
  #sourceOf(failedDestination: Ipv4Address, routeSource: unknown): Ipv4Address {
    return this.#interfaces.isLocal(failedDestination) ? failedDestination : (routeSource as Ipv4Address); // an IPv4 route
  }

  #mayAnswer(bytes: Uint8Array, offset: number, from: StackInterface): boolean {
    const source = readSource(bytes, offset);
    const destination = readDestination(bytes, offset);
    if ((readFlagsAndOffset(bytes, offset) & ipv4Flag.offsetMask) !== 0) return false;
    if (isMulticastIp(destination) || destination === broadcastIpv4) return false;
    if (from.isBroadcast(destination) || this.#interfaces.isDirectedBroadcast(destination)) return false;
    if (source >>> 24 === 0 || source >>> 28 >= 0xe) return false; // unspecified, multicast, reserved, broadcast
    if (this.#interfaces.isDirectedBroadcast(source)) return false;
    if (isLoopbackIp(source) && !from.loopback) return false;
    if (readProtocol(bytes, offset) !== ipProtocol.icmp) return true;
    const typeAt = offset + readHeaderLength(bytes, offset);
    return typeAt < bytes.length && !isIcmpError(bytes[typeAt] as number);
  }

  #count(type: number): void {
    const { counters } = this.#services;
    counters.IcmpOutMsgs += 1;
    if (type === icmpType.unreachable) counters.IcmpOutDestUnreachs += 1;
    else if (type === icmpType.timeExceeded) counters.IcmpOutTimeExcds += 1;
    else counters.IcmpOutParmProbs += 1;
  }
}
