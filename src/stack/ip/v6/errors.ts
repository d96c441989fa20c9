// Sending ICMPv6 errors, and above all not sending them: RFC 4443 sections 2.2 (source address), 2.4 (when never, how
// much to quote, how often).
import type { InterfaceTable, StackInterface } from '../../interfaces.ts';
import type { StackServices } from '../../services.ts';
import { write32 } from '../../wire/field.ts';
import { icmpHeaderLength } from '../../wire/icmpv4.ts';
import { icmpv6Type, isIcmpv6Error, parameterProblemCode, sealIcmpv6 } from '../../wire/icmpv6.ts';
import { isIpv4, isLoopbackIp, isMulticastIp, isUnspecifiedIp } from '../../wire/ip-address.ts';
import {
  findUpperLayer,
  ipv6HeaderLength,
  ipv6MinimumMtu,
  nextHeader,
  readDestination6,
  readPacketLength6,
  readSource6,
} from '../../wire/ipv6.ts';
import type { IcmpErrorKind } from '../icmp-errors.ts';
import type { IcmpLimit } from '../icmp-limit.ts';
import type { Routing } from '../routing.ts';
import type { Ipv6Output } from './output.ts';

export interface Icmpv6ErrorKind extends IcmpErrorKind {
  /** Also in answer to a packet for a group (RFC 4443 section 2.4 (e.3)). */
  readonly evenToGroup?: boolean;
}

export class Icmpv6Errors {
  readonly #services: StackServices;
  readonly #interfaces: InterfaceTable;
  readonly #routing: Routing;
  readonly #output: Ipv6Output;
  readonly #limit: IcmpLimit;

  constructor(parts: {
    readonly services: StackServices;
    readonly interfaces: InterfaceTable;
    readonly routing: Routing;
    readonly output: Ipv6Output;
    readonly limit: IcmpLimit;
  }) {
    this.#services = parts.services;
    this.#interfaces = parts.interfaces;
    this.#routing = parts.routing;
    this.#output = parts.output;
    this.#limit = parts.limit;
  }

  /** Answers the packet at `offset` of `bytes`, which came in over `from`, with an error, if the rules allow one. */
  send(error: Icmpv6ErrorKind, bytes: Uint8Array, offset: number, from: StackInterface, toLinkGroup: boolean): void {
    if (!mayAnswer(error, bytes, offset, from, toLinkGroup)) return;
    const receiver = this.#interfaces.inZone(readSource6(bytes, offset), from);
    const failed = this.#interfaces.inZone(readDestination6(bytes, offset), from);
    const own = this.#interfaces.isLocal(failed) ? failed : undefined;
    const route = this.#routing.find(receiver, own) ?? this.#routing.find(receiver);
    if (route === undefined || isIpv4(receiver) || isIpv4(route.source)) return;
    if (!route.interface.loopback && !this.#limit.allows(receiver, error.type, error.code)) {
      return this.#services.drop('icmp-rate-limited', from.name);
    }
    const quotedLength = Math.min(
      readPacketLength6(bytes, offset),
      bytes.length - offset,
      ipv6MinimumMtu - ipv6HeaderLength - icmpHeaderLength,
    );
    const length = icmpHeaderLength + quotedLength;
    const packet = this.#output.allocate(length);
    const at = packet.transportOffset;
    packet.bytes[at] = error.type;
    packet.bytes[at + 1] = error.code;
    write32(packet.bytes, at + 4, error.rest ?? 0);
    packet.bytes.set(bytes.subarray(offset, offset + quotedLength), at + icmpHeaderLength);
    sealIcmpv6(packet.bytes, at, length, route.source, receiver);
    this.#count(error.type);
    this.#output.transmit(packet, nextHeader.icmpv6, route.source, receiver, undefined, route);
  }

  #count(type: number): void {
    const { counters } = this.#services;
    counters.Icmp6OutMsgs += 1;
    if (type === icmpv6Type.unreachable) counters.Icmp6OutDestUnreachs += 1;
    else if (type === icmpv6Type.packetTooBig) counters.Icmp6OutPktTooBigs += 1;
    else if (type === icmpv6Type.timeExceeded) counters.Icmp6OutTimeExcds += 1;
    else counters.Icmp6OutParmProblems += 1;
  }
}

function mayAnswer(
  error: Icmpv6ErrorKind,
  bytes: Uint8Array,
  offset: number,
  from: StackInterface,
  toLinkGroup: boolean,
): boolean {
  const source = readSource6(bytes, offset);
  if (isUnspecifiedIp(source) || isMulticastIp(source) || (isLoopbackIp(source) && !from.loopback)) return false;
  const toGroup = toLinkGroup || isMulticastIp(readDestination6(bytes, offset));
  const isForGroups =
    error.type === icmpv6Type.packetTooBig ||
    (error.type === icmpv6Type.parameterProblem &&
      error.code === parameterProblemCode.option &&
      error.evenToGroup === true);
  if (toGroup && !isForGroups) return false;
  const upper = findUpperLayer(bytes, offset, Math.min(bytes.length, offset + readPacketLength6(bytes, offset)));
  if (upper === undefined || upper.protocol !== nextHeader.icmpv6 || !upper.isStart) return true;
  const type = bytes[upper.at];
  return type !== undefined && !isIcmpv6Error(type) && type !== icmpv6Type.redirect;
}
