// Which sockets hear which family: 0.0.0.0, ::, IPv6 alone, and what may share a port (RFC 3493 section 5.3).
import { expect, test } from 'vitest';
import { formatIp, unspecifiedIpv4, unspecifiedIpv6 } from '../../../../src/stack/wire/ip-address.ts';
import { ipv6Host } from '../../../support/ipv6-world.ts';
import { anyIp, StackWorld, type TestHost } from '../../../support/stack-world.ts';

const inUse = expect.objectContaining({ code: 'EADDRINUSE' });

function pair(): { readonly world: StackWorld; readonly a: TestHost; readonly b: TestHost } {
  const world = new StackWorld();
  const wire = world.wire();
  const [a, b] = [ipv6Host(world, 'a'), ipv6Host(world, 'b')];
  world.join(a, wire, 'eth0', ['10.0.0.1/24', '2001:db8::1/64']);
  world.join(b, wire, 'eth0', ['10.0.0.2/24', '2001:db8::2/64']);
  return { world, a, b };
}

const families = ['10.0.0.2', '2001:db8::2'];

for (const [name, options, heard] of [
  ['without an address: both', {}, families],
  ['::, both', { address: unspecifiedIpv6 }, families],
  [':: and IPv6 only', { address: unspecifiedIpv6, ipv6Only: true }, ['2001:db8::2']],
  ['0.0.0.0: IPv4', { address: unspecifiedIpv4 }, ['10.0.0.2']],
  ['one address', { address: anyIp('2001:db8::2') }, ['2001:db8::2']],
] as const) {
  test(`UDP ${name}`, () => {
    const { world, a, b } = pair();
    const got: string[] = [];
    b.stack.openUdp({ ...options, port: 7, received: ({ destination }) => got.push(formatIp(destination.address)) });
    for (const address of families) a.stack.openUdp().send(new Uint8Array(1), { address: anyIp(address), port: 7 });
    world.clock.runFor(100);
    expect(got).toEqual(heard);
  });

  test(`TCP ${name}`, () => {
    const { world, a, b } = pair();
    const listener = b.stack.listenTcp({ ...options, port: 80, acceptable: () => undefined });
    const open: string[] = [];
    for (const address of families) {
      a.stack.connectTcp(
        { address: anyIp(address), port: 80 },
        { handlers: { established: () => open.push(address) } },
      );
    }
    world.clock.runFor(100);
    expect(open).toEqual(heard);
    expect(listener.pending).toBe(heard.length);
  });
}

test('one port may serve each family by itself, but not one family twice', () => {
  const { a } = pair();
  const acceptable = (): void => undefined;
  a.stack.listenTcp({ address: unspecifiedIpv4, port: 80, acceptable });
  a.stack.listenTcp({ address: unspecifiedIpv6, ipv6Only: true, port: 80, acceptable });
  expect(() => a.stack.listenTcp({ address: unspecifiedIpv6, port: 80, acceptable })).toThrow(inUse);
  expect(() => a.stack.listenTcp({ port: 80, acceptable })).toThrow(inUse);
  a.stack.openUdp({ address: unspecifiedIpv4, port: 53 });
  a.stack.openUdp({ address: anyIp('2001:db8::1'), port: 53 });
  expect(() => a.stack.openUdp({ port: 53 })).toThrow(inUse);
});

test('a socket for both families shows :: where there is IPv6, and 0.0.0.0 where there is not', () => {
  const { world, a } = pair();
  expect(a.stack.openUdp({ port: 7 }).local.address).toBe('::');
  expect(world.host('old').stack.openUdp({ port: 7 }).local.address).toBe(0);
});

test('an IPv4 socket sends nothing to IPv6', () => {
  const { a } = pair();
  const socket = a.stack.openUdp({ address: unspecifiedIpv4 });
  expect(() => socket.send(new Uint8Array(1), { address: anyIp('2001:db8::2'), port: 7 })).toThrow(
    expect.objectContaining({ code: 'ENETUNREACH' }),
  );
});
