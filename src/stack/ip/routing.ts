// Where a packet to some destination leaves: routes, own addresses, source choice and path MTU put together, and
// remembered per destination until anything changes. RFC 1122 section 3.3.1.
import type { InterfaceTable, StackInterface } from '../interfaces.ts';
import type { StackServices } from '../services.ts';
import {
  broadcastIpv4,
  isIpv4,
  isLoopbackIp,
  isMulticastIp,
  networkOf,
  type IpAddress,
  type Ipv6Address,
  type Prefix,
} from '../wire/ip-address.ts';
import { isLinkLocalIpv6, needsZone, withoutZone, withZone, zoneOf } from '../wire/ipv6-scope.ts';
import type { Route } from './internet-layer.ts';
import { PathMtu } from './path-mtu.ts';
import { RouteTable } from './route-table.ts';
import { sourceFor } from './source-address.ts';
import { selectSource } from './v6/source-selection.ts';

/** Destinations (per source) remembered; all are forgotten when there are more. */
const maximumCached = 4096;

export interface StackRoute extends Route {
  readonly interface: StackInterface;
}

export class Routing {
  readonly table = new RouteTable();
  readonly pathMtu: PathMtu;
  readonly #interfaces: InterfaceTable;
  readonly #byDestination = new Map<IpAddress, StackRoute>();
  /** Source -> destination -> route, for senders that choose an address other than the route's own. */
  readonly #bySource = new Map<IpAddress, Map<IpAddress, StackRoute>>();
  #cached = 0;

  constructor(services: StackServices, interfaces: InterfaceTable) {
    this.#interfaces = interfaces;
    this.pathMtu = new PathMtu(services, () => this.invalidate());
  }

  /** Forgets what was computed: call after any change of routes, addresses, interfaces. */
  invalidate(): void {
    this.#byDestination.clear();
    this.#bySource.clear();
    this.#cached = 0;
  }

  /** An interface brings the route to its own prefix (RFC 1812 section 5.2.4.2); single addresses and `lo` need none. */
  connect(target: StackInterface, prefix: Prefix): void {
    if (target.loopback || prefix.length >= (isIpv4(prefix.address) ? 32 : 128)) return;
    this.table.add({
      destination: networkOf(prefix),
      gateway: undefined,
      interface: target,
      source: isIpv4(prefix.address) ? prefix.address : undefined, // RFC 6724 chooses for IPv6
      metric: isIpv4(prefix.address) ? 0 : 256, // as Linux's
      origin: 'kernel',
    });
    this.invalidate();
  }

  /** As `InternetLayer.scoped`. */
  scoped(address: IpAddress): IpAddress {
    if (isIpv4(address) || !needsZone(address) || zoneOf(address) !== undefined) return address;
    const link = this.#firstLink();
    return link === undefined ? address : withZone(address, link.name);
  }

  /** As `InternetLayer.route`. */
  find(destination: IpAddress, source?: IpAddress): StackRoute | undefined {
    let route = this.#byDestination.get(destination);
    if (route === undefined) {
      route = this.#compute(destination);
      if (route === undefined) return undefined;
      this.#makeRoom();
      this.#byDestination.set(destination, route);
    }
    return source === undefined || source === route.source ? route : this.#fromSource(route, destination, source);
  }

  #fromSource(route: StackRoute, destination: IpAddress, source: IpAddress): StackRoute | undefined {
    const cached = this.#bySource.get(source)?.get(destination);
    if (cached !== undefined) return cached;
    if (typeof source !== typeof destination || !this.#interfaces.isLocal(source)) return undefined;
    if (isLoopbackIp(source) && !route.interface.loopback) return undefined; // RFC 1122 section 3.2.1.3 (g)
    if (isLinkLocalIpv6(source) && !route.interface.loopback && zoneOf(source) !== route.interface.name)
      return undefined;
    const chosen = { ...route, source };
    this.#makeRoom();
    const routes = this.#bySource.get(source) ?? new Map<IpAddress, StackRoute>();
    routes.set(destination, chosen);
    this.#bySource.set(source, routes);
    return chosen;
  }

  #compute(destination: IpAddress): StackRoute | undefined {
    if (this.#interfaces.isLocal(destination)) return this.#toOurselves(destination);
    if (!isIpv4(destination) && needsZone(destination)) return this.#onLink(destination);
    const record = this.table.lookup(destination);
    const out = record?.interface ?? (isGroup(destination) ? this.#firstLink() : undefined);
    if (out === undefined || isLoopbackIp(destination)) return undefined;
    const nextHop = record?.gateway === undefined || isGroup(destination) ? destination : record.gateway;
    const list = this.#interfaces.list;
    const chosen = isIpv4(destination) ? sourceFor(out, nextHop, list) : selectSource(out, destination, list);
    const source = record?.source ?? chosen;
    if (source === undefined) return undefined;
    const mtu = this.pathMtu.of(destination, isIpv4(destination) ? out.mtu : out.ipv6Mtu);
    return { interface: out, source, nextHop, mtu };
  }

  /** A destination that belongs to one link, the one that its zone names. */
  #onLink(destination: Ipv6Address): StackRoute | undefined {
    const name = zoneOf(destination);
    const out = name === undefined ? this.#firstLink() : this.#interfaces.byName(name);
    if (out === undefined || !out.up || out.loopback) return undefined;
    const source = selectSource(out, destination, [out]);
    if (source === undefined) return undefined;
    const mtu = this.pathMtu.of(destination, out.ipv6Mtu);
    return { interface: out, source, nextHop: withoutZone(destination), mtu };
  }

  #toOurselves(destination: IpAddress): StackRoute | undefined {
    const loopback = this.#interfaces.loopback;
    if (loopback === undefined || !loopback.up) return undefined;
    return { interface: loopback, source: destination, nextHop: destination, mtu: loopback.mtu };
  }

  /** Where broadcasts and multicasts go that no route leads elsewhere. */
  #firstLink(): StackInterface | undefined {
    return this.#interfaces.list.find((candidate) => candidate.up && !candidate.loopback);
  }

  #makeRoom(): void {
    this.#cached += 1;
    if (this.#cached <= maximumCached) return;
    this.invalidate();
    this.#cached = 1;
  }
}

function isGroup(address: IpAddress): boolean {
  return isMulticastIp(address) || (isIpv4(address) && address === broadcastIpv4);
}
