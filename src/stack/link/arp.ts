// ARP at work: answering, asking, learning, announcing. RFC 826 "Packet Reception", RFC 5227 sections 1.1 and 3.
// Learns as Linux does with arp_accept=0: a new entry only for somebody who asks for us; replies and announcements
// change entries that are there and make none. Left out: address conflict detection, proxy ARP.
import type { Timer } from '../../base/clock.ts';
import type { InterfaceTable, StackInterface } from '../interfaces.ts';
import type { StackServices } from '../services.ts';
import { arpLength, arpOperation, parseArp, writeArp, type ArpPacket } from '../wire/arp.ts';
import { etherType, ethernetHeaderLength, writeEthernetFields } from '../wire/ethernet.ts';
import { isIpv4, isLoopbackIp, isMulticastIp, unspecifiedIpv4, type Ipv4Address } from '../wire/ip-address.ts';
import { broadcastMac, isMulticastMac, unspecifiedMac, type MacAddress } from '../wire/mac-address.ts';
import { sourceFor } from '../ip/source-address.ts';
import { newFrame } from './frame.ts';
import type { NeighborCache } from './neighbor-cache.ts';

/** RFC 5227 section 1.1: ANNOUNCE_NUM announcements, ANNOUNCE_INTERVAL apart. */
const announcementCount = 2;
const announcementIntervalMs = 2000;

export class Arp {
  readonly #services: StackServices;
  readonly #interfaces: InterfaceTable;
  readonly #cacheOf: (target: StackInterface) => NeighborCache;
  readonly #announcements = new Map<StackInterface, Timer>();

  constructor(services: StackServices, interfaces: InterfaceTable, cacheOf: (target: StackInterface) => NeighborCache) {
    this.#services = services;
    this.#interfaces = interfaces;
    this.#cacheOf = cacheOf;
  }

  arrive(from: StackInterface, frame: Uint8Array): void {
    const packet = parseArp(frame, ethernetHeaderLength);
    if (packet === undefined || !isPlausible(packet)) {
      this.#services.drop('arp-malformed', from.name);
      return;
    }
    const { operation, senderAddress, senderMac, targetAddress } = packet;
    const forUs = this.#isOurs(from, targetAddress);
    const asksUs = operation === arpOperation.request && forUs;
    // A probe has no sender address to learn (RFC 5227 section 1.1), and nobody may speak for an address of ours.
    if (senderAddress !== unspecifiedIpv4 && !this.#interfaces.isLocal(senderAddress)) {
      const solicited = operation === arpOperation.reply && forUs && packet.targetMac === from.mac;
      this.#cacheOf(from).observe(senderAddress, senderMac, { solicited, create: asksUs });
    }
    if (asksUs && senderMac !== from.mac) {
      this.#send(from, senderMac, {
        operation: arpOperation.reply,
        senderMac: from.mac,
        senderAddress: targetAddress,
        targetMac: senderMac,
        targetAddress: senderAddress,
      });
    }
  }

  /** Asks everybody, or only `mac`, for `address`. */
  solicit(on: StackInterface, address: Ipv4Address, mac: MacAddress | undefined): void {
    const source = sourceFor(on, address, this.#interfaces.list);
    this.#send(on, mac ?? broadcastMac, {
      operation: arpOperation.request,
      senderMac: on.mac,
      senderAddress: source !== undefined && isIpv4(source) ? source : unspecifiedIpv4,
      targetMac: mac ?? unspecifiedMac,
      targetAddress: address,
    });
  }

  /** Tells the link which addresses are here, soon and once more two seconds later. */
  announce(on: StackInterface): void {
    this.withdraw(on);
    if (!on.loopback) this.#announceLater(on, 0, announcementCount);
  }

  /** Stops announcing. */
  withdraw(on: StackInterface): void {
    this.#announcements.get(on)?.cancel();
    this.#announcements.delete(on);
  }

  dispose(): void {
    for (const on of Array.from(this.#announcements.keys())) this.withdraw(on);
  }

  #announceLater(on: StackInterface, delayMs: number, left: number): void {
    const timer = this.#services.clock.schedule(delayMs, () => {
      this.#announcements.delete(on);
      if (!on.up || !on.device.carrier) return;
      for (const { address } of on.addresses) {
        if (!isIpv4(address)) continue;
        this.#send(on, broadcastMac, {
          operation: arpOperation.request,
          senderMac: on.mac,
          senderAddress: address,
          targetMac: unspecifiedMac,
          targetAddress: address,
        });
      }
      if (left > 1) this.#announceLater(on, announcementIntervalMs, left - 1);
    });
    this.#announcements.set(on, timer);
  }

  #isOurs(from: StackInterface, address: Ipv4Address): boolean {
    if (this.#services.knobs.number('net.ipv4.conf.all.arp_ignore') === 1) {
      return from.addresses.some((prefix) => prefix.address === address);
    }
    return this.#interfaces.isLocal(address);
  }

  #send(on: StackInterface, to: MacAddress, packet: ArpPacket): void {
    const frame = newFrame(arpLength);
    writeEthernetFields(frame, to, on.mac, etherType.arp);
    writeArp(frame, ethernetHeaderLength, packet);
    on.transmit(frame);
  }
}

/** A station's own address is no group's, and nobody resolves a loopback or multicast address. */
function isPlausible(packet: ArpPacket): boolean {
  return (
    !isMulticastMac(packet.senderMac) &&
    !isMulticastIp(packet.senderAddress) &&
    !isLoopbackIp(packet.senderAddress) &&
    !isMulticastIp(packet.targetAddress) &&
    !isLoopbackIp(packet.targetAddress)
  );
}
