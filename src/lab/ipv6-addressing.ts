// IPv6 addresses of a lab: a /64 from the documentation prefix for each segment that does not name its own, routers first.
// In a lab that configures itself only routers, servers and name servers have addresses written down; clients make theirs
// of what the routers advertise (RFC 4862), so that their addresses are known here as well.
import {
  ipv6FromBytes,
  isIpv4,
  networkOf,
  parseIpv6Address,
  parsePrefix,
  type Ipv6Address,
  type Prefix,
} from '../stack/wire/ip-address.ts';
import { ipv6Octets } from '../stack/wire/ipv6-octets.ts';
import { eui64Address } from '../stack/wire/ipv6-scope.ts';
import type { MacAddress } from '../stack/wire/mac-address.ts';
import type { Template, TemplateSegment } from './template.ts';

export interface Ipv6SegmentAddresses {
  readonly prefix: Prefix & { readonly address: Ipv6Address };
  /** Host name -> its address on this segment, for those whose address is written into them. */
  readonly addresses: ReadonlyMap<string, Ipv6Address>;
  /** True when the routers on this segment advertise its prefix. */
  readonly advertised: boolean;
}

/** RFC 3849: addresses for documentation, which nobody routes. */
const documentation = ipv6Octets('2001:db8::' as Ipv6Address); // canonical

/** One entry per segment of the template, in its order; none when the lab has no IPv6. The template has passed rules.ts. */
export function assignIpv6Addresses(template: Template): readonly Ipv6SegmentAddresses[] {
  const { ipv6 } = template;
  if (ipv6 === undefined) return [];
  const taken = new Set(template.segments.flatMap(({ prefix6 }) => writtenPrefix(prefix6)?.address ?? []));
  let number = 0;
  const nextFree = (): Ipv6Address => {
    for (;;) {
      number += 1;
      const candidate = withWord(documentation, 4, number);
      if (!taken.has(candidate)) return candidate;
    }
  };
  return template.segments.map((segment) => {
    const address = writtenPrefix(segment.prefix6)?.address ?? nextFree();
    const isRouter = (host: string): boolean => template.hosts.get(host)?.role === 'router';
    const isClient = (host: string): boolean => template.hosts.get(host)?.role === 'client';
    const advertised = ipv6 === 'auto' && segment.hosts.some(isRouter) && segment.hosts.some(isClient);
    const given = segment.hosts.filter((host) => !advertised || !isClient(host));
    return {
      prefix: { address, length: 64 },
      addresses: addressesIn(segment, address, [...given.filter(isRouter), ...given.filter((host) => !isRouter(host))]),
      advertised,
    };
  });
}

/** The address that a host with `mac` makes for itself on the segment. */
export function selfMadeAddress(segment: Ipv6SegmentAddresses, mac: MacAddress): Ipv6Address {
  return eui64Address(segment.prefix.address, mac);
}

/** A /64 as the template names it; undefined when it is none. */
export function writtenPrefix(text: string | undefined): (Prefix & { readonly address: Ipv6Address }) | undefined {
  const prefix = text === undefined ? undefined : parsePrefix(text);
  if (prefix === undefined || isIpv4(prefix.address) || prefix.length !== 64) return undefined;
  return networkOf(prefix).address === prefix.address ? { address: prefix.address, length: 64 } : undefined;
}

function addressesIn(
  segment: TemplateSegment,
  prefix: Ipv6Address,
  order: readonly string[],
): ReadonlyMap<string, Ipv6Address> {
  const result = new Map<string, Ipv6Address>();
  for (const [host, text] of Object.entries(segment.addresses6)) {
    const address = parseIpv6Address(text);
    if (address !== undefined) result.set(host, address);
  }
  const taken = new Set(result.values());
  let next = 1;
  for (const host of order) {
    if (result.has(host)) continue;
    let candidate = withWord(ipv6Octets(prefix), 14, next);
    while (taken.has(candidate)) {
      next += 1;
      candidate = withWord(ipv6Octets(prefix), 14, next);
    }
    result.set(host, candidate);
    taken.add(candidate);
  }
  return result;
}

/** `octets` with the 16-bit word at `offset` replaced. */
function withWord(octets: Uint8Array, offset: number, word: number): Ipv6Address {
  const bytes = octets.slice();
  bytes[offset] = word >>> 8;
  bytes[offset + 1] = word;
  return ipv6FromBytes(bytes, 0);
}
