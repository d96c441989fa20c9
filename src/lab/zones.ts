// The zones of a lab's name server: every host by its name, every interface address back to it.
import { reverseName } from '../stack/wire/dns-name.ts';
import { formatIp, isIpv4, type IpAddress } from '../stack/wire/ip-address.ts';
import type { PlannedZone } from './plan.ts';
import type { Template } from './template.ts';

/** `addressesOf`: host -> its addresses, in the order of its interfaces, IPv4 before IPv6. */
export function makeZones(
  template: Template,
  addressesOf: ReadonlyMap<string, readonly IpAddress[]>,
): readonly PlannedZone[] {
  const { dns, domain } = template;
  if (dns === undefined) return [];
  const server = `${dns.server}.${domain}.`;
  const head = [`@ IN SOA ${server} hostmaster.${domain}. 1 3600 600 86400 ${dns.ttl}`, `@ IN NS ${server}`];
  const forward = [...addressesOf].flatMap(([host, addresses]) =>
    [addresses.find(isIpv4), addresses.find((address) => !isIpv4(address))].flatMap((address) =>
      address === undefined ? [] : [`${host} IN ${isIpv4(address) ? 'A' : 'AAAA'} ${formatIp(address)}`],
    ),
  );
  const reverse = new Map<string, string[]>();
  for (const [host, addresses] of addressesOf) {
    for (const address of addresses) {
      const labels = reverseName(address).split('.');
      const hostLabels = isIpv4(address) ? 1 : 16; // a zone for each /24, and for each /64
      const origin = labels.slice(hostLabels).join('.');
      const records = reverse.get(origin) ?? [];
      reverse.set(origin, records);
      records.push(`${labels.slice(0, hostLabels).join('.')} IN PTR ${host}.${domain}.`);
    }
  }
  return [
    { origin: domain, defaultTtl: dns.ttl, records: [...head, ...forward, ...dns.records] },
    ...[...reverse].map(([origin, records]) => ({ origin, defaultTtl: dns.ttl, records: [...head, ...records] })),
  ];
}
