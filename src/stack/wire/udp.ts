// The UDP header: RFC 768. Left out: jumbograms, UDP-Lite.
import { checksum, pseudoHeaderSum } from './checksum.ts';
import { read16, write16 } from './field.ts';
import { familyOf, type IpAddress } from './ip-address.ts';
import { ipProtocol } from './ipv4.ts';

export const udpOffset = { sourcePort: 0, destinationPort: 2, length: 4, checksum: 6, payload: 8 } as const;
export const udpHeaderLength = 8;

export interface UdpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Bytes of header and payload. */
  readonly length: number;
  /** 0: the sender computed none. */
  readonly checksum: number;
}

/** Undefined when the header does not fit into `available` bytes, or the length it names does not. */
export function parseUdp(
  bytes: Uint8Array,
  offset = 0,
  available: number = bytes.length - offset,
): UdpHeader | undefined {
  if (available < udpHeaderLength) return undefined;
  const length = readUdpLength(bytes, offset);
  if (length < udpHeaderLength || length > available) return undefined;
  return {
    sourcePort: readSourcePort(bytes, offset),
    destinationPort: readDestinationPort(bytes, offset),
    length,
    checksum: read16(bytes, offset + udpOffset.checksum),
  };
}

/** Writes the 8 bytes as given; `sealUdp` computes the checksum once the payload is in place. */
export function writeUdp(bytes: Uint8Array, offset: number, header: UdpHeader): void {
  write16(bytes, offset + udpOffset.sourcePort, header.sourcePort);
  write16(bytes, offset + udpOffset.destinationPort, header.destinationPort);
  write16(bytes, offset + udpOffset.length, header.length);
  write16(bytes, offset + udpOffset.checksum, header.checksum);
}

/** Computes the checksum of the datagram at `offset`, whose length field is set; a sum of zero is sent as ffff. */
export function sealUdp(bytes: Uint8Array, offset: number, source: IpAddress, destination: IpAddress): void {
  const length = readUdpLength(bytes, offset);
  write16(bytes, offset + udpOffset.checksum, 0);
  const sum = udpChecksum(bytes, offset, length, source, destination);
  write16(bytes, offset + udpOffset.checksum, sum === 0 ? 0xffff : sum);
}

/** False when the datagram's checksum is wrong; one without a checksum is acceptable over IPv4 only (RFC 8200 8.1). */
export function verifyUdp(bytes: Uint8Array, offset: number, source: IpAddress, destination: IpAddress): boolean {
  if (read16(bytes, offset + udpOffset.checksum) === 0) return familyOf(source) === 4;
  return udpChecksum(bytes, offset, readUdpLength(bytes, offset), source, destination) === 0;
}

export function readSourcePort(bytes: Uint8Array, offset: number): number {
  return read16(bytes, offset + udpOffset.sourcePort);
}

export function readDestinationPort(bytes: Uint8Array, offset: number): number {
  return read16(bytes, offset + udpOffset.destinationPort);
}

export function readUdpLength(bytes: Uint8Array, offset: number): number {
  return read16(bytes, offset + udpOffset.length);
}

function udpChecksum(
  bytes: Uint8Array,
  offset: number,
  length: number,
  source: IpAddress,
  destination: IpAddress,
): number {
  const initial = pseudoHeaderSum(familyOf(source), source, destination, ipProtocol.udp, length);
  return checksum(bytes, offset, length, initial);
}
