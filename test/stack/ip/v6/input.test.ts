// What an IPv6 host makes of what comes in: extension headers, fragments, addresses that nobody has, errors and their limits.
import { describe, expect, test } from 'vitest';
import { write16, write32 } from '../../../../src/stack/wire/field.ts';
import {
  echoRequest,
  icmpv6ErrorsIn,
  icmpv6Packet,
  ipv6Frame,
  ipv6Host,
  ipv6Packet,
  ipv6PacketsIn,
  settledMs,
  solicitation,
} from '../../../support/ipv6-world.ts';
import { pattern } from '../../../support/packet.ts';
import { StackWorld, type TestHost } from '../../../support/stack-world.ts';
import type { WireDevice } from '../../../support/wire-pair.ts';

const mac = 0x0200_0000_0001;
const own = '2001:db8::1';
const peer = '2001:db8::fe';

/** A host on a wire whose neighbor `peer` it knows. */
function host(): {
  readonly world: StackWorld;
  readonly host: TestHost;
  readonly device: WireDevice;
  put(packet: Uint8Array, to?: number): void;
  said(): readonly Uint8Array[];
} {
  const world = new StackWorld();
  const made = ipv6Host(world, 'host');
  const device = world.join(made, world.wire(), 'eth0', [`${own}/64`]);
  world.clock.runFor(settledMs);
  device.deliver(ipv6Frame(solicitation(peer, own, 0x0200_0000_00fe)));
  world.clock.runFor(10);
  let seen = device.sent.length;
  return {
    world,
    host: made,
    device,
    put: (packet, to = mac) => device.deliver(ipv6Frame(packet, to)),
    said: () => {
      world.clock.runFor(10);
      const news = device.sent.slice(seen);
      seen = device.sent.length;
      return news;
    },
  };
}

/** An options header of 8 bytes with one option. */
function options(nextHeader: number, type: number): Uint8Array {
  return Uint8Array.of(nextHeader, 0, type, 4, 0, 0, 0, 0);
}

function fragment(
  nextHeader: number,
  start: number,
  more: boolean,
  payload: Uint8Array,
  identification = 5,
): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length);
  bytes[0] = nextHeader;
  write16(bytes, 2, start | (more ? 1 : 0));
  write32(bytes, 4, identification);
  bytes.set(payload, 8);
  return bytes;
}

const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const addresses = { source: peer, destination: own };
/** A whole echo request (8 + `length` bytes), its checksum right. */
const echo = (length: number): Uint8Array => icmpv6Packet(addresses, echoRequest(length)).slice(40);

function answersIn(frames: readonly Uint8Array[]): readonly string[] {
  return ipv6PacketsIn(frames).map(
    ({ header, payload }) => `${header.nextHeader}/${payload[0]} to ${header.destination}`,
  );
}

describe('extension headers', () => {
  test('[RFC8200-4-a] hop-by-hop and destination options that we may skip are skipped, a spent routing header too', () => {
    const { put, said } = host();
    const spentRouting = Uint8Array.of(60, 0, 0, 0, 0, 0, 0, 0);
    const payload = concat(options(43, 0x1e), spentRouting, options(58, 1), echo(8));
    put(ipv6Packet({ ...addresses, nextHeader: 0 }, payload));
    expect(answersIn(said())).toEqual([`58/129 to ${peer}`]);
  });

  test('[RFC8200-4.2-a] an unknown option does what its two upper bits say', () => {
    const { host: made, put, said } = host();
    put(ipv6Packet({ ...addresses, nextHeader: 60 }, concat(options(58, 0x5e), echo(8)))); // 01: discard
    expect(said()).toEqual([]);
    put(ipv6Packet({ ...addresses, nextHeader: 60 }, concat(options(58, 0x9e), echo(8)))); // 10: tell
    expect(icmpv6ErrorsIn(said())).toMatchObject([{ type: 4, code: 2, rest: 42 }]);
    put(ipv6Packet({ ...addresses, nextHeader: 60 }, concat(options(58, 0xde), echo(8)))); // 11: tell unless to a group
    expect(icmpv6ErrorsIn(said())).toMatchObject([{ type: 4, code: 2, rest: 42 }]);
    expect(made.drops()).toEqual(['ip-option-unknown', 'ip-option-unknown', 'ip-option-unknown']);
  });

  test('in a packet to a group only the one kind of unknown option is answered', () => {
    const { put, said } = host();
    const toGroup = { source: peer, destination: 'ff02::1', nextHeader: 60 };
    put(ipv6Packet(toGroup, concat(options(58, 0xde), echo(8))), 0x3333_0000_0001);
    expect(said()).toEqual([]);
    put(ipv6Packet(toGroup, concat(options(58, 0x9e), echo(8))), 0x3333_0000_0001);
    expect(icmpv6ErrorsIn(said())).toMatchObject([{ type: 4, code: 2, header: { source: own } }]);
  });

  test('[RFC8200-4.1-a] hop-by-hop options are right behind the header or nowhere', () => {
    const { put, said } = host();
    put(ipv6Packet({ ...addresses, nextHeader: 60 }, concat(options(0, 1), options(58, 1), echo(8))));
    expect(icmpv6ErrorsIn(said())).toMatchObject([{ type: 4, code: 1, rest: 40 }]);
  });

  test('[RFC8200-4.4-a] a routing header that wants to go on is refused', () => {
    const { put, said } = host();
    put(ipv6Packet({ ...addresses, nextHeader: 43 }, concat(Uint8Array.of(58, 0, 0, 1, 0, 0, 0, 0), echo(8))));
    expect(icmpv6ErrorsIn(said())).toMatchObject([{ type: 4, code: 0, rest: 42 }]);
  });

  test('[RFC8200-4-a] an unknown next header is named, "no next header" is silent', () => {
    const { put, said, host: made } = host();
    put(ipv6Packet({ ...addresses, nextHeader: 200 }, new Uint8Array(8)));
    expect(icmpv6ErrorsIn(said())).toMatchObject([{ type: 4, code: 1, rest: 6 }]);
    put(ipv6Packet({ ...addresses, nextHeader: 59 }, new Uint8Array(8)));
    expect(said()).toEqual([]);
    expect(made.counter('Ip6InUnknownProtos')).toBe(1);
  });

  test('headers that end behind the packet are malformed', () => {
    const { put, said, host: made } = host();
    put(ipv6Packet({ ...addresses, nextHeader: 60 }, Uint8Array.of(58, 9, 1, 4, 0, 0, 0, 0)));
    put(ipv6Packet({ ...addresses, nextHeader: 44 }, Uint8Array.of(58, 0, 0, 1)));
    put(ipv6Packet({ ...addresses, nextHeader: 0 }, Uint8Array.of(58)));
    expect(said()).toEqual([]);
    expect(made.drops()).toEqual(['ip-malformed', 'ip-malformed', 'ip-malformed']);
  });
});

describe('fragments', () => {
  const whole = echo(2000);
  const first = fragment(58, 0, true, whole.subarray(0, 1200));
  const last = fragment(58, 1200, false, whole.subarray(1200));
  const send = (put: (packet: Uint8Array) => void, ...parts: readonly Uint8Array[]): void => {
    for (const part of parts) put(ipv6Packet({ ...addresses, nextHeader: 44 }, part));
  };

  test('[RFC8200-4.5-a] are put together in any order', () => {
    for (const order of [
      [first, last],
      [last, first],
    ]) {
      const { put, said, host: made } = host();
      send(put, ...order);
      const answered = ipv6PacketsIn(said());
      expect(answered.map(({ header }) => header.nextHeader)).toEqual([44, 44]); // the reply is cut as well
      expect([made.counter('Ip6ReasmReqds'), made.counter('Ip6ReasmOKs')]).toEqual([2, 1]);
    }
  });

  test('a packet in one fragment is taken as it is, whatever else has its identification', () => {
    const { put, said } = host();
    send(put, first, fragment(58, 0, false, echo(8)));
    expect(answersIn(said())).toEqual([`58/129 to ${peer}`]);
  });

  test('[RFC5722-4-a] an overlap ends the whole packet', () => {
    const { put, said, host: made } = host();
    send(put, first, fragment(58, 1192, false, whole.subarray(1192)), last);
    expect(said()).toEqual([]);
    expect(made.drops()).toEqual(['fragment-overlap', 'fragment-overlap']);
  });

  test('[RFC8200-4.5-a] fragments that can be none are refused and their sender is told', () => {
    const { put, said } = host();
    send(put, fragment(58, 0, true, whole.subarray(0, 1201)));
    expect(icmpv6ErrorsIn(said())).toMatchObject([{ type: 4, code: 0, rest: 4 }]);
    send(put, fragment(58, 65_528, false, whole.subarray(0, 16)));
    expect(icmpv6ErrorsIn(said())).toMatchObject([{ type: 4, code: 0, rest: 42 }]);
    send(put, fragment(6, 0, true, whole.subarray(0, 16))); // not even a TCP header
    expect(icmpv6ErrorsIn(said())).toMatchObject([{ type: 4, code: 3, rest: 0 }]);
  });

  test('[RFC8200-4.5-a] the sender hears when the rest does not come within a minute, if the first piece came', () => {
    const { world, device, put, said, host: made } = host();
    send(put, first);
    world.clock.runFor(59_000);
    expect(icmpv6ErrorsIn(said())).toEqual([]);
    device.deliver(ipv6Frame(solicitation(peer, own, 0x0200_0000_00fe))); // it is still there
    world.clock.runFor(1500);
    expect(icmpv6ErrorsIn(said())).toMatchObject([{ type: 3, code: 1 }]);
    send(put, last);
    world.clock.runFor(61_000);
    expect(icmpv6ErrorsIn(said())).toEqual([]);
    expect(made.counter('Ip6ReasmTimeout')).toBe(2);
  });

  test('a different head in a later fragment changes nothing', () => {
    const { put, said } = host();
    send(put, first);
    put(ipv6Packet({ ...addresses, nextHeader: 60 }, concat(options(44, 1), last)));
    expect(ipv6PacketsIn(said()).length).toBe(2);
  });
});

describe('addresses', () => {
  for (const [name, source, destination] of [
    ['[RFC4291-2.7] a group as source', 'ff02::1', own],
    ['[RFC4291-2.5.3] the loopback as source', '::1', own],
    ['[RFC4291-2.5.3] the loopback as destination', peer, '::1'],
    ['our own address as source', own, own],
    ['no destination', peer, '::'],
    ['somebody else', peer, '2001:db8::77'],
    ['a group that we are not in', peer, 'ff02::1:ff00:7777'],
    ['a group within the interface', peer, 'ff01::1'],
  ] as const) {
    test(`${name}: dropped without a word`, () => {
      const { put, said, host: made } = host();
      put(icmpv6Packet({ source, destination }, echoRequest()));
      expect(made.drops()).toHaveLength(1);
      expect(made.counter('Ip6InAddrErrors')).toBe(1);
      expect(said()).toEqual([]);
    });
  }

  test('[RFC4443-2.2] [RFC4443-4.2-a] a ping to all nodes is answered from our own address, unless the knob forbids it', () => {
    const { put, said, host: made } = host();
    const toAll = icmpv6Packet({ source: peer, destination: 'ff02::1' }, echoRequest());
    put(toAll, 0x3333_0000_0001);
    expect(ipv6PacketsIn(said())).toMatchObject([{ header: { source: own, destination: peer } }]);
    made.stack.writeKnob('net.ipv6.icmp.echo_ignore_multicast', '1');
    put(toAll, 0x3333_0000_0001);
    expect(said()).toEqual([]);
  });

  test('with IPv6 switched off a packet is dropped, and switching it on again brings the addresses back', () => {
    const { world, put, said, host: made, device } = host();
    made.stack.writeKnob('net.ipv6.conf.all.disable_ipv6', '1');
    put(icmpv6Packet(addresses, echoRequest()));
    expect(said()).toEqual([]);
    expect(made.drops()).toEqual(['ip-disabled']);
    expect(made.stack.inspect().routes).toEqual([]);
    made.stack.writeKnob('net.ipv6.conf.all.disable_ipv6', '0');
    world.clock.runFor(settledMs);
    const [, eth0] = made.stack.inspect().interfaces;
    expect(eth0?.addresses).toMatchObject([{ address: 'fe80::ff:fe00:1', state: 'preferred' }]);
    expect(device.sent.length).toBeGreaterThan(0);
  });
});

describe('errors', () => {
  const unreachable = (host_: ReturnType<typeof host>, packet: Uint8Array): readonly unknown[] => {
    host_.put(packet);
    return icmpv6ErrorsIn(host_.said());
  };
  const udp = (length: number): Uint8Array => {
    const bytes = new Uint8Array(8 + length);
    write16(bytes, 2, 9);
    write16(bytes, 4, bytes.length);
    return bytes;
  };

  test('[RFC8200-8.1-a] a UDP datagram without a checksum is refused', () => {
    const made = host();
    expect(unreachable(made, ipv6Packet(addresses, udp(4)))).toEqual([]);
    expect(made.host.drops()).toEqual(['udp-checksum']);
  });

  test('[RFC4443-2.4-c] quote as much as fits into 1280 bytes', () => {
    const made = host();
    expect(unreachable(made, ipv6Packet({ ...addresses, nextHeader: 200 }, pattern(1400)))).toMatchObject([
      { quoted: 1280 - 48 },
    ]);
  });

  test('[RFC4443-2.4-e] answer no error, no group, nobody in particular', () => {
    const made = host();
    const error = icmpv6Packet(addresses, concat(Uint8Array.of(1, 9, 0, 0, 0, 0, 0, 0), ipv6Packet(addresses, udp(0))));
    expect(unreachable(made, error)).toEqual([]);
    expect(unreachable(made, ipv6Packet({ ...addresses, source: '::', nextHeader: 200 }, udp(0)))).toEqual([]);
    const toGroup = ipv6Packet({ source: peer, destination: 'ff02::1', nextHeader: 200 }, udp(0));
    made.put(toGroup, 0x3333_0000_0001);
    expect(made.said()).toEqual([]);
  });

  test('[RFC4443-2.4-f] come six at once to one host and then one a second', () => {
    const made = host();
    const packet = ipv6Packet({ ...addresses, nextHeader: 200 }, udp(0));
    for (let count = 0; count < 10; count += 1) made.put(packet);
    expect(icmpv6ErrorsIn(made.said())).toHaveLength(6);
    expect(made.host.counter('Icmp6OutRateLimitHost')).toBe(4);
    made.world.clock.runFor(1000);
    expect(unreachable(made, packet)).toHaveLength(1);
  });

  test('a message with a wrong checksum is dropped', () => {
    const made = host();
    const broken = icmpv6Packet(addresses, echoRequest());
    broken[broken.length - 1] = 0x55;
    made.put(broken);
    expect(made.said()).toEqual([]);
    expect(made.host.drops()).toEqual(['icmp-checksum']);
    expect(made.host.counter('Icmp6InCsumErrors')).toBe(1);
  });
});
