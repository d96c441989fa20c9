// Addresses of a lab: a /24 from 10.0.0.0/8 for each segment that does not name its own, routers first, in file order.
import {
  formatPrefix,
  isIpv4,
  parseIpv4Address,
  parsePrefix,
  prefixContains,
  type Ipv4Address,
  type Prefix,
} from '../stack/wire/ip-address.ts';
import type { Template, TemplateSegment } from './template.ts';

export interface SegmentAddresses {
  readonly prefix: Prefix;
  /** Host name -> its address on this segment. */
  readonly addresses: ReadonlyMap<string, Ipv4Address>;
}

/** One entry per segment of the template, in its order. The template has passed rules.ts. */
export function assignAddresses(template: Template): readonly SegmentAddresses[] {
  const written = template.segments.flatMap((segment) =>
    segment.prefix === undefined ? [] : (parsePrefix(segment.prefix) ?? []),
  );
  let number = 0;
  const nextFree = (): Prefix => {
    for (;;) {
      number += 1;
      const address = (0x0a00_0000 + (number << 8)) as Ipv4Address;
      const candidate = { address, length: 24 };
      if (!written.some((other) => overlap(other, candidate))) return candidate;
    }
  };
  return template.segments.map((segment) => {
    const prefix = segment.prefix === undefined ? nextFree() : (parsePrefix(segment.prefix) ?? nextFree());
    return { prefix, addresses: addressesIn(segment, prefix, template) };
  });
}

/** True when the two share an address. */
export function overlap(a: Prefix, b: Prefix): boolean {
  return prefixContains(a, b.address) || prefixContains(b, a.address);
}

/** How many hosts a segment of this prefix can hold. */
export function capacity(prefix: Prefix): number {
  return prefix.length >= 31 ? 2 ** (32 - prefix.length) : 2 ** (32 - prefix.length) - 2;
}

export function formatInterfaceAddress(address: Ipv4Address, prefix: Prefix): string {
  return formatPrefix({ address, length: prefix.length });
}

function addressesIn(segment: TemplateSegment, prefix: Prefix, template: Template): ReadonlyMap<string, Ipv4Address> {
  const result = new Map<string, Ipv4Address>();
  for (const [host, text] of Object.entries(segment.addresses)) {
    const address = parseIpv4Address(text);
    if (address !== undefined) result.set(host, address);
  }
  const taken = new Set<number>(result.values());
  const isRouter = (host: string): boolean => template.hosts.get(host)?.role === 'router';
  const order = [...segment.hosts.filter(isRouter), ...segment.hosts.filter((host) => !isRouter(host))];
  let next = (isIpv4(prefix.address) ? prefix.address : 0) + (prefix.length >= 31 ? 0 : 1);
  for (const host of order) {
    if (result.has(host)) continue;
    while (taken.has(next)) next += 1;
    result.set(host, next as Ipv4Address);
    taken.add(next);
  }
  return result;
}
