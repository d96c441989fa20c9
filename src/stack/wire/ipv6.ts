// The IPv6 header and the walk over extension headers: RFC 8200 sections 3 and 4; RFC 2474 and 3168 (traffic class),
// RFC 6437 (flow label). Left out: jumbograms (RFC 2675), authentication and ESP headers.
// Before editing: checkIpv6 is the one check that makes every cheap read below it safe.
import { read16, write16 } from './field.ts';
import type { Ipv6Address } from './ip-address.ts';
import { readIpv6Address, writeIpv6Address } from './ipv6-octets.ts';

export const ipv6Offset = { payloadLength: 4, nextHeader: 6, hopLimit: 7, source: 8, destination: 24 } as const;
export const ipv6HeaderLength = 40;
export const ipv6MaximumPayload = 65_535;
/** Bytes that every link must carry (RFC 8200 section 5). */
export const ipv6MinimumMtu = 1280;

export const nextHeader = {
  hopByHop: 0,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  icmpv6: 58,
  none: 59,
  destinationOptions: 60,
} as const;

export interface Ipv6Header {
  /** DSCP (upper six bits) and ECN. */
  readonly trafficClass: number;
  /** 20 bits. */
  readonly flowLabel: number;
  /** Bytes behind the 40 of the header, extension headers included. */
  readonly payloadLength: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly source: Ipv6Address;
  readonly destination: Ipv6Address;
}

/** What is wrong with the header at `offset`, of which `available` bytes are there; undefined when it can be read. */
export function checkIpv6(bytes: Uint8Array, offset: number, available: number): 'malformed' | undefined {
  if (available < ipv6HeaderLength || (bytes[offset] as number) >>> 4 !== 6) return 'malformed';
  return ipv6HeaderLength + readPayloadLength(bytes, offset) > available ? 'malformed' : undefined;
}

/** The header at `offset`; undefined when `checkIpv6` objects. */
export function parseIpv6(
  bytes: Uint8Array,
  offset = 0,
  available: number = bytes.length - offset,
): Ipv6Header | undefined {
  if (checkIpv6(bytes, offset, available) !== undefined) return undefined;
  return {
    trafficClass: readTrafficClass(bytes, offset),
    flowLabel: (((bytes[offset + 1] as number) & 15) << 16) | read16(bytes, offset + 2),
    payloadLength: readPayloadLength(bytes, offset),
    nextHeader: readNextHeader(bytes, offset),
    hopLimit: bytes[offset + ipv6Offset.hopLimit] as number,
    source: readSource6(bytes, offset),
    destination: readDestination6(bytes, offset),
  };
}

/** Writes the 40 bytes at `offset` and returns their number. */
export function writeIpv6(bytes: Uint8Array, offset: number, header: Ipv6Header): number {
  bytes[offset] = 0x60 | (header.trafficClass >>> 4);
  bytes[offset + 1] = ((header.trafficClass & 15) << 4) | (header.flowLabel >>> 16);
  write16(bytes, offset + 2, header.flowLabel);
  write16(bytes, offset + ipv6Offset.payloadLength, header.payloadLength);
  bytes[offset + ipv6Offset.nextHeader] = header.nextHeader;
  bytes[offset + ipv6Offset.hopLimit] = header.hopLimit;
  writeIpv6Address(bytes, offset + ipv6Offset.source, header.source);
  writeIpv6Address(bytes, offset + ipv6Offset.destination, header.destination);
  return ipv6HeaderLength;
}

export function readTrafficClass(bytes: Uint8Array, offset: number): number {
  return (((bytes[offset] as number) & 15) << 4) | ((bytes[offset + 1] as number) >>> 4);
}

export function writeTrafficClass(bytes: Uint8Array, offset: number, trafficClass: number): void {
  bytes[offset] = 0x60 | (trafficClass >>> 4);
  bytes[offset + 1] = ((trafficClass & 15) << 4) | ((bytes[offset + 1] as number) & 15);
}

export function readPayloadLength(bytes: Uint8Array, offset: number): number {
  return read16(bytes, offset + ipv6Offset.payloadLength);
}

/** Bytes of the packet, header included. */
export function readPacketLength6(bytes: Uint8Array, offset: number): number {
  return ipv6HeaderLength + readPayloadLength(bytes, offset);
}

export function readNextHeader(bytes: Uint8Array, offset: number): number {
  return bytes[offset + ipv6Offset.nextHeader] as number;
}

/** Without zone. */
export function readSource6(bytes: Uint8Array, offset: number): Ipv6Address {
  return readIpv6Address(bytes, offset + ipv6Offset.source);
}

/** Without zone. */
export function readDestination6(bytes: Uint8Array, offset: number): Ipv6Address {
  return readIpv6Address(bytes, offset + ipv6Offset.destination);
}

/** The fragment header (RFC 8200 section 4.5): 8 bytes. */
export const fragmentHeaderLength = 8;

/** Offset in bytes and the "more" flag of the fragment header at `at`. */
export function readFragmentField(bytes: Uint8Array, at: number): { readonly start: number; readonly more: boolean } {
  const field = read16(bytes, at + 2);
  return { start: field & 0xfff8, more: (field & 1) !== 0 };
}

/** Where a packet's upper-layer header is. */
export interface UpperLayer {
  readonly protocol: number;
  /** Offset in the same bytes. */
  readonly at: number;
  /** False for a fragment other than the first: what is at `at` is not the header. */
  readonly isStart: boolean;
}

/** Bytes of the extension header at `at` (its length field counts 8-byte units beyond the first). */
export function extensionLength(bytes: Uint8Array, at: number, kind: number): number {
  return kind === nextHeader.fragment ? fragmentHeaderLength : 8 + 8 * (bytes[at + 1] as number);
}

/** True for the headers that `findUpperLayer` walks over. */
export function isExtension(kind: number): boolean {
  return (
    kind === nextHeader.hopByHop ||
    kind === nextHeader.routing ||
    kind === nextHeader.fragment ||
    kind === nextHeader.destinationOptions
  );
}

/**
 * Walks the extension headers of the packet at `offset`, of which the bytes up to `end` are there (it may be cut, as a
 * quote is). Undefined when it ends inside them.
 */
export function findUpperLayer(bytes: Uint8Array, offset: number, end: number): UpperLayer | undefined {
  if (end - offset < ipv6HeaderLength) return undefined;
  let kind = readNextHeader(bytes, offset);
  let at = offset + ipv6HeaderLength;
  while (isExtension(kind)) {
    if (at + 8 > end) return undefined;
    const isLaterFragment = kind === nextHeader.fragment && readFragmentField(bytes, at).start > 0;
    const following = bytes[at] as number; // 8 bytes are there
    at += extensionLength(bytes, at, kind);
    kind = following;
    if (isLaterFragment) return { protocol: kind, at, isStart: false };
  }
  return at > end ? undefined : { protocol: kind, at, isStart: true };
}

/** What the options of a hop-by-hop or destination options header ask for. */
export type OptionsVerdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'discard' }
  /** `pointer`: offset of the offending byte within the packet. `evenToGroup`: also answer packets to a group. */
  | { readonly kind: 'problem'; readonly pointer: number; readonly evenToGroup: boolean };

const accepted: OptionsVerdict = { kind: 'accept' };
const discarded: OptionsVerdict = { kind: 'discard' };

/** Option types that we know: padding (RFC 8200 section 4.2) and router alert (RFC 2711). */
const knownOptions: ReadonlySet<number> = new Set([0, 1, 5]);

/** Judges the options header of `length` bytes at `at` of the packet at `offset`: RFC 8200 section 4.2. */
export function judgeOptions(bytes: Uint8Array, offset: number, at: number, length: number): OptionsVerdict {
  const end = at + length;
  for (let option = at + 2; option < end;) {
    const type = bytes[option] as number;
    if (type === 0) {
      option += 1;
      continue;
    }
    if (option + 2 > end || option + 2 + (bytes[option + 1] as number) > end) {
      return { kind: 'problem', pointer: option - offset, evenToGroup: false };
    }
    if (!knownOptions.has(type)) {
      const action = type >>> 6;
      if (action === 1) return discarded;
      if (action >= 2) return { kind: 'problem', pointer: option - offset, evenToGroup: action === 2 };
    }
    option += 2 + (bytes[option + 1] as number);
  }
  return accepted;
}
