// Which of our IPv6 addresses a packet carries when its sender does not choose: RFC 6724 section 5, rules 1, 2, 3, 5, 6
// and 8. Left out: home addresses (4) and temporary addresses (7), which nobody has here.
import type { StackInterface } from '../../interfaces.ts';
import { comparableScope, policyOf } from '../../wire/address-policy.ts';
import { isIpv4, type Ipv6Address } from '../../wire/ip-address.ts';
import { commonPrefixLength, isLinkLocalIpv6, withoutZone, withZone } from '../../wire/ipv6-scope.ts';

interface Candidate {
  readonly address: Ipv6Address;
  /** Bits of its prefix. */
  readonly length: number;
  readonly on: StackInterface;
}

/** The best source for `destination` over `out`, with its zone; undefined when we have no IPv6 address that could serve. */
export function selectSource(
  out: StackInterface,
  destination: Ipv6Address,
  all: readonly StackInterface[],
): Ipv6Address | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates(out, all)) {
    if (best === undefined || isBetter(candidate, best, out, destination)) best = candidate;
  }
  return best === undefined ? undefined : withZone(best.address, best.on.name);
}

/** Addresses of the outgoing interface, and those of the others that mean something beyond their link. */
function* candidates(out: StackInterface, all: readonly StackInterface[]): Generator<Candidate> {
  for (const on of all) {
    if (on !== out && (on.loopback || !on.up)) continue;
    for (const { address, length } of on.addresses) {
      if (isIpv4(address) || (on !== out && isLinkLocalIpv6(address))) continue;
      yield { address, length, on };
    }
  }
}

/** True when `a` serves better than `b`; equals leave the one that came first. */
function isBetter(a: Candidate, b: Candidate, out: StackInterface, destination: Ipv6Address): boolean {
  const bare = withoutZone(destination);
  if ((a.address === bare) !== (b.address === bare)) return a.address === bare; // rule 1
  const [scopeA, scopeB, wanted] = [comparableScope(a.address), comparableScope(b.address), comparableScope(bare)];
  if (scopeA !== scopeB) return scopeA < scopeB ? scopeA >= wanted : scopeB < wanted; // rule 2
  const [oldA, oldB] = [a.on.deprecated.has(a.address), b.on.deprecated.has(b.address)];
  if (oldA !== oldB) return oldB; // rule 3
  if ((a.on === out) !== (b.on === out)) return a.on === out; // rule 5
  const label = policyOf(bare).label;
  const [fitsA, fitsB] = [policyOf(a.address).label === label, policyOf(b.address).label === label];
  if (fitsA !== fitsB) return fitsA; // rule 6
  const common = (each: Candidate): number => Math.min(commonPrefixLength(each.address, bare), each.length);
  return common(a) > common(b); // rule 8
}
