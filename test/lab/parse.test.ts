// Bad templates: each fault says what is wrong, on which line, under which key.
import { describe, expect, test } from 'vitest';
import { formatFault } from '../../src/base/fault.ts';
import { parseTemplate } from '../../src/lab/parse.ts';

const head = 'name: x\ntitle: { en: X }\nsummary: { en: X }\n';
const hosts = 'hosts:\n  a:\n  r1: { role: router }\n  b:\n';

function faultsOf(text: string): readonly string[] {
  const parsed = parseTemplate(text, 'lab.yaml');
  return parsed.ok ? [] : parsed.faults.map(formatFault);
}

describe('a template', () => {
  test('that is right has no faults', () => {
    expect(faultsOf(`${head}${hosts}links:\n  - a -- r1\n  - r1 -- b\n`)).toEqual([]);
  });

  test.each([
    ['is not YAML', `${head}hosts: [`, /^lab\.yaml:4:\d+: this is not YAML/],
    ['has no hosts', head, /^lab\.yaml:1:1 \(hosts\): 'hosts' is missing/],
    [
      'has a key that nobody knows',
      `${head}${hosts}link:\n  - a -- r1\n`,
      /^lab\.yaml:8:1 \(link\): unknown key 'link': did you mean 'links'\?/,
    ],
    [
      'gives a host an unknown key',
      `${head}hosts:\n  a: { rolle: router }\n  b:\nlinks: [a -- b]\n`,
      /^lab\.yaml:5:8 \(hosts\.a\.rolle\): unknown key 'rolle': did you mean 'role'\?/,
    ],
    [
      'gives a host an unknown role',
      `${head}hosts:\n  a: { role: rooter }\n  b:\nlinks: [a -- b]\n`,
      /^lab\.yaml:5:8 \(hosts\.a\.role\)/,
    ],
    [
      'links a host that does not exist',
      `${head}${hosts}links:\n  - a -- r2\n  - r1 -- b\n`,
      /^lab\.yaml:9:\d+ \(links\[0\].*\): no host is named 'r2': did you mean 'r1'\?/,
    ],
    [
      'leaves a host alone',
      `${head}${hosts}links:\n  - a -- r1\n`,
      /^lab\.yaml:7:3 \(hosts\.b\): host 'b' is on no link or network/,
    ],
    [
      'has an impairment that is none',
      `${head}${hosts}links:\n  - { ends: [a, r1], impair: { both: loss 200% } }\n  - r1 -- b\n`,
      /^lab\.yaml:9:\d+ \(links\[0\]\.impair\.both\)/,
    ],
    [
      'impairs a direction that does not exist',
      `${head}${hosts}links:\n  - { ends: [a, r1], impair: { "a->b": loss 2% } }\n  - r1 -- b\n`,
      /'a->b' is no direction of 'a-r1': use a->r1, r1->a or both/,
    ],
    [
      'has a prefix that is too small',
      `${head}hosts:\n  a:\n  b:\n  c:\nnetworks:\n  lan: { hosts: [a, b, c], prefix: 10.0.0.0/30 }\n`,
      /^lab\.yaml:9:\d+ \(networks\.lan\.prefix\): '10\.0\.0\.0\/30' has room for 2 hosts, not for 3/,
    ],
    [
      'gives an address twice',
      `${head}hosts:\n  a:\n  b:\nnetworks:\n  lan: { hosts: [a, b], prefix: 10.0.0.0/24, addresses: { a: 10.0.0.7, b: 10.0.0.7 } }\n`,
      /10\.0\.0\.7 is 'a'’s address already/,
    ],
    [
      'names a name server that does not exist',
      `${head}${hosts}links: [a -- r1, r1 -- b]\ndns: { server: bb }\n`,
      /^lab\.yaml:9:\d+ \(dns\.server\): no host is named 'bb': did you mean 'b'\?/,
    ],
    [
      'routes by a host that is no neighbor',
      `${head}${hosts}links: [a -- r1, r1 -- b]\nroutes:\n  a:\n    - default via b\n`,
      /^lab\.yaml:11:\d+ \(routes\.a\[0\]\): 'b' is no neighbor of 'a'/,
    ],
    [
      'writes a route that is none',
      `${head}${hosts}links: [a -- r1, r1 -- b]\nroutes:\n  a: [default r1]\n`,
      /'default r1' is not of the form/,
    ],
    ['names a host with capitals', `${head}hosts:\n  A:\n  b:\nlinks: [A -- b]\n`, /lower-case letters/],
  ])('that %s is told so', (_, text, expected) => {
    const faults = faultsOf(text);
    expect(
      faults.some((fault) => expected.test(fault)),
      faults.join('\n'),
    ).toBe(true);
  });
});
