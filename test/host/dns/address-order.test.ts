// Which address of a name is tried first: RFC 6724 section 6, with the examples of section 10.2 that apply.
import { expect, test } from 'vitest';
import { orderDestinations } from '../../../src/host/dns/address-order.ts';
import { formatIp } from '../../../src/stack/wire/ip-address.ts';
import { ipv6Host, settledMs } from '../../support/ipv6-world.ts';
import { anyIp, StackWorld } from '../../support/stack-world.ts';

function order(
  own: readonly string[],
  destinations: readonly string[],
  gateways = ['10.0.0.254', 'fe80::fe'],
): readonly string[] {
  const world = new StackWorld();
  const host = ipv6Host(world, 'host');
  world.join(host, world.wire(), 'eth0', own);
  world.clock.runFor(settledMs);
  for (const gateway of gateways) {
    const destination = { address: anyIp(gateway.includes(':') ? '::' : '0.0.0.0'), length: 0 };
    host.stack.addRoute({ destination, gateway: anyIp(gateway), interface: 'eth0' });
  }
  return orderDestinations(host.stack, destinations.map(anyIp)).map(formatIp);
}

const both = ['10.0.0.1/24', '2001:db8:1::1/64'];

test('IPv6 before IPv4, when both lead there', () => {
  expect(order(both, ['198.51.100.1', '2001:db8:9::1'])).toEqual(['2001:db8:9::1', '198.51.100.1']);
});

test('[RFC6724-6-a] rule 1: what can be reached comes first', () => {
  expect(order(both, ['2001:db8:9::1', '198.51.100.1'], ['10.0.0.254'])).toEqual(['198.51.100.1', '2001:db8:9::1']);
});

test('[RFC6724-6-a] rule 2: with only a link-local IPv6 address, IPv4 fits better', () => {
  expect(order(['10.0.0.1/24'], ['2001:db8:9::1', '198.51.100.1'])).toEqual(['198.51.100.1', '2001:db8:9::1']);
});

test('[RFC6724-6-a] rule 5: labels that fit', () => {
  expect(order(['2001:db8:1::1/64'], ['fd00::1', '2001:db8:9::1'], ['fe80::fe'])).toEqual(['2001:db8:9::1', 'fd00::1']);
});

test('[RFC6724-6-a] rule 8: the smaller scope', () => {
  expect(order(both, ['2001:db8:9::1', 'fe80::9%eth0'])).toEqual(['fe80::9%eth0', '2001:db8:9::1']);
});

test('[RFC6724-6-a] rule 9: the longest common prefix, for IPv6', () => {
  expect(order(both, ['2001:db8:3ff::1', '2001:db8:1:5::1'])).toEqual(['2001:db8:1:5::1', '2001:db8:3ff::1']);
});

test('rule 10: otherwise as the server said', () => {
  expect(order(both, ['198.51.100.9', '198.51.100.1', '10.0.0.9'])).toEqual([
    '198.51.100.9',
    '198.51.100.1',
    '10.0.0.9',
  ]);
});
