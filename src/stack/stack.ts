// One host's TCP/IP stack: puts the layers together and is what the host's programs see.
import { present } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { disposable, DisposeStack, type Disposable } from '../base/dispose.ts';
import type { Random } from '../base/random.ts';
import { newCounters, type Counters } from './counters.ts';
import type { NetworkDevice } from './device.ts';
import type { StackEventListener } from './events.ts';
import type { RouteInspection, StackInspection } from './inspect.ts';
import type { NetworkInterface } from './interface.ts';
import { InterfaceTable, LoopbackDevice, loopbackPrefix, type StackInterface } from './interfaces.ts';
import { Internet } from './ip/internet.ts';
import type { Route } from './ip/internet-layer.ts';
import { ipKnobs } from './ip/knobs.ts';
import type { RouteRecord } from './ip/route-table.ts';
import { Routing } from './ip/routing.ts';
import type { Ipv6Prefix } from './ip/v6/addresses.ts';
import { ipv6Knobs } from './ip/v6/knobs.ts';
import type { RouterAdvertising } from './ip/v6/router-advertiser.ts';
import { Knobs } from './knobs.ts';
import { Arp } from './link/arp.ts';
import { LinkInput } from './link/input.ts';
import { NeighborCache } from './link/neighbor-cache.ts';
import { LinkOutput } from './link/output.ts';
import type { NetworkStack, RouteEntry, TapRecord } from './network-stack.ts';
import { StackServices } from './services.ts';
import { StepClock } from './step-clock.ts';
import {
  SocketError,
  type Endpoint,
  type PingSocket,
  type TcpConnectOptions,
  type TcpListener,
  type TcpListenOptions,
  type TcpSocket,
  type PingSocketOptions,
  type UdpSocket,
  type UdpSocketOptions,
} from './sockets.ts';
import { newTcpCounters } from './tcp/counters.ts';
import { tcpKnobs } from './tcp/knobs.ts';
import { Tcp } from './tcp/tcp.ts';
import { Udp } from './udp/udp.ts';
import { etherType } from './wire/ethernet.ts';
import {
  familyOf,
  formatIp,
  formatPrefix,
  isIpv4,
  isMulticastIp,
  isUnspecifiedIp,
  networkOf,
  prefixContains,
  type IpAddress,
  type Prefix,
} from './wire/ip-address.ts';
import { isLinkLocalIpv6, withoutZone } from './wire/ipv6-scope.ts';
import { ipv6MinimumMtu } from './wire/ipv6.ts';
import type { MacAddress } from './wire/mac-address.ts';

export interface StackOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** For people only: it appears in no packet. */
  readonly hostName: string;
  readonly onEvent?: StackEventListener;
}

/** RFC 791 section 3.2: every link carries 68 bytes. */
const minimumMtu = 68;

export class Stack implements NetworkStack {
  readonly hostName: string;
  readonly #services: StackServices;
  readonly #counters: Counters;
  readonly #knobs: Knobs;
  readonly #interfaces: InterfaceTable;
  readonly #routing: Routing;
  readonly #caches = new Map<StackInterface, NeighborCache>();
  readonly #arp: Arp;
  readonly #linkInput: LinkInput;
  readonly #internet: Internet;
  readonly #udp: Udp;
  readonly #tcp: Tcp;
  readonly #tcpCounters = newTcpCounters();
  readonly #tapsOfAll = new Set<(target: StackInterface) => void>();
  readonly #owned = new DisposeStack();
  #disposed = false;

  constructor(options: StackOptions) {
    this.hostName = options.hostName;
    this.#counters = newCounters();
    this.#knobs = new Knobs([...ipKnobs, ...ipv6Knobs, ...tcpKnobs]);
    const clock = new StepClock(options.clock);
    this.#services = new StackServices({
      clock,
      random: options.random,
      counters: this.#counters,
      knobs: this.#knobs,
      onEvent: options.onEvent,
    });
    this.#interfaces = new InterfaceTable(this.#services, () => this.#routing.invalidate());
    this.#routing = new Routing(this.#services, this.#interfaces);
    this.#linkInput = new LinkInput(this.#services);
    const cacheOf = (target: StackInterface): NeighborCache =>
      present(this.#caches.get(target), 'added with its cache');
    this.#arp = new Arp(this.#services, this.#interfaces, cacheOf);
    this.#linkInput.register(etherType.arp, (from, frame) => this.#arp.arrive(from, frame));
    this.#addLoopback();
    this.#internet = new Internet({
      services: this.#services,
      interfaces: this.#interfaces,
      routing: this.#routing,
      linkInput: this.#linkInput,
      linkOutput: new LinkOutput(cacheOf),
      cacheOf,
    });
    this.#udp = new Udp(this.#services, this.#internet);
    this.#tcp = new Tcp({
      internet: this.#internet,
      clock,
      random: options.random,
      knobs: this.#knobs,
      counters: this.#tcpCounters,
      drop: (reason, name) => this.#services.drop(reason, name),
      onEvent: (event) => options.onEvent?.(event),
    });
  }

  get interfaces(): readonly NetworkInterface[] {
    return this.#interfaces.list;
  }

  addInterface(name: string, device: NetworkDevice, addresses: readonly Prefix[]): NetworkInterface {
    if (this.#interfaces.byName(name) !== undefined) throw new SocketError('EINVAL', `there is an interface ${name}`);
    if (device.mtu < minimumMtu) throw new SocketError('EINVAL', `an MTU is at least ${minimumMtu} bytes`);
    for (const prefix of addresses) this.#requireUsable(prefix, device.mtu);
    const added = this.#attach(
      name,
      device,
      addresses.filter(({ address }) => isIpv4(address)),
    );
    device.setCarrierListener((carrier) => {
      this.#routing.invalidate();
      if (carrier && added.up) this.#greet(added);
      else this.#silence(added);
    });
    this.#arp.announce(added);
    this.#internet.ipv6.attach(added, addresses.filter(isIpv6Prefix));
    return added;
  }

  addAddress(interfaceName: string, prefix: Prefix): void {
    const target = this.#require(interfaceName);
    this.#requireUsable(prefix, target.mtu);
    const known = target.inspect(this.#internet.ipv6.inspectAddresses(target)).addresses;
    if (known.some((own) => own.address === prefix.address && own.length === prefix.length)) {
      throw new SocketError('EINVAL', `${interfaceName} has ${formatPrefix(prefix)}`);
    }
    if (isIpv6Prefix(prefix)) {
      if (known.some((own) => own.address === prefix.address))
        throw new SocketError('EINVAL', `${interfaceName} has ${formatIp(prefix.address)} with another length`);
      return this.#internet.ipv6.addAddress(target, prefix);
    }
    this.#interfaces.configure(target, [...target.addresses, prefix], target.up);
    this.#routing.connect(target, prefix);
    if (target.up) this.#arp.announce(target);
  }

  removeAddress(interfaceName: string, prefix: Prefix): boolean {
    const target = this.#require(interfaceName);
    if (isIpv6Prefix(prefix)) return this.#internet.ipv6.removeAddress(target, prefix);
    const isIt = (own: Prefix): boolean => own.address === prefix.address && own.length === prefix.length;
    if (!target.addresses.some(isIt)) return false;
    const rest = target.addresses.filter((own) => !isIt(own));
    this.#routing.table.remove(
      (route) =>
        route.interface === target &&
        (route.source === prefix.address || (route.gateway !== undefined && isOnlyBehind(route.gateway, prefix, rest))),
    );
    this.#interfaces.configure(target, rest, target.up);
    for (const own of rest) if (isIpv4(own.address)) this.#routing.connect(target, own);
    return true;
  }

  setInterfaceUp(interfaceName: string, up: boolean): void {
    const target = this.#require(interfaceName);
    if (target.up === up) return;
    this.#interfaces.configure(target, target.addresses, up);
    if (up) this.#greet(target);
    else this.#silence(target);
  }

  addRoute(entry: RouteEntry): void {
    if (!isIpv4(entry.destination.address)) this.#requireIpv6();
    const out = this.#interfaceFor(entry);
    if (entry.source !== undefined && !this.#interfaces.isLocal(entry.source)) {
      throw new SocketError('EINVAL', 'the source address is not one of ours');
    }
    const added = this.#routing.table.add({
      destination: networkOf(entry.destination),
      gateway: bare(entry.gateway),
      interface: out,
      source: entry.source,
      metric: entry.metric ?? (isIpv4(entry.destination.address) ? 0 : 1024), // as Linux's
      origin: 'static',
    });
    this.#routing.invalidate();
    if (!added) throw new SocketError('EINVAL', 'the route is there already');
  }

  removeRoute(entry: RouteEntry): boolean {
    const { address, length } = networkOf(entry.destination);
    const victim = this.#routing.table
      .list()
      .find(
        (route) =>
          route.destination.address === address &&
          route.destination.length === length &&
          (entry.gateway === undefined || bare(entry.gateway) === route.gateway) &&
          (entry.interface === undefined || entry.interface === route.interface.name) &&
          (entry.source === undefined || entry.source === route.source) &&
          (entry.metric === undefined || entry.metric === route.metric),
      );
    if (victim === undefined) return false;
    this.#routing.table.remove((route) => route === victim);
    this.#routing.invalidate();
    return true;
  }

  route(destination: IpAddress): Route | undefined {
    return this.#internet.route(destination);
  }

  setForwarding(on: boolean): void {
    this.#knobs.write('net.ipv4.ip_forward', on ? '1' : '0');
    this.#knobs.write('net.ipv6.conf.all.forwarding', on ? '1' : '0');
  }

  get forwarding(): boolean {
    return this.#knobs.number('net.ipv4.ip_forward') === 1;
  }

  advertiseRouter(interfaceName: string, settings: RouterAdvertising | undefined): void {
    const { advertiser } = this.#internet.ipv6;
    const on = this.#require(interfaceName);
    if (settings === undefined) return advertiser.stop(on);
    this.#requireIpv6();
    advertiser.start(on, settings);
  }

  get advertisedDnsServers(): readonly IpAddress[] {
    return this.#internet.ipv6.autoconfiguration.dnsServers();
  }

  addNeighbor(interfaceName: string, address: IpAddress, mac: MacAddress): void {
    this.#cacheNamed(interfaceName).setPermanent(bare(address), mac);
  }

  removeNeighbor(interfaceName: string, address: IpAddress): boolean {
    return this.#cacheNamed(interfaceName).remove(bare(address));
  }

  flushNeighbors(interfaceName?: string): void {
    if (interfaceName !== undefined) this.#cacheNamed(interfaceName).flush();
    else for (const cache of this.#caches.values()) cache.flush();
  }

  connectTcp(remote: Endpoint, options?: TcpConnectOptions, owner?: string): TcpSocket {
    return this.#tcp.connect(remote, options, owner);
  }

  listenTcp(options: TcpListenOptions, owner?: string): TcpListener {
    return this.#tcp.listen(options, owner);
  }

  openUdp(options: UdpSocketOptions = {}, owner = ''): UdpSocket {
    return this.#udp.open(options, owner);
  }

  openPing(options: PingSocketOptions = {}): PingSocket {
    return this.#internet.pings.open(options);
  }

  tap(interfaceName: string | undefined, listener: (record: TapRecord) => void): Disposable {
    const { clock } = this.#services;
    const targets = interfaceName === undefined ? this.#interfaces.list : [this.#require(interfaceName)];
    const taps = new DisposeStack();
    const attach = (target: StackInterface): void => {
      taps.add(
        target.tap((frame, direction) => {
          listener({ frame, direction, interface: target.name, atMs: clock.now() });
        }),
      );
    };
    targets.forEach(attach);
    if (interfaceName === undefined) {
      this.#tapsOfAll.add(attach);
      taps.add(disposable(() => this.#tapsOfAll.delete(attach)));
    }
    return taps;
  }

  inspect(): StackInspection {
    return {
      interfaces: this.#interfaces.list.map((each) => each.inspect(this.#internet.ipv6.inspectAddresses(each))),
      routes: this.#routing.table
        .list()
        .filter((route) => route.interface.up)
        .map((route) => inspectRoute(route, this.#services.clock.now())),
      neighbors: Array.from(this.#caches.values()).flatMap((cache) => cache.inspect()),
      tcp: this.#tcp.inspect(),
      udp: this.#udp.inspect(),
      advertisedDnsServers: this.advertisedDnsServers,
      counters: { ...this.#counters, ...this.#tcpCounters },
      drops: Object.fromEntries(this.#services.drops),
    };
  }

  knobNames(): readonly string[] {
    return this.#knobs.names();
  }

  readKnob(name: string): string | undefined {
    return this.#knobs.read(name);
  }

  writeKnob(name: string, value: string): string | undefined {
    return this.#knobs.write(name, value);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#udp.dispose();
    this.#tcp.dispose();
    this.#internet.dispose();
    this.#arp.dispose();
    for (const [target, cache] of this.#caches) {
      cache.flush(true);
      target.device.setReceiver(() => undefined);
      target.device.setCarrierListener(() => undefined);
    }
    this.#owned.dispose();
  }

  #addLoopback(): void {
    const device = new LoopbackDevice(
      this.#services.clock,
      () => this.#knobs.number('net.core.netdev_max_backlog'),
      () => this.#services.drop('device-queue-full', 'lo'),
    );
    this.#owned.add(device);
    this.#attach('lo', device, [loopbackPrefix]);
  }

  #attach(name: string, device: NetworkDevice, addresses: readonly Prefix[]): StackInterface {
    const added = this.#interfaces.add(name, device, addresses);
    const cache = new NeighborCache(this.#services, added, {
      solicit: (target, address, mac) => {
        if (isIpv4(address)) this.#arp.solicit(target, address, mac);
        else this.#internet.ipv6.discovery.solicit(target, address, mac);
      },
      unreachable: (target, frame) => this.#internet.neighborUnreachable(target, frame),
    });
    this.#caches.set(added, cache);
    device.setReceiver((frame, offload) => this.#linkInput.arrive(added, frame, offload));
    for (const prefix of addresses) this.#routing.connect(added, prefix);
    for (const attach of this.#tapsOfAll) attach(added);
    return added;
  }

  /** The link is there: who is on it hears of us. */
  #greet(target: StackInterface): void {
    this.#arp.announce(target);
    this.#internet.ipv6.linkUp(target);
  }

  /** The link is gone: what was learned on it, and what was to be said. */
  #silence(target: StackInterface): void {
    this.#arp.withdraw(target);
    this.#internet.ipv6.linkDown(target);
    this.#caches.get(target)?.flush();
  }

  /** Where a route leaves: as named, or where its gateway is on the link. */
  #interfaceFor(entry: RouteEntry): StackInterface {
    const named = entry.interface === undefined ? undefined : this.#require(entry.interface);
    const { gateway } = entry;
    if (gateway === undefined) {
      if (named === undefined) throw new SocketError('EINVAL', 'a route needs a gateway or an interface');
      return named;
    }
    if (familyOf(gateway) !== familyOf(entry.destination.address)) throw new SocketError('EINVAL', 'two families');
    if (isLinkLocalIpv6(gateway) && named === undefined) {
      throw new SocketError('EINVAL', 'a link-local gateway needs its interface');
    }
    if (this.#interfaces.isLocal(gateway)) throw new SocketError('EINVAL', 'the gateway is this host');
    const candidates = named === undefined ? this.#interfaces.list : [named];
    const found = candidates.find((each) => each.up && isOnLink(each, bare(gateway), this.#routing));
    if (found === undefined) throw new SocketError('ENETUNREACH', 'the gateway is on no link of this host');
    return found;
  }

  #requireUsable(prefix: Prefix, mtu: number): void {
    if (!isIpv4(prefix.address)) {
      this.#requireIpv6();
      if (mtu < ipv6MinimumMtu) throw new SocketError('EINVAL', `IPv6 needs an MTU of ${ipv6MinimumMtu} bytes`);
    }
    if (isMulticastIp(prefix.address) || isUnspecifiedIp(prefix.address)) {
      throw new SocketError('EINVAL', 'not a host’s address');
    }
  }

  #requireIpv6(): void {
    if (this.#internet.ipv6.enabled) return;
    throw new SocketError('EACCES', 'IPv6 is switched off (sysctl -w net.ipv6.conf.all.disable_ipv6=0)');
  }

  #require(interfaceName: string): StackInterface {
    const found = this.#interfaces.byName(interfaceName);
    if (found === undefined) throw new SocketError('EINVAL', `there is no interface ${interfaceName}`);
    return found;
  }

  #cacheNamed(interfaceName: string): NeighborCache {
    return present(this.#caches.get(this.#require(interfaceName)), 'added with its cache');
  }
}

function isIpv6Prefix(prefix: Prefix): prefix is Ipv6Prefix {
  return !isIpv4(prefix.address);
}

/** Without zone: as routes and neighbors of one interface know it. */
function bare<Address extends IpAddress | undefined>(address: Address): Address | IpAddress {
  return typeof address === 'string' ? withoutZone(address) : address;
}

function inspectRoute({ expiresAtMs, interface: out, ...rest }: RouteRecord, nowMs: number): RouteInspection {
  return { ...rest, interface: out.name, ...(expiresAtMs !== undefined && { expiresInMs: expiresAtMs - nowMs }) };
}

/** True when `address` lies in a prefix of the interface, or in an on-link route over it. */
function isOnLink(target: StackInterface, address: IpAddress, routing: Routing): boolean {
  if (target.loopback) return false;
  return (
    target.addresses.some((prefix) => prefixContains(prefix, address)) ||
    routing.table
      .list()
      .some(
        (route) =>
          route.interface === target && route.gateway === undefined && prefixContains(route.destination, address),
      )
  );
}

/** True when `gateway` was on the link by `removed` and is not by any of `rest`. */
function isOnlyBehind(gateway: IpAddress, removed: Prefix, rest: readonly Prefix[]): boolean {
  return prefixContains(removed, gateway) && !rest.some((own) => prefixContains(own, gateway));
}
