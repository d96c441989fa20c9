// Builders of frames for tests: whatever the stack would never send can be made here.
import { writeArp, arpLength, type ArpPacket } from '../../src/stack/wire/arp.ts';
import { ethernetHeaderLength, etherType, writeEthernetFields } from '../../src/stack/wire/ethernet.ts';
import { icmpHeaderLength, writeIcmp } from '../../src/stack/wire/icmpv4.ts';
import { parseIpv4Address, type Ipv4Address } from '../../src/stack/wire/ip-address.ts';
import { ipProtocol, ipv4HeaderLength, parseIpv4, writeIpv4, type Ipv4Header } from '../../src/stack/wire/ipv4.ts';
import type { MacAddress } from '../../src/stack/wire/mac-address.ts';
import { sealUdp, udpHeaderLength, writeUdp } from '../../src/stack/wire/udp.ts';

const literal = (text: string): Ipv4Address => parseIpv4Address(text) as Ipv4Address; // literals of tests

export interface PacketOptions {
  readonly source: string;
  readonly destination: string;
  readonly protocol?: number;
  readonly ttl?: number;
  readonly identification?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** Bytes. */
  readonly fragmentOffset?: number;
  readonly trafficClass?: number;
  readonly options?: Uint8Array;
}

/** An IPv4 packet. */
export function ipv4Packet(options: PacketOptions, payload: Uint8Array): Uint8Array {
  const headerOptions = options.options ?? new Uint8Array(0);
  const header: Ipv4Header = {
    trafficClass: options.trafficClass ?? 0,
    totalLength: ipv4HeaderLength + headerOptions.length + payload.length,
    identification: options.identification ?? 1,
    dontFragment: options.dontFragment ?? false,
    moreFragments: options.moreFragments ?? false,
    fragmentOffset: options.fragmentOffset ?? 0,
    ttl: options.ttl ?? 64,
    protocol: options.protocol ?? ipProtocol.udp,
    source: literal(options.source),
    destination: literal(options.destination),
    options: headerOptions,
  };
  const bytes = new Uint8Array(header.totalLength);
  bytes.set(payload, writeIpv4(bytes, 0, header));
  return bytes;
}

/** `packet` in an Ethernet frame. */
export function frameOf(destination: number, packet: Uint8Array, source = 0x0200_0000_00fe): Uint8Array {
  const frame = new Uint8Array(ethernetHeaderLength + packet.length);
  writeEthernetFields(frame, destination as MacAddress, source as MacAddress, etherType.ipv4); // numbers of tests
  frame.set(packet, ethernetHeaderLength);
  return frame;
}

export function arpFrame(destination: number, packet: ArpPacket): Uint8Array {
  const frame = new Uint8Array(ethernetHeaderLength + arpLength);
  writeEthernetFields(frame, destination as MacAddress, packet.senderMac, etherType.arp); // a number of a test
  writeArp(frame, ethernetHeaderLength, packet);
  return frame;
}

/** A UDP datagram with a correct checksum. */
export function udpBytes(
  source: string,
  sourcePort: number,
  destination: string,
  port: number,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(udpHeaderLength + payload.length);
  writeUdp(bytes, 0, { sourcePort, destinationPort: port, length: bytes.length, checksum: 0 });
  bytes.set(payload, udpHeaderLength);
  sealUdp(bytes, 0, literal(source), literal(destination));
  return bytes;
}

export function icmpBytes(type: number, code: number, rest: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(icmpHeaderLength + payload.length);
  writeIcmp(bytes, 0, { type, code, rest, payload });
  return bytes;
}

/** The IPv4 packets among `frames`, parsed, with their payloads. */
export function ipv4PacketsIn(
  frames: readonly Uint8Array[],
): readonly { readonly header: Ipv4Header; readonly payload: Uint8Array }[] {
  return frames.flatMap((frame) => {
    if (((frame[12] as number) << 8) + (frame[13] as number) !== etherType.ipv4) return [];
    const header = parseIpv4(frame, ethernetHeaderLength);
    if (header === undefined) return [];
    const payloadAt = ethernetHeaderLength + ipv4HeaderLength + header.options.length;
    return [{ header, payload: frame.slice(payloadAt, ethernetHeaderLength + header.totalLength) }];
  });
}

/** `length` bytes that differ from their neighbors. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >>> 8)) & 0xff);
}
