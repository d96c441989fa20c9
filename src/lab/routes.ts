// Routes of a lab, of either family: the shortest path to every segment, then what the template writes down instead.
import {
  familyOf,
  formatIp,
  formatPrefix,
  networkOf,
  parsePrefix,
  type IpAddress,
  type IpFamily,
  type Prefix,
} from '../stack/wire/ip-address.ts';
import type { PlannedRoute } from './plan.ts';
import type { Template } from './template.ts';

export interface RouteText {
  /** `default`, or the prefix meant, as text. */
  readonly destination: string | undefined;
  /** Undefined: the route is meant for both families. */
  readonly family: IpFamily | undefined;
  /** Name of the segment that is meant instead of a prefix. */
  readonly segment: string | undefined;
  readonly via: string;
}

/** `default via r2`, `10.0.9.0/24 via r3`, `lan via r1`; a sentence that says what is wrong otherwise. */
export function parseRouteText(line: string, template: Template): RouteText | string {
  const match = /^(\S+)\s+via\s+(\S+)$/.exec(line.trim());
  if (match?.[1] === undefined || match[2] === undefined)
    return `'${line}' is not of the form "default via HOST" or "PREFIX via HOST"`;
  const [, destination, via] = match;
  if (template.segments.some((segment) => segment.name === destination))
    return { destination: undefined, family: undefined, segment: destination, via };
  const prefix = destination === 'default' ? undefined : parsePrefix(destination);
  if (destination !== 'default' && prefix === undefined)
    return `'${destination}' is neither default, a prefix, nor a segment's name`;
  return {
    destination: prefix === undefined ? 'default' : formatPrefix(networkOf(prefix)),
    family: prefix === undefined ? undefined : familyOf(prefix.address),
    segment: undefined,
    via,
  };
}

const defaultDestination = { 4: '0.0.0.0/0', 6: '::/0' } as const;

interface NextHop {
  readonly gateway: IpAddress;
  readonly interface: string;
}

/** What route making needs to know of the wires, for one family. */
export interface Wires {
  readonly template: Template;
  readonly family: IpFamily;
  /** One per segment of the template. */
  readonly addresses: readonly { readonly prefix: Prefix; readonly addresses: ReadonlyMap<string, IpAddress> }[];
  /** Hosts that find their routes themselves. */
  readonly selfConfigured: ReadonlySet<string>;
  /** The interface of a host on a segment (by index). */
  interfaceOf(host: string, segmentIndex: number): string;
}

/** The routes of every host, in the order of the template's hosts. */
export function makeRoutes(wires: Wires): ReadonlyMap<string, readonly PlannedRoute[]> {
  const { template, addresses } = wires;
  const automatic = new Map<string, Map<string, NextHop>>([...template.hosts.keys()].map((host) => [host, new Map()]));
  addresses.forEach((target, index) => {
    for (const [host, hop] of nextHopsTo(index, wires)) automatic.get(host)?.set(formatPrefix(target.prefix), hop);
  });
  return new Map(
    [...automatic].map(([host, hops]) => {
      const isRouter = template.hosts.get(host)?.role === 'router';
      const routes = isRouter ? hops : withDefault(hops, wires.family);
      if (wires.selfConfigured.has(host)) routes.clear();
      for (const line of template.routes[host] ?? []) applyWritten(routes, host, line, wires);
      return [
        host,
        [...routes].map(([destination, hop]) => ({
          destination,
          gateway: formatIp(hop.gateway),
          interface: hop.interface,
          metric: wires.family === 4 ? 0 : 1024, // as Linux's
        })),
      ];
    }),
  );
}

/** For every host that is not on segment `targetIndex` and can reach it: the first step of a shortest path. */
function nextHopsTo(targetIndex: number, wires: Wires): ReadonlyMap<string, NextHop> {
  const { template, addresses } = wires;
  const reached = new Set(template.segments[targetIndex]?.hosts);
  const hops = new Map<string, NextHop>();
  let frontier = [...template.hosts.keys()].filter((host) => reached.has(host));
  while (frontier.length > 0) {
    const next: string[] = [];
    for (const router of frontier.filter((host) => template.hosts.get(host)?.role === 'router')) {
      template.segments.forEach((segment, index) => {
        const gateway = addresses[index]?.addresses.get(router);
        if (gateway === undefined) return;
        for (const host of segment.hosts.filter((name) => !reached.has(name))) {
          reached.add(host);
          hops.set(host, { gateway, interface: wires.interfaceOf(host, index) });
          next.push(host);
        }
      });
    }
    frontier = next;
  }
  return hops;
}

/** A host that does not forward sends by default to the gateway that most of its routes use. */
function withDefault(hops: ReadonlyMap<string, NextHop>, family: IpFamily): Map<string, NextHop> {
  const uses = new Map<IpAddress, number>();
  for (const { gateway } of hops.values()) uses.set(gateway, (uses.get(gateway) ?? 0) + 1);
  const most = [...uses].toSorted((a, b) => b[1] - a[1])[0]?.[0];
  const byDefault = [...hops.values()].find((hop) => hop.gateway === most);
  if (byDefault === undefined) return new Map();
  return new Map([[defaultDestination[family], byDefault], ...[...hops].filter(([, hop]) => hop.gateway !== most)]);
}

function applyWritten(routes: Map<string, NextHop>, host: string, line: string, wires: Wires): void {
  const { template, addresses } = wires;
  const written = parseRouteText(line, template);
  if (typeof written === 'string') return; // rules.ts has refused it
  if (written.family !== undefined && written.family !== wires.family) return;
  const shared = template.segments.findIndex(
    (segment) => segment.hosts.includes(host) && segment.hosts.includes(written.via),
  );
  const gateway = addresses[shared]?.addresses.get(written.via);
  const target = template.segments.findIndex((segment) => segment.name === written.segment);
  const targetPrefix = addresses[target]?.prefix;
  const named = written.destination === 'default' ? defaultDestination[wires.family] : written.destination;
  const destination = named ?? (targetPrefix && formatPrefix(targetPrefix));
  if (gateway !== undefined && destination !== undefined) {
    routes.set(destination, { gateway, interface: wires.interfaceOf(host, shared) });
  }
}
