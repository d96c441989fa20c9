// Packets between a script and the frames of the device: building what arrives, reading what the stack has sent.
import { concatBytes } from '../../../src/base/bytes.ts';
import { pseudoHeaderSum, checksum } from '../../../src/stack/wire/checksum.ts';
import { etherType, ethernetHeaderLength, readEtherType, writeEthernet } from '../../../src/stack/wire/ethernet.ts';
import { read16, read32, write16, write32 } from '../../../src/stack/wire/field.ts';
import { icmpType, timeExceededCode, unreachableCode, writeIcmp } from '../../../src/stack/wire/icmpv4.ts';
import type { Ipv4Address } from '../../../src/stack/wire/ip-address.ts';
import { ipProtocol, parseIpv4, writeIpv4 } from '../../../src/stack/wire/ipv4.ts';
import type { MacAddress } from '../../../src/stack/wire/mac-address.ts';
import { tcpHeaderBytes, tcpOffset } from '../../../src/stack/wire/tcp.ts';
import type { IpSpec, TcpOptionSpec } from './script.ts';

/** The two ends of the device; of a packet that arrives, the remote one sends. */
export interface Ends {
  readonly local: { readonly address: Ipv4Address; readonly port: number };
  readonly remote: { readonly address: Ipv4Address; readonly port: number };
}

export const localMac = 0x0200_0000_0001 as MacAddress;
export const gatewayMac = 0x0200_0000_0002 as MacAddress;

/** A TCP segment with the numbers that are on the wire. */
export interface LiveSegment {
  readonly flags: number;
  readonly sequence: number;
  readonly ack: number;
  readonly window: number;
  readonly urgent: number;
  readonly options: readonly TcpOptionSpec[];
  readonly payloadBytes: number;
}

export interface SeenTcp extends LiveSegment {
  readonly kind: 'tcp';
  readonly atMs: number;
  readonly ends: Ends;
  readonly trafficClass: number;
  readonly ttl: number;
}

/** UDP, ICMP, or something else that left: shown, and compared by kind only. */
export interface SeenOther {
  readonly kind: 'udp' | 'icmp' | 'other';
  readonly atMs: number;
  readonly payloadBytes: number;
  readonly text: string;
}

export type SeenPacket = SeenTcp | SeenOther;

const ecnBits = { noecn: 0, ect1: 1, ect0: 2, ce: 3, ect01: 0 } as const;

/** The traffic class that `spec` asks for; 0 when it asks for none. */
export function trafficClassOf(spec: IpSpec): number {
  return spec.tos ?? (spec.ecn === undefined ? 0 : ecnBits[spec.ecn]);
}

export function ecnName(trafficClass: number): 'noecn' | 'ect0' | 'ect1' | 'ce' {
  return (['noecn', 'ect1', 'ect0', 'ce'] as const)[trafficClass & 3] ?? 'noecn';
}

/** A frame that brings `segment` from the remote end. */
export function tcpFrame(ends: Ends, segment: LiveSegment, ip: IpSpec): Uint8Array {
  const { local, remote } = ends;
  const bytes = tcpBytes(remote.port, local.port, segment);
  const pseudo = pseudoHeaderSum(4, remote.address, local.address, ipProtocol.tcp, bytes.length);
  write16(bytes, tcpOffset.checksum, checksum(bytes, 0, bytes.length, pseudo));
  return ipFrame(ends, ipProtocol.tcp, bytes, ip);
}

export function udpFrame(ends: Ends, payloadBytes: number, ip: IpSpec): Uint8Array {
  const { local, remote } = ends;
  const bytes = new Uint8Array(8 + payloadBytes);
  write16(bytes, 0, remote.port);
  write16(bytes, 2, local.port);
  write16(bytes, 4, bytes.length);
  const pseudo = pseudoHeaderSum(4, remote.address, local.address, ipProtocol.udp, bytes.length);
  write16(bytes, 6, checksum(bytes, 0, bytes.length, pseudo));
  return ipFrame(ends, ipProtocol.udp, bytes, ip);
}

const icmpTypes: Readonly<Record<string, number>> = {
  unreachable: icmpType.unreachable,
  time_exceeded: icmpType.timeExceeded,
  source_quench: icmpType.sourceQuench,
  redirect: icmpType.redirect,
  parameter_problem: icmpType.parameterProblem,
};

/** Words for codes of ICMP type 3 and 11, as scripts write them. */
const icmpCodes: Readonly<Record<string, number>> = {
  net_unreachable: unreachableCode.network,
  host_unreachable: unreachableCode.host,
  protocol_unreachable: unreachableCode.protocol,
  port_unreachable: unreachableCode.port,
  frag_needed: unreachableCode.fragmentationNeeded,
  source_route_failed: unreachableCode.sourceRouteFailed,
  net_unknown: 6,
  host_unknown: 7,
  source_host_isolated: 8,
  net_prohibited: 9,
  host_prohibited: 10,
  net_unreachable_for_tos: 11,
  host_unreachable_for_tos: 12,
  packet_filtered: unreachableCode.prohibited,
  ttl: timeExceededCode.ttl,
  reassembly: timeExceededCode.reassembly,
};

export interface LiveIcmp {
  readonly type: string;
  readonly code: string | undefined;
  readonly mtu: number | undefined;
  readonly protocol: 'tcp' | 'udp';
  /** SEG.SEQ of the quoted segment, on the wire. */
  readonly sequence: number;
  readonly payloadBytes: number;
}

/** A frame that brings an ICMP error about a packet of the local end; undefined when we know no such type or code. */
export function icmpFrame(ends: Ends, icmp: LiveIcmp, ip: IpSpec): Uint8Array | undefined {
  const type = icmpTypes[icmp.type];
  const code = icmp.code === undefined ? 0 : icmpCodes[icmp.code];
  if (type === undefined || code === undefined) return undefined;
  const isTcp = icmp.protocol === 'tcp';
  const transport = new Uint8Array(8);
  write16(transport, 0, ends.local.port);
  write16(transport, 2, ends.remote.port);
  if (isTcp) write32(transport, tcpOffset.sequence, icmp.sequence);
  else write16(transport, 4, 8 + icmp.payloadBytes);
  const quoted = ipPacket(
    { source: ends.local.address, destination: ends.remote.address },
    isTcp ? ipProtocol.tcp : ipProtocol.udp,
    transport,
    {},
    (isTcp ? tcpHeaderBytes : 8) + icmp.payloadBytes,
  );
  const message = new Uint8Array(8 + quoted.length);
  writeIcmp(message, 0, { type, code, rest: icmp.mtu ?? 0, payload: quoted });
  return ipFrame(ends, ipProtocol.icmp, message, ip);
}

function ipFrame(ends: Ends, protocol: number, payload: Uint8Array, ip: IpSpec): Uint8Array {
  const packet = ipPacket({ source: ends.remote.address, destination: ends.local.address }, protocol, payload, ip);
  const frame = new Uint8Array(ethernetHeaderLength + packet.length);
  writeEthernet(frame, { destination: localMac, source: gatewayMac, etherType: etherType.ipv4 });
  frame.set(packet, ethernetHeaderLength);
  return frame;
}

function ipPacket(
  addresses: { readonly source: Ipv4Address; readonly destination: Ipv4Address },
  protocol: number,
  payload: Uint8Array,
  ip: IpSpec,
  payloadLength: number = payload.length,
): Uint8Array {
  const header = new Uint8Array(20);
  writeIpv4(header, 0, {
    trafficClass: trafficClassOf(ip),
    totalLength: 20 + payloadLength,
    identification: 0,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: ip.ttl ?? 255,
    protocol,
    source: addresses.source,
    destination: addresses.destination,
    options: new Uint8Array(0),
  });
  return concatBytes([header, payload]);
}

function tcpBytes(sourcePort: number, destinationPort: number, segment: LiveSegment): Uint8Array {
  const options = segment.options.flatMap(optionBytes);
  while (options.length % 4 !== 0) options.push(0);
  const headerLength = tcpHeaderBytes + options.length;
  const bytes = new Uint8Array(headerLength + segment.payloadBytes);
  write16(bytes, tcpOffset.sourcePort, sourcePort);
  write16(bytes, tcpOffset.destinationPort, destinationPort);
  write32(bytes, tcpOffset.sequence, segment.sequence);
  write32(bytes, tcpOffset.acknowledgment, segment.ack);
  bytes[tcpOffset.dataOffset] = (headerLength >>> 2) << 4;
  bytes[tcpOffset.flags] = segment.flags;
  write16(bytes, tcpOffset.window, segment.window);
  write16(bytes, tcpOffset.urgentPointer, segment.urgent);
  bytes.set(options, tcpHeaderBytes);
  return bytes;
}

function word32(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function optionBytes(option: TcpOptionSpec): readonly number[] {
  switch (option.kind) {
    case 'eol':
      return [0];
    case 'nop':
      return [1];
    case 'mss':
      return [2, 4, option.value >>> 8, option.value & 255];
    case 'wscale':
      return [3, 3, option.value];
    case 'sackOK':
      return [4, 2];
    case 'sack':
      return [5, 2 + 8 * option.blocks.length, ...option.blocks.flat().flatMap(word32)];
    case 'TS':
      return [8, 10, ...word32(option.value), ...word32(option.echo)];
    case 'other':
      return [option.number, 2 + option.bytes.length, ...option.bytes];
  }
}

/** What a frame of the stack carries; undefined for what scripts never speak of (ARP, IPv6's neighbor discovery). */
export function readFrame(frame: Uint8Array, atMs: number): SeenPacket | undefined {
  if (readEtherType(frame) !== etherType.ipv4) return undefined;
  const header = parseIpv4(frame, ethernetHeaderLength);
  if (header === undefined) return { kind: 'other', atMs, payloadBytes: 0, text: 'a malformed IPv4 packet' };
  const at = ethernetHeaderLength + 20 + header.options.length;
  const length = header.totalLength - 20 - header.options.length;
  if (header.protocol === ipProtocol.udp)
    return { kind: 'udp', atMs, payloadBytes: length - 8, text: `udp (${length - 8})` };
  if (header.protocol === ipProtocol.icmp) {
    const text = `icmp type ${frame[at] ?? 0} code ${frame[at + 1] ?? 0}`;
    return { kind: 'icmp', atMs, payloadBytes: length - 8, text };
  }
  if (header.protocol !== ipProtocol.tcp) {
    return { kind: 'other', atMs, payloadBytes: length, text: `IP protocol ${header.protocol}` };
  }
  const headerLength = ((frame[at + tcpOffset.dataOffset] ?? 0) >>> 4) * 4;
  return {
    kind: 'tcp',
    atMs,
    ends: {
      local: { address: header.source, port: read16(frame, at + tcpOffset.sourcePort) },
      remote: { address: header.destination, port: read16(frame, at + tcpOffset.destinationPort) },
    },
    trafficClass: header.trafficClass,
    ttl: header.ttl,
    flags: frame[at + tcpOffset.flags] ?? 0,
    sequence: read32(frame, at + tcpOffset.sequence),
    ack: read32(frame, at + tcpOffset.acknowledgment),
    window: read16(frame, at + tcpOffset.window),
    urgent: read16(frame, at + tcpOffset.urgentPointer),
    options: readOptions(frame.subarray(at + tcpHeaderBytes, at + headerLength)),
    payloadBytes: length - headerLength,
  };
}

function readOptions(bytes: Uint8Array): readonly TcpOptionSpec[] {
  const options: TcpOptionSpec[] = [];
  for (let at = 0; at < bytes.length;) {
    const kind = bytes[at] ?? 0;
    const length = kind < 2 ? 1 : Math.max(bytes[at + 1] ?? 2, 2);
    options.push(readOption(kind, bytes.subarray(at, at + length)));
    at += length;
  }
  return options;
}

function readOption(kind: number, bytes: Uint8Array): TcpOptionSpec {
  switch (kind) {
    case 0:
      return { kind: 'eol' };
    case 1:
      return { kind: 'nop' };
    case 2:
      return { kind: 'mss', value: read16(bytes, 2) };
    case 3:
      return { kind: 'wscale', value: bytes[2] ?? 0 };
    case 4:
      return { kind: 'sackOK' };
    case 5: {
      const count = (bytes.length - 2) / 8;
      const blocks = Array.from({ length: count }, (_, index): [number, number] => [
        read32(bytes, 2 + 8 * index),
        read32(bytes, 6 + 8 * index),
      ]);
      return { kind: 'sack', blocks };
    }
    case 8:
      return { kind: 'TS', value: read32(bytes, 2), echo: read32(bytes, 6) };
    default:
      return { kind: 'other', name: `kind ${kind}`, number: kind, bytes: Array.from(bytes.subarray(2)) };
  }
}
