// Where an IPv4 packet enters: is it whole, is it sane, is it ours? RFC 1122 section 3.2.1, RFC 1812 sections 4.2.2,
// 5.2.1 to 5.2.3 and 5.3.7 (martian addresses), RFC 6274 (what Linux and others refuse, and why).
// Left out: multicast groups other than "all hosts on this link" (224.0.0.1).
import type { Counters } from '../counters.ts';
import type { FrameOffload } from '../device.ts';
import type { DropReason } from '../drop.ts';
import type { InterfaceTable, StackInterface } from '../interfaces.ts';
import type { StackServices } from '../services.ts';
import { ethernetHeaderLength } from '../wire/ethernet.ts';
import { icmpType, unreachableCode } from '../wire/icmpv4.ts';
import { isMulticastIp, unspecifiedIpv4, type IpFamily, type Ipv4Address } from '../wire/ip-address.ts';
import {
  checkIpv4,
  ipProtocol,
  ipv4HeaderLength,
  ipv4Offset,
  isFragment,
  readDestination,
  readHeaderLength,
  readProtocol,
  readSource,
  readTotalLength,
  scanOptions,
} from '../wire/ipv4.ts';
import type { Forwarder } from './forward.ts';
import type { IcmpErrorKind, IcmpErrors } from './icmp-errors.ts';
import type { Icmp } from './icmp.ts';
import type { ArrivedPacket, TransportHandler } from './internet-layer.ts';
import type { Reassembly } from './reassembly.ts';
import { readIpv4Fragment } from './reassembly-rules.ts';

/** 224.0.0.1, which every host belongs to (RFC 1112 section 4). */
const allHosts = 0xe000_0001;

const protocolUnreachable: IcmpErrorKind = { type: icmpType.unreachable, code: unreachableCode.protocol };

/** Whose a packet is. */
type Fate = 'ours' | 'group' | 'forward' | DropReason;

export interface IpInputParts {
  readonly services: StackServices;
  readonly interfaces: InterfaceTable;
  readonly forwarder: Forwarder;
  readonly reassembly: Reassembly;
  readonly errors: IcmpErrors;
  readonly icmp: Icmp;
  readonly handlerOf: (protocol: number) => TransportHandler | undefined;
}

export class IpInput {
  readonly #parts: IpInputParts;
  readonly #services: StackServices;
  /** The one view that transports get: a packet is handled before the next arrives. */
  readonly #packet: MutablePacket;
  #forwarding = false;

  constructor(parts: IpInputParts, anyInterface: StackInterface) {
    this.#parts = parts;
    this.#services = parts.services;
    this.#packet = newView(anyInterface);
    parts.services.knobs.watch('net.ipv4.ip_forward', (on) => {
      this.#forwarding = on === 1;
    });
  }

  /** One frame with EtherType IPv4. */
  arrive(from: StackInterface, frame: Uint8Array, toLinkGroup: boolean, offload: FrameOffload | undefined): void {
    const at = ethernetHeaderLength;
    const { counters } = this.#services;
    counters.IpInReceives += 1;
    const problem = checkIpv4(frame, at, frame.length - at);
    if (problem !== undefined) {
      counters.IpInHdrErrors += 1;
      return this.#services.drop(problem === 'checksum' ? 'ip-checksum' : 'ip-malformed', from.name);
    }
    counters.IpExtInOctets += readTotalLength(frame, at);
    countCodepoint(counters, frame[at + ipv4Offset.trafficClass] as number);
    const destination = readDestination(frame, at);
    const fate = this.#judge(from, readSource(frame, at), destination, toLinkGroup);
    if (fate !== 'ours' && fate !== 'group' && fate !== 'forward') {
      counters.IpInAddrErrors += 1;
      return this.#services.drop(fate, from.name);
    }
    if (readHeaderLength(frame, at) > ipv4HeaderLength && !this.#acceptOptions(from, frame, toLinkGroup)) return;
    if (fate === 'forward') return this.#parts.forwarder.forward(from, frame, offload);
    if (fate === 'group') {
      if (isMulticastIp(destination)) counters.IpExtInMcastPkts += 1;
      else counters.IpExtInBcastPkts += 1;
    }
    const trusted = from.loopback || offload?.checksumPartial === true;
    if (!isFragment(frame, at)) return this.#deliver(from, frame, fate === 'group', toLinkGroup, trusted);
    counters.IpReasmReqds += 1;
    const fragment = readIpv4Fragment(frame, at);
    if (fragment === undefined) return this.#parts.reassembly.refuse('fragment-invalid', from);
    const whole = this.#parts.reassembly.add(from, fragment, toLinkGroup);
    if (whole !== undefined) this.#deliver(from, whole, fate === 'group', toLinkGroup, from.loopback);
  }

  #judge(from: StackInterface, source: Ipv4Address, destination: Ipv4Address, toLinkGroup: boolean): Fate {
    const { interfaces } = this.#parts;
    if (!from.loopback && this.#isMartianSource(source, from)) return 'ip-source-invalid';
    if (interfaces.isLocal(destination)) {
      return destination >>> 24 === 127 && !from.loopback ? 'ip-not-for-us' : 'ours';
    }
    if (from.isBroadcast(destination)) return 'group';
    if (isMulticastIp(destination)) return destination === allHosts ? 'group' : 'ip-not-for-us';
    if (source === unspecifiedIpv4 || destination >>> 24 === 0 || destination >>> 28 === 0xf) return 'ip-not-for-us';
    if (!this.#forwarding || toLinkGroup || from.loopback) return 'ip-not-for-us';
    return interfaces.isDirectedBroadcast(destination) ? 'ip-directed-broadcast' : 'forward';
  }

  /** Addresses that no sender has; 0.0.0.0 is for those who do not know theirs yet. */
  #isMartianSource(source: Ipv4Address, from: StackInterface): boolean {
    const firstByte = source >>> 24;
    if (firstByte === 127 || firstByte >= 224) return true;
    if (firstByte === 0) return source !== unspecifiedIpv4;
    return this.#parts.interfaces.isLocal(source) || from.groupAddresses.has(source);
  }

  #acceptOptions(from: StackInterface, frame: Uint8Array, toLinkGroup: boolean): boolean {
    const found = scanOptions(frame, ethernetHeaderLength);
    if (found === undefined) return true;
    this.#services.counters.IpInHdrErrors += 1;
    if (found === 'source-route') {
      this.#services.drop('ip-source-route', from.name);
      return false;
    }
    this.#services.drop('ip-malformed', from.name);
    const error = { type: icmpType.parameterProblem, code: 0, rest: found * 0x100_0000 };
    this.#parts.errors.send(error, frame, ethernetHeaderLength, from, toLinkGroup);
    return false;
  }

  /** Hands a whole packet to its transport. */
  #deliver(from: StackInterface, bytes: Uint8Array, toGroup: boolean, toLinkGroup: boolean, trusted: boolean): void {
    const at = ethernetHeaderLength;
    const protocol = readProtocol(bytes, at);
    const handler = this.#parts.handlerOf(protocol);
    if (handler === undefined && protocol !== ipProtocol.icmp) {
      this.#services.counters.IpInUnknownProtos += 1;
      this.#services.drop('ip-protocol-unknown', from.name);
      return this.#parts.errors.send(protocolUnreachable, bytes, at, from, toLinkGroup);
    }
    const headerLength = readHeaderLength(bytes, at);
    const packet = this.#packet;
    packet.interface = from;
    packet.source = readSource(bytes, at);
    packet.destination = readDestination(bytes, at);
    packet.toGroup = toGroup || toLinkGroup;
    packet.bytes = bytes;
    packet.transportOffset = at + headerLength;
    packet.transportLength = readTotalLength(bytes, at) - headerLength;
    packet.ttl = bytes[at + ipv4Offset.ttl] as number;
    packet.trafficClass = bytes[at + ipv4Offset.trafficClass] as number;
    packet.checksumTrusted = trusted;
    this.#services.counters.IpInDelivers += 1;
    if (handler === undefined) this.#parts.icmp.arrive(packet);
    else handler.arrive(packet);
  }
}

/** RFC 3168 section 5: the two low bits of the byte. */
function countCodepoint(counters: Counters, trafficClass: number): void {
  const codepoint = trafficClass & 3;
  if (codepoint === 0) counters.IpExtInNoECTPkts += 1;
  else if (codepoint === 1) counters.IpExtInECT1Pkts += 1;
  else if (codepoint === 2) counters.IpExtInECT0Pkts += 1;
  else counters.IpExtInCEPkts += 1;
}

type MutablePacket = { -readonly [Key in keyof ArrivedPacket]: ArrivedPacket[Key] };

function newView(anyInterface: StackInterface): MutablePacket {
  const family: IpFamily = 4;
  return {
    interface: anyInterface,
    family,
    source: unspecifiedIpv4,
    destination: unspecifiedIpv4,
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
