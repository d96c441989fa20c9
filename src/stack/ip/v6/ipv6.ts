// IPv6 in one piece: wires input, output, forwarding, errors, reassembly, neighbor discovery and autoconfiguration, and
// follows what happens to interfaces. RFC 8200, 4291, 4443, 4861, 4862. The switch is `net.ipv6.conf.all.disable_ipv6`.
import { present } from '../../../base/assert.ts';
import type { Disposable } from '../../../base/dispose.ts';
import { fraction } from '../../../base/random.ts';
import type { AddressInspection } from '../../inspect.ts';
import type { InterfaceTable, StackInterface } from '../../interfaces.ts';
import type { LinkInput } from '../../link/input.ts';
import type { NeighborCache } from '../../link/neighbor-cache.ts';
import type { LinkOutput } from '../../link/output.ts';
import type { StackServices } from '../../services.ts';
import { etherType, ethernetHeaderLength } from '../../wire/ethernet.ts';
import { icmpv6Type, timeExceededCode6, unreachableCode6 } from '../../wire/icmpv6.ts';
import { isIpv4, loopbackIpv6, networkOf, prefixContains } from '../../wire/ip-address.ts';
import { eui64Address, isLinkLocalIpv6, linkLocalPrefix } from '../../wire/ipv6-scope.ts';
import { ipv6MinimumMtu, readSource6 } from '../../wire/ipv6.ts';
import type { IcmpLimit } from '../icmp-limit.ts';
import type { ArrivedPacket, TransportHandler } from '../internet-layer.ts';
import type { PingSockets } from '../ping-socket.ts';
import { Reassembly } from '../reassembly.ts';
import type { Routing } from '../routing.ts';
import { Ipv6Addresses, type Ipv6Prefix } from './addresses.ts';
import { Autoconfiguration } from './autoconfiguration.ts';
import { Icmpv6Errors, type Icmpv6ErrorKind } from './errors.ts';
import { Ipv6Forwarder } from './forward.ts';
import { ipv6ReassemblyRules } from './fragments.ts';
import { Icmpv6 } from './icmp.ts';
import { Ipv6Input } from './input.ts';
import { NeighborDiscovery } from './neighbor-discovery.ts';
import { Ipv6Output } from './output.ts';
import { RouterAdvertiser } from './router-advertiser.ts';

const portUnreachable: Icmpv6ErrorKind = { type: icmpv6Type.unreachable, code: unreachableCode6.port };
const addressUnreachable: Icmpv6ErrorKind = { type: icmpv6Type.unreachable, code: unreachableCode6.address };
const reassemblyExceeded: Icmpv6ErrorKind = { type: icmpv6Type.timeExceeded, code: timeExceededCode6.reassembly };

export interface Ipv6Parts {
  readonly services: StackServices;
  readonly interfaces: InterfaceTable;
  readonly routing: Routing;
  readonly linkInput: LinkInput;
  readonly linkOutput: LinkOutput;
  readonly cacheOf: (on: StackInterface) => NeighborCache;
  readonly limit: IcmpLimit;
  readonly pings: PingSockets;
  readonly handlerOf: (protocol: number) => TransportHandler | undefined;
}

export class Ipv6 {
  readonly output: Ipv6Output;
  readonly addresses: Ipv6Addresses;
  readonly discovery: NeighborDiscovery;
  readonly autoconfiguration: Autoconfiguration;
  readonly advertiser: RouterAdvertiser;
  readonly reassembly: Reassembly;
  readonly #services: StackServices;
  readonly #interfaces: InterfaceTable;
  readonly #routing: Routing;
  readonly #errors: Icmpv6Errors;
  readonly #icmp: Icmpv6;
  readonly #watches: readonly Disposable[];
  #enabled = false;

  constructor(parts: Ipv6Parts) {
    const { services, interfaces, routing, cacheOf } = parts;
    this.#services = services;
    this.#interfaces = interfaces;
    this.#routing = routing;
    this.output = new Ipv6Output(services, parts.linkOutput);
    this.#errors = new Icmpv6Errors({ services, interfaces, routing, output: this.output, limit: parts.limit });
    this.addresses = new Ipv6Addresses(services, interfaces, {
      probe: (on, address) => this.discovery.probe(on, address),
      usable: (on, address) => {
        if (!isLinkLocalIpv6(address)) return;
        this.autoconfiguration.start(on);
        this.advertiser.ready(on);
      },
    });
    this.advertiser = new RouterAdvertiser(services, this.output);
    this.autoconfiguration = new Autoconfiguration({
      services,
      routing,
      addresses: this.addresses,
      solicitRouters: (on) => this.discovery.solicitRouters(on),
    });
    this.discovery = new NeighborDiscovery({
      services,
      interfaces,
      output: this.output,
      addresses: this.addresses,
      cacheOf,
      advertised: (on, router, message) => this.autoconfiguration.arrive(on, router, message),
      routerGone: (on, router) => this.autoconfiguration.routerGone(on, router),
      routerWanted: (on) => this.advertiser.wanted(on),
    });
    this.#icmp = new Icmpv6({
      ...parts,
      output: this.output,
      discovery: (on, packet) => this.discovery.arrive(on, packet),
    });
    this.reassembly = new Reassembly(services, ipv6ReassemblyRules(services), (from, packet, toLinkGroup) => {
      this.#errors.send(reassemblyExceeded, packet, 0, from, toLinkGroup);
    });
    const input = new Ipv6Input(
      {
        services,
        interfaces,
        forwarder: new Ipv6Forwarder(services, routing, this.output, this.#errors),
        reassembly: this.reassembly,
        errors: this.#errors,
        icmp: this.#icmp,
        handlerOf: parts.handlerOf,
      },
      present(interfaces.loopback, 'the loopback interface comes first'),
    );
    parts.linkInput.register(etherType.ipv6, (from, frame, toLinkGroup, offload) =>
      input.arrive(from, frame, toLinkGroup, offload),
    );
    this.#watches = [
      services.knobs.watch('net.ipv6.conf.all.disable_ipv6', (off) => this.#switch(off === 0)),
      services.knobs.watch('net.ipv6.conf.all.forwarding', () => {
        if (this.#enabled) for (const on of interfaces.list) this.addresses.publish(on);
      }),
    ];
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** A new interface, with the addresses that are planned for it: they are unique, so nobody is asked. */
  attach(on: StackInterface, planned: readonly Ipv6Prefix[]): void {
    if (!this.#enabled) return;
    this.#begin(on);
    for (const prefix of planned) this.#assign(on, prefix, false);
  }

  /** An operator's address: used once nobody objects (RFC 4862 section 5.4). */
  addAddress(on: StackInterface, prefix: Ipv6Prefix): void {
    this.#assign(on, prefix, true);
  }

  /** Takes an address away, and the routes that came with it; false when `on` has no such address. */
  removeAddress(on: StackInterface, prefix: Ipv6Prefix): boolean {
    const found = this.addresses.find(on, prefix.address);
    if (found === undefined || found.prefix.length !== prefix.length) return false;
    this.addresses.remove(on, prefix.address);
    const network = networkOf(prefix);
    const isShared = this.addresses
      .inspect(on)
      .some((other) => other.length === prefix.length && networkOf(other).address === network.address);
    if (isShared) return true;
    this.#routing.table.remove(
      ({ interface: out, destination, gateway }) =>
        out === on &&
        ((destination.address === network.address && destination.length === network.length) ||
          (gateway !== undefined && prefixContains(network, gateway))),
    );
    this.#routing.invalidate();
    return true;
  }

  /** The link is there (again). */
  linkUp(on: StackInterface): void {
    if (!this.#enabled) return;
    this.addresses.linkUp(on);
    if (on.addresses.some(({ address }) => isLinkLocalIpv6(address))) this.autoconfiguration.start(on);
  }

  /** The link is gone. What an operator gave stays. */
  linkDown(on: StackInterface): void {
    this.addresses.linkDown(on);
    this.autoconfiguration.stop(on);
  }

  inspectAddresses(on: StackInterface): readonly AddressInspection[] {
    return this.addresses.inspect(on);
  }

  portUnreachable(packet: ArrivedPacket, from: StackInterface): void {
    this.#errors.send(portUnreachable, packet.bytes, packet.networkOffset, from, false);
  }

  /** `frame` found no neighbor on `out`: its sender, whether among us or beyond, is told. */
  neighborUnreachable(out: StackInterface, frame: Uint8Array): void {
    const source = this.#interfaces.inZone(readSource6(frame, ethernetHeaderLength), out);
    if (this.#interfaces.isLocal(source)) this.#icmp.reportUnreachableNeighbor(out, frame, ethernetHeaderLength);
    else this.#errors.send(addressUnreachable, frame, ethernetHeaderLength, out, false);
  }

  dispose(): void {
    for (const watch of this.#watches) watch.dispose();
    this.addresses.dispose();
    this.autoconfiguration.dispose();
    this.advertiser.dispose();
    this.reassembly.dispose();
  }

  #switch(on: boolean): void {
    if (on === this.#enabled) return;
    this.#enabled = on;
    for (const each of this.#interfaces.list) {
      if (on) this.#begin(each);
      else this.#end(each);
    }
  }

  /** Every interface has a link-local address (RFC 4291 section 2.1), the loopback ::1. */
  #begin(on: StackInterface): void {
    if (on.loopback) return this.#assign(on, { address: loopbackIpv6, length: 128 }, false);
    if (on.mtu < ipv6MinimumMtu) return; // RFC 8200 section 5: no link for IPv6
    const address = eui64Address(linkLocalPrefix.address, on.mac);
    const { knobs, random } = this.#services;
    const delayMs = knobs.number('net.ipv6.conf.all.router_solicitation_delay') * 1000 * fraction(random);
    this.#routing.connect(on, { address, length: 64 });
    this.addresses.add(on, { address, length: 64 }, { origin: 'link-local', check: true, delayMs });
  }

  #end(on: StackInterface): void {
    this.autoconfiguration.stop(on);
    this.addresses.removeAll(on);
    this.addresses.publish(on);
    this.#routing.table.remove((route) => route.interface === on && !isIpv4(route.destination.address));
    this.#routing.invalidate();
  }

  #assign(on: StackInterface, prefix: Ipv6Prefix, check: boolean): void {
    this.#routing.connect(on, prefix);
    this.addresses.add(on, prefix, { origin: 'manual', check });
  }
}
