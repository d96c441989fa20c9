// What a host makes of router advertisements: RFC 4861 sections 6.3.4 (parameters, prefixes, default routers) and 6.3.7
// (asking for them), RFC 4862 section 5.5 (addresses from prefixes), RFC 8106 (DNS servers).
// Left out: router preferences and more specific routes (RFC 4191), the choice among several default routers.
import type { Timer } from '../../../base/clock.ts';
import { fraction } from '../../../base/random.ts';
import type { StackInterface } from '../../interfaces.ts';
import type { StackServices } from '../../services.ts';
import { networkOf, unspecifiedIpv6, type Ipv6Address, type Prefix } from '../../wire/ip-address.ts';
import { eui64Address, isLinkLocalIpv6 } from '../../wire/ipv6-scope.ts';
import { ipv6MinimumMtu } from '../../wire/ipv6.ts';
import { infiniteSeconds, type AdvertisedPrefix, type RouterAdvertisement } from '../../wire/ndp.ts';
import type { RouteRecord } from '../route-table.ts';
import type { Routing } from '../routing.ts';
import type { Ipv6Addresses } from './addresses.ts';

/** Metrics of learned routes, as Linux's. */
const defaultRouteMetric = 1024;
const prefixRouteMetric = 256;

const defaultDestination: Prefix = { address: unspecifiedIpv6, length: 0 };
const interfaceIdentifierBits = 64;
/** RFC 4862 section 5.5.3 (e): a stranger can shorten a life to two hours, not below. */
const twoHoursMs = 7_200_000;

interface LearnedRoute {
  readonly record: RouteRecord;
  readonly timer: Timer | undefined;
}

export interface AutoconfigurationParts {
  readonly services: StackServices;
  readonly routing: Routing;
  readonly addresses: Ipv6Addresses;
  readonly solicitRouters: (on: StackInterface) => void;
}

export class Autoconfiguration {
  readonly #parts: AutoconfigurationParts;
  readonly #services: StackServices;
  /** By interface, destination and gateway. */
  readonly #routes = new Map<string, LearnedRoute>();
  readonly #solicitations = new Map<StackInterface, Timer>();
  /** Until when each server may be asked, by the clock, in ms. */
  readonly #dnsServers = new Map<StackInterface, Map<Ipv6Address, number>>();

  constructor(parts: AutoconfigurationParts) {
    this.#parts = parts;
    this.#services = parts.services;
  }

  /** The interface has its link-local address: routers are asked for, until one answers. */
  start(on: StackInterface): void {
    const { knobs, random } = this.#services;
    this.#stopSoliciting(on);
    const forwards = knobs.number('net.ipv6.conf.all.forwarding') === 1;
    const accept = knobs.number('net.ipv6.conf.all.accept_ra');
    if (on.loopback || accept === 0 || (accept === 1 && forwards)) return;
    const delayMs = knobs.number('net.ipv6.conf.all.router_solicitation_delay') * 1000 * fraction(random);
    this.#solicitLater(on, delayMs, knobs.number('net.ipv6.conf.all.router_solicitations'));
  }

  /** The link is gone, and with it what was learned on it. */
  stop(on: StackInterface): void {
    this.#stopSoliciting(on);
    this.#dnsServers.delete(on);
    on.advertised = {};
    for (const [key, { record }] of Array.from(this.#routes)) if (record.interface === on) this.#forget(key);
    this.#parts.addresses.removeAll(on, 'ra');
  }

  arrive(on: StackInterface, router: Ipv6Address, message: RouterAdvertisement): void {
    this.#stopSoliciting(on);
    this.#learnParameters(on, message);
    const lifetimeMs = message.lifetimeSeconds * 1000;
    this.#learnRoute(on, defaultDestination, router, { metric: defaultRouteMetric, origin: 'ra', lifetimeMs });
    for (const prefix of message.prefixes) this.#learnPrefix(on, prefix);
    const now = this.#services.clock.now();
    const servers = this.#dnsServers.get(on) ?? new Map<Ipv6Address, number>();
    this.#dnsServers.set(on, servers);
    for (const option of message.dnsServers) {
      for (const server of option.servers) servers.set(server, now + msOf(option.lifetimeSeconds));
    }
    this.#parts.routing.invalidate();
  }

  routerGone(on: StackInterface, router: Ipv6Address): void {
    this.#forget(keyOf(on, defaultDestination, router));
  }

  /** Servers whose advertised lifetime lasts. */
  dnsServers(): readonly Ipv6Address[] {
    const now = this.#services.clock.now();
    const all = Array.from(this.#dnsServers.values()).flatMap((servers) => Array.from(servers));
    return all.filter(([, untilMs]) => untilMs > now).map(([server]) => server);
  }

  dispose(): void {
    for (const timer of this.#solicitations.values()) timer.cancel();
    for (const { timer } of this.#routes.values()) timer?.cancel();
  }

  #solicitLater(on: StackInterface, delayMs: number, left: number): void {
    if (left === 0) return;
    const intervalMs = this.#services.knobs.number('net.ipv6.conf.all.router_solicitation_interval') * 1000;
    const timer = this.#services.clock.schedule(delayMs, () => {
      this.#solicitations.delete(on);
      if (!on.up || !on.device.carrier) return;
      this.#parts.solicitRouters(on);
      this.#solicitLater(on, intervalMs, left - 1);
    });
    this.#solicitations.set(on, timer);
  }

  #stopSoliciting(on: StackInterface): void {
    this.#solicitations.get(on)?.cancel();
    this.#solicitations.delete(on);
  }

  #learnParameters(on: StackInterface, { hopLimit, reachableMs, retransMs, mtu }: RouterAdvertisement): void {
    const before = on.advertised;
    on.advertised = {
      hopLimit: hopLimit === 0 ? before.hopLimit : hopLimit,
      reachableMs: reachableMs === 0 ? before.reachableMs : reachableMs,
      retransMs: retransMs === 0 ? before.retransMs : retransMs,
      mtu: mtu !== undefined && mtu >= ipv6MinimumMtu && mtu <= on.mtu ? mtu : before.mtu,
    };
  }

  #learnPrefix(on: StackInterface, advertised: AdvertisedPrefix): void {
    const { prefix, length, validSeconds, preferredSeconds } = advertised;
    if (isLinkLocalIpv6(prefix) || length > 128) return;
    const destination = networkOf({ address: prefix, length });
    const lifetimeMs = msOf(validSeconds);
    if (advertised.onLink) {
      this.#learnRoute(on, destination, undefined, { metric: prefixRouteMetric, origin: 'kernel', lifetimeMs });
    }
    const makesAddresses = this.#services.knobs.number('net.ipv6.conf.all.autoconf') === 1;
    if (!advertised.autonomous || !makesAddresses || preferredSeconds > validSeconds) return;
    if (length !== interfaceIdentifierBits || typeof destination.address === 'number') return;
    this.#learnAddress(on, eui64Address(destination.address, on.mac), {
      validMs: lifetimeMs,
      preferredMs: msOf(preferredSeconds),
    });
  }

  /** RFC 4862 section 5.5.3 (d) and (e). */
  #learnAddress(
    on: StackInterface,
    address: Ipv6Address,
    lifetimes: { readonly validMs: number; readonly preferredMs: number },
  ): void {
    const { addresses } = this.#parts;
    const known = addresses.find(on, address);
    if (known === undefined) {
      if (lifetimes.validMs === 0) return;
      addresses.add(on, { address, length: interfaceIdentifierBits }, { origin: 'ra', check: true, lifetimes });
      return;
    }
    if (known.origin !== 'ra') return;
    const leftMs = addresses.validLeftMs(on, address) ?? 0;
    const { validMs, preferredMs } = lifetimes;
    const believedMs = validMs > twoHoursMs || validMs > leftMs ? validMs : Math.min(leftMs, twoHoursMs);
    addresses.setLifetimes(on, address, { validMs: believedMs, preferredMs });
  }

  #learnRoute(
    on: StackInterface,
    destination: Prefix,
    gateway: Ipv6Address | undefined,
    how: { readonly metric: number; readonly origin: 'ra' | 'kernel'; readonly lifetimeMs: number },
  ): void {
    const key = keyOf(on, destination, gateway);
    this.#forget(key);
    if (how.lifetimeMs === 0) return;
    const expires = Number.isFinite(how.lifetimeMs);
    const record: RouteRecord = {
      destination,
      gateway,
      interface: on,
      source: undefined,
      metric: how.metric,
      origin: how.origin,
      ...(expires && { expiresAtMs: this.#services.clock.now() + how.lifetimeMs }),
    };
    if (!this.#parts.routing.table.add(record)) return;
    const timer = expires ? this.#services.clock.schedule(how.lifetimeMs, () => this.#forget(key)) : undefined;
    this.#routes.set(key, { record, timer });
    this.#parts.routing.invalidate();
  }

  #forget(key: string): void {
    const known = this.#routes.get(key);
    if (known === undefined) return;
    known.timer?.cancel();
    this.#routes.delete(key);
    this.#parts.routing.table.remove((record) => record === known.record);
    this.#parts.routing.invalidate();
  }
}

function keyOf(on: StackInterface, { address, length }: Prefix, gateway: Ipv6Address | undefined): string {
  return `${on.index} ${address}/${length} ${gateway ?? ''}`;
}

function msOf(seconds: number): number {
  return seconds === infiniteSeconds ? Infinity : seconds * 1000;
}
