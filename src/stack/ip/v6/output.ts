// Sending IPv6 packets of our own: header, flow label, fragmentation at the source. RFC 8200 sections 3, 4.5 and 5,
// RFC 6437 (flow labels), RFC 4861 (what neighbor discovery sends on one link, hop limit 255).
// Left out: extension headers other than the fragment header, jumbograms.
import type { FrameOffload } from '../../device.ts';
import type { StackInterface } from '../../interfaces.ts';
import { newFrame } from '../../link/frame.ts';
import type { LinkOutput } from '../../link/output.ts';
import type { StackServices } from '../../services.ts';
import { etherType, ethernetHeaderLength, writeEthernetFields } from '../../wire/ethernet.ts';
import { read32, write16 } from '../../wire/field.ts';
import { sealIcmpv6 } from '../../wire/icmpv6.ts';
import { isMulticastIp, type Ipv6Address } from '../../wire/ip-address.ts';
import { writeIpv6Address } from '../../wire/ipv6-octets.ts';
import { withoutZone } from '../../wire/ipv6-scope.ts';
import { ipv6HeaderLength, ipv6MaximumPayload, ipv6Offset, nextHeader } from '../../wire/ipv6.ts';
import type { MacAddress } from '../../wire/mac-address.ts';
import type { OutgoingPacket, TransmitOptions } from '../internet-layer.ts';
import type { StackRoute } from '../routing.ts';
import { fragmentIpv6 } from './fragments.ts';

const transportOffset = ethernetHeaderLength + ipv6HeaderLength;

/** RFC 4861 section 4: what neighbor discovery sends has crossed no router. */
const discoveryHopLimit = 255;

export class Ipv6Output {
  readonly #services: StackServices;
  readonly #link: LinkOutput;
  /** Drawn when first needed, so that hosts without IPv6 draw nothing. */
  #flowKey: number | undefined;
  #identification: number | undefined;
  #defaultHopLimit = 64;
  #labelsFlows = true;

  constructor(services: StackServices, link: LinkOutput) {
    this.#services = services;
    this.#link = link;
    services.knobs.watch('net.ipv6.conf.all.hop_limit', (limit) => {
      this.#defaultHopLimit = limit;
    });
    services.knobs.watch('net.ipv6.auto_flowlabels', (on) => {
      this.#labelsFlows = on === 1;
    });
  }

  allocate(transportLength: number): OutgoingPacket {
    return { bytes: newFrame(ipv6HeaderLength + transportLength), transportOffset };
  }

  /** As `InternetLayer.transmit`. */
  transmit(
    packet: OutgoingPacket,
    protocol: number,
    source: Ipv6Address,
    destination: Ipv6Address,
    options: TransmitOptions | undefined,
    route: StackRoute,
  ): 'sent' | 'EMSGSIZE' | 'ENETUNREACH' {
    const { bytes } = packet;
    const { counters } = this.#services;
    const packetLength = bytes.length - ethernetHeaderLength;
    if (packetLength > ipv6HeaderLength + ipv6MaximumPayload) return 'EMSGSIZE';
    if (packetLength > route.mtu && options?.dontFragment === true) {
      counters.Ip6FragFails += 1;
      this.#services.drop('ip-too-big', route.interface.name);
      return 'EMSGSIZE';
    }
    const hopLimit = options?.ttl ?? route.interface.advertised.hopLimit ?? this.#defaultHopLimit;
    this.#writeHeader(bytes, protocol, source, destination, hopLimit, options?.trafficClass ?? 0);
    counters.Ip6OutRequests += 1;
    counters.Ip6OutOctets += packetLength;
    if (isMulticastIp(destination)) counters.Ip6OutMcastPkts += 1;
    if (packetLength <= route.mtu) {
      this.send(bytes, route);
      return 'sent';
    }
    this.#identification = ((this.#identification ?? this.#services.random.uint32()) + 1) >>> 0;
    const fragments = fragmentIpv6(bytes, route.mtu, this.#identification);
    counters.Ip6FragOKs += 1;
    counters.Ip6FragCreates += fragments.length;
    for (const fragment of fragments) this.send(fragment, route);
    return 'sent';
  }

  /** Sends a complete packet in a frame of its own. */
  send(frame: Uint8Array, route: StackRoute, offload?: FrameOffload): void {
    const { nextHop } = route;
    this.#link.send(route.interface, frame, typeof nextHop === 'string' ? withoutZone(nextHop) : nextHop, offload);
  }

  /**
   * Sends an ICMPv6 message of neighbor discovery over one link, whatever the routes say. `source` may be unspecified.
   * `mac`: to this station; otherwise to whom the destination address belongs.
   */
  sendOn(
    on: StackInterface,
    source: Ipv6Address,
    destination: Ipv6Address,
    message: Uint8Array,
    mac?: MacAddress,
  ): void {
    const frame = newFrame(ipv6HeaderLength + message.length);
    frame.set(message, transportOffset);
    sealIcmpv6(frame, transportOffset, message.length, source, destination);
    this.#writeHeader(frame, nextHeader.icmpv6, source, destination, discoveryHopLimit, 0);
    const { counters } = this.#services;
    counters.Ip6OutRequests += 1;
    counters.Ip6OutOctets += frame.length - ethernetHeaderLength;
    counters.Icmp6OutMsgs += 1;
    if (isMulticastIp(destination)) counters.Ip6OutMcastPkts += 1;
    if (mac === undefined) {
      this.#link.send(on, frame, withoutZone(destination));
    } else {
      writeEthernetFields(frame, mac, on.mac, etherType.ipv6);
      on.transmit(frame);
    }
  }

  #writeHeader(
    bytes: Uint8Array,
    protocol: number,
    source: Ipv6Address,
    destination: Ipv6Address,
    hopLimit: number,
    trafficClass: number,
  ): void {
    const at = ethernetHeaderLength;
    writeIpv6Address(bytes, at + ipv6Offset.source, source);
    writeIpv6Address(bytes, at + ipv6Offset.destination, destination);
    write16(bytes, at + ipv6Offset.payloadLength, bytes.length - transportOffset);
    bytes[at + ipv6Offset.nextHeader] = protocol;
    bytes[at + ipv6Offset.hopLimit] = hopLimit;
    const label = this.#labelsFlows ? this.#flowLabel(bytes, protocol) : 0;
    bytes[at] = 0x60 | (trafficClass >>> 4);
    bytes[at + 1] = ((trafficClass & 15) << 4) | (label >>> 16);
    write16(bytes, at + 2, label);
  }

  /** 20 bits that all packets of a flow share and nobody can foretell (RFC 6437 section 3). */
  #flowLabel(bytes: Uint8Array, protocol: number): number {
    const at = ethernetHeaderLength + ipv6Offset.source;
    this.#flowKey ??= this.#services.random.uint32();
    let hash = this.#flowKey ^ protocol;
    for (let word = 0; word < 32; word += 4) hash = Math.imul(hash ^ read32(bytes, at + word), 0x85eb_ca6b);
    const hasPorts = protocol === nextHeader.tcp || protocol === nextHeader.udp;
    if (hasPorts) hash = Math.imul(hash ^ read32(bytes, transportOffset), 0xc2b2_ae35);
    return (hash ^ (hash >>> 15)) & 0xf_ffff;
  }
}
