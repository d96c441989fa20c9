// ICMP: what is answered, what is told to whom, and above all what is not answered.
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import { parseIcmp } from '../../../src/stack/wire/icmpv4.ts';
import { broadcastMac, type MacAddress } from '../../../src/stack/wire/mac-address.ts';
import {
  frameOf,
  icmpBytes,
  ipv4Packet,
  ipv4PacketsIn,
  pattern,
  udpBytes,
  type PacketOptions,
} from '../../support/packet.ts';
import { ip, StackWorld, threeRouters, type TestHost } from '../../support/stack-world.ts';
import type { WireDevice } from '../../support/wire-pair.ts';

const ownMac = 0x0200_0000_0001;
const peerMac = 0x0200_0000_00fe as MacAddress;

interface Target {
  readonly world: StackWorld;
  readonly host: TestHost;
  readonly device: WireDevice;
  /** Delivers a packet and returns the IPv4 packets that the host sends at once. */
  readonly exchange: (
    options: Partial<PacketOptions>,
    payload: Uint8Array,
    mac?: number,
  ) => ReturnType<typeof ipv4PacketsIn>;
}

/** 10.0.0.1/24, which knows where 10.0.0.9 is and sends everything else to it. */
function target(): Target {
  const world = new StackWorld();
  const host = world.host('a');
  const device = world.join(host, world.wire(), 'eth0', ['10.0.0.1/24']);
  world.clock.runFor(3000);
  host.stack.addNeighbor('eth0', ip('10.0.0.9'), peerMac);
  world.route(host, '0.0.0.0/0', '10.0.0.9');
  return {
    world,
    host,
    device,
    exchange: (options, payload, mac = ownMac) => {
      device.sent.length = 0;
      device.deliver(frameOf(mac, ipv4Packet({ source: '10.0.0.9', destination: '10.0.0.1', ...options }, payload)));
      return ipv4PacketsIn(device.sent);
    },
  };
}

const toClosedPort = udpBytes('10.0.0.9', 9, '10.0.0.1', 99, pattern(1000));

test('[RFC1122-3.2.2.6-a] an echo request comes back with its bytes, its traffic class and a TTL of our own', () => {
  const { exchange } = target();
  const [reply] = exchange({ protocol: 1, ttl: 3, trafficClass: 0x28 }, icmpBytes(8, 0, 0xabcd_0007, pattern(33)));
  expect(reply?.header).toMatchObject({
    ttl: 64,
    trafficClass: 0x28,
    source: ip('10.0.0.1'),
    destination: ip('10.0.0.9'),
  });
  expect(parseIcmp(reply?.payload ?? new Uint8Array(0))).toEqual({
    type: 0,
    code: 0,
    rest: 0xabcd_0007,
    payload: pattern(33),
  });
});

test('[RFC1122-3.2.2.6-b] echo requests are ignored when the knobs say so, with a reason', () => {
  const { exchange, host } = target();
  expect(exchange({ protocol: 1, destination: '10.0.0.255' }, icmpBytes(8, 0, 1, pattern(8)), broadcastMac)).toEqual(
    [],
  );
  host.stack.writeKnob('net.ipv4.icmp_echo_ignore_broadcasts', '0');
  const [reply] = exchange({ protocol: 1, destination: '10.0.0.255' }, icmpBytes(8, 0, 1, pattern(8)), broadcastMac);
  expect(reply?.header.source).toBe(ip('10.0.0.1')); // never the broadcast address
  host.stack.writeKnob('net.ipv4.icmp_echo_ignore_all', '1');
  expect(exchange({ protocol: 1 }, icmpBytes(8, 0, 1, pattern(8)))).toEqual([]);
  expect(host.drops()).toEqual(['icmp-ignored', 'icmp-ignored']);
});

test('[RFC1812-4.3.2.3] [RFC1122-3.2.2-b] an error quotes as much as fits into 576 bytes, byte for byte', () => {
  const { exchange } = target();
  const [error] = exchange({ trafficClass: 0x10 }, toClosedPort);
  expect(error?.header).toMatchObject({ totalLength: 576, trafficClass: 0xd0, protocol: 1 });
  const message = parseIcmp(error?.payload ?? new Uint8Array(0));
  expect(message).toMatchObject({ type: 3, code: 3, rest: 0 });
  const original = ipv4Packet({ source: '10.0.0.9', destination: '10.0.0.1', trafficClass: 0x10 }, toClosedPort);
  expect(toHex(message?.payload ?? new Uint8Array(0))).toBe(toHex(original.subarray(0, 548)));
});

test('a protocol that nobody speaks is unreachable', () => {
  const { exchange, host } = target();
  const [error] = exchange({ protocol: 132 }, pattern(20));
  expect([error?.payload[0], error?.payload[1]]).toEqual([3, 2]);
  expect(host.drops()).toEqual(['ip-protocol-unknown']);
});

describe('no error is sent about', () => {
  const silences: readonly (readonly [string, Partial<PacketOptions>, Uint8Array, number?])[] = [
    ['an ICMP message of unknown type', { protocol: 1 }, icmpBytes(77, 0, 0, pattern(8))],
    ['[RFC1122-3.2.2-a] a broadcast', { destination: '10.0.0.255' }, toClosedPort, broadcastMac],
    ['the limited broadcast', { destination: '255.255.255.255' }, toClosedPort, broadcastMac],
    ['a multicast', { destination: '224.0.0.1' }, toClosedPort, 0x0100_5e00_0001],
    ['a frame that was broadcast with our own address', {}, toClosedPort, broadcastMac],
    [
      '[RFC1122-3.2.2-a] a sender without address',
      { source: '0.0.0.0' },
      udpBytes('0.0.0.0', 9, '10.0.0.1', 99, pattern(8)),
    ],
  ];
  for (const [name, options, payload, mac] of silences) {
    test(name, () => {
      const { exchange, host } = target();
      expect(exchange(options, payload, mac)).toEqual([]);
      expect(host.drops()).toHaveLength(1);
    });
  }

  test('[RFC1122-3.2.2-a] an ICMP error whose TTL runs out here, while an echo request gets one', () => {
    const { exchange, host, world } = target();
    world.join(host, world.wire(), 'eth1', ['10.1.0.1/24']);
    host.stack.setForwarding(true);
    const dead = { destination: '10.1.0.2', ttl: 1, protocol: 1 };
    const quote = ipv4Packet({ source: '10.1.0.2', destination: '10.0.0.9' }, pattern(8));
    expect(exchange(dead, icmpBytes(3, 3, 0, quote))).toEqual([]);
    expect(exchange(dead, icmpBytes(11, 0, 0, quote))).toEqual([]);
    expect(exchange(dead, icmpBytes(8, 0, 0, quote))).toHaveLength(1);
    expect(host.drops()).toEqual(['ip-ttl-exceeded', 'ip-ttl-exceeded', 'ip-ttl-exceeded']);
  });

  test('[RFC1122-3.2.2-a] a later fragment, also where we only forward', () => {
    const { exchange, host, world } = target();
    world.join(host, world.wire(), 'eth1', ['10.1.0.1/24']);
    host.stack.setForwarding(true);
    const dead = { destination: '10.1.0.2', ttl: 1 };
    expect(exchange({ ...dead, fragmentOffset: 800 }, pattern(8))).toEqual([]);
    expect(exchange({ ...dead, moreFragments: true }, pattern(8))).toHaveLength(1);
  });
});

test('[RFC1812-4.3.2.8] errors to one host: a burst of six, then one a second; others are not affected; zero lifts the limit', () => {
  const { exchange, host, world } = target();
  const errors = (count: number): number =>
    Array.from({ length: count }, () => exchange({}, toClosedPort).length).reduce((sum, sent) => sum + sent, 0);
  expect(errors(20)).toBe(6);
  expect(host.drops().filter((reason) => reason === 'icmp-rate-limited')).toHaveLength(14);
  world.clock.runFor(2000);
  expect(errors(20)).toBe(2);
  expect(exchange({ source: '10.7.0.1' }, udpBytes('10.7.0.1', 9, '10.0.0.1', 99, pattern(8)))).toHaveLength(1);
  host.stack.writeKnob('net.ipv4.icmp_ratelimit', '0');
  expect(errors(20)).toBe(20);
  expect(host.counter('IcmpOutRateLimitHost')).toBe(32);
});

test('all hosts together are limited as well', () => {
  const { exchange, host } = target();
  let sent = 0;
  for (let index = 0; index < 200; index += 1) {
    const source = `10.7.0.${index}`;
    sent += exchange({ source }, udpBytes(source, 9, '10.0.0.1', 99, pattern(8))).length;
  }
  expect(sent).toBe(50);
  expect(host.counter('IcmpOutRateLimitGlobal')).toBe(150);
});

test('a damaged or short ICMP message is dropped', () => {
  const { exchange, host } = target();
  const damaged = icmpBytes(8, 0, 1, pattern(8));
  damaged[9] = 0;
  damaged[10] = 0xff;
  exchange({ protocol: 1 }, damaged);
  exchange({ protocol: 1 }, pattern(7));
  exchange({ protocol: 1 }, icmpBytes(3, 1, 0, pattern(27))); // no header and 8 bytes in the quote
  exchange({ protocol: 1 }, icmpBytes(3, 1, 0, fromHex(`4f${'00'.repeat(30)}`))); // quoted header longer than the quote
  expect(host.drops()).toEqual(['icmp-checksum', 'icmp-malformed', 'icmp-malformed', 'icmp-malformed']);
});

test('an error reaches the ping socket that the quote names, and nobody else', () => {
  const { host, exchange } = target();
  const heard: string[] = [];
  for (const identifier of [7, 8]) {
    host.stack.openPing({
      identifier,
      icmpError: (report) => heard.push(`${identifier} ${report.kind} ${report.sequence}`),
    });
  }
  const quote = (source: string, type: number): Uint8Array =>
    ipv4Packet({ source, destination: '10.5.0.1', protocol: 1 }, icmpBytes(type, 0, 0x0008_0003, pattern(0)));
  exchange({ protocol: 1, source: '10.9.9.9' }, icmpBytes(11, 0, 0, quote('10.0.0.1', 8)));
  exchange({ protocol: 1, source: '10.9.9.9' }, icmpBytes(11, 0, 0, quote('10.0.0.7', 8))); // not from us
  exchange({ protocol: 1, source: '10.9.9.9' }, icmpBytes(11, 0, 0, quote('10.0.0.1', 0))); // no request
  expect(heard).toEqual(['8 time-exceeded 3']);
});

test('redirects are counted and not followed', () => {
  const { host, exchange } = target();
  exchange(
    { protocol: 1 },
    icmpBytes(5, 1, ip('10.0.0.66'), ipv4Packet({ source: '10.0.0.1', destination: '10.5.0.1' }, pattern(8))),
  );
  expect(host.counter('IcmpInRedirects')).toBe(1);
  expect(host.stack.route(ip('10.5.0.1'))?.nextHop).toBe(ip('10.0.0.9'));
});

describe('path MTU discovery', () => {
  test('[RFC1191-3-a] [RFC1191-6.3-a] a packet with DF that is too large teaches the next MTU, which is forgotten after ten minutes', () => {
    const { world, client, routers } = threeRouters({ mtus: [1500, 1500, 1000, 1500] });
    const options = { size: 1400, dontFragment: true };
    expect(world.ping(client, '10.0.3.2', options)).toMatchObject({
      kind: 'error',
      report: { kind: 'fragmentation-needed', mtu: 1000, from: ip('10.0.1.2') },
    });
    expect(routers[1]?.drops()).toContain('ip-too-big');
    expect(client.stack.route(ip('10.0.3.2'))?.mtu).toBe(1000);
    expect(() => world.ping(client, '10.0.3.2', options)).toThrow('EMSGSIZE');
    expect(world.ping(client, '10.0.3.2', { size: 972, dontFragment: true }).kind).toBe('reply');
    expect(world.ping(client, '10.0.3.2', { size: 1400 }).kind).toBe('reply'); // in fragments of our own
    world.clock.runFor(600_000);
    expect(client.stack.route(ip('10.0.3.2'))?.mtu).toBe(1500);
  });

  const claim = (setup: Target, mtu: number, length: number): number | undefined => {
    const header = ipv4Packet(
      { source: '10.0.0.1', destination: '10.5.0.1', dontFragment: true },
      pattern(length - 20),
    );
    setup.exchange({ protocol: 1, source: '10.4.4.4' }, icmpBytes(3, 4, mtu, header.subarray(0, 28)));
    return setup.host.stack.route(ip('10.5.0.1'))?.mtu;
  };

  test('a router that names no MTU lowers it to the next plateau', () => {
    const setup = target();
    expect(claim(setup, 0, 1500)).toBe(1492);
    expect(claim(setup, 0, 1492)).toBe(1006);
  });

  test('nobody can raise it, or make it tiny; below the minimum our packets go without DF instead', () => {
    const setup = target();
    expect(claim(setup, 1600, 1500)).toBe(1500);
    expect(claim(setup, 68, 1500)).toBe(552);
    setup.device.sent.length = 0;
    setup.host.stack.openPing().send(ip('10.5.0.1'), 1, pattern(600), { dontFragment: true });
    const sent = ipv4PacketsIn(setup.device.sent);
    expect(sent.map(({ header }) => [header.dontFragment, header.moreFragments])).toEqual([
      [false, true],
      [false, false],
    ]);
  });

  test('what is remembered is bounded', () => {
    const setup = target();
    for (let index = 0; index < 1500; index += 1) {
      const destination = `10.6.${index >>> 8}.${index & 255}`;
      const quote = ipv4Packet({ source: '10.0.0.1', destination }, pattern(1480));
      setup.exchange({ protocol: 1 }, icmpBytes(3, 4, 1400, quote.subarray(0, 28)));
    }
    expect(setup.world.clock.pending).toBeLessThanOrEqual(1024);
    expect(setup.host.stack.route(ip('10.6.0.0'))?.mtu).toBe(1500);
    expect(setup.host.stack.route(ip('10.6.5.219'))?.mtu).toBe(1400);
  });
});
