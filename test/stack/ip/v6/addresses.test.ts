// The lives of IPv6 addresses: link-local ones, duplicate address detection, what goes and what stays (RFC 4862).
import { expect, test } from 'vitest';
import type { MacAddress } from '../../../../src/stack/wire/mac-address.ts';
import { ipv6Frame, ipv6Host, ndpIn, ndpPacket, settledMs } from '../../../support/ipv6-world.ts';
import { ip6, prefix, StackWorld, type TestHost } from '../../../support/stack-world.ts';

const states = (host: TestHost, name = 'eth0'): readonly string[] =>
  (host.stack.inspect().interfaces.find((each) => each.name === name)?.addresses ?? []).map(
    ({ address, length, state }) => `${address}/${length} ${state}`,
  );

function loneHost(): { readonly world: StackWorld; readonly host: TestHost } {
  const world = new StackWorld();
  return { world, host: ipv6Host(world, 'host') };
}

test('[RFC4862-5.3-a] [RFC4291-2.8-a] an interface makes itself a link-local address of its MAC address, and asks first whether anybody has it', () => {
  const { world, host } = loneHost();
  const device = world.join(host, world.wire(), 'eth0', []);
  expect(states(host)).toEqual(['fe80::ff:fe00:1/64 tentative']);
  expect(host.stack.interfaces[1]?.addresses).toEqual([]);
  world.clock.runFor(settledMs);
  expect(states(host)).toEqual(['fe80::ff:fe00:1/64 preferred']);
  const [probe, ...others] = ndpIn(device.sent);
  expect(probe).toMatchObject({
    kind: 'neighbor-solicitation',
    target: 'fe80::ff:fe00:1',
    sourceMac: undefined,
    header: { source: '::', destination: 'ff02::1:ff00:1' },
  });
  expect(others.map(({ kind }) => kind)).toEqual(Array.from({ length: 3 }, () => 'router-solicitation'));
});

test('the loopback has ::1, which answers', () => {
  const { world, host } = loneHost();
  expect(states(host, 'lo')).toContain('::1/128 preferred');
  expect(world.ping(host, '::1')).toMatchObject({ kind: 'reply', reply: { from: '::1', ttl: 64 } });
});

test('two hosts on a link speak with nothing but link-local addresses', () => {
  const world = new StackWorld();
  const wire = world.wire();
  const [a, b] = ['a', 'b'].map((name) => ipv6Host(world, name));
  if (a === undefined || b === undefined) throw new Error('two hosts');
  world.join(a, wire, 'eth0', []);
  world.join(b, wire, 'eth0', []);
  world.clock.runFor(settledMs);
  const reply = { kind: 'reply', reply: { from: 'fe80::ff:fe00:2%eth0', ttl: 64 } };
  expect(world.ping(a, 'fe80::ff:fe00:2%eth0')).toMatchObject(reply);
  expect(world.ping(a, 'fe80::ff:fe00:2')).toMatchObject(reply); // there is but one link
  expect(world.ping(a, 'fe80::ff:fe00:1%eth0')).toMatchObject({ reply: { from: 'fe80::ff:fe00:1%eth0' } });
  const heard: string[] = [];
  const echo = b.stack.openUdp({ port: 7, received: ({ source }) => echo.send(new Uint8Array(1), source) });
  const socket = a.stack.openUdp({ received: ({ source }) => heard.push(String(source.address)) });
  socket.connect({ address: ip6('fe80::ff:fe00:2'), port: 7 });
  socket.send(new Uint8Array(1));
  world.clock.runFor(100);
  expect(heard).toEqual(['fe80::ff:fe00:2%eth0']);
});

test('a zone that is no interface leads nowhere', () => {
  const { world, host } = loneHost();
  world.join(host, world.wire(), 'eth0', []);
  world.clock.runFor(settledMs);
  expect(host.stack.route(ip6('fe80::9%eth7'))).toBeUndefined();
  expect(host.stack.route(ip6('fe80::9%eth0'))).toMatchObject({ nextHop: 'fe80::9', source: 'fe80::ff:fe00:1%eth0' });
});

test('[RFC4862-5.4-a] an address that somebody answers for is not used', () => {
  const { world, host } = loneHost();
  const device = world.join(host, world.wire(), 'eth0', []);
  world.clock.runFor(settledMs);
  host.stack.addAddress('eth0', prefix('2001:db8::1/64'));
  world.clock.runFor(500);
  expect(states(host)).toContain('2001:db8::1/64 tentative');
  const answer = {
    kind: 'neighbor-advertisement',
    router: false,
    solicited: false,
    override: true,
    target: ip6('2001:db8::1'),
    targetMac: 0x0200_0000_0099 as MacAddress,
  } as const;
  device.deliver(ipv6Frame(ndpPacket({ source: '2001:db8::1', destination: 'ff02::1' }, answer)));
  world.clock.runFor(2000);
  expect(states(host)).toContain('2001:db8::1/64 dadfailed');
  expect(host.stack.route(ip6('2001:db8::9'))?.source).toBe('fe80::ff:fe00:1%eth0');
});

test('[RFC4862-5.4-a] two hosts that want the same address at the same time both give way', () => {
  const world = new StackWorld();
  const wire = world.wire();
  const hosts = ['a', 'b'].map((name) => ipv6Host(world, name));
  for (const host of hosts) world.join(host, wire, 'eth0', []);
  world.clock.runFor(settledMs);
  for (const host of hosts) host.stack.addAddress('eth0', prefix('2001:db8::1/64'));
  world.clock.runFor(5000);
  for (const host of hosts) expect(states(host)).toContain('2001:db8::1/64 dadfailed');
});

test('the address of a host that was there first is kept, the newcomer’s is not used', () => {
  const world = new StackWorld();
  const wire = world.wire();
  const [first, second] = ['first', 'second'].map((name) => ipv6Host(world, name));
  if (first === undefined || second === undefined) throw new Error('two hosts');
  world.join(first, wire, 'eth0', ['2001:db8::1/64']);
  world.join(second, wire, 'eth0', []);
  world.clock.runFor(settledMs);
  second.stack.addAddress('eth0', prefix('2001:db8::1/64'));
  world.clock.runFor(5000);
  expect(states(first)).toContain('2001:db8::1/64 preferred');
  expect(states(second)).toContain('2001:db8::1/64 dadfailed');
});

test('without detection an address is used at once', () => {
  const { world, host } = loneHost();
  world.join(host, world.wire(), 'eth0', []);
  host.stack.writeKnob('net.ipv6.conf.all.dad_transmits', '0');
  host.stack.addAddress('eth0', prefix('2001:db8::1/64'));
  expect(states(host)).toContain('2001:db8::1/64 preferred');
});

test('an address that goes takes its route along, unless another one needs it', () => {
  const { world, host } = loneHost();
  world.join(host, world.wire(), 'eth0', ['2001:db8::1/64', '2001:db8::2/64']);
  world.clock.runFor(settledMs);
  world.route(host, '::/0', '2001:db8::fe');
  const routes = (): readonly string[] =>
    host.stack.inspect().routes.map(({ destination }) => `${destination.address}/${destination.length}`);
  expect(routes()).toEqual(['::/0', '2001:db8::/64', 'fe80::/64']);
  expect(host.stack.removeAddress('eth0', prefix('2001:db8::2/64'))).toBe(true);
  expect(routes()).toEqual(['::/0', '2001:db8::/64', 'fe80::/64']);
  expect(host.stack.removeAddress('eth0', prefix('2001:db8::1/64'))).toBe(true);
  expect(routes()).toEqual(['fe80::/64']);
  expect(host.stack.removeAddress('eth0', prefix('2001:db8::1/64'))).toBe(false);
});

test('while the link is down nobody can be asked: the check waits for it', () => {
  const { world, host } = loneHost();
  const device = world.join(host, world.wire(), 'eth0', []);
  device.setCarrier(false);
  world.clock.runFor(settledMs);
  expect(states(host)).toEqual(['fe80::ff:fe00:1/64 tentative']);
  device.setCarrier(true);
  world.clock.runFor(settledMs);
  expect(states(host)).toEqual(['fe80::ff:fe00:1/64 preferred']);
  expect(world.end()).toBe(0);
});
