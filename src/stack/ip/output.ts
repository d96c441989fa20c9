// Sending IPv4 packets of our own: header, identification, fragmentation. RFC 791 section 3.1, RFC 1122 section 3.3,
// RFC 6864 (identification: unique per source, destination and protocol among packets that may be fragmented).
// Left out: sending options.
import type { FrameOffload } from '../device.ts';
import { newFrame } from '../link/frame.ts';
import type { LinkOutput } from '../link/output.ts';
import type { StackServices } from '../services.ts';
import { writeHeaderChecksum, ipv4Flag, ipv4HeaderLength, ipv4MaximumLength, ipv4Offset } from '../wire/ipv4.ts';
import { ethernetHeaderLength } from '../wire/ethernet.ts';
import { write16 } from '../wire/field.ts';
import { broadcastIpv4, isMulticastIp, writeIpv4Address, type Ipv4Address } from '../wire/ip-address.ts';
import { fragmentIpv4 } from './fragment.ts';
import type { OutgoingPacket, TransmitOptions } from './internet-layer.ts';
import type { Routing, StackRoute } from './routing.ts';

/** Counters of identifications; a packet's destination and protocol choose one, as in Linux. */
const identificationCounters = 1024;

const transportOffset = ethernetHeaderLength + ipv4HeaderLength;

export class IpOutput {
  readonly #services: StackServices;
  readonly #routing: Routing;
  readonly #link: LinkOutput;
  readonly #identifications = new Uint16Array(identificationCounters);
  #defaultTtl = 64;

  constructor(services: StackServices, routing: Routing, link: LinkOutput) {
    this.#services = services;
    this.#routing = routing;
    this.#link = link;
    for (let index = 0; index < identificationCounters; index += 1) {
      this.#identifications[index] = services.random.uint32();
    }
    services.knobs.watch('net.ipv4.ip_default_ttl', (ttl) => {
      this.#defaultTtl = ttl;
    });
  }

  allocate(transportLength: number): OutgoingPacket {
    return { bytes: newFrame(ipv4HeaderLength + transportLength), transportOffset };
  }

  /** As `InternetLayer.transmit`. */
  transmit(
    packet: OutgoingPacket,
    protocol: number,
    source: Ipv4Address,
    destination: Ipv4Address,
    options: TransmitOptions | undefined,
    route: StackRoute,
  ): 'sent' | 'EMSGSIZE' | 'ENETUNREACH' {
    const { counters } = this.#services;
    const { bytes } = packet;
    const totalLength = bytes.length - ethernetHeaderLength;
    const wantsWhole = options?.dontFragment === true;
    if (totalLength > ipv4MaximumLength) return 'EMSGSIZE';
    if (totalLength > route.mtu && wantsWhole && !this.#routing.pathMtu.isLocked(destination)) {
      counters.IpFragFails += 1;
      this.#services.drop('ip-too-big', route.interface.name);
      return 'EMSGSIZE';
    }
    const dontFragment = wantsWhole && !this.#routing.pathMtu.isLocked(destination);
    bytes[ethernetHeaderLength] = 0x45;
    bytes[ethernetHeaderLength + ipv4Offset.trafficClass] = options?.trafficClass ?? 0;
    write16(bytes, ethernetHeaderLength + ipv4Offset.totalLength, totalLength);
    write16(bytes, ethernetHeaderLength + ipv4Offset.identification, this.#identify(destination, protocol));
    write16(bytes, ethernetHeaderLength + ipv4Offset.flagsAndOffset, dontFragment ? ipv4Flag.dontFragment : 0);
    bytes[ethernetHeaderLength + ipv4Offset.ttl] = options?.ttl ?? this.#defaultTtl;
    bytes[ethernetHeaderLength + ipv4Offset.protocol] = protocol;
    writeIpv4Address(bytes, ethernetHeaderLength + ipv4Offset.source, source);
    writeIpv4Address(bytes, ethernetHeaderLength + ipv4Offset.destination, destination);
    writeHeaderChecksum(bytes, ethernetHeaderLength);
    counters.IpOutRequests += 1;
    counters.IpExtOutOctets += totalLength;
    if (isMulticastIp(destination)) counters.IpExtOutMcastPkts += 1;
    else if (destination === broadcastIpv4) counters.IpExtOutBcastPkts += 1;
    this.send(bytes, route, route.mtu);
    return 'sent';
  }

  /** Sends a complete packet in a frame of its own, in fragments when it exceeds `mtu`. Counts what it cuts. */
  send(frame: Uint8Array, route: StackRoute, mtu: number, offload?: FrameOffload): void {
    if (frame.length - ethernetHeaderLength <= mtu || (offload !== undefined && offload.segmentBytes > 0)) {
      this.#link.send(route.interface, frame, route.nextHop, offload);
      return;
    }
    const fragments = fragmentIpv4(frame, ethernetHeaderLength, mtu);
    this.#services.counters.IpFragOKs += 1;
    this.#services.counters.IpFragCreates += fragments.length;
    for (const fragment of fragments) this.#link.send(route.interface, fragment, route.nextHop);
  }

  #identify(destination: Ipv4Address, protocol: number): number {
    const mixed = Math.imul(destination ^ (protocol << 24), 0x9e37_79b1);
    const index = mixed >>> 22; // the upper 10 bits: 0 .. 1023
    const next = ((this.#identifications[index] as number) + 1) & 0xffff;
    this.#identifications[index] = next;
    return next;
  }
}
