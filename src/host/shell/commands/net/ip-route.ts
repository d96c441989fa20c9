// `ip route`: the route table.
import type { RouteInspection } from '../../../../stack/inspect.ts';
import type { NetworkStack, RouteEntry } from '../../../../stack/network-stack.ts';
import { SocketError } from '../../../../stack/sockets.ts';
import {
  familyOf,
  formatIp,
  formatPrefix,
  isLoopbackIp,
  networkOf,
  type IpAddress,
  type Prefix,
} from '../../../../stack/wire/ip-address.ts';
import { ipv6Octets } from '../../../../stack/wire/ipv6-octets.ts';
import { withoutZone } from '../../../../stack/wire/ipv6-scope.ts';
import { isUsable } from './ip-address.ts';
import {
  IpFault,
  requireAddress,
  requireInterface,
  requirePrefix,
  type IpObject,
  type IpOptions,
  type IpWords,
} from './ip-words.ts';

export const routeObject: IpObject = (stack, words, options) => {
  const verb = words.verb(
    ['show', 'list', 'lst', 'add', 'append', 'replace', 'change', 'chg', 'delete', 'get', 'flush'],
    'route',
  );
  switch (verb) {
    case 'get':
      return getLines(stack, requireAddress(words.valueOf('to') ?? words.next()));
    case 'delete':
      if (!stack.removeRoute(readEntry(stack, words, options)))
        throw new IpFault('RTNETLINK answers: No such process', 2);
      return [];
    case 'add':
    case 'append':
    case 'replace':
    case 'change':
    case 'chg':
      addRoute(stack, readEntry(stack, words, options), verb);
      return [];
    case 'flush':
      flush(stack, words, options);
      return [];
    default:
      return showLines(stack, words, options);
  }
};

function readEntry(stack: NetworkStack, words: IpWords, { family }: IpOptions): RouteEntry {
  const destinationText = words.valueOf('to') ?? words.next();
  let gateway: IpAddress | undefined;
  let out: string | undefined;
  let source: IpAddress | undefined;
  let metric: number | undefined;
  while (!words.isEmpty) {
    const via = words.valueOf('via');
    const dev = via === undefined ? words.valueOf('dev') : undefined;
    const src = via === undefined && dev === undefined ? words.valueOf('src') : undefined;
    if (via !== undefined) gateway = requireAddress(via);
    else if (dev !== undefined) out = requireInterface(stack, dev);
    else if (src !== undefined) source = requireAddress(src);
    else metric = readOther(words, metric);
  }
  const destination = requirePrefix(destinationText, gateway === undefined ? family : familyOf(gateway));
  if (destination.address !== networkOf(destination).address)
    throw new IpFault('Error: Invalid prefix for given prefix length.', 2);
  return {
    destination,
    ...(gateway === undefined ? {} : { gateway }),
    ...(out === undefined ? {} : { interface: out }),
    ...(source === undefined ? {} : { source }),
    ...(metric === undefined ? {} : { metric }),
  };
}

/** `metric N`, or a word that says what is so anyway (`proto static`, `scope link`, `onlink`). */
function readOther(words: IpWords, before: number | undefined): number | undefined {
  const metric = words.valueOf('metric') ?? words.valueOf('preference') ?? words.valueOf('priority');
  if (metric !== undefined) {
    if (!/^\d{1,10}$/.test(metric))
      throw new IpFault(`Error: argument "${metric}" is wrong: "metric" value is invalid`, 255);
    return Number(metric);
  }
  if (words.valueOf('proto') !== undefined || words.valueOf('scope') !== undefined || words.has('onlink'))
    return before;
  throw new IpFault(`Error: either "to" is duplicate, or "${words.next()}" is a garbage.`, 255);
}

function addRoute(stack: NetworkStack, entry: RouteEntry, verb: string): void {
  const { address, length } = entry.destination;
  const existing = stack
    .inspect()
    .routes.filter(
      (route) =>
        route.destination.address === address &&
        route.destination.length === length &&
        route.metric === (entry.metric ?? defaultMetric(address)),
    );
  if (existing.length > 0 && verb === 'add') throw new IpFault('RTNETLINK answers: File exists', 2);
  if (existing.length === 0 && verb.startsWith('ch'))
    throw new IpFault('RTNETLINK answers: No such file or directory', 2);
  if (entry.gateway === undefined && entry.interface === undefined)
    throw new IpFault('RTNETLINK answers: No such device', 2);
  const removed = verb === 'replace' || verb.startsWith('ch') ? existing.slice(0, 1) : [];
  for (const route of removed) stack.removeRoute(entryOf(route));
  try {
    stack.addRoute(entry);
  } catch (error) {
    for (const route of removed) stack.addRoute(entryOf(route));
    if (!(error instanceof SocketError)) throw error;
    if (error.code === 'ENETUNREACH') throw new IpFault('Error: Nexthop has invalid gateway.', 2);
    throw error;
  }
}

/** As the kernel sets it when nobody says another. */
function defaultMetric(destination: IpAddress): number {
  return familyOf(destination) === 4 ? 0 : 1024;
}

function entryOf(route: RouteInspection): RouteEntry {
  return {
    destination: route.destination,
    interface: route.interface,
    metric: route.metric,
    ...(route.gateway === undefined ? {} : { gateway: route.gateway }),
    ...(route.source === undefined ? {} : { source: route.source }),
  };
}

function flush(stack: NetworkStack, words: IpWords, options: IpOptions): void {
  if (words.isEmpty) throw new IpFault('"ip route flush" requires arguments.', 255);
  for (const route of selected(stack, words, options)) stack.removeRoute(entryOf(route));
}

function showLines(stack: NetworkStack, words: IpWords, options: IpOptions): string[] {
  const { interfaces } = stack.inspect();
  return selected(stack, words, options)
    .toSorted(inTableOrder)
    .map((route) => {
      const out = interfaces.find(({ name }) => name === route.interface);
      return `${routeText(route)} ${out !== undefined && !isUsable(out) ? 'linkdown ' : ''}`;
    });
}

/** The routes that `[PREFIX] [dev NAME] [via GATEWAY]` are about. */
function selected(stack: NetworkStack, words: IpWords, options: IpOptions): readonly RouteInspection[] {
  const family = options.family ?? 4;
  let routes = stack.inspect().routes.filter(({ destination }) => familyOf(destination.address) === family);
  while (!words.isEmpty) {
    const dev = words.valueOf('dev');
    const via = dev === undefined ? words.valueOf('via') : undefined;
    if (dev !== undefined) routes = routes.filter((route) => route.interface === requireInterface(stack, dev));
    else if (via !== undefined) routes = routes.filter(({ gateway }) => gateway === requireAddress(via));
    else {
      const text = words.valueOf('to') ?? words.valueOf('exact') ?? words.next();
      if (text === 'all' || text === 'table' || text === 'main') continue;
      const { address, length } = requirePrefix(text, family);
      routes = routes.filter(({ destination }) => destination.address === address && destination.length === length);
    }
  }
  return routes;
}

/** By address, the longer prefix first, then by metric: as the kernel lists its tables; IPv6’s default route is last. */
function inTableOrder(a: RouteInspection, b: RouteInspection): number {
  const [first, second] = [a.destination, b.destination];
  const byDefault = Number(isIpv6Default(first)) - Number(isIpv6Default(second));
  if (byDefault !== 0) return byDefault;
  const byAddress = compareAddresses(first.address, second.address);
  if (byAddress !== 0) return byAddress;
  return second.length - first.length || a.metric - b.metric;
}

const isIpv6Default = ({ address, length }: Prefix): boolean => length === 0 && familyOf(address) === 6;

function compareAddresses(a: IpAddress, b: IpAddress): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b); // of one family
  const [first, second] = [ipv6Octets(a), ipv6Octets(b)];
  const different = first.findIndex((byte, index) => byte !== second[index]);
  return different < 0 ? 0 : Number(first[different]) - Number(second[different]);
}

function routeText(route: RouteInspection): string {
  const { destination, gateway, interface: out, source, metric, origin, expiresInMs } = route;
  const isIpv4 = familyOf(destination.address) === 4;
  return [
    prefixText(destination),
    ...(gateway === undefined ? [] : [`via ${formatIp(gateway)}`]),
    `dev ${out}`,
    ...(origin === 'static' ? [] : [`proto ${origin}`]),
    ...(gateway === undefined && isIpv4 ? ['scope link'] : []),
    ...(source === undefined ? [] : [`src ${formatIp(source)}`]),
    ...(metric === 0 ? [] : [`metric ${metric}`]),
    ...(expiresInMs === undefined ? [] : [`expires ${Math.ceil(expiresInMs / 1000)}sec`]),
    ...(isIpv4 ? [] : ['pref medium']),
  ].join(' ');
}

function prefixText(prefix: Prefix): string {
  if (prefix.length === 0) return 'default';
  return prefix.length === (familyOf(prefix.address) === 4 ? 32 : 128)
    ? formatIp(prefix.address)
    : formatPrefix(prefix);
}

function getLines(stack: NetworkStack, destination: IpAddress): string[] {
  const text = formatIp(destination);
  const isOurs = stack.interfaces.some((each) => each.addresses.some(({ address }) => address === destination));
  if (familyOf(destination) === 6) return [ipv6GetLine(stack, destination, isOurs || isLoopbackIp(destination))];
  if (isOurs || isLoopbackIp(destination)) return [`local ${text} dev lo src ${text} uid 0 `, '    cache <local> '];
  const route = stack.route(destination);
  if (route === undefined) throw new IpFault('RTNETLINK answers: Network is unreachable', 2);
  const via = route.nextHop === destination ? '' : ` via ${formatIp(route.nextHop)}`;
  const learned = route.mtu < route.interface.mtu ? `mtu ${route.mtu} ` : '';
  return [`${text}${via} dev ${route.interface.name} src ${formatIp(route.source)} uid 0 `, `    cache ${learned}`];
}

function ipv6GetLine(stack: NetworkStack, destination: IpAddress, isOurs: boolean): string {
  const text = formatIp(destination);
  if (isOurs) return `local ${text} from :: dev lo proto kernel src ${text} metric 0 pref medium`;
  const route = stack.route(destination);
  if (route === undefined) throw new IpFault('RTNETLINK answers: Network is unreachable', 2);
  const bare = (address: IpAddress): string => formatIp(typeof address === 'string' ? withoutZone(address) : address);
  const via = bare(route.nextHop) === bare(destination) ? '' : ` via ${bare(route.nextHop)}`;
  const learned = route.mtu < route.interface.mtu ? ` mtu ${route.mtu}` : '';
  return `${bare(destination)} from ::${via} dev ${route.interface.name} src ${bare(route.source)} metric 1024${learned} pref medium`;
}
