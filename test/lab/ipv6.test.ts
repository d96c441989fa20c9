// IPv6 in templates: addresses, routes, names, what routers advertise, and what contradicts itself.
import { describe, expect, test } from 'vitest';
import { planLab } from '../../src/lab/make-plan.ts';
import { templateOf } from '../../src/lab/parse.ts';
import type { Plan, PlannedHost } from '../../src/lab/plan.ts';

const lab = (ipv6: string, rest = ''): string => `
name: x
title: { en: X }
summary: { en: X }
${ipv6}
hosts:
  client:
  r1: { role: router }
  r2: { role: router }
  server: { role: server }
  dns: { role: dns }
links:
  - client -- r1
  - r1 -- r2
  - r2 -- server
  - r2 -- dns
dns: { server: dns }
${rest}
`;
const plan = (text: string): Plan => planLab(templateOf(text, 'lab.yaml'), { seed: '1' });
const host = (made: Plan, name: string): PlannedHost => {
  const found = made.hosts.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
const addresses = (made: Plan, name: string): readonly string[] =>
  host(made, name).interfaces.flatMap((entry) => entry.addresses.filter((address) => address.includes(':')));
const routes = (made: Plan, name: string): readonly string[] =>
  host(made, name)
    .routes.filter(({ destination }) => destination.includes(':'))
    .map(({ destination, gateway, interface: out, metric }) => `${destination} ${gateway} ${out} ${metric}`);

test('a lab that does not speak of IPv6 has none', () => {
  const made = plan(lab(''));
  expect(made.segments.flatMap(({ prefixes }) => prefixes).filter((prefix) => prefix.includes(':'))).toEqual([]);
  expect(made.hosts.flatMap(({ knobs }) => Object.keys(knobs))).toEqual([]);
});

describe('ipv6: static', () => {
  const made = plan(lab('ipv6: static'));

  test('every segment has a /64, every interface an address, routers first', () => {
    expect(made.segments.map(({ prefixes }) => prefixes)).toEqual([
      ['10.0.1.0/24', '2001:db8:1::/64'],
      ['10.0.2.0/24', '2001:db8:2::/64'],
      ['10.0.3.0/24', '2001:db8:3::/64'],
      ['10.0.4.0/24', '2001:db8:4::/64'],
    ]);
    expect(addresses(made, 'client')).toEqual(['2001:db8:1::2/64']);
    expect(addresses(made, 'r1')).toEqual(['2001:db8:1::1/64', '2001:db8:2::1/64']);
    expect(made.hosts.every(({ knobs }) => knobs['net.ipv6.conf.all.disable_ipv6'] === '0')).toBe(true);
  });

  test('routes follow the shortest paths, hosts have a default route', () => {
    expect(routes(made, 'client')).toEqual(['::/0 2001:db8:1::1 eth0 1024']);
    expect(routes(made, 'r1')).toEqual([
      '2001:db8:3::/64 2001:db8:2::2 eth1 1024',
      '2001:db8:4::/64 2001:db8:2::2 eth1 1024',
    ]);
  });

  test('names lead to both families and back', () => {
    const [forward, ...reverse] = host(made, 'dns').zones;
    expect(forward?.records).toEqual(expect.arrayContaining(['server IN A 10.0.3.2', 'server IN AAAA 2001:db8:3::2']));
    const ofServer = reverse.find(({ origin }) => origin === '0.0.0.0.3.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa');
    expect(ofServer?.records).toContain('2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 IN PTR server.x.'.replace('x', 'lab'));
    expect(host(made, 'client').nameservers).toEqual(['10.0.4.2', '2001:db8:4::2']);
  });

  test('what is written down wins: prefixes, addresses, routes for one family or both', () => {
    const text = lab('ipv6: static')
      .replace(
        '- client -- r1',
        '- { ends: [client, r1], prefix6: "2001:db8:2::/64", addresses6: { client: "2001:db8:2::99" } }',
      )
      .concat('routes: { r1: ["2001:db8:77::/64 via r2", "10.0.77.0/24 via r2", "r2-dns via client"] }');
    const written = plan(text);
    expect(addresses(written, 'client')).toEqual(['2001:db8:2::99/64']);
    expect(addresses(written, 'r1')).toEqual(['2001:db8:2::1/64', '2001:db8:1::1/64']); // 2 is taken: 1 is next
    expect(routes(written, 'r1')).toContain('2001:db8:77::/64 2001:db8:1::2 eth1 1024');
    expect(routes(written, 'r1')).toContain('2001:db8:4::/64 2001:db8:2::99 eth0 1024');
    const ipv4 = host(written, 'r1').routes.map(({ destination }) => destination);
    expect(ipv4.filter((destination) => destination.includes('.77.'))).toEqual(['10.0.77.0/24']);
  });
});

describe('ipv6: auto', () => {
  const made = plan(lab('ipv6: auto'));

  test('clients have nothing written into them, their routers advertise', () => {
    expect(addresses(made, 'client')).toEqual([]);
    expect(routes(made, 'client')).toEqual([]);
    expect(addresses(made, 'server')).toEqual(['2001:db8:3::2/64']);
    expect(host(made, 'r1').services).toEqual([{ name: 'radvd', command: 'radvd' }]);
    expect(host(made, 'r2').services).toEqual([]);
    expect(host(made, 'r1').files['/etc/radvd.conf']).toBe(`interface eth0
{
    AdvSendAdvert on;
    MaxRtrAdvInterval 30;
    prefix 2001:db8:1::/64
    {
    };
    RDNSS 2001:db8:4::2
    {
    };
};
`);
    expect(host(made, 'client').nameservers).toEqual(['10.0.4.2']);
  });

  test('the address that a client will make for itself has its name', () => {
    const mac = host(made, 'client').interfaces[0]?.mac ?? '';
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = mac.split(':');
    const word = (text: string): string => Number.parseInt(text, 16).toString(16);
    const identifier = [`${(Number.parseInt(a, 16) ^ 2).toString(16)}${b}`, `${c}ff`, `fe${d}`, `${e}${f}`].map(word);
    expect(host(made, 'dns').zones[0]?.records).toContain(`client IN AAAA 2001:db8:1:0:${identifier.join(':')}`);
  });
});

describe('contradictions', () => {
  const complaint = (text: string): string => {
    try {
      plan(text);
      return 'none';
    } catch (error) {
      return String(error instanceof Error ? error.message : error);
    }
  };
  const link = (entry: string, ipv6 = 'ipv6: static'): string =>
    lab(ipv6).replace('- client -- r1', `- { ends: [client, r1], ${entry} }`);

  for (const [name, text, expected] of [
    ['a prefix without IPv6', link('prefix6: "2001:db8:1::/64"', ''), "say 'ipv6: static' or 'ipv6: auto'"],
    [
      'addresses without IPv6',
      link('addresses6: { client: "2001:db8:1::7" }', ''),
      "say 'ipv6: static' or 'ipv6: auto'",
    ],
    ['a prefix of another length', link('prefix6: "2001:db8:1::/56"'), 'is not an IPv6 prefix of 64 bits'],
    ['a prefix with host bits', link('prefix6: "2001:db8:1::1/64"'), 'is not an IPv6 prefix of 64 bits'],
    ['an IPv4 prefix', link('prefix6: 10.0.0.0/24'), 'is not an IPv6 prefix of 64 bits'],
    [
      'an address outside',
      link('prefix6: "2001:db8:1::/64", addresses6: { client: "2001:db8:2::1" }'),
      'is not inside 2001:db8:1::/64',
    ],
    [
      'an address without a prefix',
      link('addresses6: { client: "2001:db8:1::1" }'),
      'written addresses need a written prefix6',
    ],
    [
      'no address',
      link('prefix6: "2001:db8:1::/64", addresses6: { client: nonsense }'),
      'is not an IPv6 address of a host',
    ],
    [
      'the address of all routers',
      link('prefix6: "2001:db8:1::/64", addresses6: { client: "2001:db8:1::" }'),
      'means every router',
    ],
    [
      'somebody else',
      link('prefix6: "2001:db8:1::/64", addresses6: { server: "2001:db8:1::5" }'),
      "'server' is not on",
    ],
    [
      'one address twice',
      link('prefix6: "2001:db8:1::/64", addresses6: { client: "2001:db8:1::5", r1: "2001:db8:1::5" }'),
      "is 'client'’s address already",
    ],
    ['a narrow link', link('mtu: 1000'), 'IPv6 needs an MTU of at least 1280 bytes'],
    ['an unknown way', lab('ipv6: yes'), 'expected one of "static"|"auto"'],
  ] as const) {
    test(name, () => expect(complaint(text)).toContain(expected));
  }

  test('one prefix twice', () => {
    const text = link('prefix6: "2001:db8:1::/64"').replace(
      '- r1 -- r2',
      '- { ends: [r1, r2], prefix6: "2001:db8:1::/64" }',
    );
    expect(complaint(text)).toContain("is the prefix of 'client-r1' already");
  });
});
