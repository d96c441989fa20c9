// A small internet for tests of the stack: hosts and routers on wires, one virtual clock, one seed.
import { seededRandom } from '../../src/base/random.ts';
import type { DropReason } from '../../src/stack/drop.ts';
import type { StackEvent } from '../../src/stack/events.ts';
import type { EchoReply, IcmpErrorReport, PingSendOptions } from '../../src/stack/sockets.ts';
import { Stack } from '../../src/stack/stack.ts';
import {
  parseIpv4Address,
  parsePrefix,
  type IpAddress,
  type Ipv4Address,
  type Ipv6Address,
  type Prefix,
} from '../../src/stack/wire/ip-address.ts';
import { parseScopedIp } from '../../src/stack/wire/ipv6-scope.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { Wire, type WireDevice } from './wire-pair.ts';

/** The address in a literal of a test. */
export function ip(text: string): Ipv4Address {
  const address = parseIpv4Address(text);
  if (address === undefined) throw new Error(`${text} is not an IPv4 address`);
  return address;
}

/** The IPv6 address in a literal of a test, with its zone if it has one. */
export function ip6(text: string): Ipv6Address {
  const address = parseScopedIp(text);
  if (typeof address !== 'string') throw new Error(`${text} is not an IPv6 address`);
  return address;
}

export function anyIp(text: string): IpAddress {
  return text.includes(':') ? ip6(text) : ip(text);
}

export function prefix(text: string): Prefix {
  const value = parsePrefix(text);
  if (value === undefined) throw new Error(`${text} is not a prefix`);
  return value;
}

/** A stack with what it told. */
export interface TestHost {
  readonly stack: Stack;
  readonly events: StackEvent[];
  /** Reasons of all drops so far, in order. */
  drops(): readonly DropReason[];
  counter(name: string): number;
}

/** What became of one echo request. */
export type PingOutcome =
  | { readonly kind: 'reply'; readonly reply: EchoReply }
  | { readonly kind: 'error'; readonly report: IcmpErrorReport & { readonly sequence: number } }
  | { readonly kind: 'silence' };

export class StackWorld {
  readonly clock = new VirtualClock();
  readonly #seed: string;
  readonly #hosts: TestHost[] = [];
  #nextMac = 0x0200_0000_0001;

  constructor(seed = 'stack-world') {
    this.#seed = seed;
  }

  wire(delayMs = 1): Wire {
    return new Wire(this.clock, delayMs);
  }

  host(name: string): TestHost {
    const events: StackEvent[] = [];
    const random = seededRandom(`${this.#seed}/${name}`);
    const stack = new Stack({
      clock: this.clock,
      random,
      hostName: name,
      onEvent: (event) => events.push(event),
    });
    const host: TestHost = {
      stack,
      events,
      drops: () => events.flatMap((event) => (event.kind === 'drop' ? [event.reason] : [])),
      counter: (counterName) => stack.inspect().counters[counterName] ?? Number.NaN,
    };
    this.#hosts.push(host);
    return host;
  }

  /** Attaches `host` to `wire` as `name` with `addresses` such as `10.0.0.1/24`. */
  join(host: TestHost, wire: Wire, name: string, addresses: readonly string[], mtu = 1500): WireDevice {
    const device = wire.attach(this.#nextMac++, mtu);
    host.stack.addInterface(name, device, addresses.map(prefix));
    return device;
  }

  route(host: TestHost, destination: string, gateway: string): void {
    host.stack.addRoute({ destination: prefix(destination), gateway: anyIp(gateway) });
  }

  /** Sends one echo request and waits up to `waitMs`. */
  ping(
    host: TestHost,
    destination: string,
    options: PingSendOptions & { readonly size?: number; readonly waitMs?: number } = {},
  ): PingOutcome {
    let outcome: PingOutcome = { kind: 'silence' };
    const socket = host.stack.openPing({
      reply: (reply) => {
        outcome = { kind: 'reply', reply };
      },
      icmpError: (report) => {
        outcome = { kind: 'error', report };
      },
    });
    const payload = Uint8Array.from({ length: options.size ?? 56 }, (_, index) => index & 0xff);
    socket.send(anyIp(destination), 1, payload, options);
    this.clock.runUntilCondition(() => outcome.kind !== 'silence', this.clock.now() + (options.waitMs ?? 5000));
    socket.close();
    return outcome;
  }

  /** Closes every stack; says how many timers are left, which must be none. */
  end(): number {
    for (const host of this.#hosts) host.stack.dispose();
    return this.clock.pending;
  }
}

/** client - r1 - r2 - r3 - server, each link a /24: 10.0.0.0 to 10.0.3.0, the left end .1 and the right end .2. */
export function threeRouters(options: { readonly mtus?: readonly number[]; readonly seed?: string } = {}): {
  readonly world: StackWorld;
  readonly client: TestHost;
  readonly routers: readonly TestHost[];
  readonly server: TestHost;
} {
  const world = new StackWorld(options.seed);
  const client = world.host('client');
  const routers = ['r1', 'r2', 'r3'].map((name) => world.host(name));
  const server = world.host('server');
  const chain = [client, ...routers, server];
  for (let link = 0; link < 4; link += 1) {
    const wire = world.wire();
    const mtu = options.mtus?.[link] ?? 1500;
    world.join(chain[link] as TestHost, wire, 'eth1', [`10.0.${link}.1/24`], mtu); // five in the chain
    world.join(chain[link + 1] as TestHost, wire, 'eth0', [`10.0.${link}.2/24`], mtu);
  }
  world.route(client, '0.0.0.0/0', '10.0.0.2');
  world.route(server, '0.0.0.0/0', '10.0.3.1');
  routers.forEach((router, index) => {
    router.stack.setForwarding(true);
    for (let link = 0; link < 4; link += 1) {
      if (link < index) world.route(router, `10.0.${link}.0/24`, `10.0.${index}.1`);
      if (link > index + 1) world.route(router, `10.0.${link}.0/24`, `10.0.${index + 1}.2`);
    }
  });
  world.clock.runFor(3000); // announcements are over
  return { world, client, routers, server };
}
