// Which of its addresses a host uses: the rules of RFC 6724 section 5 one by one, with the examples of section 10.1.
import { expect, test } from 'vitest';
import { ipv6Host, settledMs } from '../../../support/ipv6-world.ts';
import { ip6, StackWorld, type TestHost } from '../../../support/stack-world.ts';

function host(addresses: readonly string[], others: readonly string[] = []): TestHost {
  const world = new StackWorld();
  const made = ipv6Host(world, 'host');
  world.join(made, world.wire(), 'eth0', addresses);
  if (others.length > 0) world.join(made, world.wire(), 'eth1', others);
  world.clock.runFor(settledMs);
  made.stack.addRoute({ destination: { address: ip6('::'), length: 0 }, interface: 'eth0' });
  return made;
}

const chosen = (made: TestHost, destination: string): unknown => made.stack.route(ip6(destination))?.source;
const linkLocal = 'fe80::ff:fe00:1%eth0';

test('[RFC6724-5-a] rule 1: the destination itself', () => {
  expect(chosen(host(['2001:db8::1/64', '2001:db8::2/64']), '2001:db8::2')).toBe('2001:db8::2');
});

test('[RFC6724-5-a] rule 2: a scope that reaches, and no wider than needed', () => {
  const made = host(['2001:db8::1/64']);
  expect(chosen(made, '2001:db8:9::1')).toBe('2001:db8::1');
  expect(chosen(made, 'fe80::9%eth0')).toBe(linkLocal);
  expect(chosen(made, 'ff02::1%eth0')).toBe(linkLocal);
  expect(chosen(made, 'ff0e::1')).toBe('2001:db8::1');
});

test('[RFC6724-5-a] rule 5: an address of the interface that is used', () => {
  expect(chosen(host(['2001:db8:1::1/64'], ['2001:db8:2::1/64']), '2001:db8:2:0:1::1')).toBe('2001:db8:2::1');
  expect(chosen(host(['2001:db8:1::1/64'], ['2001:db8:2::1/64']), '2001:db8:3::1')).toBe('2001:db8:1::1');
});

test('[RFC6724-5-a] rule 6: labels that fit', () => {
  const made = host(['2001:db8::1/64', 'fd00:1::1/64']);
  expect(chosen(made, 'fd00:2::1')).toBe('fd00:1::1');
  expect(chosen(made, '2001:db8:9::1')).toBe('2001:db8::1');
});

test('[RFC6724-5-a] rule 8: the longest common prefix', () => {
  const made = host(['2001:db8:1::1/48', '2001:db8:3ff::1/48']);
  expect(chosen(made, '2001:db8:1:5::1')).toBe('2001:db8:1::1');
  expect(chosen(made, '2001:db8:3ff:5::1')).toBe('2001:db8:3ff::1');
});

test('without an address of the right scope another interface lends one', () => {
  expect(chosen(host([], ['2001:db8:2::1/64']), '2001:db8:9::1')).toBe('2001:db8:2::1');
});
