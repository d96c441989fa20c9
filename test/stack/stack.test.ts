// The stack as its host sees it: interfaces, taps, inspection, knobs, and an end that leaves nothing behind.
import { expect, test } from 'vitest';
import type { TapRecord } from '../../src/stack/network-stack.ts';
import { ip, prefix, StackWorld, threeRouters, type TestHost } from '../support/stack-world.ts';

const withCode = (code: string) => expect.objectContaining({ code });

function pair(): { readonly world: StackWorld; readonly a: TestHost; readonly b: TestHost } {
  const world = new StackWorld();
  const wire = world.wire();
  const [a, b] = [world.host('a'), world.host('b')];
  world.join(a, wire, 'eth0', ['10.0.0.1/24']);
  world.join(b, wire, 'eth0', ['10.0.0.2/24']);
  world.clock.runFor(3000);
  return { world, a, b };
}

test('lo is there from the start, with 127.0.0.1/8 and index 1', () => {
  const host = new StackWorld().host('a');
  expect(host.stack.interfaces).toMatchObject([
    { index: 1, name: 'lo', loopback: true, up: true, mtu: 65_536, addresses: [prefix('127.0.0.1/8')] },
  ]);
});

test('ping to ourselves works before any link exists, also with the largest packet', () => {
  const world = new StackWorld();
  const host = world.host('a');
  expect(world.ping(host, '127.0.0.1').kind).toBe('reply');
  expect(world.ping(host, '127.200.1.1', { size: 65_507 }).kind).toBe('reply');
  expect(() => world.ping(host, '10.0.0.1')).toThrow(withCode('ENETUNREACH'));
});

test('lo holds no more frames than the backlog', () => {
  const world = new StackWorld();
  const host = world.host('a');
  host.stack.writeKnob('net.core.netdev_max_backlog', '5');
  const socket = host.stack.openUdp();
  for (let index = 0; index < 8; index += 1) socket.send(new Uint8Array(1), { address: ip('127.0.0.1'), port: 9 });
  expect(host.drops()).toEqual(['device-queue-full', 'device-queue-full', 'device-queue-full']);
});

test('a tap sees both directions of its interface, with the time, until it is disposed', () => {
  const { world, a } = pair();
  const records: TapRecord[] = [];
  const tap = a.stack.tap('eth0', (record) => records.push(record));
  const startMs = world.clock.now();
  world.ping(a, '10.0.0.2');
  expect(records.map((record) => [record.direction, record.frame[13], record.atMs - startMs])).toEqual([
    ['out', 6, 0],
    ['in', 6, 2],
    ['out', 0, 2],
    ['in', 0, 4],
  ]);
  tap.dispose();
  world.ping(a, '10.0.0.2');
  expect(records).toHaveLength(4);
  expect(() => a.stack.tap('eth9', () => undefined)).toThrow(withCode('EINVAL'));
});

test('a tap of all interfaces hears those that come later too', () => {
  const { world, a } = pair();
  const names = new Set<string>();
  const tap = a.stack.tap(undefined, (record) => names.add(record.interface));
  world.join(a, world.wire(), 'eth1', ['10.1.0.1/24']);
  world.clock.runFor(10);
  world.ping(a, '10.0.0.1');
  world.ping(a, '10.0.0.2');
  expect(Array.from(names)).toEqual(['eth1', 'lo', 'eth0']);
  tap.dispose();
});

test('interfaces count frames and bytes, and what they lose', () => {
  const { world, a } = pair();
  const before = a.stack.inspect().interfaces[1]?.counters;
  world.ping(a, '10.0.0.2', { size: 56 });
  const after = a.stack.inspect().interfaces[1]?.counters;
  expect((after?.txFrames ?? 0) - (before?.txFrames ?? 0)).toBe(2);
  expect((after?.txBytes ?? 0) - (before?.txBytes ?? 0)).toBe(42 + 98);
  expect((after?.rxBytes ?? 0) - (before?.rxBytes ?? 0)).toBe(42 + 98);
});

test('a link without carrier loses what is sent, with a reason', () => {
  const world = new StackWorld();
  const host = world.host('a');
  const device = world.join(host, world.wire(), 'eth0', ['10.0.0.1/24']);
  world.clock.runFor(3000);
  device.setCarrier(false);
  host.stack.openUdp().send(new Uint8Array(1), { address: ip('10.0.0.2'), port: 9 });
  expect(host.drops()).toEqual(['interface-down']);
  expect(host.stack.inspect().interfaces[1]).toMatchObject({ carrier: false, counters: { txDropped: 1 } });
});

test('what can not be an interface or address is refused', () => {
  const { world, a } = pair();
  const device = world.wire().attach(99);
  expect(() => a.stack.addInterface('eth0', device, [])).toThrow(withCode('EINVAL'));
  expect(() => a.stack.addInterface('eth1', world.wire().attach(98, 67), [])).toThrow(withCode('EINVAL'));
  expect(() => a.stack.addInterface('eth1', device, [prefix('224.0.0.1/24')])).toThrow(withCode('EINVAL'));
  expect(() => a.stack.addInterface('eth1', device, [prefix('2001:db8::1/64')])).toThrow(withCode('EACCES'));
  expect(() => a.stack.addAddress('eth0', prefix('10.0.0.1/24'))).toThrow(withCode('EINVAL'));
  expect(() => a.stack.addAddress('eth7', prefix('10.0.0.1/24'))).toThrow(withCode('EINVAL'));
  expect(a.stack.interfaces).toHaveLength(2);
});

test('the knob of the TTL reaches the packets', () => {
  const { world, a, b } = pair();
  expect(a.stack.writeKnob('net.ipv4.ip_default_ttl', '7')).toBeUndefined();
  expect(a.stack.readKnob('net.ipv4.ip_default_ttl')).toBe('7');
  const ttls: number[] = [];
  b.stack.openUdp({ port: 7, received: ({ ttl }) => ttls.push(ttl) });
  a.stack.openUdp().send(new Uint8Array(1), { address: ip('10.0.0.2'), port: 7 });
  world.clock.runFor(10);
  expect(ttls).toEqual([7]);
});

test('ping sockets: identifiers are unique, sources must be ours, closed ones are silent', () => {
  const { world, a } = pair();
  const first = a.stack.openPing({ identifier: 5 });
  expect(() => a.stack.openPing({ identifier: 5 })).toThrow(withCode('EADDRINUSE'));
  expect(() => a.stack.openPing({ identifier: 70_000 })).toThrow(withCode('EINVAL'));
  expect(() => first.send(ip('10.0.0.2'), 1, new Uint8Array(1), { source: ip('10.0.0.9') })).toThrow(
    withCode('EADDRNOTAVAIL'),
  );
  expect(() => first.send(ip('10.0.0.2'), 1, new Uint8Array(65_508))).toThrow(withCode('EMSGSIZE'));
  first.send(ip('10.0.0.2'), 1, new Uint8Array(1));
  first.close();
  expect(() => first.send(ip('10.0.0.2'), 1, new Uint8Array(1))).toThrow(withCode('ENOTCONN'));
  world.clock.runFor(100);
  expect(a.drops()).toEqual(['icmp-ignored']);
  expect(a.stack.openPing({ identifier: 5 }).identifier).toBe(5);
});

test('an inspection is plain data', () => {
  const { world, a } = pair();
  world.ping(a, '10.0.0.2');
  const inspection = a.stack.inspect();
  expect(structuredClone(inspection)).toEqual(inspection);
});

test('the same seed gives the same packets', () => {
  const run = (): readonly string[] => {
    const { world, client, server } = threeRouters({ seed: 'twice', mtus: [1500, 600, 576, 1500] });
    const frames: string[] = [];
    server.stack.tap('eth0', ({ frame, atMs }) => frames.push(`${atMs} ${Array.from(frame).join(',')}`));
    for (const size of [10, 2000, 5000]) world.ping(client, '10.0.3.2', { size });
    world.ping(client, '10.0.3.77', { waitMs: 60_000 });
    return frames;
  };
  const first = run();
  expect(first.length).toBeGreaterThan(30);
  expect(run()).toEqual(first);
});

test('after dispose nothing is left: no timer, no word on the link', () => {
  const { world, a, b } = pair();
  a.stack.openPing().send(ip('10.0.0.77'), 1, new Uint8Array(1));
  a.stack.openPing().send(ip('10.0.0.1'), 1, new Uint8Array(1));
  b.stack.openUdp({ port: 7 });
  world.join(a, world.wire(), 'eth1', ['10.1.0.1/24']); // is about to announce itself
  world.end();
  a.stack.dispose();
  world.clock.runFor(1); // a frame that was on the wire
  expect(world.clock.pending).toBe(0);
});

test('a listener may leave its tap while it is called', () => {
  const { world, a } = pair();
  const heard: string[] = [];
  const first = a.stack.tap('eth0', () => {
    heard.push('first');
    first.dispose();
  });
  a.stack.tap('eth0', () => heard.push('second'));
  world.ping(a, '10.0.0.2');
  expect(heard).toEqual(['first', 'second', 'second', 'second', 'second']);
});
