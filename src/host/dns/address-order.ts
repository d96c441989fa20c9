// Which of several addresses of a name to try first: RFC 6724 section 6, rules 1, 2, 5, 6, 8 and 9, as getaddrinfo(3)
// does. Left out: deprecated and home sources (3, 4), native transport (7).
import type { NetworkStack } from '../../stack/network-stack.ts';
import { comparableScope, policyOf } from '../../stack/wire/address-policy.ts';
import { isIpv4, type IpAddress } from '../../stack/wire/ip-address.ts';
import { commonPrefixLength } from '../../stack/wire/ipv6-scope.ts';

interface Candidate {
  readonly address: IpAddress;
  /** Undefined: no route leads there. */
  readonly source: IpAddress | undefined;
}

/** The addresses, best first; among equals the order stays. */
export function orderDestinations(stack: NetworkStack, addresses: readonly IpAddress[]): readonly IpAddress[] {
  if (addresses.length < 2) return addresses;
  return addresses
    .map((address) => ({ address, source: stack.route(address)?.source }))
    .toSorted(compare)
    .map(({ address }) => address);
}

/** Negative: `a` comes first. */
function compare(a: Candidate, b: Candidate): number {
  const byRoute = Number(b.source !== undefined) - Number(a.source !== undefined);
  if (byRoute !== 0 || a.source === undefined || b.source === undefined) return byRoute;
  const scopeFits = (address: IpAddress, source: IpAddress): boolean =>
    comparableScope(address) === comparableScope(source);
  const labelFits = (address: IpAddress, source: IpAddress): boolean =>
    policyOf(address).label === policyOf(source).label;
  return (
    Number(scopeFits(b.address, b.source)) - Number(scopeFits(a.address, a.source)) ||
    Number(labelFits(b.address, b.source)) - Number(labelFits(a.address, a.source)) ||
    policyOf(b.address).precedence - policyOf(a.address).precedence ||
    comparableScope(a.address) - comparableScope(b.address) ||
    common(b.address, b.source) - common(a.address, a.source)
  );
}

/** Rule 9 is for IPv6 alone: servers with several IPv4 addresses share their load by the order of the answer. */
function common(address: IpAddress, source: IpAddress): number {
  return isIpv4(address) || isIpv4(source) ? 0 : commonPrefixLength(address, source);
}
