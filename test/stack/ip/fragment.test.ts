// Fragmentation and reassembly between two stacks, and every way in which fragments may be wrong.
import { expect, test } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { fragmentIpv4 } from '../../../src/stack/ip/fragment.ts';
import { checkIpv4, parseIpv4 } from '../../../src/stack/wire/ipv4.ts';
import { integerBelow, seededRandom } from '../../../src/base/random.ts';
import { fromHex } from '../../../src/base/bytes.ts';
import { frameOf, icmpBytes, ipv4Packet, ipv4PacketsIn, pattern, udpBytes } from '../../support/packet.ts';
import { ip, StackWorld, threeRouters, type TestHost } from '../../support/stack-world.ts';
import type { WireDevice } from '../../support/wire-pair.ts';

interface Receiver {
  readonly world: StackWorld;
  readonly host: TestHost;
  readonly device: WireDevice;
  readonly got: Uint8Array[];
}

/** 10.0.0.1 with a UDP socket on port 7; the fragments come from 10.0.0.9. */
function receiver(): Receiver {
  const world = new StackWorld();
  const host = world.host('a');
  const device = world.join(host, world.wire(), 'eth0', ['10.0.0.1/24']);
  world.clock.runFor(3000);
  device.sent.length = 0;
  const got: Uint8Array[] = [];
  host.stack.openUdp({ port: 7, received: ({ payload }) => got.push(payload) });
  return { world, host, device, got };
}

const addresses = { source: '10.0.0.9', destination: '10.0.0.1' } as const;
const datagram = udpBytes('10.0.0.9', 9, '10.0.0.1', 7, pattern(3000));

/** A fragment with the bytes `from` .. `to` of `whole`. */
function piece(
  from: number,
  to: number,
  options: { readonly id?: number; readonly whole?: Uint8Array } = {},
): Uint8Array {
  const whole = options.whole ?? datagram;
  const packet = ipv4Packet(
    { ...addresses, identification: options.id ?? 1, fragmentOffset: from, moreFragments: to < whole.length },
    whole.subarray(from, to),
  );
  return frameOf(0x0200_0000_0001, packet);
}

test('[RFC791-3.2-a] fragments fit the MTU, tile the payload and carry valid headers', () => {
  const packet = ipv4Packet({ ...addresses, identification: 77, ttl: 9 }, datagram);
  const fragments = fragmentIpv4(packet, 0, 576);
  const parsed = ipv4PacketsIn(fragments.map((frame) => frameOf(1, frame.subarray(14))));
  expect(
    fragments.every((frame) => frame.length - 14 <= 576 && checkIpv4(frame, 14, frame.length - 14) === undefined),
  ).toBe(true);
  expect(parsed.every(({ header }) => header.identification === 77 && header.ttl === 9)).toBe(true);
  expect(parsed.map(({ header }) => header.moreFragments)).toEqual([true, true, true, true, true, false]);
  expect(parsed.map(({ header }) => header.fragmentOffset)).toEqual([0, 552, 1104, 1656, 2208, 2760]);
  expect(concatBytes(parsed.map(({ payload }) => payload))).toEqual(datagram);
});

test('a fragment is fragmented again, in its place', () => {
  const middle = ipv4Packet({ ...addresses, fragmentOffset: 800, moreFragments: true }, pattern(400));
  const parsed = fragmentIpv4(middle, 0, 220).map((frame) => parseIpv4(frame, 14));
  expect(parsed.map((header) => [header?.fragmentOffset, header?.moreFragments])).toEqual([
    [800, true],
    [1000, true],
  ]);
});

test('[RFC791-3.2-a] only options with the copy bit travel in later fragments', () => {
  const options = fromHex('94040000 44040500'); // router alert (copied), timestamp (not)
  const packet = ipv4Packet({ ...addresses, options }, pattern(600));
  const parsed = fragmentIpv4(packet, 0, 300).map((frame) => parseIpv4(frame, 14)?.options);
  expect(parsed).toEqual([options, fromHex('94040000'), fromHex('94040000')]);
});

test('a large datagram arrives whole through a narrow middle', () => {
  const { world, client, server, routers } = threeRouters({ mtus: [1500, 700, 576, 1500] });
  const got: Uint8Array[] = [];
  server.stack.openUdp({ port: 7, received: ({ payload }) => got.push(payload) });
  world.ping(client, '10.0.3.2'); // more fragments than may wait for a neighbor
  client.stack.openUdp().send(pattern(60_000), { address: ip('10.0.3.2'), port: 7 });
  world.clock.runFor(1000);
  expect(got).toEqual([pattern(60_000)]);
  expect(client.counter('IpFragOKs')).toBe(1);
  expect(routers[0]?.counter('IpFragOKs')).toBe(client.counter('IpFragCreates'));
  expect(server.counter('IpReasmOKs')).toBe(1);
});

test('pings of any size come back whole', () => {
  const { world, client } = threeRouters({ mtus: [1500, 700, 576, 1500] });
  for (const size of [0, 1, 547, 548, 549, 1472, 1473, 9999, 65_507]) {
    const outcome = world.ping(client, '10.0.3.2', { size });
    expect([size, outcome.kind, outcome.kind === 'reply' && outcome.reply.payload.length]).toEqual([
      size,
      'reply',
      size,
    ]);
  }
});

test('[RFC1122-3.3.2-a] fragments in any order make the packet, with any number of duplicates', () => {
  const random = seededRandom('orders');
  const { device, got, host } = receiver();
  for (let round = 1; round <= 50; round += 1) {
    const pieces = [0, 1000, 2000].map((from) =>
      piece(from, from === 2000 ? datagram.length : from + 1000, { id: round }),
    );
    const twice = [...pieces.slice(0, 2), ...pieces.slice(0, 2)];
    while (twice.length > 0) device.deliver(...(twice.splice(integerBelow(random, twice.length), 1) as [Uint8Array]));
    expect(got).toHaveLength(round - 1);
    device.deliver(pieces[2] as Uint8Array);
    expect(got.at(-1)).toEqual(pattern(3000));
  }
  expect(host.counter('IpReasmOKs')).toBe(50);
});

test('[RFC5722-4-a] a fragment that overlaps is dropped with its packet, and what comes later too', () => {
  const { device, got, host, world } = receiver();
  device.deliver(piece(0, 1000));
  device.deliver(piece(992, 2000));
  device.deliver(piece(1000, 2000));
  device.deliver(piece(2000, 3008));
  expect(got).toEqual([]);
  expect(host.drops()).toEqual(['fragment-overlap', 'fragment-overlap', 'fragment-overlap']);
  world.clock.runFor(30_000); // the memory of it ends with the packet's time
  for (const [from, to] of [
    [0, 1000],
    [1000, 2000],
    [2000, 3008],
  ] as const)
    device.deliver(piece(from, to));
  expect(got).toHaveLength(1);
});

test('the same place with other bytes is an overlap', () => {
  const { device, got, host } = receiver();
  const forged = datagram.slice();
  forged[1500] = 0;
  device.deliver(piece(1000, 2000));
  device.deliver(piece(1000, 2000, { whole: forged }));
  device.deliver(piece(0, 1000));
  device.deliver(piece(2000, 3008));
  expect(got).toEqual([]);
  expect(host.drops()[0]).toBe('fragment-overlap');
});

test('packets of different identification, sender or protocol do not mix', () => {
  const { device, got } = receiver();
  device.deliver(piece(0, 1000, { id: 1 }));
  device.deliver(piece(1000, 2000, { id: 2 }));
  device.deliver(piece(2000, 3008, { id: 1 }));
  const other = ipv4Packet(
    { source: '10.0.0.8', destination: '10.0.0.1', fragmentOffset: 1000, moreFragments: true },
    pattern(1000),
  );
  device.deliver(frameOf(0x0200_0000_0001, other));
  expect(got).toEqual([]);
  device.deliver(piece(1000, 2000, { id: 1 }));
  expect(got).toEqual([pattern(3000)]);
});

test('contradictions about the end spoil the packet', () => {
  const { device, got, host } = receiver();
  device.deliver(piece(2000, 3008)); // says: 3008 bytes
  device.deliver(
    frameOf(0x0200_0000_0001, ipv4Packet({ ...addresses, fragmentOffset: 3200, moreFragments: true }, pattern(80))),
  );
  device.deliver(piece(0, 1000));
  device.deliver(piece(1000, 2000));
  expect(got).toEqual([]);
  expect(host.drops()[0]).toBe('fragment-invalid');
});

test('[RFC1858-3.2-a] impossible fragments are refused', () => {
  const { device, host } = receiver();
  const bad = (options: { fragmentOffset: number; moreFragments: boolean; protocol?: number }, length: number): void =>
    device.deliver(frameOf(0x0200_0000_0001, ipv4Packet({ ...addresses, ...options }, pattern(length))));
  bad({ fragmentOffset: 0, moreFragments: true }, 1001); // not a multiple of 8
  bad({ fragmentOffset: 0, moreFragments: true }, 0); // empty
  bad({ fragmentOffset: 65_528, moreFragments: false }, 8); // beyond 65535 with its header
  bad({ fragmentOffset: 0, moreFragments: true, protocol: 6 }, 8); // RFC 1858: hides the TCP flags
  bad({ fragmentOffset: 8, moreFragments: false, protocol: 6 }, 8); // RFC 1858: would overwrite them
  expect(host.drops()).toEqual(Array.from({ length: 5 }, () => 'fragment-invalid'));
  expect(host.counter('IpReasmFails')).toBe(5);
});

test('[RFC1122-3.3.2-b] after 30 seconds an unfinished packet is given up; its sender is told if the first fragment came', () => {
  const { device, world, host } = receiver();
  device.deliver(piece(0, 1000, { id: 1 }));
  device.deliver(piece(1000, 2000, { id: 2 }));
  world.clock.runFor(29_999);
  expect(host.drops()).toEqual([]);
  host.stack.addNeighbor('eth0', ip('10.0.0.9'), broadcastlessMac);
  world.clock.runFor(1);
  expect(host.drops()).toEqual(['fragment-timeout', 'fragment-timeout']);
  expect(host.counter('IpReasmTimeout')).toBe(2);
  const [error, ...others] = ipv4PacketsIn(device.sent);
  expect(others).toEqual([]);
  expect([error?.payload[0], error?.payload[1], error?.header.totalLength]).toEqual([11, 1, 576]);
});

const broadcastlessMac = 0x0200_0000_00fe as Parameters<TestHost['stack']['addNeighbor']>[2]; // where 10.0.0.9 is

test('a flood of first fragments is held within the limits of packets and bytes', () => {
  const { device, host, world } = receiver();
  host.stack.writeKnob('net.ipv4.ipfrag_max_packets', '10');
  for (let id = 0; id < 100; id += 1) device.deliver(piece(0, 1000, { id }));
  expect(host.drops().filter((reason) => reason === 'fragment-limit')).toHaveLength(90);
  host.stack.writeKnob('net.ipv4.ipfrag_high_thresh', '5000');
  for (let id = 100; id < 200; id += 1) device.deliver(piece(0, 1000, { id }));
  expect(world.clock.pending).toBeLessThanOrEqual(2);
  expect(world.end()).toBe(0);
});

test('a packet that a fragment of its own makes too long for its header is refused', () => {
  const { device, host } = receiver();
  const long = pattern(65_512);
  const options = new Uint8Array(40).fill(1);
  const first = ipv4Packet({ ...addresses, moreFragments: true, options }, long.subarray(0, 32_000));
  const last = ipv4Packet({ ...addresses, fragmentOffset: 32_000 }, long.subarray(32_000));
  device.deliver(frameOf(0x0200_0000_0001, first));
  device.deliver(frameOf(0x0200_0000_0001, last));
  expect(host.drops()).toEqual(['fragment-invalid']);
});

test('[RFC3168-5.3] congestion experienced by any fragment is experienced by the whole', () => {
  const { device, host } = receiver();
  const seen: number[] = [];
  host.stack.tap('eth0', ({ frame, direction }) => {
    if (direction === 'out') seen.push(frame[15] as number);
  });
  host.stack.addNeighbor('eth0', ip('10.0.0.9'), broadcastlessMac);
  const echo = icmpBytes(8, 0, 1, pattern(1000));
  const first = { ...addresses, protocol: 1, trafficClass: 2, moreFragments: true };
  const last = { ...addresses, protocol: 1, trafficClass: 3, fragmentOffset: 800 };
  device.deliver(frameOf(0x0200_0000_0001, ipv4Packet(first, echo.subarray(0, 800))));
  device.deliver(frameOf(0x0200_0000_0001, ipv4Packet(last, echo.subarray(800))));
  expect(seen).toEqual([3]);
});

test('[RFC3168-5.3] a packet of which one fragment is marked and another can not be is dropped', () => {
  const { device, host, got } = receiver();
  const deliver = (trafficClass: number, from: number, to: number, identification: number): void => {
    const fields = { ...addresses, trafficClass, identification, fragmentOffset: from, moreFragments: to < 3008 };
    device.deliver(frameOf(0x0200_0000_0001, ipv4Packet(fields, datagram.subarray(from, to))));
  };
  deliver(0, 0, 1600, 1);
  deliver(3, 1600, 3008, 1);
  expect(host.drops()).toEqual(['fragment-invalid']);
  deliver(0, 0, 1600, 2);
  deliver(0, 1600, 3008, 2);
  expect(got).toHaveLength(1);
  const { counters } = host.stack.inspect();
  expect([counters['IpExtInNoECTPkts'], counters['IpExtInCEPkts']]).toEqual([3, 1]);
});
