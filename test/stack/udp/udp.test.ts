// UDP sockets: who gets which datagram, ports, errors, and what send refuses.
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import type { UdpDatagram } from '../../../src/stack/sockets.ts';
import type { MacAddress } from '../../../src/stack/wire/mac-address.ts';
import { frameOf, ipv4Packet, ipv4PacketsIn, pattern, udpBytes } from '../../support/packet.ts';
import { ip, prefix, StackWorld, type TestHost } from '../../support/stack-world.ts';
import type { WireDevice } from '../../support/wire-pair.ts';

interface Pair {
  readonly world: StackWorld;
  readonly a: TestHost;
  readonly b: TestHost;
  readonly deviceA: WireDevice;
}

/** a is 10.0.0.1, b is 10.0.0.2. */
function pair(): Pair {
  const world = new StackWorld();
  const wire = world.wire();
  const [a, b] = [world.host('a'), world.host('b')];
  const deviceA = world.join(a, wire, 'eth0', ['10.0.0.1/24']);
  world.join(b, wire, 'eth0', ['10.0.0.2/24']);
  world.clock.runFor(3000);
  return { world, a, b, deviceA };
}

const at = (address: string, port: number) => ({ address: ip(address), port });
const withCode = (code: string) => expect.objectContaining({ code });

test('a datagram brings its payload, both endpoints and its TTL', () => {
  const { world, a, b } = pair();
  const got: UdpDatagram[] = [];
  b.stack.openUdp({ port: 7, received: (datagram) => got.push(datagram) });
  const socket = a.stack.openUdp({ port: 1000 });
  socket.send(pattern(3), at('10.0.0.2', 7), { ttl: 9 });
  world.clock.runFor(10);
  expect(got).toEqual([{ payload: pattern(3), source: at('10.0.0.1', 1000), destination: at('10.0.0.2', 7), ttl: 9 }]);
  expect([a.counter('UdpOutDatagrams'), b.counter('UdpInDatagrams')]).toEqual([1, 1]);
});

test('an empty datagram is a datagram', () => {
  const { world, a, b } = pair();
  const got: number[] = [];
  b.stack.openUdp({ port: 7, received: ({ payload }) => got.push(payload.length) });
  a.stack.openUdp().send(new Uint8Array(0), at('10.0.0.2', 7));
  world.clock.runFor(10);
  expect(got).toEqual([0]);
});

test('delivery to ourselves goes through lo and is never synchronous', () => {
  const { world, a } = pair();
  const got: string[] = [];
  a.stack.openUdp({ port: 7, received: ({ source }) => got.push(String(source.address)) });
  a.stack.openUdp().send(pattern(3), at('127.0.0.1', 7));
  a.stack.openUdp().send(pattern(3), at('10.0.0.1', 7));
  a.stack.openUdp().send(pattern(3), at('0.0.0.0', 7));
  expect(got).toEqual([]);
  world.clock.runFor(0);
  expect(got).toEqual([ip('127.0.0.1'), ip('10.0.0.1'), ip('127.0.0.1')].map(String));
});

test('the most specific socket wins: connected, then bound, then any', () => {
  const { world, a, b } = pair();
  b.stack.addAddress('eth0', prefix('10.0.0.3/24'));
  const got: string[] = [];
  b.stack.openUdp({ address: ip('10.0.0.2'), port: 7, received: () => got.push('bound') });
  const connected = b.stack.openUdp({ address: ip('10.0.0.3'), port: 7, received: () => got.push('connected') });
  connected.connect(at('10.0.0.1', 1000));
  const [known, other] = [a.stack.openUdp({ port: 1000 }), a.stack.openUdp({ port: 1001 })];
  known.send(pattern(1), at('10.0.0.2', 7));
  known.send(pattern(1), at('10.0.0.3', 7));
  other.send(pattern(1), at('10.0.0.3', 7)); // not from its peer: nobody
  world.clock.runFor(10);
  expect(got).toEqual(['bound', 'connected']);
  expect(b.drops()).toEqual(['udp-no-socket']);
});

describe('ports', () => {
  test('a port is taken once, unless the addresses differ', () => {
    const { a } = pair();
    a.stack.openUdp({ address: ip('10.0.0.1'), port: 7 });
    expect(a.stack.openUdp({ address: ip('127.0.0.1'), port: 7 }).local).toEqual(at('127.0.0.1', 7));
    expect(() => a.stack.openUdp({ address: ip('10.0.0.1'), port: 7 })).toThrow(withCode('EADDRINUSE'));
    expect(() => a.stack.openUdp({ port: 7 })).toThrow(withCode('EADDRINUSE'));
    expect(() => a.stack.openUdp({ address: ip('10.0.0.2'), port: 8 })).toThrow(withCode('EADDRNOTAVAIL'));
    expect(() => a.stack.openUdp({ port: 65_536 })).toThrow(withCode('EINVAL'));
  });

  test('ephemeral ports are random, inside their range, and run out in the end', () => {
    const { a } = pair();
    expect(a.stack.writeKnob('net.ipv4.ip_local_port_range', '40000 40049')).toBeUndefined();
    const ports = Array.from({ length: 50 }, () => a.stack.openUdp().local.port);
    expect(new Set(ports).size).toBe(50);
    expect(ports.every((port) => port >= 40_000 && port <= 40_049)).toBe(true);
    expect(ports.slice(0, 10)).not.toEqual(ports.slice(0, 10).sort((x, y) => x - y));
    expect(() => a.stack.openUdp()).toThrow(withCode('EADDRINUSE'));
  });

  test('a closed socket frees its port and hears nothing more', () => {
    const { world, a, b } = pair();
    let heard = 0;
    const socket = b.stack.openUdp({ port: 7, received: () => (heard += 1) });
    socket.close();
    socket.close();
    a.stack.openUdp().send(pattern(1), at('10.0.0.2', 7));
    world.clock.runFor(10);
    expect([heard, b.drops()]).toEqual([0, ['udp-no-socket']]);
    expect(() => socket.send(pattern(1), at('10.0.0.1', 7))).toThrow(withCode('ENOTCONN'));
    expect(b.stack.openUdp({ port: 7 }).local.port).toBe(7);
  });
});

test('[RFC1122-4.1.3.3] an ICMP error reaches the socket that sent, also a connected one, but no other peer’s', () => {
  const { world, a } = pair();
  const heard: string[] = [];
  const socket = a.stack.openUdp({
    port: 1000,
    icmpError: (report) => heard.push(`${report.kind} ${report.destination.port}`),
  });
  socket.send(pattern(1), at('10.0.0.2', 99));
  world.clock.runFor(10);
  socket.connect(at('10.0.0.2', 98));
  socket.send(pattern(1));
  world.clock.runFor(10);
  socket.send(pattern(1), at('10.0.0.2', 97));
  world.clock.runFor(10);
  expect(heard).toEqual(['unreachable 99', 'unreachable 98']);
});

test('[RFC1122-4.1.3.5] connecting chooses the source address, and only the peer is heard then', () => {
  const { world, a, b } = pair();
  const got: number[] = [];
  const socket = a.stack.openUdp({ port: 1000, received: ({ source }) => got.push(source.port) });
  expect(socket.local.address).toBe(0);
  socket.connect(at('10.0.0.2', 7));
  expect([socket.local, socket.remote]).toEqual([at('10.0.0.1', 1000), at('10.0.0.2', 7)]);
  b.stack.openUdp({ port: 7 }).send(pattern(1), at('10.0.0.1', 1000));
  b.stack.openUdp({ port: 8 }).send(pattern(1), at('10.0.0.1', 1000));
  world.clock.runFor(10);
  expect(got).toEqual([7]);
});

test('a broadcast reaches every socket of the port and is never answered', () => {
  const { b, a, deviceA } = pair();
  const got: string[] = [];
  a.stack.openUdp({ address: ip('10.0.0.1'), port: 7, received: () => got.push('bound') });
  a.stack.openUdp({ address: ip('127.0.0.1'), port: 7, received: () => got.push('other') });
  deviceA.sent.length = 0;
  const send = (port: number): void => {
    const payload = udpBytes('10.0.0.2', 9, '10.0.0.255', port, pattern(4));
    deviceA.deliver(frameOf(0xffff_ffff_ffff, ipv4Packet({ source: '10.0.0.2', destination: '10.0.0.255' }, payload)));
  };
  send(7);
  send(8);
  expect([got, a.drops(), ipv4PacketsIn(deviceA.sent)]).toEqual([['bound', 'other'], ['udp-no-socket'], []]);
  expect(b.drops()).toEqual([]);
});

describe('send refuses', () => {
  const socket = () => pair().a.stack.openUdp();
  test('no destination, and port 0', () => {
    expect(() => socket().send(pattern(1))).toThrow(withCode('EINVAL'));
    expect(() => socket().send(pattern(1), at('10.0.0.2', 0))).toThrow(withCode('EINVAL'));
  });
  test('what no route leads to', () => {
    expect(() => socket().send(pattern(1), at('10.9.0.2', 7))).toThrow(withCode('ENETUNREACH'));
  });
  test('more than fits', () => {
    expect(() => socket().send(new Uint8Array(65_508), at('10.0.0.2', 7))).toThrow(withCode('EMSGSIZE'));
    expect(() => socket().send(new Uint8Array(1473), at('10.0.0.2', 7), { dontFragment: true })).toThrow(
      withCode('EMSGSIZE'),
    );
  });
  test('broadcasts', () => {
    expect(() => socket().send(pattern(1), at('255.255.255.255', 7))).toThrow(withCode('EACCES'));
    expect(() => socket().send(pattern(1), at('10.0.0.255', 7))).toThrow(withCode('EACCES'));
  });
});

test('[RFC1122-4.1.3.4] malformed datagrams and wrong checksums are dropped; none is acceptable', () => {
  const { a, deviceA } = pair();
  const got: number[] = [];
  a.stack.openUdp({ port: 7, received: ({ payload }) => got.push(payload.length) });
  const deliver = (change: (bytes: Uint8Array) => void): void => {
    const bytes = udpBytes('10.0.0.2', 9, '10.0.0.1', 7, pattern(4));
    change(bytes);
    deviceA.deliver(frameOf(deviceA.macAddress, ipv4Packet({ source: '10.0.0.2', destination: '10.0.0.1' }, bytes)));
  };
  deliver((bytes) => bytes.set([0, 13], 4));
  deliver((bytes) => bytes.set([0, 7], 4));
  deliver((bytes) => bytes.set([1, 2], 6));
  deliver((bytes) => bytes.set([0, 0], 6));
  expect(a.drops()).toEqual(['udp-malformed', 'udp-malformed', 'udp-checksum']);
  expect(got).toEqual([4]);
});

test('bytes behind the UDP length are not payload', () => {
  const { a, deviceA } = pair();
  const got: Uint8Array[] = [];
  a.stack.openUdp({ port: 7, received: ({ payload }) => got.push(payload) });
  const padded = new Uint8Array(40);
  padded.set(udpBytes('10.0.0.2', 9, '10.0.0.1', 7, pattern(4)));
  deviceA.deliver(frameOf(deviceA.macAddress, ipv4Packet({ source: '10.0.0.2', destination: '10.0.0.1' }, padded)));
  expect(got).toEqual([pattern(4)]);
});

test('sockets are shown with their owners', () => {
  const { a } = pair();
  a.stack.openUdp({ port: 53 }, 'dns');
  expect(a.stack.inspect().udp).toEqual([
    { protocol: 'udp', local: at('0.0.0.0', 53), remote: undefined, receiveQueue: 0, owner: 'dns' },
  ]);
});

test('a permanent neighbor makes the first datagram leave at once', () => {
  const { a, deviceA } = pair();
  deviceA.sent.length = 0;
  a.stack.addNeighbor('eth0', ip('10.0.0.2'), 2 as MacAddress);
  a.stack.openUdp().send(pattern(1), at('10.0.0.2', 7));
  expect(deviceA.sent).toHaveLength(1);
});

test('a multicast goes to the link address of its group, without asking anybody', () => {
  const { a, deviceA } = pair();
  deviceA.sent.length = 0;
  a.stack.openUdp().send(pattern(1), at('239.129.2.3', 7));
  expect(deviceA.sent.map((frame) => toHex(frame.subarray(0, 6)))).toEqual(['01005e010203']);
});
