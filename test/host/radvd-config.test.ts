// radvd.conf: what is understood, and what is wrong and where.
import { expect, test } from 'vitest';
import { parseRadvdConfig } from '../../src/host/radvd-config.ts';
import { infiniteSeconds } from '../../src/stack/wire/ndp.ts';

test('interfaces, prefixes and servers, with radvd’s defaults', () => {
  const config = parseRadvdConfig(`
# the office
interface eth0
{
  AdvSendAdvert on;
  prefix 2001:db8:1::1/64 { AdvValidLifetime infinity; };
  RDNSS 2001:db8::53 2001:db8::54 { };
};
interface eth1 { AdvSendAdvert on; MaxRtrAdvInterval 30; AdvDefaultLifetime 0; AdvLinkMTU 1400;
  prefix 2001:db8:2::/64 { AdvOnLink off; AdvAutonomous off; AdvValidLifetime 20; AdvPreferredLifetime 10; };
};
interface eth2 { AdvSendAdvert off; };
`);
  const prefix = {
    length: 64,
    onLink: true,
    autonomous: true,
    validSeconds: infiniteSeconds,
    preferredSeconds: 14_400,
  };
  expect(config).toEqual({
    kind: 'config',
    interfaces: [
      {
        name: 'eth0',
        settings: {
          maximumIntervalSeconds: 600,
          lifetimeSeconds: 1800,
          prefixes: [{ prefix: '2001:db8:1::', ...prefix }],
          dnsServers: [{ servers: ['2001:db8::53', '2001:db8::54'], lifetimeSeconds: 1800 }],
          mtu: undefined,
        },
      },
      {
        name: 'eth1',
        settings: {
          maximumIntervalSeconds: 30,
          lifetimeSeconds: 0,
          prefixes: [
            {
              prefix: '2001:db8:2::',
              length: 64,
              onLink: false,
              autonomous: false,
              validSeconds: 20,
              preferredSeconds: 10,
            },
          ],
          dnsServers: [],
          mtu: 1400,
        },
      },
    ],
  });
});

for (const [text, line, message] of [
  ['interface eth0 {\n  AdvSendAdvrt on;\n};', 2, "syntax error: 'AdvSendAdvrt' is unknown here"],
  ['interface eth0 {\n  AdvSendAdvert on\n};', 3, "syntax error: '}' where ';' is expected"],
  ['interface eth0 { prefix 10.0.0.0/24 {};};', 1, "'10.0.0.0/24' is not an IPv6 prefix"],
  ['interface eth0 { MaxRtrAdvInterval 3;};', 1, "'3' is not a number from 4 to 1800"],
  ['interface eth0 { RDNSS {};};', 1, 'RDNSS needs an address'],
  ['interface eth0 { RDNSS 10.0.0.1 {};};', 1, "'10.0.0.1' is not an IPv6 address"],
  [
    'interface eth0 {\n prefix 2001:db8::/64 {\n  AdvValidLifetime 5;\n };\n};',
    4,
    'AdvPreferredLifetime must not exceed AdvValidLifetime',
  ],
  ['host eth0 {};', 1, "syntax error: 'host' where 'interface' is expected"],
  ['interface eth0 {\n\n', 3, "the file ends where '}' is expected"],
] as const) {
  test(`line ${line}: ${message}`, () => {
    expect(parseRadvdConfig(text)).toEqual({ kind: 'fault', line, message });
  });
}
