// The IPv4 header: RFC 791 section 3.1; the type-of-service byte as DSCP and ECN: RFC 2474, RFC 3168 section 23.1.
// Left out: options as values (they are carried as bytes; `scanOptions` finds what a host must know of them).
// Before editing: checkIpv4 is the one check that makes every cheap read below it safe.
import { checksum } from './checksum.ts';
import { read16, write16 } from './field.ts';
import { readIpv4Address, writeIpv4Address, type Ipv4Address } from './ip-address.ts';

export const ipv4Offset = {
  versionAndLength: 0,
  trafficClass: 1,
  totalLength: 2,
  identification: 4,
  flagsAndOffset: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
  options: 20,
} as const;
export const ipv4HeaderLength = 20;
export const ipv4MaximumLength = 65535;

export const ipProtocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

/** Bits of the flags and offset field. */
export const ipv4Flag = { dontFragment: 0x4000, moreFragments: 0x2000, offsetMask: 0x1fff } as const;

export interface Ipv4Header {
  /** DSCP (upper six bits) and ECN. */
  readonly trafficClass: number;
  /** Bytes of header and payload. */
  readonly totalLength: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** Where a fragment's payload belongs, in bytes: a multiple of 8. */
  readonly fragmentOffset: number;
  readonly ttl: number;
  readonly protocol: number;
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  /** Padded to a multiple of 4, at most 40 bytes. */
  readonly options: Uint8Array;
}

/** What is wrong with the header at `offset`, of which `available` bytes are there; undefined when it can be read. */
export function checkIpv4(bytes: Uint8Array, offset: number, available: number): 'malformed' | 'checksum' | undefined {
  if (available < ipv4HeaderLength) return 'malformed';
  const versionAndLength = bytes[offset] as number;
  const headerLength = (versionAndLength & 15) << 2;
  const totalLength = read16(bytes, offset + ipv4Offset.totalLength);
  if (versionAndLength >>> 4 !== 4 || headerLength < ipv4HeaderLength) return 'malformed';
  if (totalLength < headerLength || totalLength > available) return 'malformed';
  return checksum(bytes, offset, headerLength) === 0 ? undefined : 'checksum';
}

/** The header at `offset`; undefined when `checkIpv4` finds it malformed. A wrong checksum is the caller's to judge. */
export function parseIpv4(
  bytes: Uint8Array,
  offset = 0,
  available: number = bytes.length - offset,
): Ipv4Header | undefined {
  if (checkIpv4(bytes, offset, available) === 'malformed') return undefined;
  const flagsAndOffset = readFlagsAndOffset(bytes, offset);
  return {
    trafficClass: bytes[offset + ipv4Offset.trafficClass] as number,
    totalLength: readTotalLength(bytes, offset),
    identification: read16(bytes, offset + ipv4Offset.identification),
    dontFragment: (flagsAndOffset & ipv4Flag.dontFragment) !== 0,
    moreFragments: (flagsAndOffset & ipv4Flag.moreFragments) !== 0,
    fragmentOffset: (flagsAndOffset & ipv4Flag.offsetMask) * 8,
    ttl: bytes[offset + ipv4Offset.ttl] as number,
    protocol: bytes[offset + ipv4Offset.protocol] as number,
    source: readIpv4Address(bytes, offset + ipv4Offset.source),
    destination: readIpv4Address(bytes, offset + ipv4Offset.destination),
    options: bytes.slice(offset + ipv4HeaderLength, offset + readHeaderLength(bytes, offset)),
  };
}

/** Writes the header at `offset`, checksum included, and returns its length in bytes. */
export function writeIpv4(bytes: Uint8Array, offset: number, header: Ipv4Header): number {
  const headerLength = ipv4HeaderLength + header.options.length;
  bytes[offset] = 0x40 | (headerLength >>> 2);
  bytes[offset + ipv4Offset.trafficClass] = header.trafficClass;
  write16(bytes, offset + ipv4Offset.totalLength, header.totalLength);
  write16(bytes, offset + ipv4Offset.identification, header.identification);
  const flags = (header.dontFragment ? ipv4Flag.dontFragment : 0) | (header.moreFragments ? ipv4Flag.moreFragments : 0);
  write16(bytes, offset + ipv4Offset.flagsAndOffset, flags | (header.fragmentOffset >>> 3));
  bytes[offset + ipv4Offset.ttl] = header.ttl;
  bytes[offset + ipv4Offset.protocol] = header.protocol;
  writeIpv4Address(bytes, offset + ipv4Offset.source, header.source);
  writeIpv4Address(bytes, offset + ipv4Offset.destination, header.destination);
  bytes.set(header.options, offset + ipv4HeaderLength);
  writeHeaderChecksum(bytes, offset);
  return headerLength;
}

/** Computes the checksum of the header at `offset` anew. */
export function writeHeaderChecksum(bytes: Uint8Array, offset: number): void {
  write16(bytes, offset + ipv4Offset.checksum, 0);
  write16(bytes, offset + ipv4Offset.checksum, checksum(bytes, offset, readHeaderLength(bytes, offset)));
}

/** Header length in bytes, 20 .. 60. */
export function readHeaderLength(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) & 15) << 2;
}

export function readTotalLength(bytes: Uint8Array, offset: number): number {
  return read16(bytes, offset + ipv4Offset.totalLength);
}

export function readFlagsAndOffset(bytes: Uint8Array, offset: number): number {
  return read16(bytes, offset + ipv4Offset.flagsAndOffset);
}

export function readProtocol(bytes: Uint8Array, offset: number): number {
  return bytes[offset + ipv4Offset.protocol] as number;
}

export function readSource(bytes: Uint8Array, offset: number): Ipv4Address {
  return readIpv4Address(bytes, offset + ipv4Offset.source);
}

export function readDestination(bytes: Uint8Array, offset: number): Ipv4Address {
  return readIpv4Address(bytes, offset + ipv4Offset.destination);
}

/** True for any fragment: the first has more to come, the others have an offset. */
export function isFragment(bytes: Uint8Array, offset: number): boolean {
  return (readFlagsAndOffset(bytes, offset) & (ipv4Flag.moreFragments | ipv4Flag.offsetMask)) !== 0;
}

/** Option kinds of RFC 791 section 3.1 that matter to a host. */
export const ipv4Option = { end: 0, noOperation: 1, looseSourceRoute: 131, strictSourceRoute: 137 } as const;

/**
 * Walks the options of a checked header: 'source-route' when one is there, a number (the offset of the offending byte
 * within the header, for ICMP's parameter problem) when they are malformed, undefined when nothing stands in the way.
 */
export function scanOptions(bytes: Uint8Array, offset: number): 'source-route' | number | undefined {
  const headerLength = readHeaderLength(bytes, offset);
  let at: number = ipv4Offset.options;
  while (at < headerLength) {
    const kind = bytes[offset + at] as number;
    if (kind === ipv4Option.end) return undefined;
    if (kind === ipv4Option.noOperation) {
      at += 1;
      continue;
    }
    const length = at + 1 < headerLength ? (bytes[offset + at + 1] as number) : 0;
    if (length < 2 || at + length > headerLength) return at;
    if (kind === ipv4Option.looseSourceRoute || kind === ipv4Option.strictSourceRoute) return 'source-route';
    at += length;
  }
  return undefined;
}

/** True when an option is to be copied into every fragment (RFC 791 section 3.1: the top bit of its kind). */
export function isCopiedOption(kind: number): boolean {
  return (kind & 0x80) !== 0;
}
