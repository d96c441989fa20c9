// Names in braces: what they stand for, and what stays as it is.
import { expect, test } from 'vitest';
import { addressesOf, fillIn, ownerOf } from '../../src/exercise/references.ts';
import { routedHosts } from '../support/plan.ts';

const bare = routedHosts();
const plan = {
  ...bare,
  segments: bare.segments.map((one) => ({ ...one, prefixes: [one.name === 'left' ? '10.0.1.0/24' : '10.0.2.0/24'] })),
};
const filled = (text: string): string => {
  const result = fillIn(text, plan);
  return result.ok ? result.text : `! ${result.problem}`;
};

test.each([
  ['ping {server}', 'ping 10.0.2.2'],
  ['{router.eth1}', '10.0.2.1'],
  ['{client.eth0.network} via {router}', '10.0.1.0/24 via 10.0.1.1'],
  ['ip.addr in { {client}, {server} }', 'ip.addr in { 10.0.1.2, 10.0.2.2 }'],
  ['^a{3}$ and {2,3}', '^a{3}$ and {2,3}'],
  ['{nobody}', '! {nobody} is nothing in this lab'],
  ['{client.eth7}', '! {client.eth7} is nothing in this lab'],
])('%s is %s', (text, expected) => {
  expect(filled(text)).toBe(expected);
});

test('{host.interface.mac} is the MAC address of the plan', () => {
  expect(filled('{client.eth0.mac}')).toBe(plan.hosts.find(({ name }) => name === 'client')?.interfaces[0]?.mac);
});

test('addresses have owners', () => {
  expect(addressesOf(plan, 'router')).toEqual(['10.0.1.1', '10.0.2.1']);
  expect(ownerOf(plan, '10.0.2.1')).toBe('router');
  expect(ownerOf(plan, '192.0.2.1')).toBeUndefined();
});
