// Routes: which one wins, what a stack makes of addresses and interfaces, and that look-ups never go stale.
import { describe, expect, test } from 'vitest';
import { seededRandom, integerBelow } from '../../../src/base/random.ts';
import { formatIp, networkOf, prefixContains, type Ipv4Address } from '../../../src/stack/wire/ip-address.ts';
import { ip, prefix, StackWorld, type TestHost } from '../../support/stack-world.ts';

function hostWithTwoLinks(): { readonly world: StackWorld; readonly host: TestHost } {
  const world = new StackWorld();
  const host = world.host('a');
  world.join(host, world.wire(), 'eth0', ['10.0.0.1/24']);
  world.join(host, world.wire(), 'eth1', ['10.0.1.1/24']);
  return { world, host };
}

const way = (host: TestHost, destination: string): string => {
  const route = host.stack.route(ip(destination));
  return route === undefined ? 'none' : `${route.interface.name} ${formatIp(route.nextHop)} ${formatIp(route.source)}`;
};

test('a connected prefix needs no gateway; everything else needs a route', () => {
  const { host } = hostWithTwoLinks();
  expect(way(host, '10.0.1.77')).toBe('eth1 10.0.1.77 10.0.1.1');
  expect(way(host, '10.0.2.1')).toBe('none');
});

test('[RFC1812-5.2.4.3] the longest prefix wins, then the lowest metric, then the older route', () => {
  const { world, host } = hostWithTwoLinks();
  world.route(host, '0.0.0.0/0', '10.0.0.254');
  world.route(host, '10.2.0.0/16', '10.0.1.254');
  host.stack.addRoute({ destination: prefix('10.2.0.0/16'), gateway: ip('10.0.0.253'), metric: 5 });
  host.stack.addRoute({ destination: prefix('10.2.3.0/24'), gateway: ip('10.0.0.252'), metric: 100 });
  host.stack.addRoute({ destination: prefix('10.2.3.0/24'), gateway: ip('10.0.0.251'), metric: 100 });
  expect(way(host, '8.8.8.8')).toBe('eth0 10.0.0.254 10.0.0.1');
  expect(way(host, '10.2.9.9')).toBe('eth1 10.0.1.254 10.0.1.1');
  expect(way(host, '10.2.3.9')).toBe('eth0 10.0.0.252 10.0.0.1');
});

test('removing a route uncovers the next best at once, also for destinations already in use', () => {
  const { world, host } = hostWithTwoLinks();
  world.route(host, '0.0.0.0/0', '10.0.0.254');
  world.route(host, '10.2.0.0/16', '10.0.1.254');
  expect(way(host, '10.2.0.1')).toBe('eth1 10.0.1.254 10.0.1.1');
  expect(host.stack.removeRoute({ destination: prefix('10.2.0.0/16') })).toBe(true);
  expect(host.stack.removeRoute({ destination: prefix('10.2.0.0/16') })).toBe(false);
  expect(way(host, '10.2.0.1')).toBe('eth0 10.0.0.254 10.0.0.1');
});

test('an interface that is down carries nothing; its routes return with it', () => {
  const { world, host } = hostWithTwoLinks();
  world.route(host, '0.0.0.0/0', '10.0.0.254');
  host.stack.addRoute({ destination: prefix('0.0.0.0/0'), gateway: ip('10.0.1.254'), metric: 10 });
  expect(way(host, '8.8.8.8')).toBe('eth0 10.0.0.254 10.0.0.1');
  host.stack.setInterfaceUp('eth0', false);
  expect(way(host, '8.8.8.8')).toBe('eth1 10.0.1.254 10.0.1.1');
  expect(host.stack.inspect().routes.some((route) => route.interface === 'eth0')).toBe(false);
  host.stack.setInterfaceUp('eth0', true);
  expect(way(host, '8.8.8.8')).toBe('eth0 10.0.0.254 10.0.0.1');
});

test('our own addresses are reached through lo, whatever the link does', () => {
  const { world, host } = hostWithTwoLinks();
  expect(way(host, '10.0.1.1')).toBe('lo 10.0.1.1 10.0.1.1');
  expect(way(host, '127.3.2.1')).toBe('lo 127.3.2.1 127.3.2.1');
  host.stack.setInterfaceUp('eth1', false);
  expect(world.ping(host, '10.0.1.1')).toMatchObject({ kind: 'reply', reply: { ttl: 64 } });
  expect(host.stack.inspect().interfaces.find((each) => each.name === 'lo')?.counters.rxFrames).toBe(2);
});

test('[RFC1122-3.3.4.3] the source is on the next hop’s prefix, unless the route names another', () => {
  const { world, host } = hostWithTwoLinks();
  host.stack.addAddress('eth0', prefix('10.9.0.1/24'));
  expect(way(host, '10.9.0.2')).toBe('eth0 10.9.0.2 10.9.0.1');
  world.route(host, '10.20.0.0/16', '10.9.0.254');
  expect(way(host, '10.20.0.1')).toBe('eth0 10.9.0.254 10.9.0.1');
  host.stack.addRoute({ destination: prefix('10.21.0.0/16'), gateway: ip('10.9.0.254'), source: ip('10.0.1.1') });
  expect(way(host, '10.21.0.1')).toBe('eth0 10.9.0.254 10.0.1.1');
});

test('an address that leaves takes its connected route and the gateways behind it along', () => {
  const { world, host } = hostWithTwoLinks();
  world.route(host, '0.0.0.0/0', '10.0.0.254');
  expect(host.stack.removeAddress('eth0', prefix('10.0.0.1/24'))).toBe(true);
  expect(way(host, '10.0.0.9')).toBe('none');
  expect(way(host, '8.8.8.8')).toBe('none');
  expect(host.stack.removeAddress('eth0', prefix('10.0.0.1/24'))).toBe(false);
});

test('routes are listed in a defined order, the default route first', () => {
  const { world, host } = hostWithTwoLinks();
  world.route(host, '10.2.0.0/16', '10.0.1.254');
  world.route(host, '0.0.0.0/0', '10.0.0.254');
  const listed = host.stack.inspect().routes.map((route) => `${formatIp(route.destination.address)} ${route.origin}`);
  expect(listed).toEqual(['0.0.0.0 static', '10.2.0.0 static', '10.0.0.0 kernel', '10.0.1.0 kernel']);
});

describe('what can not be a route is refused', () => {
  const refusals = [
    ['no gateway and no interface', { destination: prefix('1.0.0.0/8') }, 'EINVAL'],
    ['an unknown interface', { destination: prefix('1.0.0.0/8'), interface: 'eth7' }, 'EINVAL'],
    ['a gateway on no link', { destination: prefix('1.0.0.0/8'), gateway: ip('10.7.0.1') }, 'ENETUNREACH'],
    ['ourselves as gateway', { destination: prefix('1.0.0.0/8'), gateway: ip('10.0.0.1') }, 'EINVAL'],
    [
      'a foreign source',
      { destination: prefix('1.0.0.0/8'), gateway: ip('10.0.0.2'), source: ip('9.9.9.9') },
      'EINVAL',
    ],
    ['the same again', { destination: prefix('10.0.0.0/24'), interface: 'eth0' }, 'EINVAL'],
  ] as const;
  for (const [name, entry, code] of refusals) {
    test(name, () => {
      const { host } = hostWithTwoLinks();
      expect(() => host.stack.addRoute(entry)).toThrow(expect.objectContaining({ code }));
    });
  }
});

test('a thousand random routes agree with a plain search', () => {
  const { world, host } = hostWithTwoLinks();
  const random = seededRandom('routes');
  const randomAddress = (): Ipv4Address => (0x1000_0000 + integerBelow(random, 0x100_0000)) as Ipv4Address;
  const routes = Array.from({ length: 1000 }, (_, index) => {
    const destination = networkOf({ address: randomAddress(), length: 8 + integerBelow(random, 25) });
    const entry = { destination, gateway: ip(index % 2 === 0 ? '10.0.0.2' : '10.0.1.2'), metric: index };
    host.stack.addRoute(entry);
    return entry;
  });
  for (let round = 0; round < 500; round += 1) {
    const destination = randomAddress();
    const best = routes
      .filter((route) => prefixContains(route.destination, destination))
      .sort((a, b) => b.destination.length - a.destination.length || a.metric - b.metric)[0];
    expect(host.stack.route(destination)?.nextHop).toBe(best?.gateway);
  }
  expect(world.end()).toBe(0);
});
