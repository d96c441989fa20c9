// Which of our addresses a packet carries when its sender does not choose (RFC 1122 section 3.3.4.3; RFC 6724 section 5
// reduced to its longest-match rule).
import type { NetworkInterface } from '../interface.ts';
import { familyOf, prefixContains, type IpAddress, type Prefix } from '../wire/ip-address.ts';

/**
 * An address of `out` on the same prefix as `nextHop` (the longest such prefix); else the first of `out`; else, for an
 * unnumbered interface, the first of any other one. Undefined when we have no address of the family at all.
 */
export function sourceFor(
  out: NetworkInterface,
  nextHop: IpAddress,
  all: readonly NetworkInterface[],
): IpAddress | undefined {
  const family = familyOf(nextHop);
  const sameFamily = (prefix: Prefix): boolean => familyOf(prefix.address) === family;
  let best: Prefix | undefined;
  for (const prefix of out.addresses) {
    if (prefixContains(prefix, nextHop) && (best === undefined || prefix.length > best.length)) best = prefix;
  }
  best ??= out.addresses.find(sameFamily);
  for (const other of all) {
    if (best !== undefined) break;
    if (!other.loopback && other.up) best = other.addresses.find(sameFamily);
  }
  return best?.address;
}
