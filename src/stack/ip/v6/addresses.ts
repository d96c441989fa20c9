// The IPv6 addresses of this host's interfaces and their lives: RFC 4862 sections 5.3 (link-local addresses), 5.4
// (duplicate address detection), 5.5.4 (preferred, deprecated, gone); RFC 4291 section 2.8 (the groups that go with them).
// Left out: privacy addresses (RFC 8981), stable opaque identifiers (RFC 7217), optimistic detection (RFC 4429).
import type { Timer } from '../../../base/clock.ts';
import type { AddressInspection } from '../../inspect.ts';
import type { InterfaceTable, StackInterface } from '../../interfaces.ts';
import type { StackServices } from '../../services.ts';
import { isIpv4, type Ipv6Address, type Prefix } from '../../wire/ip-address.ts';
import { allNodes, allRouters, isLinkLocalIpv6, solicitedNodeGroup } from '../../wire/ipv6-scope.ts';

export interface Ipv6Prefix extends Prefix {
  readonly address: Ipv6Address;
}

/** How long an address may be used, in ms from now; infinite for those that a person gave. */
export interface Lifetimes {
  readonly validMs: number;
  /** New connections use it so long; at most `validMs`. */
  readonly preferredMs: number;
}

export const forever: Lifetimes = { validMs: Infinity, preferredMs: Infinity };

interface Assigned {
  readonly prefix: Ipv6Prefix;
  /** 'ra': made of a prefix that a router advertised. */
  readonly origin: 'manual' | 'link-local' | 'ra';
  state: 'tentative' | 'preferred' | 'deprecated' | 'dadfailed';
  validUntilMs: number;
  preferredUntilMs: number;
  /** Of duplicate address detection while tentative, of the lifetimes afterwards. */
  timer: Timer | undefined;
}

export interface AddressUses {
  /** Asks the link whether anybody has `address`. */
  probe(on: StackInterface, address: Ipv6Address): void;
  /** An address has become usable. */
  usable(on: StackInterface, address: Ipv6Address): void;
}

export class Ipv6Addresses {
  readonly #services: StackServices;
  readonly #interfaces: InterfaceTable;
  readonly #uses: AddressUses;
  readonly #assigned = new Map<StackInterface, Assigned[]>();

  constructor(services: StackServices, interfaces: InterfaceTable, uses: AddressUses) {
    this.#services = services;
    this.#interfaces = interfaces;
    this.#uses = uses;
  }

  /**
   * Gives `on` an address. With `check`, others are asked first whether they have it; `delayMs` later than now
   * (RFC 4862 section 5.4.2).
   */
  add(
    on: StackInterface,
    prefix: Ipv6Prefix,
    how: {
      readonly origin: Assigned['origin'];
      readonly check: boolean;
      readonly lifetimes?: Lifetimes;
      readonly delayMs?: number;
    },
  ): void {
    const { validMs, preferredMs } = how.lifetimes ?? forever;
    const now = this.#services.clock.now();
    const added: Assigned = {
      prefix,
      origin: how.origin,
      state: 'tentative',
      validUntilMs: now + validMs,
      preferredUntilMs: now + preferredMs,
      timer: undefined,
    };
    this.#assigned.set(on, [...this.#of(on), added]);
    if (how.check && !on.loopback) {
      this.publish(on);
      this.#startChecking(on, added, how.delayMs ?? 0);
    } else {
      this.#becomeUsable(on, added);
    }
  }

  remove(on: StackInterface, address: Ipv6Address): boolean {
    const found = this.find(on, address);
    if (found === undefined) return false;
    found.timer?.cancel();
    this.#assigned.set(
      on,
      this.#of(on).filter((each) => each !== found),
    );
    this.publish(on);
    return true;
  }

  /** Takes away everything, or only what routers advertised. */
  removeAll(on: StackInterface, origin?: 'ra'): void {
    const [gone, kept] = partition(this.#of(on), (each) => origin === undefined || each.origin === origin);
    if (gone.length === 0) return;
    for (const each of gone) each.timer?.cancel();
    this.#assigned.set(on, kept);
    this.publish(on);
  }

  /** Milliseconds that the address may still be used; undefined when `on` has no such address. */
  validLeftMs(on: StackInterface, address: Ipv6Address): number | undefined {
    const found = this.find(on, address);
    return found === undefined ? undefined : found.validUntilMs - this.#services.clock.now();
  }

  setLifetimes(on: StackInterface, address: Ipv6Address, { validMs, preferredMs }: Lifetimes): void {
    const found = this.find(on, address);
    if (found === undefined) return;
    const now = this.#services.clock.now();
    found.validUntilMs = now + validMs;
    found.preferredUntilMs = now + preferredMs;
    if (found.state === 'preferred' || found.state === 'deprecated') this.#age(on, found);
  }

  find(on: StackInterface, address: Ipv6Address): Assigned | undefined {
    return this.#of(on).find((each) => each.prefix.address === address);
  }

  /** True while nobody may be told that the address is ours. */
  isTentative(on: StackInterface, address: Ipv6Address): boolean {
    return this.find(on, address)?.state === 'tentative';
  }

  /** Somebody else has the tentative address: it will not be used (RFC 4862 section 5.4.5). */
  refuse(on: StackInterface, address: Ipv6Address): void {
    const found = this.find(on, address);
    if (found?.state !== 'tentative') return;
    found.timer?.cancel();
    found.timer = undefined;
    found.state = 'dadfailed';
    this.publish(on);
  }

  /** The link is there (again): what is tentative is checked. */
  linkUp(on: StackInterface): void {
    for (const each of this.#of(on)) {
      if (each.state === 'tentative' && each.timer === undefined) this.#startChecking(on, each, 0);
    }
  }

  /** The link is gone: nobody can be asked. */
  linkDown(on: StackInterface): void {
    for (const each of this.#of(on)) {
      if (each.state !== 'tentative') continue;
      each.timer?.cancel();
      each.timer = undefined;
    }
  }

  /** All of them, wide scopes first, as `ip address` lists them. */
  inspect(on: StackInterface): readonly AddressInspection[] {
    const now = this.#services.clock.now();
    return wideFirst(this.#of(on)).map(({ prefix, origin, state, validUntilMs, preferredUntilMs }) => ({
      ...prefix,
      state,
      dynamic: origin === 'ra',
      validLeftMs: Math.max(0, validUntilMs - now),
      preferredLeftMs: Math.max(0, preferredUntilMs - now),
    }));
  }

  /** Tells the table of interfaces what may be used, and the interface which groups it belongs to. */
  publish(on: StackInterface): void {
    const usable = wideFirst(this.#of(on)).filter(({ state }) => state === 'preferred' || state === 'deprecated');
    on.deprecated.clear();
    for (const { state, prefix } of usable) if (state === 'deprecated') on.deprecated.add(prefix.address);
    on.ipv6Groups.clear();
    if (this.#services.knobs.number('net.ipv6.conf.all.disable_ipv6') === 0) {
      on.ipv6Groups.add(allNodes);
      if (this.#services.knobs.number('net.ipv6.conf.all.forwarding') === 1) on.ipv6Groups.add(allRouters);
      for (const { state, prefix } of this.#of(on)) {
        if (state !== 'dadfailed') on.ipv6Groups.add(solicitedNodeGroup(prefix.address));
      }
    }
    const others = on.addresses.filter(({ address }) => isIpv4(address));
    this.#interfaces.configure(on, [...others, ...usable.map(({ prefix }) => prefix)], on.up);
  }

  dispose(): void {
    for (const each of Array.from(this.#assigned.values()).flat()) each.timer?.cancel();
    this.#assigned.clear();
  }

  #of(on: StackInterface): readonly Assigned[] {
    return this.#assigned.get(on) ?? [];
  }

  #startChecking(on: StackInterface, each: Assigned, delayMs: number): void {
    if (!on.up || !on.device.carrier) return;
    const probes = this.#services.knobs.number('net.ipv6.conf.all.dad_transmits');
    if (probes === 0) return this.#becomeUsable(on, each);
    each.timer = this.#services.clock.schedule(delayMs, () => this.#check(on, each, probes));
  }

  #check(on: StackInterface, each: Assigned, left: number): void {
    each.timer = undefined;
    if (left === 0) return this.#becomeUsable(on, each);
    this.#uses.probe(on, each.prefix.address);
    const retransMs = on.advertised.retransMs ?? this.#services.knobs.number('net.ipv6.neigh.default.retrans_time_ms');
    each.timer = this.#services.clock.schedule(retransMs, () => this.#check(on, each, left - 1));
  }

  #becomeUsable(on: StackInterface, each: Assigned): void {
    each.state = 'preferred';
    this.#age(on, each);
    this.publish(on);
    this.#uses.usable(on, each.prefix.address);
  }

  /** Sets the state that the lifetimes ask for, and a timer for the next change. */
  #age(on: StackInterface, each: Assigned): void {
    each.timer?.cancel();
    each.timer = undefined;
    const now = this.#services.clock.now();
    if (now >= each.validUntilMs) {
      this.remove(on, each.prefix.address);
      return;
    }
    const state = now >= each.preferredUntilMs ? 'deprecated' : 'preferred';
    const changed = state !== each.state;
    each.state = state;
    const next = state === 'preferred' ? each.preferredUntilMs : each.validUntilMs;
    if (Number.isFinite(next)) each.timer = this.#services.clock.schedule(next - now, () => this.#age(on, each));
    if (changed) this.publish(on);
  }
}

function wideFirst(all: readonly Assigned[]): readonly Assigned[] {
  const [narrow, wide] = partition(all, ({ prefix }) => isLinkLocalIpv6(prefix.address));
  return [...wide, ...narrow];
}

function partition<Item>(all: readonly Item[], matches: (item: Item) => boolean): [Item[], Item[]] {
  return [all.filter(matches), all.filter((item) => !matches(item))];
}
