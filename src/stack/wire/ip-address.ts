// IP addresses of both families as plain values: equal by ===, usable as map keys.
// RFC 791 section 3.2 (IPv4), RFC 4291 (IPv6), RFC 5952 (the one text form of an IPv6 address), RFC 6890 (special ranges).
// Before editing: an Ipv6Address must stay canonical, or === stops meaning "the same address".

/** A 32-bit address, most significant byte first, as an integer in 0 .. 2^32 - 1. */
export type Ipv4Address = number & { readonly brand: 'Ipv4Address' };
/**
 * A 128-bit address in the canonical text form of RFC 5952. Inside a stack a link-local one carries its zone, the name of
 * the interface: `fe80::1%eth0` (RFC 4007 section 11; see ipv6-scope.ts). In bytes, in templates and in DNS there is none.
 */
export type Ipv6Address = string & { readonly brand: 'Ipv6Address' };
export type IpAddress = Ipv4Address | Ipv6Address;
export type IpFamily = 4 | 6;

export const unspecifiedIpv4 = 0 as Ipv4Address;
export const broadcastIpv4 = 0xffff_ffff as Ipv4Address;
export const loopbackIpv4 = 0x7f00_0001 as Ipv4Address;
export const unspecifiedIpv6 = '::' as Ipv6Address;
export const loopbackIpv6 = '::1' as Ipv6Address;

/** An address with its prefix length, as in `10.0.1.2/24`; `address` may have host bits. */
export interface Prefix {
  readonly address: IpAddress;
  /** Bits: 0 .. 32 for IPv4, 0 .. 128 for IPv6. */
  readonly length: number;
}

export function familyOf(address: IpAddress): IpFamily {
  return typeof address === 'number' ? 4 : 6;
}

export function isIpv4(address: IpAddress): address is Ipv4Address {
  return typeof address === 'number';
}

/** Strict dotted decimal, four parts, no leading zeros (RFC 6943 section 3.1.1 says why). */
export function parseIpv4Address(text: string): Ipv4Address | undefined {
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (match === null) return undefined;
  let value = 0;
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value as Ipv4Address;
}

/** Any text form of RFC 4291 section 2.2, without zone. */
export function parseIpv6Address(text: string): Ipv6Address | undefined {
  const words = text.includes('%') ? undefined : parseIpv6Words(text);
  return words === undefined ? undefined : formatIpv6Words(words);
}

export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6Address(text) : parseIpv4Address(text);
}

export function formatIp(address: IpAddress): string {
  if (typeof address === 'string') return address;
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** `10.0.1.2/24`; undefined without a length or when either part is not acceptable. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressText, lengthText, ...rest] = text.split('/');
  if (addressText === undefined || lengthText === undefined || rest.length > 0 || !/^\d{1,3}$/.test(lengthText))
    return undefined;
  const address = parseIp(addressText);
  const length = Number(lengthText);
  if (address === undefined || length > (isIpv4(address) ? 32 : 128)) return undefined;
  return { address, length };
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatIp(prefix.address)}/${prefix.length}`;
}

/** The netmask of an IPv4 prefix length in 0 .. 32, as an integer. */
export function ipv4Mask(length: number): number {
  return length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0;
}

/** The prefix with its host bits cleared. */
export function networkOf(prefix: Prefix): Prefix {
  if (isIpv4(prefix.address)) {
    return { address: ((prefix.address & ipv4Mask(prefix.length)) >>> 0) as Ipv4Address, length: prefix.length };
  }
  const bytes = ipv6Bytes(prefix.address);
  for (let bit = prefix.length; bit < 128; bit += 1)
    bytes[bit >> 3] = (bytes[bit >> 3] as number) & ~(0x80 >> (bit & 7));
  return { address: ipv6FromBytes(bytes, 0), length: prefix.length };
}

/** True when `address` lies inside `prefix`; families never match each other. */
export function prefixContains(prefix: Prefix, address: IpAddress): boolean {
  if (isIpv4(prefix.address)) {
    return isIpv4(address) && ((prefix.address ^ address) & ipv4Mask(prefix.length)) === 0;
  }
  if (isIpv4(address)) return false;
  return networkOf({ address, length: prefix.length }).address === networkOf(prefix).address;
}

/** The directed broadcast address of an IPv4 prefix; undefined for /31 and /32, which have none (RFC 3021). */
export function directedBroadcast(prefix: Prefix): Ipv4Address | undefined {
  if (!isIpv4(prefix.address) || prefix.length > 30) return undefined;
  return ((prefix.address | ~ipv4Mask(prefix.length)) >>> 0) as Ipv4Address;
}

/** 224.0.0.0/4 (RFC 5771) or ff00::/8. */
export function isMulticastIp(address: IpAddress): boolean {
  return typeof address === 'number' ? address >>> 28 === 0xe : address.startsWith('ff') && address[4] === ':';
}

/** 127.0.0.0/8 or ::1. */
export function isLoopbackIp(address: IpAddress): boolean {
  return typeof address === 'number' ? address >>> 24 === 127 : address === loopbackIpv6;
}

export function isUnspecifiedIp(address: IpAddress): boolean {
  return address === unspecifiedIpv4 || address === unspecifiedIpv6;
}

/** The address at `offset`; the caller has checked that 4 bytes are there. */
export function readIpv4Address(bytes: Uint8Array, offset: number): Ipv4Address {
  return ((((bytes[offset] as number) << 24) |
    ((bytes[offset + 1] as number) << 16) |
    ((bytes[offset + 2] as number) << 8) |
    (bytes[offset + 3] as number)) >>>
    0) as Ipv4Address;
}

export function writeIpv4Address(bytes: Uint8Array, offset: number, address: Ipv4Address): void {
  bytes[offset] = address >>> 24;
  bytes[offset + 1] = address >>> 16;
  bytes[offset + 2] = address >>> 8;
  bytes[offset + 3] = address;
}

/** The 16 bytes of an IPv6 address, most significant first, for the caller to change. See `ipv6Octets` for the hot path. */
export function ipv6Bytes(address: Ipv6Address): Uint8Array {
  const bytes = new Uint8Array(16);
  const words = parseIpv6Words(address) ?? [];
  words.forEach((word, index) => {
    bytes[2 * index] = word >>> 8;
    bytes[2 * index + 1] = word;
  });
  return bytes;
}

/** The canonical address of the 16 bytes at `offset`; the caller has checked that they are there. */
export function ipv6FromBytes(bytes: Uint8Array, offset: number): Ipv6Address {
  const words: number[] = [];
  for (let index = 0; index < 8; index += 1) {
    words.push(((bytes[offset + 2 * index] as number) << 8) | (bytes[offset + 2 * index + 1] as number));
  }
  return formatIpv6Words(words);
}

function parseIpv6Words(scoped: string): number[] | undefined {
  const zoneAt = scoped.indexOf('%');
  const text = zoneAt < 0 ? scoped : scoped.slice(0, zoneAt);
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  let hexText = text;
  if (embedded?.[1] !== undefined && embedded[2] !== undefined) {
    const tail = parseIpv4Address(embedded[2]);
    if (tail === undefined) return undefined;
    hexText = `${embedded[1]}${(tail >>> 16).toString(16)}:${(tail & 0xffff).toString(16)}`;
  }
  const halves = hexText.split('::');
  if (halves.length > 2) return undefined;
  const parts = halves.map((half) => (half === '' ? [] : half.split(':')));
  const head = parts[0] ?? [];
  const tail = parts[1] ?? [];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  if ([...head, ...tail].some((part) => !/^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  const zeros = Array.from({ length: missing }, () => 0);
  return [...head.map((part) => Number.parseInt(part, 16)), ...zeros, ...tail.map((part) => Number.parseInt(part, 16))];
}

function formatIpv6Words(words: readonly number[]): Ipv6Address {
  let best = -1;
  let bestLength = 1; // RFC 5952 section 4.2.2: a single zero word is not shortened
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && words[start + length] === 0) length += 1;
    if (length > bestLength) [best, bestLength] = [start, length];
  }
  if (best === 0 && bestLength === 5 && words[5] === 0xffff) {
    const value = (((words[6] as number) << 16) | (words[7] as number)) >>> 0;
    return `::ffff:${formatIp(value as Ipv4Address)}` as Ipv6Address; // RFC 5952 section 5: IPv4-mapped
  }
  const hex = words.map((word) => word.toString(16));
  if (best < 0) return hex.join(':') as Ipv6Address;
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}` as Ipv6Address;
}
