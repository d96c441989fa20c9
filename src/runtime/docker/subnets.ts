// Addresses of the engine's own making. A lab's hosts use the plan's addresses over the plan's MAC addresses; what the
// engine gives its kernel interfaces only tells them apart. So every network gets a small subnet from one pool that is
// never used on the internet (RFC 2544), and any number of labs with the same addresses run side by side.
import { Fault } from '../../base/fault.ts';
import {
  formatIp,
  formatPrefix,
  isIpv4,
  parsePrefix,
  prefixContains,
  type Ipv4Address,
  type Prefix,
} from '../../stack/wire/ip-address.ts';

/** 198.18.0.0/15: benchmarking of network devices. */
const pool = { first: 0xc612_0000, size: 0x2_0000 } as const;

export interface SubnetRequest {
  readonly segment: string;
  /** Interfaces on the segment. */
  readonly ends: number;
}

/** Segment -> subnet such as `198.18.0.8/29`, none of which overlaps one of `taken`. Throws `Fault` limit-reached. */
export function allocateSubnets(
  requests: readonly SubnetRequest[],
  taken: readonly string[],
): ReadonlyMap<string, string> {
  const occupied = taken.flatMap((text) => parseIpv4Prefix(text) ?? []);
  const result = new Map<string, string>();
  let next: number = pool.first;
  for (const request of requests) {
    const length = subnetLength(request.ends);
    const size = 2 ** (32 - length);
    for (next = align(next, size); ; next += size) {
      if (next + size > pool.first + pool.size) throw poolExhausted();
      const candidate: Prefix = { address: next as Ipv4Address, length };
      if (occupied.some((other) => overlap(candidate, other))) continue;
      result.set(request.segment, formatPrefix(candidate));
      break;
    }
    next += size;
  }
  return result;
}

/** The address of the `index`th interface in a subnet; the engine's gateway has the first one. */
export function subnetAddress(subnet: string, index: number): string {
  return formatIp((baseOf(subnet) + 2 + index) as Ipv4Address);
}

/** The address that the engine wants to reserve for itself; nobody ever has it. */
export function subnetGateway(subnet: string): string {
  return formatIp((baseOf(subnet) + 1) as Ipv4Address);
}

/** Pairs of overlapping prefixes: a plan's prefix, and one that the engine's machine translates when it sees it. */
export function overlappingPrefixes(
  planned: readonly string[],
  others: readonly string[],
): readonly [string, string][] {
  return planned.flatMap((mine) =>
    others.flatMap((theirs): [string, string][] => {
      const [a, b] = [parseIpv4Prefix(mine), parseIpv4Prefix(theirs)];
      return a !== undefined && b !== undefined && overlap(a, b) ? [[mine, theirs]] : [];
    }),
  );
}

/** Room for network, gateway and broadcast address besides the ends. */
function subnetLength(ends: number): number {
  let length = 29;
  while (2 ** (32 - length) < ends + 3) length -= 1;
  return length;
}

function align(address: number, size: number): number {
  return Math.ceil(address / size) * size;
}

function overlap(a: Prefix, b: Prefix): boolean {
  return a.length <= b.length ? prefixContains(a, b.address) : prefixContains(b, a.address);
}

function baseOf(subnet: string): number {
  const prefix = parseIpv4Prefix(subnet);
  if (prefix === undefined) throw new RangeError(`${subnet} is no IPv4 prefix`);
  return prefix.address as Ipv4Address;
}

function parseIpv4Prefix(text: string): Prefix | undefined {
  const prefix = parsePrefix(text);
  return prefix !== undefined && isIpv4(prefix.address) ? prefix : undefined;
}

function poolExhausted(): Fault {
  return new Fault('limit-reached', 'every subnet of the pool 198.18.0.0/15 is in use', {
    nextStep: 'Stop labs that are no longer needed: ackademy down --all.',
  });
}
