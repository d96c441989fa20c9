// A stack's interfaces with their addresses and counters, the loopback among them, and whose an address is.
// RFC 1122 section 3.3.4.2: we follow the weak model, as Linux does: an address belongs to the host.
import type { Clock, Timer } from '../base/clock.ts';
import { disposable, type Disposable } from '../base/dispose.ts';
import type { FrameOffload, FrameReceiver, NetworkDevice } from './device.ts';
import type { AddressInspection, InterfaceInspection } from './inspect.ts';
import type { NetworkInterface } from './interface.ts';
import type { StackServices } from './services.ts';
import {
  broadcastIpv4,
  directedBroadcast,
  isIpv4,
  loopbackIpv4,
  networkOf,
  type IpAddress,
  type Ipv6Address,
  type Prefix,
} from './wire/ip-address.ts';
import { needsZone, withZone } from './wire/ipv6-scope.ts';
import { unspecifiedMac, type MacAddress } from './wire/mac-address.ts';

/** Hears every frame of one interface. */
export type FrameListener = (frame: Uint8Array, direction: 'in' | 'out') => void;

/** What a router has said about its link (RFC 4861 section 6.3.4); undefined: nothing. */
export interface AdvertisedLink {
  readonly hopLimit?: number | undefined;
  /** Bytes. */
  readonly mtu?: number | undefined;
  readonly reachableMs?: number | undefined;
  readonly retransMs?: number | undefined;
}

/** One interface; the stack's own face of it, which may be changed. */
export class StackInterface implements NetworkInterface {
  readonly index: number;
  readonly name: string;
  readonly device: NetworkDevice;
  readonly loopback: boolean;
  /** Directed broadcast and network addresses of the prefixes here: nobody's unicast address. */
  readonly groupAddresses = new Set<IpAddress>();
  /** IPv6 groups that this interface belongs to, without zone. */
  readonly ipv6Groups = new Set<Ipv6Address>();
  /** Addresses that new connections avoid (RFC 4862 section 5.5.4). */
  readonly deprecated = new Set<IpAddress>();
  advertised: AdvertisedLink = {};
  readonly #services: StackServices;
  /** Replaced, never changed: a listener may leave while it is called. */
  #taps: readonly FrameListener[] = [];
  #addresses: readonly Prefix[] = [];
  #up = true;
  rxFrames = 0;
  rxBytes = 0;
  rxDropped = 0;
  txFrames = 0;
  txBytes = 0;
  txDropped = 0;

  constructor(services: StackServices, index: number, name: string, device: NetworkDevice) {
    this.#services = services;
    this.index = index;
    this.name = name;
    this.device = device;
    this.loopback = device instanceof LoopbackDevice;
  }

  get mac(): MacAddress {
    return this.device.macAddress;
  }

  get mtu(): number {
    return this.device.mtu;
  }

  /** Largest IPv6 packet in bytes: the device's MTU, or less when a router says so. */
  get ipv6Mtu(): number {
    return Math.min(this.device.mtu, this.advertised.mtu ?? Infinity);
  }

  get up(): boolean {
    return this.#up;
  }

  get addresses(): readonly Prefix[] {
    return this.#addresses;
  }

  /** For `InterfaceTable` only: it keeps the index of all addresses. */
  configure(addresses: readonly Prefix[], up: boolean): void {
    this.#addresses = addresses;
    this.#up = up;
    this.groupAddresses.clear();
    for (const prefix of addresses) {
      const broadcast = directedBroadcast(prefix);
      if (broadcast === undefined || this.loopback) continue;
      this.groupAddresses.add(broadcast);
      this.groupAddresses.add(networkOf(prefix).address); // RFC 1122 section 3.3.6: the obsolete form of broadcast
    }
  }

  /** True for 255.255.255.255 and the broadcast addresses of the prefixes here. */
  isBroadcast(address: IpAddress): boolean {
    return address === broadcastIpv4 || this.groupAddresses.has(address);
  }

  /** Hands a complete frame to the device, counted and shown to the taps. */
  transmit(frame: Uint8Array, offload?: FrameOffload): void {
    if (!this.#up || !this.device.carrier) {
      this.txDropped += 1;
      this.#services.drop('interface-down', this.name);
      return;
    }
    this.txFrames += 1;
    this.txBytes += frame.length;
    for (const tap of this.#taps) tap(frame, 'out');
    this.device.transmit(frame, offload);
  }

  /** Counts and shows a frame that has come in. */
  noteArrival(frame: Uint8Array): void {
    this.rxFrames += 1;
    this.rxBytes += frame.length;
    for (const tap of this.#taps) tap(frame, 'in');
  }

  tap(listener: FrameListener): Disposable {
    const own: FrameListener = (frame, direction) => listener(frame, direction);
    this.#taps = [...this.#taps, own];
    return disposable(() => {
      this.#taps = this.#taps.filter((other) => other !== own);
    });
  }

  /** `ipv6`: what is known of its IPv6 addresses, tentative ones included. */
  inspect(ipv6: readonly AddressInspection[]): InterfaceInspection {
    const { index, name, mac, mtu, up, loopback } = this;
    const addresses = [...this.addresses.filter(({ address }) => isIpv4(address)), ...ipv6];
    const { rxFrames, rxBytes, rxDropped, txFrames, txBytes, txDropped } = this;
    return {
      index,
      name,
      mac,
      mtu,
      up,
      carrier: this.device.carrier,
      loopback,
      addresses,
      counters: { rxFrames, rxBytes, rxDropped, txFrames, txBytes, txDropped },
    };
  }
}

/** All interfaces, and the index of who owns which address. */
export class InterfaceTable {
  readonly #list: StackInterface[] = [];
  readonly #owners = new Map<IpAddress, StackInterface>();
  readonly #changed: () => void;
  readonly #services: StackServices;
  #nextIndex = 1;

  /** `changed` is called after every change of interfaces, addresses or states. */
  constructor(services: StackServices, changed: () => void) {
    this.#services = services;
    this.#changed = changed;
  }

  get list(): readonly StackInterface[] {
    return this.#list;
  }

  byName(name: string): StackInterface | undefined {
    return this.#list.find((candidate) => candidate.name === name);
  }

  get loopback(): StackInterface | undefined {
    return this.#list.find((candidate) => candidate.loopback);
  }

  add(name: string, device: NetworkDevice, addresses: readonly Prefix[]): StackInterface {
    const added = new StackInterface(this.#services, this.#nextIndex++, name, device);
    this.#list.push(added);
    this.configure(added, addresses, true);
    return added;
  }

  configure(target: StackInterface, addresses: readonly Prefix[], up: boolean): void {
    target.configure(addresses, up);
    this.#owners.clear();
    for (const each of this.#list) {
      for (const prefix of each.addresses) {
        const address = isIpv4(prefix.address) ? prefix.address : withZone(prefix.address, each.name);
        if (!this.#owners.has(address)) this.#owners.set(address, each);
      }
    }
    this.#changed();
  }

  /**
   * An IPv6 address out of a packet that came in over `from`, with its zone if it needs one. What a host sends to itself is
   * of the link whose address it names.
   */
  inZone(address: Ipv6Address, from: StackInterface): Ipv6Address {
    if (!needsZone(address)) return address;
    if (from.loopback) {
      for (const each of this.#list) {
        const zoned = withZone(address, each.name);
        if (this.#owners.has(zoned)) return zoned;
      }
    }
    return withZone(address, from.name);
  }

  /** True for an address of any interface, and for all of 127.0.0.0/8. */
  isLocal(address: IpAddress): boolean {
    return this.#owners.has(address) || (isIpv4(address) && address >>> 24 === 127);
  }

  /** The interface that has `address`, which carries its zone if it needs one. */
  ownerOf(address: IpAddress): StackInterface | undefined {
    return this.#owners.get(address);
  }

  /** True when `address` is the broadcast address of a prefix on any interface. */
  isDirectedBroadcast(address: IpAddress): boolean {
    for (const each of this.#list) if (each.groupAddresses.has(address)) return true;
    return false;
  }
}

/** Prefix of the loopback interface. */
export const loopbackPrefix: Prefix = { address: loopbackIpv4, length: 8 };

/** Hands frames back to the host that sent them, later: never from inside `transmit`. */
export class LoopbackDevice implements NetworkDevice {
  readonly macAddress = unspecifiedMac;
  readonly mtu = 65_536; // as Linux's
  readonly carrier = true;
  readonly #clock: Clock;
  readonly #limit: () => number;
  readonly #overflow: () => void;
  #receiver: FrameReceiver | undefined;
  #queue: Uint8Array[] = [];
  #timer: Timer | undefined;

  /** `limit` is the number of frames that may wait; `overflow` hears of each one beyond it. */
  constructor(clock: Clock, limit: () => number, overflow: () => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#overflow = overflow;
  }

  transmit(frame: Uint8Array): void {
    if (this.#queue.length >= this.#limit()) {
      this.#overflow();
      return;
    }
    this.#queue.push(frame);
    this.#timer ??= this.#clock.schedule(0, () => this.#deliver());
  }

  setReceiver(receiver: FrameReceiver): void {
    this.#receiver = receiver;
  }

  setCarrierListener(): void {
    // The carrier of a loopback never changes.
  }

  dispose(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#queue = [];
    this.#receiver = undefined;
  }

  #deliver(): void {
    const frames = this.#queue;
    this.#queue = [];
    this.#timer = undefined;
    for (const frame of frames) this.#receiver?.(frame);
  }
}
