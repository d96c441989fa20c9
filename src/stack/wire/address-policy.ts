// The default policy table for choosing between addresses: RFC 6724 section 2.1. Which labels go together, what to try first.
import { ipv6FromBytes, isIpv4, type IpAddress, type Ipv6Address } from './ip-address.ts';
import { ipv6Octets } from './ipv6-octets.ts';
import { scope, scopeOf } from './ipv6-scope.ts';

export interface AddressPolicy {
  /** Higher is tried first. */
  readonly precedence: number;
  /** Source and destination of one label fit each other. */
  readonly label: number;
}

interface PolicyRow extends AddressPolicy {
  readonly prefix: Uint8Array;
  readonly length: number;
}

const row = (prefix: string, length: number, precedence: number, label: number): PolicyRow => ({
  prefix: ipv6Octets(prefix as Ipv6Address), // written down here in canonical form
  length,
  precedence,
  label,
});

/** Longest prefixes first. */
const table: readonly PolicyRow[] = [
  row('::1', 128, 50, 0),
  row('::ffff:0.0.0.0', 96, 35, 4),
  row('::', 96, 1, 3),
  row('2001::', 32, 5, 5),
  row('2002::', 16, 30, 2),
  row('3ffe::', 16, 1, 12),
  row('fec0::', 10, 1, 11),
  row('fc00::', 7, 3, 13),
  row('::', 0, 40, 1),
];

export function policyOf(address: IpAddress): AddressPolicy {
  const octets = ipv6Octets(mapped(address));
  const found = table.find(({ prefix, length }) => startsWith(octets, prefix, length));
  return found ?? { precedence: 40, label: 1 };
}

/** The scope of an address of either family, as one of RFC 4291's values (RFC 6724 section 3.2 for IPv4). */
export function comparableScope(address: IpAddress): number {
  if (!isIpv4(address)) return scopeOf(address);
  return address >>> 16 === 0xa9fe || address >>> 24 === 127 ? scope.linkLocal : scope.global;
}

function mapped(address: IpAddress): Ipv6Address {
  if (!isIpv4(address)) return address;
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0xff, address >>> 24, address >>> 16, address >>> 8, address], 10);
  return ipv6FromBytes(bytes, 0);
}

function startsWith(octets: Uint8Array, prefix: Uint8Array, length: number): boolean {
  for (let bit = 0; bit < length; bit += 8) {
    const mask = length - bit >= 8 ? 0xff : (0xff00 >>> (length - bit)) & 0xff;
    const index = bit >>> 3;
    if ((((octets[index] as number) ^ (prefix[index] as number)) & mask) !== 0) return false;
  }
  return true;
}
