// Where an IPv6 packet enters: is it sane, is it ours, and what do its extension headers ask? RFC 8200 sections 3 and 4,
// RFC 4291 sections 2.5.2, 2.5.3 and 2.7 (addresses that no packet on a link carries), RFC 5095 (routing headers of type 0
// are dead), RFC 6946 (a packet in one fragment).
// Before editing: the walk ends because every step goes forward by at least 8 bytes.
import type { Counters } from '../../counters.ts';
import type { FrameOffload } from '../../device.ts';
import type { DropReason } from '../../drop.ts';
import type { InterfaceTable, StackInterface } from '../../interfaces.ts';
import type { StackServices } from '../../services.ts';
import { ethernetHeaderLength } from '../../wire/ethernet.ts';
import { icmpv6Type, parameterProblemCode } from '../../wire/icmpv6.ts';
import {
  isLoopbackIp,
  isMulticastIp,
  isUnspecifiedIp,
  unspecifiedIpv6,
  type IpFamily,
  type Ipv6Address,
} from '../../wire/ip-address.ts';
import { scope, scopeOf } from '../../wire/ipv6-scope.ts';
import {
  checkIpv6,
  extensionLength,
  fragmentHeaderLength,
  ipv6HeaderLength,
  ipv6Offset,
  judgeOptions,
  nextHeader,
  readDestination6,
  readFragmentField,
  readNextHeader,
  readPacketLength6,
  readSource6,
  readTrafficClass,
} from '../../wire/ipv6.ts';
import type { ArrivedPacket, TransportHandler } from '../internet-layer.ts';
import type { Reassembly } from '../reassembly.ts';
import type { Icmpv6Errors } from './errors.ts';
import type { Ipv6Forwarder } from './forward.ts';
import { readIpv6Fragment } from './fragments.ts';
import type { Icmpv6 } from './icmp.ts';

/** Whose a packet is. */
type Fate = 'ours' | 'group' | 'forward' | DropReason;

/** What the walk over the headers needs to know of a packet besides its bytes. */
interface Arrival {
  readonly from: StackInterface;
  readonly toGroup: boolean;
  readonly toLinkGroup: boolean;
  readonly trusted: boolean;
}

export interface Ipv6InputParts {
  readonly services: StackServices;
  readonly interfaces: InterfaceTable;
  readonly forwarder: Ipv6Forwarder;
  readonly reassembly: Reassembly;
  readonly errors: Icmpv6Errors;
  readonly icmp: Icmpv6;
  readonly handlerOf: (protocol: number) => TransportHandler | undefined;
}

export class Ipv6Input {
  readonly #parts: Ipv6InputParts;
  readonly #services: StackServices;
  /** The one view that transports get: a packet is handled before the next arrives. */
  readonly #packet: MutablePacket;
  #enabled = false;
  #forwarding = false;

  constructor(parts: Ipv6InputParts, anyInterface: StackInterface) {
    this.#parts = parts;
    this.#services = parts.services;
    this.#packet = newView(anyInterface);
    parts.services.knobs.watch('net.ipv6.conf.all.disable_ipv6', (off) => {
      this.#enabled = off === 0;
    });
    parts.services.knobs.watch('net.ipv6.conf.all.forwarding', (on) => {
      this.#forwarding = on === 1;
    });
  }

  /** One frame with EtherType IPv6. */
  arrive(from: StackInterface, frame: Uint8Array, toLinkGroup: boolean, offload: FrameOffload | undefined): void {
    if (!this.#enabled) return this.#services.drop('ip-disabled', from.name);
    const at = ethernetHeaderLength;
    const { counters } = this.#services;
    counters.Ip6InReceives += 1;
    if (checkIpv6(frame, at, frame.length - at) !== undefined) {
      counters.Ip6InHdrErrors += 1;
      return this.#services.drop('ip-malformed', from.name);
    }
    const end = at + readPacketLength6(frame, at);
    counters.Ip6InOctets += end - at;
    countCodepoint(counters, readTrafficClass(frame, at));
    const fate = this.#judge(from, readSource6(frame, at), readDestination6(frame, at), toLinkGroup);
    if (fate !== 'ours' && fate !== 'group' && fate !== 'forward') {
      counters.Ip6InAddrErrors += 1;
      return this.#services.drop(fate, from.name);
    }
    const arrival = {
      from,
      toGroup: fate === 'group',
      toLinkGroup,
      trusted: from.loopback || offload?.checksumPartial === true,
    };
    if (fate === 'group') counters.Ip6InMcastPkts += 1;
    if (fate !== 'forward') {
      return this.#walk(arrival, frame, at + ipv6HeaderLength, at + ipv6Offset.nextHeader);
    }
    // Every node on the way looks at hop-by-hop options.
    if (readNextHeader(frame, at) === nextHeader.hopByHop) {
      if (!this.#acceptExtension(arrival, frame, at + ipv6HeaderLength, nextHeader.hopByHop)) return;
    }
    this.#parts.forwarder.forward(from, frame, offload);
  }

  #judge(from: StackInterface, source: Ipv6Address, destination: Ipv6Address, toLinkGroup: boolean): Fate {
    const { interfaces } = this.#parts;
    if (isMulticastIp(source)) return 'ip-source-invalid';
    if (!from.loopback) {
      if (isLoopbackIp(source) || isLoopbackIp(destination)) return 'ip-source-invalid';
      if (interfaces.isLocal(interfaces.inZone(source, from))) return 'ip-source-invalid';
    }
    if (isUnspecifiedIp(destination)) return 'ip-not-for-us';
    if (isMulticastIp(destination)) {
      const reach = scopeOf(destination);
      const isHere = from.ipv6Groups.has(destination) && reach >= scope.linkLocal;
      return isHere ? 'group' : 'ip-not-for-us';
    }
    if (interfaces.isLocal(interfaces.inZone(destination, from))) return 'ours';
    if (!this.#forwarding || toLinkGroup || from.loopback || isUnspecifiedIp(source)) return 'ip-not-for-us';
    return 'forward';
  }

  /**
   * Goes through the headers from the one at `start`, which the field at `linkedAt` names, up to one that a transport
   * takes.
   */
  #walk(arrival: Arrival, bytes: Uint8Array, start: number, linkedAt: number): void {
    const end = ethernetHeaderLength + readPacketLength6(bytes, ethernetHeaderLength);
    let at = start;
    let link = linkedAt;
    for (;;) {
      const kind = bytes[link] as number; // a field of a header that is there
      switch (kind) {
        case nextHeader.hopByHop:
          // Only right behind the IPv6 header.
          if (link !== ethernetHeaderLength + ipv6Offset.nextHeader) return this.#unknown(arrival, bytes, link);
          break;
        case nextHeader.routing:
        case nextHeader.destinationOptions:
          break;
        case nextHeader.fragment:
          if (at + fragmentHeaderLength > end) return this.#malformed(arrival);
          if (isWhole(bytes, at)) break;
          return this.#reassemble(arrival, bytes, at, link);
        default:
          return this.#deliver(arrival, bytes, at, end, link);
      }
      if (at + 8 > end || at + extensionLength(bytes, at, kind) > end) return this.#malformed(arrival);
      if (!this.#acceptExtension(arrival, bytes, at, kind)) return;
      link = at;
      at += extensionLength(bytes, at, kind);
    }
  }

  /** Judges options and routing headers; when it refuses, everybody concerned has been told. */
  #acceptExtension(arrival: Arrival, bytes: Uint8Array, at: number, kind: number): boolean {
    const { from, toLinkGroup } = arrival;
    const end = ethernetHeaderLength + readPacketLength6(bytes, ethernetHeaderLength);
    if (kind === nextHeader.routing) {
      if (bytes[at + 3] === 0) return true; // no segments left: nothing to do
      this.#problem(arrival, bytes, parameterProblemCode.header, at + 2 - ethernetHeaderLength);
      return false;
    }
    if (kind === nextHeader.fragment) return true;
    const length = at + 8 > end ? 0 : extensionLength(bytes, at, kind);
    if (length === 0 || at + length > end) {
      this.#malformed(arrival);
      return false;
    }
    const verdict = judgeOptions(bytes, ethernetHeaderLength, at, length);
    if (verdict.kind === 'accept') return true;
    this.#services.counters.Ip6InHdrErrors += 1;
    this.#services.drop('ip-option-unknown', from.name);
    if (verdict.kind === 'problem') {
      const error = {
        type: icmpv6Type.parameterProblem,
        code: parameterProblemCode.option,
        rest: verdict.pointer,
        evenToGroup: verdict.evenToGroup,
      };
      this.#parts.errors.send(error, bytes, ethernetHeaderLength, from, toLinkGroup);
    }
    return false;
  }

  #reassemble(arrival: Arrival, bytes: Uint8Array, at: number, link: number): void {
    const { from, toLinkGroup, toGroup } = arrival;
    this.#services.counters.Ip6ReasmReqds += 1;
    const fragment = readIpv6Fragment(bytes, ethernetHeaderLength, at, link);
    if (fragment === undefined || 'pointer' in fragment) {
      this.#parts.reassembly.refuse('fragment-invalid', from);
      if (fragment === undefined) return;
      return this.#sendProblem(arrival, bytes, fragment.code, fragment.pointer);
    }
    const whole = this.#parts.reassembly.add(from, fragment, toLinkGroup);
    if (whole === undefined) return;
    // From the beginning: another fragment than the first may have had another head.
    const start = ethernetHeaderLength + ipv6HeaderLength;
    this.#walk(
      { from, toGroup, toLinkGroup, trusted: from.loopback },
      whole,
      start,
      ethernetHeaderLength + ipv6Offset.nextHeader,
    );
  }

  /** Hands a packet to the transport that the field at `link` names. */
  #deliver(arrival: Arrival, bytes: Uint8Array, at: number, end: number, link: number): void {
    const { interfaces, handlerOf, icmp } = this.#parts;
    const { from } = arrival;
    const protocol = bytes[link] as number; // a field of a header that is there
    const handler = handlerOf(protocol);
    if (handler === undefined && protocol !== nextHeader.icmpv6) {
      if (protocol !== nextHeader.none) return this.#unknown(arrival, bytes, link);
      return this.#services.drop('ip-protocol-unknown', from.name);
    }
    const packet = this.#packet;
    packet.interface = from;
    packet.source = interfaces.inZone(readSource6(bytes, ethernetHeaderLength), from);
    packet.destination = interfaces.inZone(readDestination6(bytes, ethernetHeaderLength), from);
    packet.toGroup = arrival.toGroup || arrival.toLinkGroup;
    packet.bytes = bytes;
    packet.transportOffset = at;
    packet.transportLength = end - at;
    packet.ttl = bytes[ethernetHeaderLength + ipv6Offset.hopLimit] as number;
    packet.trafficClass = readTrafficClass(bytes, ethernetHeaderLength);
    packet.checksumTrusted = arrival.trusted;
    this.#services.counters.Ip6InDelivers += 1;
    if (protocol === nextHeader.icmpv6) icmp.arrive(from, packet);
    else handler?.arrive(packet);
  }

  #malformed({ from }: Arrival): void {
    this.#services.counters.Ip6InHdrErrors += 1;
    this.#services.drop('ip-malformed', from.name);
  }

  /** The header named by the field at `link` is none that we know, or stands where it may not. */
  #unknown(arrival: Arrival, bytes: Uint8Array, link: number): void {
    this.#services.counters.Ip6InUnknownProtos += 1;
    this.#services.drop('ip-protocol-unknown', arrival.from.name);
    this.#sendProblem(arrival, bytes, parameterProblemCode.nextHeader, link - ethernetHeaderLength);
  }

  #problem(arrival: Arrival, bytes: Uint8Array, code: number, pointer: number): void {
    this.#malformed(arrival);
    this.#sendProblem(arrival, bytes, code, pointer);
  }

  #sendProblem({ from, toLinkGroup }: Arrival, bytes: Uint8Array, code: number, pointer: number): void {
    const error = { type: icmpv6Type.parameterProblem, code, rest: pointer };
    this.#parts.errors.send(error, bytes, ethernetHeaderLength, from, toLinkGroup);
  }
}

/** True for a fragment header on a packet that was never cut. */
function isWhole(bytes: Uint8Array, at: number): boolean {
  const { start, more } = readFragmentField(bytes, at);
  return start === 0 && !more;
}

function countCodepoint(counters: Counters, trafficClass: number): void {
  const codepoint = trafficClass & 3;
  if (codepoint === 0) counters.Ip6InNoECTPkts += 1;
  else if (codepoint === 1) counters.Ip6InECT1Pkts += 1;
  else if (codepoint === 2) counters.Ip6InECT0Pkts += 1;
  else counters.Ip6InCEPkts += 1;
}

type MutablePacket = { -readonly [Key in keyof ArrivedPacket]: ArrivedPacket[Key] };

function newView(anyInterface: StackInterface): MutablePacket {
  const family: IpFamily = 6;
  return {
    interface: anyInterface,
    family,
    source: unspecifiedIpv6,
    destination: unspecifiedIpv6,
    toGroup: false,
    bytes: new Uint8Array(0),
    networkOffset: ethernetHeaderLength,
    transportOffset: 0,
    transportLength: 0,
    ttl: 0,
    trafficClass: 0,
    checksumTrusted: false,
  };
}
