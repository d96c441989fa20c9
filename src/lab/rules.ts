// What a template must also fulfil when its shape is right: names exist, addresses fit, every host is on a wire.
import {
  isIpv4,
  networkOf,
  parseIpv4Address,
  parsePrefix,
  prefixContains,
  directedBroadcast,
} from '../stack/wire/ip-address.ts';
import { parseImpairment } from '../wiring/impairment/netem-text.ts';
import { capacity, overlap } from './addressing.ts';
import { checkIpv6 } from './ipv6-rules.ts';
import { closestWord } from '../base/closest-word.ts';
import { parseRouteText } from './routes.ts';
import { checkExercises } from './exercise-rules.ts';
import type { Template, TemplateSegment } from './template.ts';

export interface Contradiction {
  readonly message: string;
  readonly path: readonly (string | number)[];
}

/** A bridge's limit, and more than a class needs. */
const maximumHosts = 1000;

/** Everything that contradicts itself, in no particular order. */
export function findContradictions(template: Template): readonly Contradiction[] {
  return [
    ...checkHosts(template),
    ...template.segments.flatMap((segment) => checkSegment(template, segment)),
    ...checkPrefixes(template),
    ...checkIpv6(template),
    ...checkDns(template),
    ...checkRoutes(template),
    ...checkExercises(template),
  ];
}

function checkHosts(template: Template): readonly Contradiction[] {
  const attached = new Set(template.segments.flatMap((segment) => segment.hosts));
  const found: Contradiction[] = [...template.hosts.keys()]
    .filter((host) => !attached.has(host))
    .map((host) => ({ message: `host '${host}' is on no link or network`, path: ['hosts', host] }));
  if (template.hosts.size === 0) found.push({ message: 'a lab needs at least one host', path: ['hosts'] });
  if (template.hosts.size > maximumHosts) {
    found.push({
      message: `a lab has at most ${maximumHosts} hosts, this one has ${template.hosts.size}`,
      path: ['hosts'],
    });
  }
  return found;
}

function checkSegment(template: Template, segment: TemplateSegment): readonly Contradiction[] {
  const { path, hosts } = segment;
  const hostsPath = [...path, segment.kind === 'link' ? 'ends' : 'hosts'];
  const found: Contradiction[] = [];
  hosts.forEach((host, index) => {
    if (!template.hosts.has(host)) found.push({ message: unknownHost(template, host), path: hostsPath });
    if (hosts.indexOf(host) !== index)
      found.push({ message: `'${host}' is on '${segment.name}' twice`, path: hostsPath });
  });
  for (const [key, text] of Object.entries(segment.impair)) {
    const direction = directionOf(segment, key);
    if (direction === undefined) {
      const allowed =
        segment.kind === 'link'
          ? `${hosts[0]}->${hosts[1]}, ${hosts[1]}->${hosts[0]} or both`
          : `${hosts.join(', ')} or all`;
      found.push({
        message: `'${key}' is no direction of '${segment.name}': use ${allowed}`,
        path: [...path, 'impair', key],
      });
    }
    const parsed = parseImpairment(text);
    if (!parsed.ok)
      found.push({
        message: `${parsed.fault.message} (at character ${parsed.fault.column})`,
        path: [...path, 'impair', key],
      });
  }
  return [...found, ...checkAddresses(segment)];
}

/** The hosts whose egress an `impair` key means; undefined when it means none. */
export function directionOf(segment: TemplateSegment, key: string): readonly string[] | undefined {
  if (key === 'both' || key === 'all') return segment.hosts;
  const arrow = /^(\S+?)\s*->\s*(\S+)$/.exec(key);
  const [from, to] = arrow === null ? [key, undefined] : [arrow[1] ?? '', arrow[2]];
  if (!segment.hosts.includes(from)) return undefined;
  if (to !== undefined && (segment.kind !== 'link' || to === from || !segment.hosts.includes(to))) return undefined;
  return [from];
}

function checkAddresses(segment: TemplateSegment): readonly Contradiction[] {
  const { path } = segment;
  const found: Contradiction[] = [];
  const prefix = segment.prefix === undefined ? undefined : parsePrefix(segment.prefix);
  if (segment.prefix !== undefined) {
    const prefixPath = [...path, 'prefix'];
    if (prefix === undefined || !isIpv4(prefix.address))
      found.push({ message: `'${segment.prefix}' is not an IPv4 prefix such as 10.0.1.0/24`, path: prefixPath });
    else if (networkOf(prefix).address !== prefix.address)
      found.push({ message: `'${segment.prefix}' has host bits set`, path: prefixPath });
    else if (capacity(prefix) < segment.hosts.length) {
      found.push({
        message: `'${segment.prefix}' has room for ${capacity(prefix)} hosts, not for ${segment.hosts.length}`,
        path: prefixPath,
      });
    }
  } else if (segment.hosts.length > 254) {
    found.push({
      message: `'${segment.name}' has ${segment.hosts.length} hosts: give it a prefix with room for them`,
      path: [...path],
    });
  }
  const seen = new Map<number, string>();
  for (const [host, text] of Object.entries(segment.addresses)) {
    const at = [...path, 'addresses', host];
    const address = parseIpv4Address(text);
    if (!segment.hosts.includes(host)) found.push({ message: `'${host}' is not on '${segment.name}'`, path: at });
    if (address === undefined) found.push({ message: `'${text}' is not an IPv4 address`, path: at });
    else if (prefix === undefined) found.push({ message: 'written addresses need a written prefix', path: at });
    else if (!prefixContains(prefix, address))
      found.push({ message: `${text} is not inside ${segment.prefix}`, path: at });
    else if (prefix.length < 31 && (address === prefix.address || address === directedBroadcast(prefix))) {
      found.push({ message: `${text} is the network’s own or its broadcast address`, path: at });
    } else if (seen.has(address))
      found.push({ message: `${text} is '${seen.get(address)}'’s address already`, path: at });
    else seen.set(address, host);
  }
  return found;
}

function checkPrefixes(template: Template): readonly Contradiction[] {
  const written = template.segments.flatMap((segment) => {
    const prefix = segment.prefix === undefined ? undefined : parsePrefix(segment.prefix);
    return prefix === undefined ? [] : [{ segment, prefix }];
  });
  return written.flatMap(({ segment, prefix }, index) =>
    written
      .slice(0, index)
      .filter((other) => overlap(other.prefix, prefix))
      .map((other) => ({
        message: `${segment.prefix} overlaps the prefix of '${other.segment.name}'`,
        path: [...segment.path, 'prefix'],
      })),
  );
}

function checkDns(template: Template): readonly Contradiction[] {
  const { dns, hosts } = template;
  const servers = [...hosts].filter(([, host]) => host.role === 'dns').map(([name]) => name);
  if (dns === undefined) {
    return servers.map((name) => ({
      message: `'${name}' has the role dns, but there is no 'dns:' with a server`,
      path: ['hosts', name],
    }));
  }
  if (!hosts.has(dns.server)) return [{ message: unknownHost(template, dns.server), path: ['dns', 'server'] }];
  return [];
}

function checkRoutes(template: Template): readonly Contradiction[] {
  return Object.entries(template.routes).flatMap(([host, lines]) => {
    if (!template.hosts.has(host)) return [{ message: unknownHost(template, host), path: ['routes', host] }];
    return lines.flatMap((line, index): readonly Contradiction[] => {
      const path = ['routes', host, index];
      const route = parseRouteText(line, template);
      if (typeof route === 'string') return [{ message: route, path }];
      const neighbors = template.segments
        .filter((segment) => segment.hosts.includes(host))
        .flatMap((segment) => segment.hosts);
      if (!template.hosts.has(route.via)) return [{ message: unknownHost(template, route.via), path }];
      if (!neighbors.includes(route.via) || route.via === host)
        return [{ message: `'${route.via}' is no neighbor of '${host}'`, path }];
      return [];
    });
  });
}

function unknownHost(template: Template, name: string): string {
  const meant = closestWord(name, [...template.hosts.keys()]);
  return `no host is named '${name}'${meant === undefined ? '' : `: did you mean '${meant}'?`}`;
}
