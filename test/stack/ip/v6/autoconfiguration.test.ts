// A router advertises, hosts configure themselves: RFC 4861 section 6 and RFC 4862 section 5.5.
import { expect, test } from 'vitest';
import type { RouterAdvertising } from '../../../../src/stack/ip/v6/router-advertiser.ts';
import { formatIp } from '../../../../src/stack/wire/ip-address.ts';
import type { MacAddress } from '../../../../src/stack/wire/mac-address.ts';
import type { RouterAdvertisement } from '../../../../src/stack/wire/ndp.ts';
import { ipv6Frame, ipv6Host, ndpIn, ndpPacket, settledMs } from '../../../support/ipv6-world.ts';
import { ip6, StackWorld, type TestHost } from '../../../support/stack-world.ts';

const advertising: RouterAdvertising = {
  maximumIntervalSeconds: 600,
  lifetimeSeconds: 1800,
  prefixes: [
    {
      prefix: ip6('2001:db8:7::'),
      length: 64,
      onLink: true,
      autonomous: true,
      validSeconds: 86_400,
      preferredSeconds: 14_400,
    },
  ],
  dnsServers: [{ lifetimeSeconds: 1200, servers: [ip6('2001:db8:7::53')] }],
  mtu: 1400,
};

const addressesOf = (host: TestHost): readonly string[] =>
  (host.stack.inspect().interfaces[1]?.addresses ?? []).map(({ address, state }) => `${formatIp(address)} ${state}`);
const routesOf = (host: TestHost): readonly string[] =>
  host.stack
    .inspect()
    .routes.map(
      ({ destination, gateway, origin }) => `${destination.address}/${destination.length} ${gateway} ${origin}`,
    );

test('[RFC4862-5.5.3-a] [RFC8106-5.1-a] a host without any configuration gets an address, a route, an MTU and a DNS server, and reaches the world', () => {
  const world = new StackWorld();
  const [lan, far] = [world.wire(), world.wire()];
  const router = ipv6Host(world, 'router');
  router.stack.setForwarding(true);
  world.join(router, lan, 'eth0', ['2001:db8:7::1/64']);
  world.join(router, far, 'eth1', ['2001:db8:8::1/64']);
  const server = ipv6Host(world, 'server');
  world.join(server, far, 'eth0', ['2001:db8:8::2/64']);
  world.route(server, '::/0', '2001:db8:8::1');
  router.stack.advertiseRouter('eth0', advertising);
  const host = ipv6Host(world, 'host');
  world.join(host, lan, 'eth0', []);
  world.clock.runFor(settledMs);
  expect(addressesOf(host)).toEqual(['2001:db8:7::ff:fe00:4 preferred', 'fe80::ff:fe00:4 preferred']);
  expect(routesOf(host)).toEqual([
    '::/0 fe80::ff:fe00:1 ra',
    '2001:db8:7::/64 undefined kernel',
    'fe80::/64 undefined kernel',
  ]);
  expect(host.stack.inspect().advertisedDnsServers).toEqual(['2001:db8:7::53']);
  expect(host.stack.route(ip6('2001:db8:8::2'))).toMatchObject({ mtu: 1400, source: '2001:db8:7::ff:fe00:4' });
  expect(world.ping(host, '2001:db8:8::2')).toMatchObject({ kind: 'reply', reply: { ttl: 63 } });
  expect(host.stack.inspect().neighbors.find(({ address }) => address === 'fe80::ff:fe00:1')).toMatchObject({
    router: true,
  });
  expect(world.end()).toBe(0);
});

test('[RFC4861-6.2-a] a router speaks three times soon, then at its leisure; a question is answered at once', () => {
  const world = new StackWorld();
  const wire = world.wire();
  const router = ipv6Host(world, 'router');
  router.stack.setForwarding(true);
  const device = world.join(router, wire, 'eth0', ['2001:db8:7::1/64']);
  world.clock.runFor(settledMs);
  router.stack.advertiseRouter('eth0', advertising);
  world.clock.runFor(40_000);
  const count = (): number => ndpIn(device.sent).filter(({ kind }) => kind === 'router-advertisement').length;
  expect(count()).toBe(3);
  world.clock.runFor(190_000);
  expect(count()).toBe(3);
  world.join(ipv6Host(world, 'host'), wire, 'eth0', []);
  world.clock.runFor(4000);
  expect(count()).toBe(4);
  world.clock.runFor(600_000);
  expect(count()).toBeGreaterThanOrEqual(5);
});

test('a router that stops says so, and its hosts look for another', () => {
  const world = new StackWorld();
  const wire = world.wire();
  const router = ipv6Host(world, 'router');
  router.stack.setForwarding(true);
  world.join(router, wire, 'eth0', ['2001:db8:7::1/64']);
  router.stack.advertiseRouter('eth0', advertising);
  const host = ipv6Host(world, 'host');
  world.join(host, wire, 'eth0', []);
  world.clock.runFor(settledMs);
  expect(routesOf(host)).toContain('::/0 fe80::ff:fe00:1 ra');
  router.stack.advertiseRouter('eth0', undefined);
  world.clock.runFor(10);
  expect(routesOf(host).filter((route) => route.startsWith('::/0'))).toEqual([]);
  expect(addressesOf(host)).toContain('2001:db8:7::ff:fe00:2 preferred');
});

/** A host, and a way to speak to it as a router does. */
function hearing(): {
  readonly world: StackWorld;
  readonly host: TestHost;
  advertise(change?: Partial<RouterAdvertisement>, source?: string): void;
} {
  const world = new StackWorld();
  const host = ipv6Host(world, 'host');
  const device = world.join(host, world.wire(), 'eth0', []);
  world.clock.runFor(settledMs);
  return {
    world,
    host,
    advertise: (change = {}, source = 'fe80::fe') => {
      const message: RouterAdvertisement = {
        kind: 'router-advertisement',
        hopLimit: 0,
        managed: false,
        otherConfiguration: false,
        lifetimeSeconds: 0,
        reachableMs: 0,
        retransMs: 0,
        sourceMac: 0x0200_0000_00fe as MacAddress,
        mtu: undefined,
        prefixes: [],
        dnsServers: [],
        ...change,
      };
      device.deliver(ipv6Frame(ndpPacket({ source, destination: 'ff02::1' }, message)));
      world.clock.runFor(3000);
    },
  };
}

const onePrefix = {
  ...advertising.prefixes[0],
  prefix: ip6('2001:db8:7::'),
  length: 64,
  onLink: true,
  autonomous: true,
};
const withLives = (validSeconds: number, preferredSeconds: number): Partial<RouterAdvertisement> => ({
  prefixes: [{ ...onePrefix, validSeconds, preferredSeconds }],
});
const mine = '2001:db8:7::ff:fe00:1';

test('[RFC4862-5.5.4-a] an address is preferred, then deprecated, then gone', () => {
  const { world, host, advertise } = hearing();
  advertise(withLives(100, 50));
  expect(addressesOf(host)).toContain(`${mine} preferred`);
  world.clock.runFor(50_000);
  expect(addressesOf(host)).toContain(`${mine} deprecated`);
  world.clock.runFor(50_000);
  expect(addressesOf(host)).toEqual(['fe80::ff:fe00:1 preferred']);
  expect(routesOf(host)).toEqual(['fe80::/64 undefined kernel']);
});

test('[RFC4862-5.5.3-e] a stranger can shorten the life of an address to two hours, not below', () => {
  const { host, advertise } = hearing();
  advertise(withLives(86_400, 86_400));
  const left = (): number => {
    const found = host.stack.inspect().interfaces[1]?.addresses.find(({ address }) => address === mine);
    return Math.round((found?.validLeftMs ?? 0) / 1000);
  };
  advertise(withLives(10, 10));
  expect(left()).toBe(7197);
  advertise(withLives(10, 10));
  expect(left()).toBe(7194);
  advertise(withLives(9000, 9000));
  expect(left()).toBe(8997);
});

test('prefixes that make no address: not autonomous, of another length, link-local, preferred longer than valid', () => {
  const { host, advertise } = hearing();
  const lives = { validSeconds: 1000, preferredSeconds: 500 };
  advertise({
    prefixes: [
      { ...onePrefix, ...lives, autonomous: false },
      { ...onePrefix, ...lives, prefix: ip6('2001:db8:9::'), length: 56 },
      { ...onePrefix, ...lives, prefix: ip6('fe80::') },
      { ...onePrefix, prefix: ip6('2001:db8:a::'), validSeconds: 500, preferredSeconds: 1000 },
    ],
  });
  expect(addressesOf(host)).toEqual(['fe80::ff:fe00:1 preferred']);
  expect(routesOf(host).map((route) => route.split(' ')[0])).toEqual([
    '2001:db8:9::/56',
    '2001:db8:7::/64',
    '2001:db8:a::/64',
    'fe80::/64',
  ]);
});

test('[RFC4861-6.3.4-a] parameters: hop limit, MTU, times; nonsense is left out', () => {
  const { world, host, advertise } = hearing();
  advertise({ hopLimit: 17, mtu: 1300, lifetimeSeconds: 1800, ...withLives(1000, 1000) });
  expect(host.stack.route(ip6('2001:db8::9'))?.mtu).toBe(1300);
  advertise({ mtu: 9000 });
  expect(host.stack.route(ip6('2001:db8:7::9'))?.mtu).toBe(1300);
  advertise({ mtu: 1000 });
  expect(host.stack.route(ip6('2001:db8:7::9'))?.mtu).toBe(1300);
  advertise({ retransMs: 200 });
  const began = world.clock.now();
  let failed = 0;
  host.stack
    .openPing({ icmpError: () => void (failed = world.clock.now()) })
    .send(ip6('2001:db8:7::9'), 1, new Uint8Array(8));
  world.clock.runFor(5000);
  expect(failed - began).toBe(600);
});

test('only a link-local neighbor is believed, and nobody when we forward or will not', () => {
  const { host, advertise } = hearing();
  advertise({ lifetimeSeconds: 1800 }, '2001:db8::fe');
  host.stack.setForwarding(true);
  advertise({ lifetimeSeconds: 1800 });
  host.stack.setForwarding(false);
  host.stack.writeKnob('net.ipv6.conf.all.accept_ra', '0');
  advertise({ lifetimeSeconds: 1800 });
  expect(routesOf(host)).toEqual(['fe80::/64 undefined kernel']);
  host.stack.writeKnob('net.ipv6.conf.all.accept_ra', '1');
  advertise({ lifetimeSeconds: 1800 });
  expect(routesOf(host)).toContain('::/0 fe80::fe ra');
});

test('a default router that says it is none any more is not used', () => {
  const { host, advertise } = hearing();
  advertise({ lifetimeSeconds: 1800 });
  expect(routesOf(host)).toContain('::/0 fe80::fe ra');
  advertise({ lifetimeSeconds: 0 });
  expect(routesOf(host)).not.toContain('::/0 fe80::fe ra');
});
