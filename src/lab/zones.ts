// The zones of a lab's name server: every host by its name, every interface address back to it.
import { formatIp, type Ipv4Address } from '../stack/wire/ip-address.ts';
import type { PlannedZone } from './plan.ts';
import type { Template } from './template.ts';

/** Host -> its addresses, in the order of its interfaces. */
export function makeZones(
  template: Template,
  addressesOf: ReadonlyMap<string, readonly Ipv4Address[]>,
): readonly PlannedZone[] {
  const { dns, domain } = template;
  if (dns === undefined) return [];
  const server = `${dns.server}.${domain}.`;
  const head = [`@ IN SOA ${server} hostmaster.${domain}. 1 3600 600 86400 ${dns.ttl}`, `@ IN NS ${server}`];
  const forward = [...addressesOf].flatMap(([host, addresses]) =>
    addresses.slice(0, 1).map((address) => `${host} IN A ${formatIp(address)}`),
  );
  const reverse = new Map<string, string[]>();
  for (const [host, addresses] of addressesOf) {
    for (const address of addresses) {
      const origin = `${(address >>> 8) & 255}.${(address >>> 16) & 255}.${address >>> 24}.in-addr.arpa`;
      const records = reverse.get(origin) ?? [];
      reverse.set(origin, records);
      records.push(`${address & 255} IN PTR ${host}.${domain}.`);
    }
  }
  return [
    { origin: domain, defaultTtl: dns.ttl, records: [...head, ...forward, ...dns.records] },
    ...[...reverse].map(([origin, records]) => ({ origin, defaultTtl: dns.ttl, records: [...head, ...records] })),
  ];
}
