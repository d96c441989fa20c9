// Neighbor discovery as RFC 4861 tells it: who is asked, what is answered, what is believed.
import { describe, expect, test } from 'vitest';
import type { MacAddress } from '../../../../src/stack/wire/mac-address.ts';
import type { NdpMessage } from '../../../../src/stack/wire/ndp.ts';
import { ipv6Frame, ipv6Host, ndpIn, ndpPacket, settledMs, solicitation } from '../../../support/ipv6-world.ts';
import { ip6, StackWorld, type TestHost } from '../../../support/stack-world.ts';
import type { WireDevice } from '../../../support/wire-pair.ts';

const ownMac = 0x0200_0000_0001;
const peerMac = 0x0200_0000_00fe as MacAddress;
const otherMac = 0x0200_0000_00fd as MacAddress;
const own = '2001:db8::1';
const peer = '2001:db8::fe';

interface Scene {
  readonly world: StackWorld;
  readonly host: TestHost;
  readonly device: WireDevice;
  said(): ReturnType<typeof ndpIn>;
  neighbor(
    address?: string,
  ): { readonly state: string; readonly mac: number | undefined; readonly router: boolean } | undefined;
  advertise(message: Partial<Extract<NdpMessage, { kind: 'neighbor-advertisement' }>>): void;
}

function scene(): Scene {
  const world = new StackWorld();
  const host = ipv6Host(world, 'host');
  const device = world.join(host, world.wire(), 'eth0', [`${own}/64`]);
  world.clock.runFor(settledMs);
  let seen = device.sent.length;
  return {
    world,
    host,
    device,
    said: () => {
      world.clock.runFor(1);
      const news = ndpIn(device.sent.slice(seen));
      seen = device.sent.length;
      return news;
    },
    neighbor: (address = peer) => {
      const found = host.stack.inspect().neighbors.find((each) => each.address === ip6(address));
      return found && { state: found.state, mac: found.mac, router: found.router };
    },
    advertise: (message) => {
      const whole = {
        kind: 'neighbor-advertisement',
        router: false,
        solicited: true,
        override: true,
        target: ip6(peer),
        targetMac: peerMac,
        ...message,
      } as const;
      device.deliver(ipv6Frame(ndpPacket({ source: peer, destination: own }, whole), ownMac));
    },
  };
}

/** Makes the host look for `peer`. */
function ask({ host, world }: Scene): void {
  host.stack.openPing({}).send(ip6(peer), 1, new Uint8Array(8));
  world.clock.runFor(1);
}

describe('asking', () => {
  test('[RFC4861-7.2.2-a] goes to the group of the address three times, a second apart, then the sender is told', () => {
    const it = scene();
    const { host, world } = it;
    let told = 0;
    host.stack.openPing({ icmpError: (report) => void (told = report.code) }).send(ip6(peer), 1, new Uint8Array(8));
    world.clock.runFor(500);
    const [first] = it.said();
    expect(first).toMatchObject({
      kind: 'neighbor-solicitation',
      target: peer,
      sourceMac: ownMac,
      header: { source: own, destination: 'ff02::1:ff00:fe', hopLimit: 255 },
    });
    expect(it.device.sent.at(-1)?.slice(0, 6)).toEqual(Uint8Array.of(0x33, 0x33, 0xff, 0, 0, 0xfe));
    world.clock.runFor(3000);
    expect(it.said()).toHaveLength(2);
    expect(told).toBe(3);
    expect(it.neighbor()).toMatchObject({ state: 'FAILED' });
  });

  test('an answer makes the neighbor reachable and the packet leaves', () => {
    const it = scene();
    ask(it);
    expect(it.neighbor()).toMatchObject({ state: 'INCOMPLETE' });
    const before = it.device.sent.length;
    it.advertise({});
    expect(it.neighbor()).toEqual({ state: 'REACHABLE', mac: peerMac, router: false });
    expect(it.device.sent.length).toBe(before + 1);
  });

  test('[RFC4861-7.3-a] a known neighbor is asked alone, and asked again when it has been silent too long', () => {
    const it = scene();
    ask(it);
    it.advertise({});
    it.world.clock.runFor(60_000);
    expect(it.neighbor()).toMatchObject({ state: 'STALE' });
    it.said();
    ask(it);
    expect(it.neighbor()).toMatchObject({ state: 'DELAY' });
    it.world.clock.runFor(5000);
    expect(it.said()).toMatchObject([{ kind: 'neighbor-solicitation', header: { destination: peer } }]);
    expect(it.device.sent.at(-1)?.slice(0, 6)).toEqual(Uint8Array.of(2, 0, 0, 0, 0, 0xfe));
  });
});

describe('what an advertisement changes (RFC 4861 section 7.2.5)', () => {
  test('of a stranger: nothing', () => {
    const it = scene();
    it.advertise({});
    expect(it.neighbor()).toBeUndefined();
  });

  test('without a hardware address while nobody knows it: nothing', () => {
    const it = scene();
    ask(it);
    it.advertise({ targetMac: undefined });
    expect(it.neighbor()).toMatchObject({ state: 'INCOMPLETE' });
  });

  test('[RFC4861-7.2.5-a] unasked, the first one: the address is known, but not that it hears us', () => {
    const it = scene();
    ask(it);
    it.advertise({ solicited: false });
    expect(it.neighbor()).toMatchObject({ state: 'DELAY', mac: peerMac }); // STALE, and a packet was waiting
  });

  test('[RFC4861-7.2.5-a] another hardware address without override: doubt, but no change', () => {
    const it = scene();
    ask(it);
    it.advertise({});
    it.advertise({ targetMac: otherMac, override: false });
    expect(it.neighbor()).toMatchObject({ state: 'STALE', mac: peerMac });
    it.advertise({ targetMac: otherMac, override: false });
    expect(it.neighbor()).toMatchObject({ state: 'STALE', mac: peerMac });
  });

  test('[RFC4861-7.2.5-a] another hardware address with override: change', () => {
    const it = scene();
    ask(it);
    it.advertise({});
    it.advertise({ targetMac: otherMac, solicited: false });
    expect(it.neighbor()).toMatchObject({ state: 'STALE', mac: otherMac });
    it.advertise({ targetMac: peerMac });
    expect(it.neighbor()).toMatchObject({ state: 'REACHABLE', mac: peerMac });
  });

  test('the router flag is remembered and forgotten', () => {
    const it = scene();
    ask(it);
    it.advertise({ router: true });
    expect(it.neighbor()).toMatchObject({ router: true });
    it.advertise({ router: false });
    expect(it.neighbor()).toMatchObject({ router: false });
  });
});

describe('answering', () => {
  test('[RFC4861-7.2.4-a] whoever asks for our address gets it, and is remembered', () => {
    const it = scene();
    it.device.deliver(ipv6Frame(solicitation(peer, own, peerMac)));
    expect(it.said()).toMatchObject([
      {
        kind: 'neighbor-advertisement',
        target: own,
        targetMac: ownMac,
        solicited: true,
        override: true,
        router: false,
        header: { source: own, destination: peer, hopLimit: 255 },
      },
    ]);
    expect(it.neighbor()).toMatchObject({ state: 'DELAY', mac: peerMac });
  });

  test('a router says that it is one', () => {
    const it = scene();
    it.host.stack.setForwarding(true);
    it.device.deliver(ipv6Frame(solicitation(peer, own, peerMac)));
    expect(it.said()).toMatchObject([{ router: true }]);
  });

  test('who checks for duplicates hears it together with everybody else', () => {
    const it = scene();
    const probe = { kind: 'neighbor-solicitation', target: ip6(own), sourceMac: undefined } as const;
    it.device.deliver(ipv6Frame(ndpPacket({ source: '::', destination: 'ff02::1:ff00:1' }, probe)));
    expect(it.said()).toMatchObject([{ solicited: false, header: { destination: 'ff02::1' } }]);
    expect(it.neighbor('::')).toBeUndefined();
  });

  test('an address that is not ours is nobody’s to answer for', () => {
    const it = scene();
    const about = { kind: 'neighbor-solicitation', target: ip6('2001:db8::5:0:1'), sourceMac: peerMac } as const;
    it.device.deliver(ipv6Frame(ndpPacket({ source: peer, destination: 'ff02::1:ff00:1' }, about)));
    expect(it.said()).toEqual([]);
    expect(it.neighbor()).toBeUndefined();
  });
});

describe('what is not believed', () => {
  const solicit = { kind: 'neighbor-solicitation', target: ip6(own), sourceMac: peerMac } as const;
  const group = 'ff02::1:ff00:1';
  const anonymous = { ...solicit, sourceMac: undefined };
  for (const [name, options, message] of [
    ['[RFC4861-7.1-a] what has crossed a router', { source: peer, destination: group, hopLimit: 254 }, solicit],
    ['[RFC4861-7.1-a] a group as target', { source: peer, destination: group }, { ...solicit, target: ip6('ff02::1') }],
    ['a nameless sender with a hardware address', { source: '::', destination: group }, solicit],
    ['a nameless sender that asks us alone', { source: '::', destination: own }, anonymous],
    [
      'a solicited advertisement to everybody',
      { source: peer, destination: 'ff02::1' },
      {
        kind: 'neighbor-advertisement',
        router: false,
        solicited: true,
        override: true,
        target: ip6(peer),
        targetMac: peerMac,
      },
    ],
  ] as const) {
    test(name, () => {
      const it = scene();
      const packet = ndpPacket(options, message);
      it.device.deliver(ipv6Frame(packet, options.destination === own ? ownMac : undefined));
      expect(it.said()).toEqual([]);
      expect(it.host.drops()).toEqual(['icmp-malformed']);
      expect(it.host.counter('Icmp6InErrors')).toBe(1);
    });
  }
});
