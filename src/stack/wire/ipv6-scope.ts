// What an IPv6 address is good for, and on which link: RFC 4007 (scopes and zones), RFC 4291 sections 2.5 to 2.8,
// RFC 4193 (unique local addresses), RFC 2464 sections 4 and 5 (addresses made of Ethernet's).
import { parseIp, type IpAddress, type Ipv6Address, type Prefix, isMulticastIp, loopbackIpv6 } from './ip-address.ts';
import { ipv6Octets, readIpv6Address } from './ipv6-octets.ts';
import type { MacAddress } from './mac-address.ts';

/** Every host on the link. */
export const allNodes = 'ff02::1' as Ipv6Address;
/** Every router on the link. */
export const allRouters = 'ff02::2' as Ipv6Address;
export const linkLocalPrefix: Prefix & { readonly address: Ipv6Address } = {
  address: 'fe80::' as Ipv6Address,
  length: 64,
};

/** Scope values of RFC 4291 section 2.7, for unicast addresses as well (RFC 6724 section 3.1). */
export const scope = { interfaceLocal: 1, linkLocal: 2, siteLocal: 5, global: 14 } as const;

/** fe80::/10. */
export function isLinkLocalIpv6(address: IpAddress): address is Ipv6Address {
  if (typeof address !== 'string' || !address.startsWith('fe') || address[4] !== ':') return false;
  const nibble = address[2];
  return nibble === '8' || nibble === '9' || nibble === 'a' || nibble === 'b';
}

/** fc00::/7. */
export function isUniqueLocal(address: Ipv6Address): boolean {
  return (address.startsWith('fc') || address.startsWith('fd')) && address[4] === ':';
}

/** The scope of any IPv6 address, as one of the values of `scope` or what a multicast address says. */
export function scopeOf(address: Ipv6Address): number {
  if (isMulticastIp(address)) return Number.parseInt(address[3] as string, 16); // ffXS: the fourth digit is there
  if (isLinkLocalIpv6(address) || address === loopbackIpv6) return scope.linkLocal;
  return scope.global;
}

/** True when the address means something only together with a link: link-local, unicast or multicast. */
export function needsZone(address: IpAddress): address is Ipv6Address {
  if (typeof address !== 'string') return false;
  return isLinkLocalIpv6(address) || (isMulticastIp(address) && scopeOf(address) <= scope.linkLocal);
}

/** The zone of a scoped address: an interface's name. */
export function zoneOf(address: IpAddress): string | undefined {
  if (typeof address !== 'string') return undefined;
  const at = address.indexOf('%');
  return at < 0 ? undefined : address.slice(at + 1);
}

/** The address as it is on the wire, in DNS and in `ip addr`: without zone. */
export function withoutZone(address: Ipv6Address): Ipv6Address {
  const at = address.indexOf('%');
  return at < 0 ? address : (address.slice(0, at) as Ipv6Address); // canonical up to there
}

/** The address in the zone of the interface `name`; one that needs no zone is returned as it is. */
export function withZone(address: Ipv6Address, name: string): Ipv6Address {
  return needsZone(address) ? (`${withoutZone(address)}%${name}` as Ipv6Address) : address;
}

/** An address as people type it: with a zone where that means something, as in `fe80::1%eth0`. */
export function parseScopedIp(text: string): IpAddress | undefined {
  const at = text.indexOf('%');
  if (at < 0) return parseIp(text);
  const address = parseIp(text.slice(0, at));
  const zone = text.slice(at + 1);
  if (address === undefined || !needsZone(address) || !/^[\w.-]{1,15}$/.test(zone)) return undefined;
  return withZone(address, zone);
}

/** The group that whoever resolves `address` asks: ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1). */
export function solicitedNodeGroup(address: Ipv6Address): Ipv6Address {
  const octets = ipv6Octets(address);
  const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0);
  group.set(octets.subarray(13), 13);
  return readIpv6Address(group, 0);
}

/** The modified EUI-64 interface identifier of an Ethernet address behind `prefix`, a /64 (RFC 4291 appendix A). */
export function eui64Address(prefix: Ipv6Address, mac: MacAddress): Ipv6Address {
  const bytes = ipv6Octets(prefix).slice();
  const high = Math.floor(mac / 0x100_0000);
  const low = mac % 0x100_0000;
  bytes[8] = (high >>> 16) ^ 2; // the universal/local bit is inverted
  bytes[9] = high >>> 8;
  bytes[10] = high;
  bytes[11] = 0xff;
  bytes[12] = 0xfe;
  bytes[13] = low >>> 16;
  bytes[14] = low >>> 8;
  bytes[15] = low;
  return readIpv6Address(bytes, 0);
}

/** Leading bits that two addresses have in common, at most 64 (RFC 6724 section 2.2). */
export function commonPrefixLength(a: Ipv6Address, b: Ipv6Address): number {
  const [first, second] = [ipv6Octets(a), ipv6Octets(b)];
  for (let index = 0; index < 8; index += 1) {
    const difference = (first[index] as number) ^ (second[index] as number);
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
  }
  return 64;
}
