// 200,000 random and damaged frames into one forwarding stack: no exception, bounded memory, and it still works after.
import { expect, test } from 'vitest';
import { integerBelow, randomBytes, seededRandom } from '../../src/base/random.ts';
import { arpOperation } from '../../src/stack/wire/arp.ts';
import { broadcastMac, type MacAddress } from '../../src/stack/wire/mac-address.ts';
import { formatIp, type Ipv4Address } from '../../src/stack/wire/ip-address.ts';
import { writeHeaderChecksum } from '../../src/stack/wire/ipv4.ts';
import { arpFrame, frameOf, icmpBytes, ipv4Packet, pattern, udpBytes } from '../support/packet.ts';
import { ip, StackWorld } from '../support/stack-world.ts';

const frameCount = 200_000;
const ownMac = 0x0200_0000_0001;

test('no frame breaks the stack or makes it grow without bound', { timeout: 120_000 }, () => {
  const random = seededRandom('stack-frames');
  const world = new StackWorld();
  const host = world.host('victim');
  const device = world.join(host, world.wire(), 'eth0', ['10.0.0.1/24']);
  world.join(host, world.wire(), 'eth1', ['10.1.0.1/24'], 600);
  host.stack.setForwarding(true);
  host.stack.writeKnob('net.ipv4.ipfrag_max_packets', '200'); // low enough to be reached
  host.stack.openUdp({ port: 7, received: () => undefined, icmpError: () => undefined });
  host.stack.openPing({ identifier: 1, reply: () => undefined, icmpError: () => undefined });
  const someAddress = (): string =>
    ['10.0.0.1', '10.1.0.9', '10.0.0.255', '10.0.0.9', '224.0.0.1', '10.2.0.1'][integerBelow(random, 6)] ??
    formatIp(random.uint32() as Ipv4Address); // any 32 bits are an address
  const payloads = [
    () => udpBytes('10.0.0.9', 9, '10.0.0.1', 7, pattern(integerBelow(random, 1400))),
    () =>
      icmpBytes(
        integerBelow(random, 20),
        integerBelow(random, 16),
        random.uint32(),
        pattern(integerBelow(random, 600)),
      ),
    () =>
      icmpBytes(
        3,
        4,
        integerBelow(random, 2000),
        ipv4Packet({ source: '10.0.0.1', destination: someAddress(), protocol: 17 }, pattern(8)),
      ),
    () => randomBytes(random, new Uint8Array(integerBelow(random, 64))),
  ];
  const protocols = [17, 1, 1, 6];

  const ipFrame = (): Uint8Array => {
    const kind = integerBelow(random, payloads.length);
    const payload = (payloads[kind] as () => Uint8Array)(); // one of the four
    const isFragment = integerBelow(random, 3) === 0;
    const packet = ipv4Packet(
      {
        source: integerBelow(random, 4) === 0 ? formatIp(random.uint32() as Ipv4Address) : '10.0.0.9', // any 32 bits
        destination: someAddress(),
        protocol: protocols[kind] ?? 0,
        ttl: integerBelow(random, 4),
        identification: integerBelow(random, integerBelow(random, 2) === 0 ? 20 : 5000),
        dontFragment: integerBelow(random, 2) === 0,
        moreFragments: isFragment && integerBelow(random, 2) === 0,
        fragmentOffset: isFragment ? 8 * integerBelow(random, integerBelow(random, 2) === 0 ? 100 : 8191) : 0,
        options:
          integerBelow(random, 5) === 0
            ? randomBytes(random, new Uint8Array(4 * integerBelow(random, 11)))
            : new Uint8Array(0),
      },
      payload,
    );
    const frame = frameOf(integerBelow(random, 8) === 0 ? broadcastMac : ownMac, packet);
    for (let hits = integerBelow(random, 4); hits > 0; hits -= 1) {
      frame[14 + integerBelow(random, frame.length - 14)] = random.uint32();
    }
    if (integerBelow(random, 2) === 0 && (frame[14] as number) === 0x45) writeHeaderChecksum(frame, 14);
    return integerBelow(random, 10) === 0 ? frame.subarray(0, integerBelow(random, frame.length)) : frame;
  };
  const arp = (): Uint8Array =>
    arpFrame(integerBelow(random, 2) === 0 ? broadcastMac : ownMac, {
      operation: integerBelow(random, 2) === 0 ? arpOperation.request : arpOperation.reply,
      senderMac: (0x0200_0000_0000 + random.uint32()) as MacAddress, // below 2^48
      senderAddress: random.uint32() as Ipv4Address, // any 32 bits
      targetMac: ownMac as MacAddress,
      targetAddress: ip('10.0.0.1'),
    });
  const noise = (): Uint8Array => randomBytes(random, new Uint8Array(integerBelow(random, 100)));

  for (let index = 0; index < frameCount; index += 1) {
    const kind = integerBelow(random, 10);
    device.deliver(kind === 0 ? noise() : kind === 1 ? arp() : ipFrame());
    device.sent.length = 0;
    host.events.length = 0;
    if (index % 64 === 0) world.clock.runFor(integerBelow(random, 50));
    if (index % 10_000 === 0) {
      expect(host.stack.inspect().neighbors.length).toBeLessThanOrEqual(2 * 1024);
      // Reassembly (200), path MTU (1024), neighbors (2048), and what is in flight on the wires.
      expect(world.clock.pending).toBeLessThan(8000);
    }
  }

  const { counters, drops } = host.stack.inspect();
  const seen = Object.keys(drops);
  for (const reason of ['ip-malformed', 'ip-checksum', 'fragment-invalid', 'fragment-overlap', 'fragment-limit']) {
    expect(seen).toContain(reason);
  }
  for (const name of ['IpForwDatagrams', 'IpFragOKs', 'UdpInDatagrams', 'IcmpInDestUnreachs', 'IcmpOutMsgs']) {
    expect([name, (counters[name] ?? 0) > 0]).toEqual([name, true]);
  }
  expect(world.ping(host, '127.0.0.1').kind).toBe('reply');
  world.end();
  world.clock.runFor(10);
  expect(world.clock.pending).toBe(0);
});
