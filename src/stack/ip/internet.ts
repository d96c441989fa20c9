// The internet layer in one piece: wires input, output, forwarding, errors and reassembly, and is what transports see.
import { assert, present } from '../../base/assert.ts';
import { StackInterface, type InterfaceTable } from '../interfaces.ts';
import type { LinkInput } from '../link/input.ts';
import type { NeighborCache } from '../link/neighbor-cache.ts';
import type { LinkOutput } from '../link/output.ts';
import type { StackServices } from '../services.ts';
import { etherType, ethernetHeaderLength, readEtherType } from '../wire/ethernet.ts';
import { icmpType, timeExceededCode, unreachableCode } from '../wire/icmpv4.ts';
import { isIpv4, type IpAddress, type IpFamily } from '../wire/ip-address.ts';
import { readSource } from '../wire/ipv4.ts';
import { Forwarder } from './forward.ts';
import { IcmpErrors, type IcmpErrorKind } from './icmp-errors.ts';
import { IcmpLimit } from './icmp-limit.ts';
import { Icmp } from './icmp.ts';
import { IpInput } from './input.ts';
import type {
  ArrivedPacket,
  InternetLayer,
  OutgoingPacket,
  Route,
  TransmitOptions,
  TransportHandler,
} from './internet-layer.ts';
import { IpOutput } from './output.ts';
import { PingSockets } from './ping-socket.ts';
import { Reassembly } from './reassembly.ts';
import { ipv4ReassemblyRules } from './reassembly-rules.ts';
import type { Routing, StackRoute } from './routing.ts';
import { Ipv6 } from './v6/ipv6.ts';

const portUnreachable: IcmpErrorKind = { type: icmpType.unreachable, code: unreachableCode.port };
const hostUnreachable: IcmpErrorKind = { type: icmpType.unreachable, code: unreachableCode.host };
const reassemblyExceeded: IcmpErrorKind = { type: icmpType.timeExceeded, code: timeExceededCode.reassembly };

export class Internet implements InternetLayer {
  readonly pings: PingSockets;
  readonly reassembly: Reassembly;
  readonly ipv6: Ipv6;
  readonly #services: StackServices;
  readonly #interfaces: InterfaceTable;
  readonly #routing: Routing;
  readonly #output: IpOutput;
  readonly #errors: IcmpErrors;
  readonly #cacheOf: (on: StackInterface) => NeighborCache;
  readonly #icmp: Icmp;
  readonly #handlers: (TransportHandler | undefined)[] = Array.from({ length: 256 }, () => undefined);

  /** The loopback interface is there already. */
  constructor(parts: {
    readonly services: StackServices;
    readonly interfaces: InterfaceTable;
    readonly routing: Routing;
    readonly linkInput: LinkInput;
    readonly linkOutput: LinkOutput;
    readonly cacheOf: (on: StackInterface) => NeighborCache;
  }) {
    const { services, interfaces, routing } = parts;
    this.#services = services;
    this.#cacheOf = parts.cacheOf;
    this.#interfaces = interfaces;
    this.#routing = routing;
    this.#output = new IpOutput(services, routing, parts.linkOutput);
    const limit = new IcmpLimit(services);
    this.#errors = new IcmpErrors({ services, interfaces, routing, output: this.#output, limit });
    this.pings = new PingSockets(services, this);
    const handlerOf = (protocol: number): TransportHandler | undefined => this.#handlers[protocol];
    this.#icmp = new Icmp({ services, interfaces, routing, output: this.#output, pings: this.pings, handlerOf });
    this.reassembly = new Reassembly(services, ipv4ReassemblyRules(services), (from, packet, toLinkGroup) => {
      this.#errors.send(reassemblyExceeded, packet, 0, from, toLinkGroup);
    });
    const forwarder = new Forwarder(services, routing, this.#output, this.#errors);
    const input = new IpInput(
      {
        services,
        interfaces,
        forwarder,
        reassembly: this.reassembly,
        errors: this.#errors,
        icmp: this.#icmp,
        handlerOf,
      },
      present(interfaces.loopback, 'the loopback interface comes first'),
    );
    this.ipv6 = new Ipv6({ ...parts, limit, pings: this.pings, handlerOf });
    parts.linkInput.register(etherType.ipv4, (from, frame, toLinkGroup, offload) =>
      input.arrive(from, frame, toLinkGroup, offload),
    );
  }

  route(destination: IpAddress, source?: IpAddress): StackRoute | undefined {
    return this.#routing.find(destination, source);
  }

  hasIpv6(): boolean {
    return this.ipv6.enabled;
  }

  scoped(address: IpAddress): IpAddress {
    return this.#routing.scoped(address);
  }

  isLocal(address: IpAddress): boolean {
    return this.#interfaces.isLocal(address);
  }

  allocate(family: IpFamily, transportLength: number): OutgoingPacket {
    return family === 4 ? this.#output.allocate(transportLength) : this.ipv6.output.allocate(transportLength);
  }

  transmit(
    packet: OutgoingPacket,
    protocol: number,
    source: IpAddress,
    destination: IpAddress,
    options?: TransmitOptions,
    route?: Route,
  ): 'sent' | 'EMSGSIZE' | 'ENETUNREACH' {
    const way = route ?? this.#routing.find(destination, source);
    if (way === undefined || !(way.interface instanceof StackInterface) || !way.interface.up) {
      if (isIpv4(destination)) this.#services.counters.IpOutNoRoutes += 1;
      else this.#services.counters.Ip6OutNoRoutes += 1;
      this.#services.drop('ip-no-route');
      return 'ENETUNREACH';
    }
    const ours = way as StackRoute; // its interface is one of ours
    if (isIpv4(destination)) {
      assert(isIpv4(source), 'both addresses are of one family');
      return this.#output.transmit(packet, protocol, source, destination, options, ours);
    }
    assert(!isIpv4(source), 'both addresses are of one family');
    return this.ipv6.output.transmit(packet, protocol, source, destination, options, ours);
  }

  portUnreachable(packet: ArrivedPacket): void {
    if (packet.toGroup || !(packet.interface instanceof StackInterface)) return;
    if (packet.family === 6) return this.ipv6.portUnreachable(packet, packet.interface);
    this.#errors.send(portUnreachable, packet.bytes, packet.networkOffset, packet.interface, false);
  }

  doubt(destination: IpAddress): void {
    const route = this.#routing.find(destination);
    if (route !== undefined) this.#cacheOf(route.interface).doubt(route.nextHop);
  }

  register(protocol: number, handler: TransportHandler): void {
    assert(this.#handlers[protocol] === undefined, `protocol ${protocol} has its handler`);
    this.#handlers[protocol] = handler;
  }

  /** `frame` found no neighbor on `out`: its sender, whether among us or beyond, is told. */
  neighborUnreachable(out: StackInterface, frame: Uint8Array): void {
    if (readEtherType(frame) === etherType.ipv6) return this.ipv6.neighborUnreachable(out, frame);
    const source = readSource(frame, ethernetHeaderLength);
    if (this.#interfaces.isLocal(source)) this.#icmp.reportUnreachableNeighbor(frame, ethernetHeaderLength);
    else this.#errors.send(hostUnreachable, frame, ethernetHeaderLength, out, false);
  }

  dispose(): void {
    this.pings.dispose();
    this.ipv6.dispose();
    this.reassembly.dispose();
    this.#routing.pathMtu.dispose();
  }
}
