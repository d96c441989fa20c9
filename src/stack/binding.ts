// Which of our addresses a socket takes: one, all of a family, or all of both. `::` means both unless its owner wants IPv6
// alone (RFC 3493 section 5.3); 0.0.0.0 means IPv4.
import {
  familyOf,
  isUnspecifiedIp,
  unspecifiedIpv4,
  unspecifiedIpv6,
  type IpAddress,
  type IpFamily,
} from './wire/ip-address.ts';

export interface Binding {
  /** Undefined: every address of the family. */
  readonly address: IpAddress | undefined;
  /** Undefined: both families. */
  readonly family: IpFamily | undefined;
}

/** What an application means that binds to `address`; undefined: it did not say. */
export function bindingOf(address: IpAddress | undefined, ipv6Only = false): Binding {
  if (address === undefined) return { address, family: undefined };
  if (!isUnspecifiedIp(address)) return { address, family: familyOf(address) };
  if (address === unspecifiedIpv4) return { address: undefined, family: 4 };
  return { address: undefined, family: ipv6Only ? 6 : undefined };
}

/** True when a packet for `address` belongs to the socket. */
export function covers(binding: Binding, address: IpAddress): boolean {
  if (binding.address !== undefined) return binding.address === address;
  return binding.family === undefined || binding.family === familyOf(address);
}

/** True when one packet could belong to both. */
export function overlaps(a: Binding, b: Binding): boolean {
  if (a.family !== undefined && b.family !== undefined && a.family !== b.family) return false;
  return a.address === undefined || b.address === undefined || a.address === b.address;
}

/** The address to show for the binding on a stack that speaks IPv6 or not. */
export function shownAddress({ address, family }: Binding, hasIpv6: boolean): IpAddress {
  if (address !== undefined) return address;
  return family === 6 || (family === undefined && hasIpv6) ? unspecifiedIpv6 : unspecifiedIpv4;
}
