// What "fragmentation needed" has taught us, per destination: RFC 1191 sections 5 and 6.3 (forget after ten minutes),
// section 7.1 (plateaus for routers that name no MTU), RFC 8201 section 4 (IPv6: never below 1280), RFC 5927 section 7 (believe nothing that makes packets tiny).
import type { Timer } from '../../base/clock.ts';
import type { StackServices } from '../services.ts';
import { isIpv4, type IpAddress } from '../wire/ip-address.ts';
import { ipv6MinimumMtu } from '../wire/ipv6.ts';

/** RFC 1191 section 7.1, table 7-1: the MTUs that links really have. */
const plateaus = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68] as const;

/** Destinations remembered; the oldest goes first. */
const maximumEntries = 1024;

interface Learned {
  readonly mtu: number;
  /** The router named less than we are willing to use: then we let routers fragment (no DF), as Linux does. */
  readonly locked: boolean;
  readonly timer: Timer;
}

export class PathMtu {
  readonly #services: StackServices;
  readonly #changed: () => void;
  readonly #learned = new Map<IpAddress, Learned>();

  /** `changed` is called whenever a path's MTU is learned or forgotten. */
  constructor(services: StackServices, changed: () => void) {
    this.#services = services;
    this.#changed = changed;
  }

  /** Bytes of the largest packet for `destination`, at most `linkMtu`. */
  of(destination: IpAddress, linkMtu: number): number {
    const learned = this.#learned.size === 0 ? undefined : this.#learned.get(destination);
    return learned === undefined ? linkMtu : Math.min(learned.mtu, linkMtu);
  }

  /** True when packets to `destination` must not carry DF. */
  isLocked(destination: IpAddress): boolean {
    return this.#learned.size > 0 && this.#learned.get(destination)?.locked === true;
  }

  /**
   * A router could not forward our packet of `packetLength` bytes; it named `nextMtu`, or 0. Returns the MTU that we
   * use from now on, or undefined when the message teaches nothing (a larger MTU than the packet had).
   */
  learn(destination: IpAddress, nextMtu: number, packetLength: number, linkMtu: number): number | undefined {
    if (!isIpv4(destination)) return this.#learnIpv6(destination, nextMtu, linkMtu);
    const named = nextMtu >= 68 ? nextMtu : plateauBelow(packetLength);
    if (named >= packetLength || named >= this.of(destination, linkMtu)) return undefined;
    const minimum = this.#services.knobs.number('net.ipv4.route.min_pmtu');
    const mtu = Math.max(named, minimum);
    this.#remember(destination, mtu, named < minimum, 'net.ipv4.route.mtu_expires');
    return mtu;
  }

  #learnIpv6(destination: IpAddress, nextMtu: number, linkMtu: number): number | undefined {
    if (nextMtu < ipv6MinimumMtu || nextMtu >= this.of(destination, linkMtu)) return undefined;
    this.#remember(destination, nextMtu, false, 'net.ipv6.route.mtu_expires');
    return nextMtu;
  }

  #remember(destination: IpAddress, mtu: number, locked: boolean, expiryKnob: string): void {
    this.#forget(destination);
    if (this.#learned.size >= maximumEntries) {
      for (const oldest of this.#learned.keys()) {
        this.#forget(oldest);
        break;
      }
    }
    const expiresMs = this.#services.knobs.number(expiryKnob) * 1000;
    const timer = this.#services.clock.schedule(expiresMs, () => {
      this.#learned.delete(destination);
      this.#changed();
    });
    this.#learned.set(destination, { mtu, locked, timer });
    this.#changed();
  }

  dispose(): void {
    for (const destination of Array.from(this.#learned.keys())) this.#forget(destination);
  }

  #forget(destination: IpAddress): void {
    this.#learned.get(destination)?.timer.cancel();
    this.#learned.delete(destination);
  }
}

function plateauBelow(packetLength: number): number {
  return plateaus.find((plateau) => plateau < packetLength) ?? 68;
}
