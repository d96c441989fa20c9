// IPv6 across three routers: hop limit, routes, packets that are too big, scopes; what is refused and who is told.
import { expect, test } from 'vitest';
import { formatIp } from '../../../../src/stack/wire/ip-address.ts';
import {
  icmpv6ErrorsIn,
  icmpv6Packet,
  ipv6Frame,
  ipv6Host,
  ipv6Packet,
  ipv6PacketsIn,
  settledMs,
  threeIpv6Routers,
} from '../../../support/ipv6-world.ts';
import { ip6, prefix, StackWorld } from '../../../support/stack-world.ts';
import { pattern, udpBytes } from '../../../support/packet.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

test('a ping crosses three routers and each takes one from the hop limit', () => {
  const { world, client, server } = threeIpv6Routers();
  const outcome = world.ping(client, '2001:db8:3::2');
  expect(outcome).toMatchObject({ kind: 'reply', reply: { from: '2001:db8:3::2', ttl: 61 } });
  expect(server.counter('Icmp6InEchos')).toBe(1);
  expect(server.counter('Ip6InDelivers')).toBeGreaterThan(0);
  expect(world.end()).toBe(0);
});

test('[RFC4443-3.3-a] growing hop limits name one router after the other, then the server answers', () => {
  const { world, client, routers } = threeIpv6Routers();
  const hops = [1, 2, 3, 4].map((ttl) => {
    const outcome = world.ping(client, '2001:db8:3::2', { ttl });
    if (outcome.kind === 'silence') return 'silence';
    return outcome.kind === 'error'
      ? `${formatIp(outcome.report.from)} ${outcome.report.kind}`
      : `${formatIp(outcome.reply.from)} reply`;
  });
  expect(hops).toEqual([
    '2001:db8::2 time-exceeded',
    '2001:db8:1::2 time-exceeded',
    '2001:db8:2::2 time-exceeded',
    '2001:db8:3::2 reply',
  ]);
  expect(routers[0]?.counter('Icmp6OutTimeExcds')).toBe(1);
  expect(routers[0]?.drops()).toContain('ip-ttl-exceeded');
});

test('UDP datagrams travel both ways and a closed port is reported', () => {
  const { world, client, server } = threeIpv6Routers();
  const heard: string[] = [];
  const echo = server.stack.openUdp({
    port: 7,
    received: ({ payload, source }) => {
      heard.push(`server ${decoder.decode(payload)}`);
      echo.send(payload, source);
    },
  });
  const socket = client.stack.openUdp({
    received: ({ payload, ttl }) => heard.push(`client ${decoder.decode(payload)} ${ttl}`),
    icmpError: (report) => heard.push(`${report.kind} ${report.code} port ${report.destination.port}`),
  });
  socket.send(encoder.encode('hello'), { address: ip6('2001:db8:3::2'), port: 7 });
  socket.send(encoder.encode('nobody'), { address: ip6('2001:db8:3::2'), port: 9 });
  world.clock.runFor(1000);
  expect(heard).toEqual(['server hello', 'client hello 61', 'unreachable 4 port 9']);
  expect([
    server.counter('Udp6InDatagrams'),
    server.counter('Udp6NoPorts'),
    client.counter('Udp6OutDatagrams'),
  ]).toEqual([1, 1, 2]);
});

test('a stream crosses by TCP, with the segment size that the longer header leaves', () => {
  const { world, client, server } = threeIpv6Routers();
  const sent = pattern(100_000);
  const got: Uint8Array[] = [];
  const listener = server.stack.listenTcp({
    port: 80,
    acceptable: () => {
      const accepted = listener.accept();
      if (accepted === undefined) return;
      accepted.handlers = {
        readable: () => {
          for (let bytes = accepted.receive(); bytes !== undefined; bytes = accepted.receive()) got.push(bytes);
        },
        peerFinished: () => accepted.close(),
      };
    },
  });
  let taken = 0;
  const socket = client.stack.connectTcp({ address: ip6('2001:db8:3::2'), port: 80 });
  const push = (): void => {
    taken += socket.send(sent.subarray(taken));
    if (taken === sent.length) socket.finish();
  };
  socket.handlers = { established: push, writable: push };
  world.clock.runFor(5000);
  expect(Buffer.concat(got).equals(sent)).toBe(true);
  expect(socket.info().segmentBytes).toBe(1500 - 40 - 20 - 12); // IPv6, TCP, timestamps
  expect(server.stack.inspect().tcp[0]).toMatchObject({ state: 'LISTEN' });
});

test('[RFC8200-4.5-b] [RFC4443-3.2-a] [RFC8201-4-a] routers do not cut packets: the sender hears the MTU, cuts itself, and so does the other end', () => {
  const { world, client, server, routers, devices } = threeIpv6Routers({ mtus: [1500, 1500, 1280, 1500] });
  const first = world.ping(client, '2001:db8:3::2', { size: 1400 });
  expect(first).toMatchObject({ kind: 'error', report: { kind: 'fragmentation-needed', type: 2, code: 0, mtu: 1280 } });
  expect(routers[1]?.counter('Ip6InTooBigErrors')).toBe(1);
  expect(client.stack.route(ip6('2001:db8:3::2'))?.mtu).toBe(1280);
  const before = devices[0]?.left.sent.length ?? 0;
  expect(world.ping(client, '2001:db8:3::2', { size: 1400 })).toEqual({ kind: 'silence' }); // the reply was too big
  expect(server.stack.route(ip6('2001:db8::1'))?.mtu).toBe(1280);
  const cut = ipv6PacketsIn(devices[0]?.left.sent.slice(before) ?? []);
  expect(
    cut
      .filter(({ header }) => header.nextHeader === 44)
      .map(({ header }) => [header.nextHeader, 40 + header.payloadLength]),
  ).toEqual([
    [44, 1280],
    [44, 40 + 8 + 1408 - 1232],
  ]);
  expect(client.counter('Ip6FragCreates')).toBe(2);
  expect(world.ping(client, '2001:db8:3::2', { size: 1400 })).toMatchObject({ kind: 'reply' });
  expect(client.counter('Ip6ReasmOKs')).toBe(1);
});

test('[RFC8201-4-b] a path MTU is forgotten after ten minutes, and none below 1280 is believed', () => {
  const { world, client, devices } = threeIpv6Routers({ mtus: [1500, 1500, 1280, 1500] });
  const target = ip6('2001:db8:3::2');
  world.ping(client, '2001:db8:3::2', { size: 1400 });
  expect(client.stack.route(target)?.mtu).toBe(1280);
  world.clock.runFor(600_000);
  expect(client.stack.route(target)?.mtu).toBe(1500);
  const quoted = ipv6Packet({ source: '2001:db8::1', destination: '2001:db8:3::2' }, new Uint8Array(8));
  const message = new Uint8Array(8 + quoted.length);
  message.set([2, 0, 0, 0, 0, 0, 4, 0]); // packet too big: 1024
  message.set(quoted, 8);
  devices[0]?.left.deliver(
    ipv6Frame(icmpv6Packet({ source: '2001:db8::2', destination: '2001:db8::1' }, message), 0x0200_0000_0001),
  );
  expect(client.counter('Icmp6InPktTooBigs')).toBe(2);
  expect(client.stack.route(target)?.mtu).toBe(1500);
});

test('where no route leads, and where nobody answers, the sender is told so', () => {
  const { world, client, routers } = threeIpv6Routers();
  expect(world.ping(client, '2001:db8:99::1')).toMatchObject({
    kind: 'error',
    report: { kind: 'unreachable', type: 1, code: 0, from: '2001:db8::2' },
  });
  expect(routers[0]?.counter('Ip6InNoRoutes')).toBe(1);
  expect(world.ping(client, '2001:db8:3::77')).toMatchObject({
    kind: 'error',
    report: { kind: 'unreachable', type: 1, code: 3, from: '2001:db8:2::2' },
  });
  expect(routers[2]?.drops()).toContain('neighbor-unresolved');
});

test('[RFC4291-2.5.6] what is link-local stays on its link', () => {
  const { client, routers, devices } = threeIpv6Routers();
  const device = devices[0]?.right;
  const mac = device?.macAddress as number;
  const sent = device?.sent.length ?? 0;
  const payload = udpBytes('10.0.0.1', 1, '10.0.0.2', 2, new Uint8Array(4)); // nobody reads it
  device?.deliver(ipv6Frame(ipv6Packet({ source: 'fe80::99', destination: '2001:db8:3::2' }, payload), mac));
  device?.deliver(ipv6Frame(ipv6Packet({ source: '2001:db8::1', destination: 'fe80::99' }, payload), mac));
  expect(routers[0]?.drops().slice(-2)).toEqual(['ip-not-for-us', 'ip-not-for-us']);
  expect(icmpv6ErrorsIn(device?.sent.slice(sent) ?? [])).toEqual([]); // the neighbor fe80::99 is still to be found
  expect(client.stack.inspect().routes.filter(({ destination }) => destination.address === 'fe80::')).toHaveLength(1);
});

test('[RFC8200-5-a] a link below 1280 bytes is no link for IPv6', () => {
  const world = new StackWorld();
  const host = ipv6Host(world, 'host');
  const withCode = { code: 'EINVAL' };
  const add = (address: string): unknown => world.join(host, world.wire(), 'eth0', [address], 1279);
  expect(() => add('2001:db8::1/64')).toThrow(expect.objectContaining(withCode));
  add('10.0.0.1/24');
  world.clock.runFor(settledMs);
  expect(() => host.stack.addAddress('eth0', prefix('2001:db8::1/64'))).toThrow(expect.objectContaining(withCode));
  const [, eth0] = host.stack.inspect().interfaces;
  expect(eth0?.addresses.map(({ address }) => formatIp(address))).toEqual(['10.0.0.1']);
});
