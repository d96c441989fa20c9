// MSS clamping on a router: with it a narrow link needs no ICMP, of either family; without it the MSS passes unchanged.
import { expect, test } from 'vitest';
import { clampMss } from '../../../src/stack/ip/clamp-mss.ts';
import { checksum } from '../../../src/stack/wire/checksum.ts';
import { write16 } from '../../../src/stack/wire/field.ts';
import { threeIpv6Routers } from '../../support/ipv6-world.ts';
import { anyIp, threeRouters, type TestHost } from '../../support/stack-world.ts';

/** Connects and says which segment size each side uses, less its options. */
function segmentSizes(world: ReturnType<typeof threeRouters>, server: string): readonly (number | undefined)[] {
  const listener = world.server.stack.listenTcp({ port: 80, acceptable: () => undefined });
  const socket = world.client.stack.connectTcp({ address: anyIp(server), port: 80 });
  world.world.clock.runFor(1000);
  return [socket.info().segmentBytes + 12, (listener.accept()?.info().segmentBytes ?? 0) + 12]; // timestamps
}

const clamp = (router: TestHost | undefined): unknown => router?.stack.writeKnob('net.ipv4.tcp_clamp_mss', '1');

test('IPv4: both directions keep to the narrow link', () => {
  const world = threeRouters({ mtus: [1500, 1500, 1000, 1500] });
  clamp(world.routers[1]);
  expect(segmentSizes(world, '10.0.3.2')).toEqual([960, 960]);
});

test('IPv6: the header is longer', () => {
  const world = threeIpv6Routers({ mtus: [1500, 1500, 1300, 1500] });
  clamp(world.routers[2]);
  expect(segmentSizes(world, '2001:db8:3::2')).toEqual([1240, 1240]);
});

test('without it nobody lowers anything', () => {
  expect(segmentSizes(threeRouters({ mtus: [1500, 1500, 1000, 1500] }), '10.0.3.2')).toEqual([1460, 1460]);
});

/** A SYN with the options given, whose checksum is right (without a pseudo-header). */
function syn(options: readonly number[], flags = 2): Uint8Array {
  const bytes = new Uint8Array(20 + options.length);
  bytes[12] = (bytes.length / 4) << 4;
  bytes[13] = flags;
  bytes.set(options, 20);
  write16(bytes, 16, checksum(bytes, 0, bytes.length));
  return bytes;
}

test.each([
  ['first', [2, 4, 0x05, 0xb4]],
  ['at an odd place', [1, 2, 4, 0x05, 0xb4, 0, 0, 0]],
  ['behind others', [4, 2, 1, 1, 2, 4, 0x05, 0xb4]],
])('the option %s: lowered, and the checksum stays right', (_where, options) => {
  const bytes = syn(options);
  clampMss(bytes, 0, 4, 1000);
  expect(Array.from(bytes.subarray(20)).join()).toContain('2,4,3,192'); // 960
  expect(checksum(bytes, 0, bytes.length)).toBe(0);
});

test.each([
  ['a smaller value', syn([2, 4, 0x02, 0x00])],
  ['no SYN', syn([2, 4, 0x05, 0xb4], 16)],
  ['no option', syn([1, 1, 1, 1])],
  ['an end before it', syn([0, 2, 4, 5])],
  ['an option that runs out of the header', syn([3, 9, 2, 4])],
  ['an option of length 0', syn([3, 0, 2, 4])],
  ['half a header', new Uint8Array(10)],
])('%s: untouched', (_name, bytes) => {
  const before = bytes.slice();
  clampMss(bytes, 0, 4, 1000);
  expect(bytes).toEqual(before);
});
