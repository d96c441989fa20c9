// Addresses between Node's words (text, `IPv4`/`IPv6`) and the stack's values. RFC 4291 section 2.5.5.2 (mapped IPv4).
import type { NetworkStack } from '../../stack/network-stack.ts';
import type { Endpoint } from '../../stack/sockets.ts';
import {
  familyOf,
  formatIp,
  isLoopbackIp,
  isUnspecifiedIp,
  loopbackIpv4,
  loopbackIpv6,
  parseIp,
  type IpAddress,
} from '../../stack/wire/ip-address.ts';

/** What `getsockname` and `getpeername` fill in. */
export interface AddressRecord {
  address?: string;
  family?: string;
  port?: number;
}

const mappedPrefix = '::ffff:';

/** The address that `text` says; undefined when it is none. A mapped IPv4 address is the IPv4 address. */
export function addressOfText(text: string): IpAddress | undefined {
  const [withoutZone = ''] = text.split('%');
  const address = parseIp(withoutZone);
  if (address === undefined || familyOf(address) === 4) return address;
  const canonical = formatIp(address).toLowerCase();
  if (!canonical.startsWith(mappedPrefix)) return address;
  const tail = canonical.slice(mappedPrefix.length);
  if (tail.includes('.')) return parseIp(tail);
  const [high = '0', low = '0'] = tail.split(':');
  return ((parseInt(high, 16) * 0x1_0000 + parseInt(low, 16)) >>> 0) as IpAddress;
}

/** `connect` to "any address" means this host (Linux). */
export function destinationOf(address: IpAddress): IpAddress {
  if (!isUnspecifiedIp(address)) return address;
  return familyOf(address) === 4 ? loopbackIpv4 : loopbackIpv6;
}

/** Whether the stack has an IPv6 address at all; without one, IPv6 sockets fail with EAFNOSUPPORT. */
export function hasIpv6(stack: NetworkStack): boolean {
  return stack.interfaces.some((each) => each.addresses.some(({ address }) => familyOf(address) === 6));
}

/** Whether a socket may be bound to `address`. */
export function isBindable(stack: NetworkStack, address: IpAddress): boolean {
  if (isUnspecifiedIp(address) || isLoopbackIp(address)) return true;
  return stack.interfaces.some((each) => each.addresses.some((prefix) => prefix.address === address));
}

/** Fills `out`; `mapped` shows IPv4 as an IPv6 socket sees it. */
export function describe(endpoint: Endpoint, out: AddressRecord, mapped = false): void {
  const text = formatIp(endpoint.address);
  const isV4 = familyOf(endpoint.address) === 4;
  out.address = isV4 && mapped ? `${mappedPrefix}${text}` : text;
  out.family = isV4 && !mapped ? 'IPv4' : 'IPv6';
  out.port = endpoint.port;
}
