// Template and seed to plan: nothing is left to decide, and the same input gives the same plan.
import { seededRandom } from '../base/random.ts';
import { formatIp, formatPrefix, isIpv4, type IpAddress } from '../stack/wire/ip-address.ts';
import { formatMac, parseMac, randomMac } from '../stack/wire/mac-address.ts';
import { noImpairment, type Impairment } from '../wiring/impairment/impairment.ts';
import { parseImpairment } from '../wiring/impairment/netem-text.ts';
import { assignAddresses, formatInterfaceAddress } from './addressing.ts';
import { placeHosts } from './drawing.ts';
import { assignIpv6Addresses, selfMadeAddress, type Ipv6SegmentAddresses } from './ipv6-addressing.ts';
import type { Plan, PlannedHost, PlannedInterface, PlannedService } from './plan.ts';
import { radvdConfiguration } from './radvd.ts';
import { makeRoutes } from './routes.ts';
import { directionOf } from './rules.ts';
import type { Template, TemplateHost, TemplateSegment } from './template.ts';
import { makeZones } from './zones.ts';

export interface PlanOptions {
  /** Any text; whatever the plan draws comes from it. */
  readonly seed: string;
}

const defaultMtu = 1500;

/** The plan of a template that `parseTemplate` accepted. */
export function planLab(template: Template, options: PlanOptions): Plan {
  const addresses = assignAddresses(template);
  const addresses6 = assignIpv6Addresses(template);
  const interfaces = makeInterfaces(template, addresses, addresses6);
  const interfaceOf = (host: string, segmentIndex: number): string =>
    interfaces.get(host)?.find((entry) => entry.segment === template.segments[segmentIndex]?.name)?.name ?? '';
  const selfConfigured = new Set(
    addresses6.flatMap(({ advertised, addresses: written }, index) =>
      advertised ? (template.segments[index]?.hosts.filter((host) => !written.has(host)) ?? []) : [],
    ),
  );
  const routes = makeRoutes({ template, family: 4, addresses, selfConfigured: new Set(), interfaceOf });
  const routes6 = makeRoutes({ template, family: 6, addresses: addresses6, selfConfigured, interfaceOf });
  const macOf = (host: string, segmentIndex: number): string =>
    interfaces.get(host)?.find((entry) => entry.segment === template.segments[segmentIndex]?.name)?.mac ?? '';
  const addressesOf = new Map(
    [...template.hosts.keys()].map((host): [string, readonly IpAddress[]] => [
      host,
      [
        ...addresses.flatMap((segment) => segment.addresses.get(host) ?? []),
        ...addresses6.flatMap((segment, index) => ipv6AddressOf(segment, host, macOf(host, index)) ?? []),
      ],
    ]),
  );
  const zones = makeZones(template, addressesOf);
  const serverAddresses = template.dns === undefined ? [] : (addressesOf.get(template.dns.server) ?? []);
  const nameservers = [serverAddresses.find(isIpv4), serverAddresses.find((address) => !isIpv4(address))].flatMap(
    (address) => address ?? [],
  );
  return {
    template: template.name,
    title: template.title,
    seed: options.seed,
    domain: template.domain,
    hosts: [...template.hosts].map(([name, host]): PlannedHost => {
      const servesNames = template.dns?.server === name;
      const advertising =
        host.role === 'router'
          ? radvdConfiguration(
              (interfaces.get(name) ?? []).flatMap((entry) => {
                const index = template.segments.findIndex((segment) => segment.name === entry.segment);
                const segment = addresses6[index];
                return segment?.advertised === true ? [{ interface: entry.name, prefix: segment.prefix }] : [];
              }),
              nameservers.filter((address) => !isIpv4(address)),
            )
          : undefined;
      return {
        name,
        role: host.role,
        interfaces: interfaces.get(name) ?? [],
        routes: [...(routes.get(name) ?? []), ...(routes6.get(name) ?? [])],
        forwarding: host.role === 'router',
        services: servicesOf(host, servesNames, advertising !== undefined),
        nameservers: nameservers
          .filter((address) => isIpv4(address) || !selfConfigured.has(name)) // the others are advertised to it
          .map(formatIp),
        searchDomain: template.domain,
        knobs: { ...(template.ipv6 !== undefined && { 'net.ipv6.conf.all.disable_ipv6': '0' }), ...host.sysctls },
        files: { ...(advertising !== undefined && { '/etc/radvd.conf': advertising }), ...host.files },
        zones: servesNames ? zones : [],
      };
    }),
    segments: template.segments.map((segment, index) => ({
      name: segment.name,
      kind: segment.kind,
      prefixes: [...addresses.slice(index, index + 1), ...addresses6.slice(index, index + 1)].map(({ prefix }) =>
        formatPrefix(prefix),
      ),
      ends: segment.hosts.map((host) => ({ host, interface: interfaceOf(host, index) })),
    })),
    exercises: template.exercises,
    positions: placeHosts(template),
  };
}

function servicesOf(host: TemplateHost, servesNames: boolean, advertises: boolean): readonly PlannedService[] {
  const implied = [...(servesNames ? ['named'] : []), ...(advertises ? ['radvd'] : [])];
  const missing = implied.filter((name) => !host.services.some((service) => service.name === name));
  return [...missing.map((name) => ({ name, command: name })), ...host.services];
}

/** The address that the host has, or will make for itself, on the segment. */
function ipv6AddressOf(segment: Ipv6SegmentAddresses, host: string, macText: string): IpAddress | undefined {
  const mac = parseMac(macText);
  return (
    segment.addresses.get(host) ?? (segment.advertised && mac !== undefined ? selfMadeAddress(segment, mac) : undefined)
  );
}

function makeInterfaces(
  template: Template,
  addresses: ReturnType<typeof assignAddresses>,
  addresses6: readonly Ipv6SegmentAddresses[],
): ReadonlyMap<string, readonly PlannedInterface[]> {
  // Not from the seed: a lab that is started again with another seed keeps its MAC addresses, as real cards do.
  const random = seededRandom(`mac/${template.name}`);
  const usedMacs = new Set<string>();
  const freshMac = (label: string): string => {
    for (let attempt = 0; ; attempt += 1) {
      const mac = formatMac(randomMac(random.fork(`${label}/${attempt}`)));
      if (usedMacs.has(mac)) continue;
      usedMacs.add(mac);
      return mac;
    }
  };
  const result = new Map<string, PlannedInterface[]>([...template.hosts.keys()].map((host) => [host, []]));
  template.segments.forEach((segment, index) => {
    const assigned = addresses[index];
    for (const host of segment.hosts) {
      const own = result.get(host);
      const address = assigned?.addresses.get(host);
      if (own === undefined || assigned === undefined || address === undefined) continue;
      own.push({
        name: `eth${own.length}`,
        segment: segment.name,
        mac: freshMac(`${host}/${segment.name}`),
        addresses: [formatInterfaceAddress(address, assigned.prefix), ...ipv6TextOf(addresses6[index], host)],
        mtu: segment.mtu ?? defaultMtu,
        egress: egressOf(segment, host),
      });
    }
  });
  return result;
}

function ipv6TextOf(segment: Ipv6SegmentAddresses | undefined, host: string): readonly string[] {
  const address = segment?.addresses.get(host);
  return segment === undefined || address === undefined
    ? []
    : [formatPrefix({ address, length: segment.prefix.length })];
}

/** What the template says of the frames that `host` sends on `segment`: a direction of its own wins over `both`. */
function egressOf(segment: TemplateSegment, host: string): Impairment {
  const entries = Object.entries(segment.impair).filter(([key]) => directionOf(segment, key)?.includes(host));
  const own = entries.find(([key]) => key !== 'both' && key !== 'all') ?? entries[0];
  const parsed = parseImpairment(own?.[1] ?? '');
  return parsed.ok ? parsed.impairment : noImpairment;
}
