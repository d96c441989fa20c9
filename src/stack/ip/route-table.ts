// The routes of one host: longest prefix first, then lowest metric, then the one that was there first.
// RFC 1812 section 5.2.4.3 (longest match), RFC 4632 section 5.1. One hash look-up per prefix length in use.
// Left out: equal-cost multipath, types of service, policy rules.
import {
  familyOf,
  ipv4Mask,
  isIpv4,
  networkOf,
  type IpAddress,
  type IpFamily,
  type Ipv4Address,
  type Prefix,
} from '../wire/ip-address.ts';
import type { StackInterface } from '../interfaces.ts';

export interface RouteRecord {
  /** Without host bits. */
  readonly destination: Prefix;
  /** Undefined: destinations are on the link. */
  readonly gateway: IpAddress | undefined;
  readonly interface: StackInterface;
  /** The source address that the operator wants. */
  readonly source: IpAddress | undefined;
  readonly metric: number;
  /** 'kernel': came with an address of the interface. */
  readonly origin: 'kernel' | 'static' | 'ra';
  /** Clock time in ms at which it goes by itself; absent: never. */
  readonly expiresAtMs?: number;
}

interface FamilyRoutes {
  /** Prefix length -> network address -> records, best first. */
  readonly byLength: Map<number, Map<IpAddress, RouteRecord[]>>;
  /** The keys of `byLength`, longest first. */
  lengths: number[];
}

export class RouteTable {
  readonly #families: Readonly<Record<IpFamily, FamilyRoutes>> = {
    4: { byLength: new Map(), lengths: [] },
    6: { byLength: new Map(), lengths: [] },
  };

  /** The best route to `destination` over an interface that is up. */
  lookup(destination: IpAddress): RouteRecord | undefined {
    const family = this.#families[familyOf(destination)];
    for (const length of family.lengths) {
      const records = family.byLength.get(length)?.get(networkAddress(destination, length));
      if (records === undefined) continue;
      for (const record of records) if (record.interface.up) return record;
    }
    return undefined;
  }

  /** False when the same route (destination, gateway, interface, metric) is there already. */
  add(record: RouteRecord): boolean {
    const family = this.#families[familyOf(record.destination.address)];
    const { address, length } = record.destination;
    let networks = family.byLength.get(length);
    if (networks === undefined) {
      networks = new Map();
      family.byLength.set(length, networks);
      family.lengths = Array.from(family.byLength.keys()).sort((a, b) => b - a);
    }
    const records = networks.get(address) ?? [];
    if (records.some((other) => isSameRoute(other, record))) return false;
    records.push(record);
    records.sort((a, b) => a.metric - b.metric); // stable: the older of equals stays first
    networks.set(address, records);
    return true;
  }

  /** Removes every route that `matches` and says how many there were. */
  remove(matches: (record: RouteRecord) => boolean): number {
    let removed = 0;
    for (const family of Object.values(this.#families)) {
      for (const [length, networks] of family.byLength) {
        for (const [address, records] of networks) {
          const kept = records.filter((record) => !matches(record));
          removed += records.length - kept.length;
          if (kept.length > 0) networks.set(address, kept);
          else networks.delete(address);
        }
        if (networks.size === 0) family.byLength.delete(length);
      }
      family.lengths = Array.from(family.byLength.keys()).sort((a, b) => b - a);
    }
    return removed;
  }

  /** All routes, IPv4 before IPv6, short prefixes before long ones (the default route first), then by address. */
  list(): readonly RouteRecord[] {
    const records = Object.values(this.#families).flatMap((family) =>
      family.lengths.flatMap((length) => Array.from(family.byLength.get(length)?.values() ?? []).flat()),
    );
    return records.sort(
      (a, b) =>
        familyOf(a.destination.address) - familyOf(b.destination.address) ||
        a.destination.length - b.destination.length ||
        compare(a.destination.address, b.destination.address) ||
        a.metric - b.metric,
    );
  }
}

function networkAddress(address: IpAddress, length: number): IpAddress {
  if (isIpv4(address)) return ((address & ipv4Mask(length)) >>> 0) as Ipv4Address; // still 32 bits
  return networkOf({ address, length }).address;
}

function compare(a: IpAddress, b: IpAddress): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function isSameRoute(a: RouteRecord, b: RouteRecord): boolean {
  return a.gateway === b.gateway && a.interface === b.interface && a.metric === b.metric;
}
