// A router tells its links about itself: RFC 4861 section 6.2 (when), 4.2 (what), 10 (constants).
// Left out: checking what other routers on the link say (section 6.2.7).
import type { Timer } from '../../../base/clock.ts';
import { fraction } from '../../../base/random.ts';
import type { StackInterface } from '../../interfaces.ts';
import type { StackServices } from '../../services.ts';
import { isIpv4, type Ipv6Address } from '../../wire/ip-address.ts';
import { allNodes, isLinkLocalIpv6 } from '../../wire/ipv6-scope.ts';
import { ndpBytes, type AdvertisedDnsServers, type AdvertisedPrefix } from '../../wire/ndp.ts';
import type { Ipv6Output } from './output.ts';

const initialCount = 3;
const initialIntervalMs = 16_000;
const longestAnswerDelayMs = 500;
const shortestDistanceMs = 3000;

/** What a router says on one link, and how often. */
export interface RouterAdvertising {
  /** Longest time between two unsolicited advertisements: 4 .. 1800 s (RFC 4861 section 6.2.1; default 600). */
  readonly maximumIntervalSeconds: number;
  /** How long hosts may use this router by default: 0 (not at all) .. 9000 s. */
  readonly lifetimeSeconds: number;
  readonly prefixes: readonly AdvertisedPrefix[];
  readonly dnsServers: readonly AdvertisedDnsServers[];
  /** Bytes; undefined: not said. */
  readonly mtu: number | undefined;
}

interface Advertising {
  readonly settings: RouterAdvertising;
  timer: Timer | undefined;
  sent: number;
  lastSentMs: number;
}

export class RouterAdvertiser {
  readonly #services: StackServices;
  readonly #output: Ipv6Output;
  readonly #advertising = new Map<StackInterface, Advertising>();

  constructor(services: StackServices, output: Ipv6Output) {
    this.#services = services;
    this.#output = output;
  }

  /** Begins to advertise on a link, or does it differently from now on. */
  start(on: StackInterface, settings: RouterAdvertising): void {
    this.#advertising.get(on)?.timer?.cancel();
    const advertising: Advertising = { settings, timer: undefined, sent: 0, lastSentMs: -Infinity };
    this.#advertising.set(on, advertising);
    this.#sendLater(on, advertising, 0);
  }

  /** Stops, and says good-bye: with a lifetime of zero nobody takes this router for one (RFC 4861 section 6.2.5). */
  stop(on: StackInterface): void {
    const advertising = this.#advertising.get(on);
    if (advertising === undefined) return;
    advertising.timer?.cancel();
    this.#advertising.delete(on);
    this.#send(on, { ...advertising.settings, lifetimeSeconds: 0 });
  }

  /** The link-local address is ready: what could not be said so far is said at once. */
  ready(on: StackInterface): void {
    const advertising = this.#advertising.get(on);
    if (advertising?.sent === 0) this.#sendLater(on, advertising, 0);
  }

  /** A host asks: everybody is told, soon but not too often (RFC 4861 section 6.2.6). */
  wanted(on: StackInterface): void {
    const advertising = this.#advertising.get(on);
    if (advertising === undefined) return;
    const { clock, random } = this.#services;
    const soonest = Math.max(0, advertising.lastSentMs + shortestDistanceMs - clock.now());
    this.#sendLater(on, advertising, soonest + longestAnswerDelayMs * fraction(random));
  }

  dispose(): void {
    for (const { timer } of this.#advertising.values()) timer?.cancel();
    this.#advertising.clear();
  }

  #sendLater(on: StackInterface, advertising: Advertising, delayMs: number): void {
    const { clock, random } = this.#services;
    advertising.timer?.cancel();
    advertising.timer = clock.schedule(delayMs, () => {
      if (this.#send(on, advertising.settings)) {
        advertising.sent += 1;
        advertising.lastSentMs = clock.now();
      }
      const longestMs = advertising.settings.maximumIntervalSeconds * 1000;
      const shortestMs = longestMs >= 9000 ? longestMs / 3 : longestMs * 0.75;
      const intervalMs = shortestMs + (longestMs - shortestMs) * fraction(random);
      const isNew = advertising.sent < initialCount;
      this.#sendLater(on, advertising, isNew ? Math.min(intervalMs, initialIntervalMs) : intervalMs);
    });
  }

  /** False when the link cannot be told: it is down, or our link-local address is not ready. */
  #send(on: StackInterface, settings: RouterAdvertising): boolean {
    const source = linkLocalOf(on);
    if (source === undefined || !on.up || !on.device.carrier) return false;
    const forwards = this.#services.knobs.number('net.ipv6.conf.all.forwarding') === 1;
    const message = ndpBytes({
      kind: 'router-advertisement',
      hopLimit: this.#services.knobs.number('net.ipv6.conf.all.hop_limit'),
      managed: false,
      otherConfiguration: false,
      lifetimeSeconds: forwards ? settings.lifetimeSeconds : 0,
      reachableMs: 0,
      retransMs: 0,
      sourceMac: on.mac,
      mtu: settings.mtu,
      prefixes: settings.prefixes,
      dnsServers: settings.dnsServers,
    });
    this.#services.counters.Icmp6OutRouterAdvertisements += 1;
    this.#output.sendOn(on, source, allNodes, message);
    return true;
  }
}

function linkLocalOf(on: StackInterface): Ipv6Address | undefined {
  for (const { address } of on.addresses) if (!isIpv4(address) && isLinkLocalIpv6(address)) return address;
  return undefined;
}
