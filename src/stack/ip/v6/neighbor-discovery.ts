// Neighbor discovery at work: asking, answering, believing. RFC 4861 sections 6.1 and 7.1 (what is valid), 7.2 (address
// resolution), RFC 4862 section 5.4 (duplicate address detection). What routers say goes to autoconfiguration.ts, what
// hosts ask of routers to router-advertiser.ts. Left out: redirects (counted, not followed), anycast, proxies.
import type { InterfaceTable, StackInterface } from '../../interfaces.ts';
import type { NeighborCache } from '../../link/neighbor-cache.ts';
import type { StackServices } from '../../services.ts';
import { isIpv4, isMulticastIp, isUnspecifiedIp, unspecifiedIpv6, type Ipv6Address } from '../../wire/ip-address.ts';
import { allNodes, allRouters, isLinkLocalIpv6, solicitedNodeGroup, withoutZone } from '../../wire/ipv6-scope.ts';
import type { MacAddress } from '../../wire/mac-address.ts';
import { ndpBytes, parseNdp, type NdpMessage, type RouterAdvertisement } from '../../wire/ndp.ts';
import type { ArrivedPacket } from '../internet-layer.ts';
import type { Ipv6Addresses } from './addresses.ts';
import type { Ipv6Output } from './output.ts';
import { selectSource } from './source-selection.ts';

/** Hop limit of whatever has crossed no router (RFC 4861 section 11.2). */
const directHopLimit = 255;

type Message<Kind extends NdpMessage['kind']> = Extract<NdpMessage, { readonly kind: Kind }>;

/** One message as it came: addresses without zone, since all of it is about one link. */
interface Arrival {
  readonly on: StackInterface;
  readonly source: Ipv6Address;
  readonly destination: Ipv6Address;
}

export interface DiscoveryParts {
  readonly services: StackServices;
  readonly interfaces: InterfaceTable;
  readonly output: Ipv6Output;
  readonly addresses: Ipv6Addresses;
  readonly cacheOf: (on: StackInterface) => NeighborCache;
  readonly advertised: (on: StackInterface, router: Ipv6Address, message: RouterAdvertisement) => void;
  /** A neighbor has said that it is no router any more. */
  readonly routerGone: (on: StackInterface, router: Ipv6Address) => void;
  readonly routerWanted: (on: StackInterface) => void;
}

export class NeighborDiscovery {
  readonly #parts: DiscoveryParts;
  readonly #services: StackServices;

  constructor(parts: DiscoveryParts) {
    this.#parts = parts;
    this.#services = parts.services;
  }

  /** A message whose checksum is right. False when RFC 4861 tells us to discard it. */
  arrive(on: StackInterface, packet: ArrivedPacket): boolean {
    const { bytes, transportOffset, transportLength, source, destination } = packet;
    if (isIpv4(source) || isIpv4(destination) || packet.ttl !== directHopLimit || on.loopback) return false;
    const message = parseNdp(bytes, transportOffset, transportLength);
    if (message === undefined) return false;
    const arrival = { on, source: withoutZone(source), destination: withoutZone(destination) };
    switch (message.kind) {
      case 'neighbor-solicitation':
        return this.#solicited(arrival, message);
      case 'neighbor-advertisement':
        return this.#advertised(arrival, message);
      case 'router-solicitation':
        return this.#routerSolicited(arrival, message);
      case 'router-advertisement':
        return this.#routerAdvertised(arrival, message);
      case 'redirect':
        this.#services.counters.Icmp6InRedirects += 1;
        this.#services.drop('icmp-ignored', on.name);
        return true;
    }
  }

  /** Asks the link, or only `mac`, for `address`. */
  solicit(on: StackInterface, address: Ipv6Address, mac: MacAddress | undefined): void {
    const source = selectSource(on, address, [on]);
    if (source === undefined) return; // an interface without any address has nobody to be answered
    const group = mac === undefined ? solicitedNodeGroup(address) : address;
    this.#sendSolicitation(on, source, group, { target: address, sourceMac: on.mac }, mac);
  }

  /** Asks the link whether anybody has the tentative `address` (RFC 4862 section 5.4.2). */
  probe(on: StackInterface, address: Ipv6Address): void {
    const group = solicitedNodeGroup(address);
    this.#sendSolicitation(on, unspecifiedIpv6, group, { target: address, sourceMac: undefined });
  }

  /** Asks the link for its routers (RFC 4861 section 6.3.7). */
  solicitRouters(on: StackInterface): void {
    const source = selectSource(on, allRouters, [on]);
    this.#services.counters.Icmp6OutRouterSolicits += 1;
    const sourceMac = source === undefined ? undefined : on.mac;
    const message = ndpBytes({ kind: 'router-solicitation', sourceMac });
    this.#parts.output.sendOn(on, source ?? unspecifiedIpv6, allRouters, message);
  }

  #sendSolicitation(
    on: StackInterface,
    source: Ipv6Address,
    destination: Ipv6Address,
    about: { readonly target: Ipv6Address; readonly sourceMac: MacAddress | undefined },
    mac?: MacAddress,
  ): void {
    this.#services.counters.Icmp6OutNeighborSolicits += 1;
    const message = ndpBytes({ kind: 'neighbor-solicitation', ...about });
    this.#parts.output.sendOn(on, source, destination, message, mac);
  }

  /** RFC 4861 sections 7.1.1, 7.2.3 and 7.2.4; RFC 4862 section 5.4.3. */
  #solicited({ on, source, destination }: Arrival, { target, sourceMac }: Message<'neighbor-solicitation'>): boolean {
    this.#services.counters.Icmp6InNeighborSolicits += 1;
    if (isMulticastIp(target)) return false;
    const isProbe = isUnspecifiedIp(source);
    if (isProbe && (sourceMac !== undefined || destination !== solicitedNodeGroup(target))) return false;
    const { addresses, cacheOf } = this.#parts;
    if (addresses.isTentative(on, target)) {
      if (isProbe) addresses.refuse(on, target); // somebody else is about to take it: neither of us may
      return true;
    }
    if (!on.addresses.some(({ address }) => address === target)) {
      this.#services.drop('icmp-ignored', on.name);
      return true;
    }
    if (!isProbe && sourceMac !== undefined) cacheOf(on).observe(source, sourceMac, { solicited: false, create: true });
    this.#advertise(on, target, isProbe ? undefined : source);
    return true;
  }

  /** Tells `to`, or everybody, that `target` is here. */
  #advertise(on: StackInterface, target: Ipv6Address, to: Ipv6Address | undefined): void {
    this.#services.counters.Icmp6OutNeighborAdvertisements += 1;
    const router = this.#services.knobs.number('net.ipv6.conf.all.forwarding') === 1;
    const message = ndpBytes({
      kind: 'neighbor-advertisement',
      router,
      solicited: to !== undefined,
      override: true,
      target,
      targetMac: on.mac,
    });
    this.#parts.output.sendOn(on, target, to ?? allNodes, message);
  }

  /** RFC 4861 sections 7.1.2 and 7.2.5; RFC 4862 section 5.4.4. */
  #advertised({ on, destination }: Arrival, message: Message<'neighbor-advertisement'>): boolean {
    this.#services.counters.Icmp6InNeighborAdvertisements += 1;
    const { target, targetMac, solicited, override, router } = message;
    if (isMulticastIp(target) || (isMulticastIp(destination) && solicited)) return false;
    const { addresses, cacheOf, routerGone } = this.#parts;
    if (addresses.find(on, target) !== undefined) {
      addresses.refuse(on, target); // of use only while it is tentative
      return true;
    }
    const cache = cacheOf(on);
    const wasRouter = cache.isRouter(target);
    cache.advertised(target, targetMac, { solicited, override, router });
    if (wasRouter && !cache.isRouter(target)) routerGone(on, target);
    return true;
  }

  /** RFC 4861 sections 6.1.1 and 6.2.6. */
  #routerSolicited({ on, source }: Arrival, { sourceMac }: Message<'router-solicitation'>): boolean {
    this.#services.counters.Icmp6InRouterSolicits += 1;
    if (isUnspecifiedIp(source) && sourceMac !== undefined) return false;
    if (this.#services.knobs.number('net.ipv6.conf.all.forwarding') === 0) {
      this.#services.drop('icmp-ignored', on.name);
      return true;
    }
    if (sourceMac !== undefined) this.#parts.cacheOf(on).observe(source, sourceMac, { solicited: false, create: true });
    this.#parts.routerWanted(on);
    return true;
  }

  /** RFC 4861 sections 6.1.2 and 6.3.4. */
  #routerAdvertised({ on, source }: Arrival, message: RouterAdvertisement): boolean {
    this.#services.counters.Icmp6InRouterAdvertisements += 1;
    if (!isLinkLocalIpv6(source)) return false;
    const accept = this.#services.knobs.number('net.ipv6.conf.all.accept_ra');
    const forwards = this.#services.knobs.number('net.ipv6.conf.all.forwarding') === 1;
    if (accept === 0 || (accept === 1 && forwards)) {
      this.#services.drop('icmp-ignored', on.name);
      return true;
    }
    const cache = this.#parts.cacheOf(on);
    if (message.sourceMac !== undefined) {
      cache.observe(source, message.sourceMac, { solicited: false, create: true });
      cache.noteRouter(source);
    }
    this.#parts.advertised(on, source, message);
    return true;
  }
}
