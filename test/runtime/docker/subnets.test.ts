import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePrefix, prefixContains, type Prefix } from '../../../src/stack/wire/ip-address.ts';
import {
  allocateSubnets,
  overlappingPrefixes,
  subnetAddress,
  subnetGateway,
} from '../../../src/runtime/docker/subnets.ts';

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
}

function overlap(a: string, b: string): boolean {
  return prefixContains(prefix(a), prefix(b).address) || prefixContains(prefix(b), prefix(a).address);
}

test('a link gets the smallest subnet that has room for two ends and the engine’s gateway', () => {
  expect(allocateSubnets([{ segment: 'a', ends: 2 }], [])).toEqual(new Map([['a', '198.18.0.0/29']]));
  expect(subnetGateway('198.18.0.0/29')).toBe('198.18.0.1');
  expect(subnetAddress('198.18.0.0/29', 0)).toBe('198.18.0.2');
  expect(subnetAddress('198.18.0.0/29', 4)).toBe('198.18.0.6');
});

test('subnets overlap neither each other nor what is taken, and hold every end', () => {
  const requests = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(requests, requests, (earlier, later) => {
      const named = (ends: readonly number[]): { segment: string; ends: number }[] =>
        ends.map((count, index) => ({ segment: String(index), ends: count }));
      const taken = [...allocateSubnets(named(earlier), ['172.17.0.0/16']).values()];
      const given = [...allocateSubnets(named(later), taken).values()];
      const all = [...taken, ...given];
      all.forEach((one, index) => {
        for (const other of all.slice(index + 1)) expect(overlap(one, other), `${one} ${other}`).toBe(false);
      });
      given.forEach((subnet, index) => {
        const lastEnd = prefix(`${subnetAddress(subnet, (later[index] as number) - 1)}/32`).address;
        expect(prefixContains(prefix(subnet), lastEnd)).toBe(true);
        expect(overlap(subnet, '198.18.0.0/15')).toBe(true);
      });
    }),
  );
});

test('twenty labs of ten segments fit', () => {
  const taken: string[] = [];
  for (let lab = 0; lab < 20; lab += 1) {
    const requests = Array.from({ length: 10 }, (_, index) => ({ segment: `s${index}`, ends: 12 }));
    taken.push(...allocateSubnets(requests, taken).values());
  }
  expect(new Set(taken).size).toBe(200);
});

test('a pool that is used up is a fault with a next step', () => {
  expect(() => allocateSubnets([{ segment: 'a', ends: 2 }], ['198.18.0.0/15'])).toThrow(
    expect.objectContaining({ code: 'limit-reached', nextStep: expect.stringContaining('down') }),
  );
});

test('a plan’s prefixes are compared with what the engine’s machine translates; IPv6 and foreign text do not matter', () => {
  expect(overlappingPrefixes(['10.0.1.0/24', 'fd00::/64'], ['172.17.0.0/16', '10.0.0.0/8', 'nonsense'])).toEqual([
    ['10.0.1.0/24', '10.0.0.0/8'],
  ]);
});
