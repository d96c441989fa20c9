// What enters the internet layer and what does not: headers, addresses, options, link addresses.
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../../src/base/bytes.ts';
import type { DropReason } from '../../../src/stack/drop.ts';
import { broadcastMac, type MacAddress } from '../../../src/stack/wire/mac-address.ts';
import { frameOf, ipv4Packet, ipv4PacketsIn, pattern, udpBytes, type PacketOptions } from '../../support/packet.ts';
import { ip, StackWorld, type TestHost } from '../../support/stack-world.ts';
import type { WireDevice } from '../../support/wire-pair.ts';

const ownMac = 0x0200_0000_0001;

/** A router with 10.0.0.1/24 on eth0 and 10.1.0.1/24 on eth1, and neighbors .9 on both. */
function router(): {
  readonly host: TestHost;
  readonly left: WireDevice;
  readonly right: WireDevice;
  readonly got: number[];
} {
  const world = new StackWorld();
  const host = world.host('r');
  const left = world.join(host, world.wire(), 'eth0', ['10.0.0.1/24']);
  const right = world.join(host, world.wire(), 'eth1', ['10.1.0.1/24'], 1000);
  world.clock.runFor(3000);
  host.stack.setForwarding(true);
  host.stack.addNeighbor('eth0', ip('10.0.0.9'), 0x0200_0000_00fe as MacAddress);
  host.stack.addNeighbor('eth1', ip('10.1.0.9'), 0x0200_0000_00ff as MacAddress);
  const got: number[] = [];
  host.stack.openUdp({ port: 7, received: ({ payload }) => got.push(payload.length) });
  for (const device of [left, right]) device.sent.length = 0;
  return { host, left, right, got };
}

const from = (source: string, destination: string, options: Partial<PacketOptions> = {}, size = 10): Uint8Array =>
  ipv4Packet({ source, destination, ...options }, udpBytes(source, 9, destination, 7, pattern(size)));

test('a packet for any of our addresses is ours, whichever interface it came to', () => {
  const { left, got } = router();
  left.deliver(frameOf(ownMac, from('10.0.0.9', '10.0.0.1')));
  left.deliver(frameOf(ownMac, from('10.0.0.9', '10.1.0.1')));
  left.deliver(frameOf(broadcastMac, from('10.0.0.9', '255.255.255.255')));
  left.deliver(frameOf(broadcastMac, from('10.0.0.9', '10.0.0.255')));
  expect(got).toEqual([10, 10, 10, 10]);
});

test('padding behind the packet is not part of it', () => {
  const { left, right, got } = router();
  const padded = (packet: Uint8Array): Uint8Array => {
    const frame = new Uint8Array(80).fill(0xee);
    frame.set(frameOf(ownMac, packet));
    return frame;
  };
  left.deliver(padded(from('10.0.0.9', '10.0.0.1')));
  left.deliver(padded(from('10.0.0.9', '10.1.0.9')));
  expect(got).toEqual([10]);
  expect(right.sent.map((frame) => frame.length)).toEqual([14 + 38]);
});

describe('refused', () => {
  const whole = from('10.0.0.9', '10.0.0.1');
  const damaged = (offset: number, value: number): Uint8Array => {
    const packet = whole.slice();
    packet[offset] = value;
    return packet;
  };
  const cases: readonly (readonly [string, Uint8Array, DropReason, number?])[] = [
    ['version 6 in an IPv4 frame', damaged(0, 0x65), 'ip-malformed'],
    ['a header of 16 bytes', damaged(0, 0x44), 'ip-malformed'],
    ['a total length beyond the frame', damaged(3, 200), 'ip-malformed'],
    ['[RFC1122-3.2.1.2] a wrong header checksum', damaged(8, 63), 'ip-checksum'],
    ['[RFC1122-3.2.1.3] a loopback sender', from('127.0.0.1', '10.0.0.1'), 'ip-source-invalid'],
    ['[RFC9293-MUST-63] [RFC1122-4.1.3.6] a multicast sender', from('224.0.0.5', '10.0.0.1'), 'ip-source-invalid'],
    ['[RFC9293-MUST-63] a broadcast sender', from('255.255.255.255', '10.0.0.1'), 'ip-source-invalid'],
    ['the link’s broadcast address as sender', from('10.0.0.255', '10.0.0.1'), 'ip-source-invalid'],
    ['our own address as sender', from('10.1.0.1', '10.0.0.1'), 'ip-source-invalid'],
    ['a sender in 0.0.0.0/8', from('0.1.2.3', '10.0.0.1'), 'ip-source-invalid'],
    ['a loopback destination from outside', from('10.0.0.9', '127.0.0.1'), 'ip-not-for-us'],
    ['a reserved destination', from('10.0.0.9', '240.0.0.1'), 'ip-not-for-us'],
    ['a multicast group that we are not in', from('10.0.0.9', '224.0.0.251'), 'ip-not-for-us', 0x0100_5e00_00fb],
    ['a foreign packet in a broadcast frame', from('10.0.0.9', '10.1.0.9'), 'ip-not-for-us', broadcastMac],
    ['[RFC1812-5.3.5.2] another link’s broadcast', from('10.0.0.9', '10.1.0.255'), 'ip-directed-broadcast'],
    ['[RFC1812-5.3.7] a link-local destination to forward', from('10.0.0.9', '169.254.1.1'), 'ip-not-for-us'],
    ['a loose source route', from('10.0.0.9', '10.0.0.1', { options: fromHex('8307040a00000100') }), 'ip-source-route'],
  ];
  for (const [name, packet, reason, mac] of cases) {
    test(name, () => {
      const { host, left, right, got } = router();
      left.deliver(frameOf(mac ?? ownMac, packet));
      expect(host.drops()).toEqual([reason]);
      expect([got, left.sent, right.sent]).toEqual([[], [], []]);
    });
  }

  test('frames that are too short, for others, or of unknown type', () => {
    const { host, left } = router();
    left.deliver(new Uint8Array(13));
    left.deliver(frameOf(0x0200_0000_0033, whole));
    const unknown = frameOf(ownMac, whole);
    unknown.set([0x88, 0xb5], 12);
    left.deliver(unknown);
    expect(host.drops()).toEqual(['frame-too-short', 'frame-not-for-us', 'ethertype-unknown']);
    expect(host.stack.inspect().interfaces[1]?.counters.rxDropped).toBe(3);
  });

  test('everything while the interface is down', () => {
    const { host, left, got } = router();
    host.stack.setInterfaceUp('eth0', false);
    left.deliver(frameOf(ownMac, whole));
    expect([host.drops(), got]).toEqual([['interface-down'], []]);
  });
});

test('malformed options are answered with a pointer at the byte', () => {
  const { host, left } = router();
  left.deliver(frameOf(ownMac, from('10.0.0.9', '10.0.0.1', { options: fromHex('0194ff00') })));
  expect(host.drops()).toEqual(['ip-malformed']);
  const [error] = ipv4PacketsIn(left.sent);
  expect([error?.payload[0], error?.payload[4]]).toEqual([12, 21]);
});

describe('forwarding', () => {
  test('[RFC1812-5.3.1] takes one from the TTL in a copy: the frame that came in is not touched', () => {
    const { left, right } = router();
    const frame = frameOf(ownMac, from('10.0.0.9', '10.1.0.9', { ttl: 2, options: fromHex('94040000') }));
    const before = frame.slice();
    left.deliver(frame);
    expect(frame).toEqual(before);
    expect(ipv4PacketsIn(right.sent)).toMatchObject([{ header: { ttl: 1, options: fromHex('94040000') } }]);
  });

  test('happens only when switched on', () => {
    const { host, left, right } = router();
    expect(host.stack.forwarding).toBe(true);
    host.stack.writeKnob('net.ipv4.ip_forward', '0');
    expect(host.stack.forwarding).toBe(false);
    left.deliver(frameOf(ownMac, from('10.0.0.9', '10.1.0.9')));
    expect([host.drops(), right.sent]).toEqual([['ip-not-for-us'], []]);
  });

  test('[RFC1812-4.2.2.9] says "network unreachable" without a route and "time exceeded" with TTL 1', () => {
    const { host, left } = router();
    left.deliver(frameOf(ownMac, from('10.0.0.9', '10.77.0.1')));
    left.deliver(frameOf(ownMac, from('10.0.0.9', '10.1.0.9', { ttl: 1 })));
    expect(host.drops()).toEqual(['ip-no-route', 'ip-ttl-exceeded']);
    expect(ipv4PacketsIn(left.sent).map(({ payload }) => [payload[0], payload[1]])).toEqual([
      [3, 0],
      [11, 0],
    ]);
  });

  test('says "host unreachable" when the next hop does not answer', () => {
    const world = new StackWorld();
    const host = world.host('r');
    const left = world.join(host, world.wire(), 'eth0', ['10.0.0.1/24']);
    world.join(host, world.wire(), 'eth1', ['10.1.0.1/24']);
    host.stack.setForwarding(true);
    host.stack.addNeighbor('eth0', ip('10.0.0.9'), 0x0200_0000_00fe as MacAddress);
    left.deliver(frameOf(ownMac, from('10.0.0.9', '10.1.0.77')));
    world.clock.runFor(3000);
    expect(host.drops()).toEqual(['neighbor-unresolved']);
    const [error] = ipv4PacketsIn(left.sent);
    expect([error?.payload[0], error?.payload[1], error?.header.source]).toEqual([3, 1, ip('10.0.0.1')]);
  });

  test('cuts what is too large, or says so when it must not', () => {
    const { host, left, right } = router();
    left.deliver(frameOf(ownMac, from('10.0.0.9', '10.1.0.9', {}, 1200)));
    expect(ipv4PacketsIn(right.sent).map(({ header }) => header.totalLength)).toEqual([996, 252]);
    left.deliver(frameOf(ownMac, from('10.0.0.9', '10.1.0.9', { dontFragment: true }, 1200)));
    const [error] = ipv4PacketsIn(left.sent);
    expect([error?.payload[0], error?.payload[1], (error?.payload[6] ?? 0) * 256 + (error?.payload[7] ?? 0)]).toEqual([
      3, 4, 1000,
    ]);
    expect(host.drops()).toEqual(['ip-too-big']);
  });

  test('passes a super-frame on whole when its segments fit, and refuses it when they do not', () => {
    const { host, left, right } = router();
    const super900 = frameOf(ownMac, from('10.0.0.9', '10.1.0.9', {}, 9000));
    left.deliver(super900, { checksumPartial: true, segmentBytes: 900 });
    expect(right.sent.map((frame) => frame.length)).toEqual([super900.length]);
    left.deliver(super900, { checksumPartial: true, segmentBytes: 1400 });
    expect(host.drops()).toEqual(['ip-too-big']);
  });

  test('completes a partial checksum before it cuts', () => {
    const { left, right } = router();
    const good = from('10.0.0.9', '10.1.0.9', {}, 1200);
    const partial = good.slice();
    partial.set([0x12, 0x34], 26);
    left.deliver(frameOf(ownMac, partial), { checksumPartial: true, segmentBytes: 0 });
    expect(ipv4PacketsIn(right.sent)[0]?.payload.subarray(0, 8)).toEqual(good.subarray(20, 28));
  });
});

test('a checksum that the sender’s card was to fill in is not verified', () => {
  const { left, got, host } = router();
  const packet = from('10.0.0.9', '10.0.0.1');
  packet.set([0x12, 0x34], 26);
  left.deliver(frameOf(ownMac, packet));
  expect([host.drops(), got]).toEqual([['udp-checksum'], []]);
  left.deliver(frameOf(ownMac, packet), { checksumPartial: true, segmentBytes: 0 });
  expect(got).toEqual([10]);
});
