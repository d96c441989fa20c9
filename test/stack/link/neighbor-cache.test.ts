// Neighbors: the states of RFC 4861 section 7.3.2 as ARP walks through them, queues, and what may not be learned.
import { expect, test } from 'vitest';
import { arpOperation, parseArp } from '../../../src/stack/wire/arp.ts';
import { broadcastMac, type MacAddress } from '../../../src/stack/wire/mac-address.ts';
import { arpFrame } from '../../support/packet.ts';
import { ip, StackWorld, type TestHost } from '../../support/stack-world.ts';
import type { Wire, WireDevice } from '../../support/wire-pair.ts';

const strangerMac = 0x0200_0000_0077 as MacAddress;

interface Pair {
  readonly world: StackWorld;
  readonly wire: Wire;
  readonly a: TestHost;
  readonly b: TestHost;
  readonly deviceA: WireDevice;
  readonly deviceB: WireDevice;
}

/** a is 10.0.0.1, b is 10.0.0.2; announcements are over. */
function pair(): Pair {
  const world = new StackWorld();
  const wire = world.wire();
  const [a, b] = [world.host('a'), world.host('b')];
  const deviceA = world.join(a, wire, 'eth0', ['10.0.0.1/24']);
  const deviceB = world.join(b, wire, 'eth0', ['10.0.0.2/24']);
  world.clock.runFor(3000);
  deviceA.sent.length = 0;
  deviceB.sent.length = 0;
  return { world, wire, a, b, deviceA, deviceB };
}

const stateOf = (host: TestHost, address: string): string | undefined =>
  host.stack.inspect().neighbors.find((entry) => entry.address === ip(address))?.state;

const arpOf = (device: WireDevice) => device.sent.flatMap((frame) => parseArp(frame, 14) ?? []);

test('nobody learns from announcements of strangers', () => {
  const { a, b } = pair();
  expect(a.stack.inspect().neighbors).toEqual([]);
  expect(b.stack.inspect().neighbors).toEqual([]);
});

test('an interface that comes up announces its addresses twice, two seconds apart', () => {
  const world = new StackWorld();
  const host = world.host('a');
  const device = world.join(host, world.wire(), 'eth0', ['10.0.0.1/24', '10.0.1.1/24']);
  world.clock.runFor(0);
  expect(arpOf(device).map((packet) => [packet.senderAddress, packet.targetAddress])).toEqual([
    [ip('10.0.0.1'), ip('10.0.0.1')],
    [ip('10.0.1.1'), ip('10.0.1.1')],
  ]);
  world.clock.runFor(1999);
  expect(arpOf(device)).toHaveLength(2);
  world.clock.runFor(1);
  expect(arpOf(device)).toHaveLength(4);
  world.clock.runFor(1); // the frames have arrived
  expect(world.clock.pending).toBe(0);
});

test('a carrier that returns is announced, and what was learned before is forgotten', () => {
  const { world, a, deviceA } = pair();
  world.ping(a, '10.0.0.2');
  deviceA.setCarrier(false);
  expect(stateOf(a, '10.0.0.2')).toBeUndefined();
  deviceA.sent.length = 0;
  deviceA.setCarrier(true);
  world.clock.runFor(0);
  expect(arpOf(deviceA)).toMatchObject([{ operation: arpOperation.request, targetAddress: ip('10.0.0.1') }]);
});

test('[RFC1122-2.3.2.2-a] the first packet asks, waits and goes; asker REACHABLE, asked STALE then DELAY by its answer', () => {
  const { world, a, b } = pair();
  const socket = a.stack.openPing();
  socket.send(ip('10.0.0.2'), 1, new Uint8Array(8));
  expect(stateOf(a, '10.0.0.2')).toBe('INCOMPLETE');
  world.clock.runFor(1);
  expect(stateOf(b, '10.0.0.1')).toBe('STALE');
  world.clock.runFor(10);
  expect(stateOf(a, '10.0.0.2')).toBe('REACHABLE');
  expect(stateOf(b, '10.0.0.1')).toBe('DELAY');
});

test('[RFC1122-2.3.2.1-a] REACHABLE lasts 15 to 45 seconds, then STALE; use makes it DELAY, five seconds later PROBE asks by unicast', () => {
  const { world, a, deviceA } = pair();
  world.ping(a, '10.0.0.2');
  world.clock.runFor(14_900);
  expect(stateOf(a, '10.0.0.2')).toBe('REACHABLE');
  world.clock.runFor(31_000);
  expect(stateOf(a, '10.0.0.2')).toBe('STALE');
  world.ping(a, '10.0.0.2');
  expect(stateOf(a, '10.0.0.2')).toBe('DELAY');
  deviceA.sent.length = 0;
  world.clock.runFor(5000);
  const requests = arpOf(deviceA).filter((packet) => packet.operation === arpOperation.request);
  expect(requests).toMatchObject([{ operation: arpOperation.request, targetMac: 0x0200_0000_0002 }]);
  expect(stateOf(a, '10.0.0.2')).toBe('REACHABLE');
});

test('a neighbor that is gone fails after three probes; the next packet asks everybody again', () => {
  const { world, wire, a, deviceA } = pair();
  world.ping(a, '10.0.0.2');
  world.clock.runFor(50_000);
  wire.lose = () => true;
  a.stack.openPing().send(ip('10.0.0.2'), 1, new Uint8Array(8));
  deviceA.sent.length = 0;
  world.clock.runFor(5000);
  expect(stateOf(a, '10.0.0.2')).toBe('PROBE');
  world.clock.runFor(3000);
  expect(arpOf(deviceA)).toHaveLength(3);
  expect(stateOf(a, '10.0.0.2')).toBe('FAILED');
  wire.lose = () => false;
  expect(world.ping(a, '10.0.0.2').kind).toBe('reply');
});

test('nobody answers: three requests, a second apart, then each waiting ping hears "host unreachable" from its own host', () => {
  const { world, a, deviceA } = pair();
  const heard: number[] = [];
  const socket = a.stack.openPing({
    icmpError: (report) => {
      expect(report).toMatchObject({ kind: 'unreachable', type: 3, code: 1, from: ip('10.0.0.1') });
      heard.push(report.sequence);
    },
  });
  for (const sequence of [1, 2, 3]) socket.send(ip('10.0.0.9'), sequence, new Uint8Array(8));
  world.clock.runFor(2999);
  expect([arpOf(deviceA).length, heard]).toEqual([3, []]);
  world.clock.runFor(1);
  expect(heard).toEqual([1, 2, 3]);
  expect(a.drops()).toEqual(['neighbor-unresolved', 'neighbor-unresolved', 'neighbor-unresolved']);
  expect(stateOf(a, '10.0.0.9')).toBe('FAILED');
  expect(world.end()).toBe(0);
});

test('packets of a resolution leave in order, and the oldest are lost when too many wait', () => {
  const { world, a, b, deviceA } = pair();
  a.stack.writeKnob('net.ipv4.neigh.default.unres_qlen', '3');
  const arrived: number[] = [];
  b.stack.openUdp({ port: 5, received: ({ payload }) => arrived.push(payload[0] as number) });
  const socket = a.stack.openUdp();
  for (let index = 1; index <= 5; index += 1) {
    socket.send(Uint8Array.of(index), { address: ip('10.0.0.2'), port: 5 });
  }
  expect(deviceA.sent).toHaveLength(1); // one request for all
  world.clock.runFor(10);
  expect(arrived).toEqual([3, 4, 5]);
  expect(a.drops()).toEqual(['neighbor-queue-full', 'neighbor-queue-full']);
});

test('bytes that wait are limited, but one packet always may', () => {
  const { world, a, b } = pair();
  a.stack.writeKnob('net.ipv4.neigh.default.unres_qlen_bytes', '100');
  const arrived: number[] = [];
  b.stack.openUdp({ port: 5, received: ({ payload }) => arrived.push(payload.length) });
  const socket = a.stack.openUdp();
  socket.send(new Uint8Array(500), { address: ip('10.0.0.2'), port: 5 });
  socket.send(new Uint8Array(600), { address: ip('10.0.0.2'), port: 5 });
  world.clock.runFor(10);
  expect(arrived).toEqual([600]);
});

test('an unsolicited reply makes no entry, and changes one that is there only to STALE', () => {
  const { world, a, deviceA } = pair();
  const reply = arpFrame(deviceA.macAddress, {
    operation: arpOperation.reply,
    senderMac: strangerMac,
    senderAddress: ip('10.0.0.9'),
    targetMac: deviceA.macAddress,
    targetAddress: ip('10.0.0.1'),
  });
  deviceA.deliver(reply);
  expect(stateOf(a, '10.0.0.9')).toBeUndefined();
  world.ping(a, '10.0.0.2');
  deviceA.deliver(
    arpFrame(broadcastMac, {
      operation: arpOperation.request,
      senderMac: strangerMac,
      senderAddress: ip('10.0.0.2'),
      targetMac: 0 as MacAddress,
      targetAddress: ip('10.0.0.2'),
    }),
  );
  expect(a.stack.inspect().neighbors).toMatchObject([{ mac: strangerMac, state: 'STALE' }]);
});

test('nobody can speak for an address of ours', () => {
  const { a, deviceA } = pair();
  deviceA.deliver(
    arpFrame(deviceA.macAddress, {
      operation: arpOperation.request,
      senderMac: strangerMac,
      senderAddress: ip('10.0.0.1'),
      targetMac: 0 as MacAddress,
      targetAddress: ip('10.0.0.1'),
    }),
  );
  expect(a.stack.inspect().neighbors).toEqual([]);
});

test('a probe (sender 0.0.0.0) is answered and teaches nothing', () => {
  const { a, deviceA } = pair();
  deviceA.deliver(
    arpFrame(broadcastMac, {
      operation: arpOperation.request,
      senderMac: strangerMac,
      senderAddress: ip('0.0.0.0'),
      targetMac: 0 as MacAddress,
      targetAddress: ip('10.0.0.1'),
    }),
  );
  expect(arpOf(deviceA)).toMatchObject([{ operation: arpOperation.reply, senderAddress: ip('10.0.0.1') }]);
  expect(a.stack.inspect().neighbors).toEqual([]);
});

test('with arp_ignore=1 only the interface’s own addresses are answered', () => {
  const { world, a, deviceA } = pair();
  world.join(a, world.wire(), 'eth1', ['10.1.0.1/24']);
  const ask = (): number => {
    deviceA.sent.length = 0;
    deviceA.deliver(
      arpFrame(broadcastMac, {
        operation: arpOperation.request,
        senderMac: strangerMac,
        senderAddress: ip('10.0.0.7'),
        targetMac: 0 as MacAddress,
        targetAddress: ip('10.1.0.1'),
      }),
    );
    return deviceA.sent.length;
  };
  expect(ask()).toBe(1);
  a.stack.writeKnob('net.ipv4.conf.all.arp_ignore', '1');
  expect(ask()).toBe(0);
});

test('malformed and implausible ARP is dropped', () => {
  const { a, deviceA } = pair();
  const request = {
    operation: arpOperation.request,
    senderMac: strangerMac,
    senderAddress: ip('10.0.0.7'),
    targetMac: 0 as MacAddress,
    targetAddress: ip('10.0.0.1'),
  } as const;
  deviceA.deliver(arpFrame(deviceA.macAddress, request).subarray(0, 41));
  deviceA.deliver(arpFrame(deviceA.macAddress, { ...request, senderMac: broadcastMac }));
  deviceA.deliver(arpFrame(deviceA.macAddress, { ...request, senderAddress: ip('224.0.0.1') }));
  deviceA.deliver(arpFrame(deviceA.macAddress, { ...request, targetAddress: ip('127.0.0.1') }));
  expect(a.drops()).toEqual(['arp-malformed', 'arp-malformed', 'arp-malformed', 'arp-malformed']);
  expect(a.stack.inspect().neighbors).toEqual([]);
});

test('a permanent neighbor is never asked for, never changed, and leaves when told to', () => {
  const { world, a, deviceA } = pair();
  a.stack.addNeighbor('eth0', ip('10.0.0.2'), 0x0200_0000_0002 as MacAddress);
  world.ping(a, '10.0.0.2');
  expect(arpOf(deviceA).filter((packet) => packet.operation === arpOperation.request)).toEqual([]);
  deviceA.deliver(
    arpFrame(deviceA.macAddress, {
      operation: arpOperation.reply,
      senderMac: strangerMac,
      senderAddress: ip('10.0.0.2'),
      targetMac: deviceA.macAddress,
      targetAddress: ip('10.0.0.1'),
    }),
  );
  a.stack.flushNeighbors();
  expect(a.stack.inspect().neighbors).toMatchObject([{ state: 'PERMANENT', mac: 0x0200_0000_0002 }]);
  expect(a.stack.removeNeighbor('eth0', ip('10.0.0.2'))).toBe(true);
  expect(a.stack.removeNeighbor('eth0', ip('10.0.0.2'))).toBe(false);
});

test('the cache holds no more entries than gc_thresh3, whoever asks', () => {
  const { a, deviceA } = pair();
  a.stack.writeKnob('net.ipv4.neigh.default.gc_thresh3', '8');
  for (let index = 10; index < 60; index += 1) {
    deviceA.deliver(
      arpFrame(deviceA.macAddress, {
        operation: arpOperation.request,
        senderMac: (strangerMac + index) as MacAddress,
        senderAddress: ip(`10.0.0.${index}`),
        targetMac: 0 as MacAddress,
        targetAddress: ip('10.0.0.1'),
      }),
    );
  }
  const { neighbors } = a.stack.inspect();
  expect(neighbors).toHaveLength(8);
  expect(neighbors.at(-1)?.address).toBe(ip('10.0.0.59'));
});

test('a flush drops what waits, with a reason, and stops asking', () => {
  const { world, a } = pair();
  a.stack.openPing().send(ip('10.0.0.9'), 1, new Uint8Array(8));
  a.stack.flushNeighbors('eth0');
  expect(a.drops()).toEqual(['neighbor-unresolved']);
  world.clock.runFor(1); // the request has arrived
  expect(world.clock.pending).toBe(0);
});

test('every change of state is an event', () => {
  const { world, a } = pair();
  world.ping(a, '10.0.0.2');
  expect(a.events.flatMap((event) => (event.kind === 'neighbor' ? [event.state] : []))).toEqual([
    'INCOMPLETE',
    'REACHABLE',
  ]);
});
