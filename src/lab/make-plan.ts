// Template and seed to plan: nothing is left to decide, and the same input gives the same plan.
import { seededRandom } from '../base/random.ts';
import { formatIp, formatPrefix, type Ipv4Address } from '../stack/wire/ip-address.ts';
import { formatMac, randomMac } from '../stack/wire/mac-address.ts';
import { noImpairment, type Impairment } from '../wiring/impairment/impairment.ts';
import { parseImpairment } from '../wiring/impairment/netem-text.ts';
import { assignAddresses, formatInterfaceAddress } from './addressing.ts';
import { placeHosts } from './drawing.ts';
import type { Plan, PlannedHost, PlannedInterface, PlannedService } from './plan.ts';
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
  const interfaces = makeInterfaces(template, addresses);
  const interfaceOf = (host: string, segmentIndex: number): string =>
    interfaces.get(host)?.find((entry) => entry.segment === template.segments[segmentIndex]?.name)?.name ?? '';
  const routes = makeRoutes({ template, addresses, interfaceOf });
  const addressesOf = new Map(
    [...template.hosts.keys()].map((host): [string, readonly Ipv4Address[]] => [
      host,
      addresses.flatMap((segment) => segment.addresses.get(host) ?? []),
    ]),
  );
  const zones = makeZones(template, addressesOf);
  const nameserver = template.dns && addressesOf.get(template.dns.server)?.[0];
  return {
    template: template.name,
    title: template.title,
    seed: options.seed,
    domain: template.domain,
    hosts: [...template.hosts].map(([name, host]): PlannedHost => {
      const servesNames = template.dns?.server === name;
      return {
        name,
        role: host.role,
        interfaces: interfaces.get(name) ?? [],
        routes: routes.get(name) ?? [],
        forwarding: host.role === 'router',
        services: servicesOf(host, servesNames),
        nameservers: nameserver === undefined ? [] : [formatIp(nameserver)],
        searchDomain: template.domain,
        knobs: host.sysctls,
        files: host.files,
        zones: servesNames ? zones : [],
      };
    }),
    segments: template.segments.map((segment, index) => ({
      name: segment.name,
      kind: segment.kind,
      prefixes: addresses.slice(index, index + 1).map(({ prefix }) => formatPrefix(prefix)),
      ends: segment.hosts.map((host) => ({ host, interface: interfaceOf(host, index) })),
    })),
    positions: placeHosts(template),
  };
}

function servicesOf(host: TemplateHost, servesNames: boolean): readonly PlannedService[] {
  const named = { name: 'named', command: 'named' };
  return servesNames && !host.services.some((service) => service.name === 'named')
    ? [named, ...host.services]
    : host.services;
}

function makeInterfaces(
  template: Template,
  addresses: ReturnType<typeof assignAddresses>,
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
        addresses: [formatInterfaceAddress(address, assigned.prefix)],
        mtu: segment.mtu ?? defaultMtu,
        egress: egressOf(segment, host),
      });
    }
  });
  return result;
}

/** What the template says of the frames that `host` sends on `segment`: a direction of its own wins over `both`. */
function egressOf(segment: TemplateSegment, host: string): Impairment {
  const entries = Object.entries(segment.impair).filter(([key]) => directionOf(segment, key)?.includes(host));
  const own = entries.find(([key]) => key !== 'both' && key !== 'all') ?? entries[0];
  const parsed = parseImpairment(own?.[1] ?? '');
  return parsed.ok ? parsed.impairment : noImpairment;
}
