// The wire formats below TCP in threes: known bytes apart, the same bytes built into a dirty buffer, impossible lengths
// refused. Known bytes: frames between two Linux 6.18 namespaces (10.9.0.1 sends a datagram to a closed port of
// 10.9.0.2, then pings it), taken from an AF_PACKET socket. That kernel leaves UDP checksums to the card, so the one here
// was filled in by an independent program.
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import { arpLength, parseArp, writeArp } from '../../../src/stack/wire/arp.ts';
import { checksum } from '../../../src/stack/wire/checksum.ts';
import { ethernetHeaderLength, etherType, parseEthernet, writeEthernet } from '../../../src/stack/wire/ethernet.ts';
import { isIcmpError, parseIcmp, readNextMtu, writeIcmp } from '../../../src/stack/wire/icmpv4.ts';
import { checkIpv4, parseIpv4, scanOptions, writeIpv4 } from '../../../src/stack/wire/ipv4.ts';
import { broadcastMac, parseMac, type MacAddress } from '../../../src/stack/wire/mac-address.ts';
import { parseUdp, sealUdp, verifyUdp, writeUdp } from '../../../src/stack/wire/udp.ts';
import { ip } from '../../support/stack-world.ts';

const arpRequest = fromHex(
  'ffffffffffff 020000000a01 0806 0001 0800 06 04 0001 020000000a01 0a090001 000000000000 0a090002',
);
const datagram = fromHex(
  '020000000a02 020000000a01 0800 45 00 0024 b1f3 4000 40 11 74c1 0a090001 0a090002 d27c 0009 0010 7a90 61636b6164656d79',
);
const portUnreachable = fromHex(
  '020000000a01 020000000a02 0800 45 c0 0040 84fd 0000 40 01 e0eb 0a090002 0a090001 03 03 778d 00000000' +
    '45000024b1f34000401174c10a0900010a090002d27c00090010143661636b6164656d79',
);
const echoRequest = fromHex(
  '020000000a02 020000000a01 0800 45 00 0024 e47d 4000 40 01 4247 0a090001 0a090002 08 00 5435 1234 0001 6162636465666768',
);
const [left, right] = [parseMac('02:00:00:00:0a:01') as MacAddress, parseMac('02:00:00:00:0a:02') as MacAddress];
const dirty = (length: number): Uint8Array => new Uint8Array(length).fill(0xa5);
const hex = (bytes: Uint8Array, from: number, to = bytes.length): string => toHex(bytes.subarray(from, to));

test('an Ethernet header is read', () => {
  expect(parseEthernet(arpRequest)).toEqual({ destination: broadcastMac, source: left, etherType: etherType.arp });
});

test('an Ethernet header is written over dirt', () => {
  const frame = dirty(14);
  writeEthernet(frame, { destination: right, source: left, etherType: etherType.ipv4 });
  expect(toHex(frame)).toBe(hex(datagram, 0, 14));
});

test('a frame shorter than its header is refused', () => {
  expect(parseEthernet(datagram.subarray(0, 13))).toBeUndefined();
});

test('an ARP request is read', () => {
  expect(parseArp(arpRequest, ethernetHeaderLength)).toEqual({
    operation: 1,
    senderMac: left,
    senderAddress: ip('10.9.0.1'),
    targetMac: 0,
    targetAddress: ip('10.9.0.2'),
  });
});

test('an ARP request is written over dirt', () => {
  const bytes = dirty(arpLength + 2);
  writeArp(bytes, 1, {
    operation: 1,
    senderMac: left,
    senderAddress: ip('10.9.0.1'),
    targetMac: 0 as MacAddress,
    targetAddress: ip('10.9.0.2'),
  });
  expect(toHex(bytes)).toBe(`a5${hex(arpRequest, 14)}a5`);
});

test('ARP that is too short, of another medium, or neither request nor reply is refused', () => {
  const packet = arpRequest.slice(ethernetHeaderLength);
  for (let length = 0; length < arpLength; length += 1) expect(parseArp(packet.subarray(0, length))).toBeUndefined();
  for (const offset of [1, 2, 4, 5, 7]) {
    const broken = packet.slice();
    broken[offset] = 9;
    expect(parseArp(broken)).toBeUndefined();
  }
});

test('an IPv4 header is read', () => {
  expect(parseIpv4(datagram, ethernetHeaderLength)).toEqual({
    trafficClass: 0,
    totalLength: 36,
    identification: 0xb1f3,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 64,
    protocol: 17,
    source: ip('10.9.0.1'),
    destination: ip('10.9.0.2'),
    options: new Uint8Array(0),
  });
});

test('an IPv4 header is written over dirt, with its checksum', () => {
  const header = parseIpv4(portUnreachable, ethernetHeaderLength);
  const bytes = dirty(20);
  expect(header && writeIpv4(bytes, 0, header)).toBe(20);
  expect(toHex(bytes)).toBe(hex(portUnreachable, 14, 34));
});

test('a fragment with options survives writing and reading', () => {
  const header = {
    trafficClass: 0xb8,
    totalLength: 48,
    identification: 7,
    dontFragment: false,
    moreFragments: true,
    fragmentOffset: 1480,
    ttl: 1,
    protocol: 6,
    source: ip('255.0.0.1'),
    destination: ip('128.0.0.1'),
    options: fromHex('94040000 01010100'),
  };
  const bytes = dirty(48);
  expect(writeIpv4(bytes, 0, header)).toBe(28);
  expect(parseIpv4(bytes)).toEqual(header);
  expect(checkIpv4(bytes, 0, 48)).toBeUndefined();
});

test('IPv4 headers of impossible version and lengths are refused, and a wrong checksum is told apart', () => {
  const packet = datagram.slice(ethernetHeaderLength);
  const broken = (offset: number, value: number): 'malformed' | 'checksum' | undefined => {
    const copy = packet.slice();
    copy[offset] = value;
    return checkIpv4(copy, 0, copy.length);
  };
  expect(checkIpv4(packet, 0, packet.length)).toBeUndefined();
  expect(checkIpv4(packet, 0, 19)).toBe('malformed');
  expect(broken(0, 0x65)).toBe('malformed'); // version 6
  expect(broken(0, 0x44)).toBe('malformed'); // header of 16 bytes
  expect(broken(0, 0x4f)).toBe('malformed'); // header longer than the packet
  expect(broken(3, 19)).toBe('malformed'); // total shorter than the header
  expect(broken(3, 37)).toBe('malformed'); // total longer than what is there
  expect(broken(8, 63)).toBe('checksum');
});

test('source routes are found among options, and options that overrun their header', () => {
  const withOptions = (options: string): 'source-route' | number | undefined => {
    const bytes = new Uint8Array(20 + fromHex(options).length);
    bytes[0] = 0x40 | (bytes.length / 4);
    bytes.set(fromHex(options), 20);
    return scanOptions(bytes, 0);
  };
  expect(withOptions('01 01 01 00')).toBeUndefined();
  expect(withOptions('94040000')).toBeUndefined(); // router alert
  expect(withOptions('01 83 07 04 0a000001')).toBe('source-route');
  expect(withOptions('89 07 04 0a000001 00')).toBe('source-route');
  expect(withOptions('94050000')).toBe(20);
  expect(withOptions('01010194')).toBe(23);
  expect(withOptions('94010000')).toBe(20);
  expect(withOptions('00ffffff')).toBeUndefined(); // nothing counts behind the end of options
});

test('ICMP messages are read: an echo request and an error with its quote', () => {
  expect(parseIcmp(echoRequest, 34)).toEqual({
    type: 8,
    code: 0,
    rest: 0x1234_0001,
    payload: fromHex('6162636465666768'),
  });
  const error = parseIcmp(portUnreachable, 34);
  expect(error).toMatchObject({ type: 3, code: 3, rest: 0 });
  expect(parseIpv4(error?.payload ?? new Uint8Array(0))).toMatchObject({ protocol: 17, identification: 0xb1f3 });
});

test('an ICMP message is written over dirt, with its checksum', () => {
  const bytes = dirty(16);
  const message = { type: 8, code: 0, rest: 0x1234_0001, payload: fromHex('6162636465666768') };
  expect(writeIcmp(bytes, 0, message)).toBe(16);
  expect(toHex(bytes)).toBe(hex(echoRequest, 34));
  writeIcmp(bytes, 0, { type: 3, code: 4, rest: 1400, payload: new Uint8Array(8) });
  expect(readNextMtu(bytes, 0)).toBe(1400);
});

test('ICMP messages that are too short or damaged are refused', () => {
  expect(parseIcmp(echoRequest, 34, 7)).toBeUndefined();
  const damaged = echoRequest.slice();
  damaged[45] = 0;
  expect(parseIcmp(damaged, 34)).toBeUndefined();
});

test('whatever is not known to be a query counts as an error', () => {
  expect([0, 8, 9, 10, 13, 14, 15, 16, 17, 18].some(isIcmpError)).toBe(false);
  expect([1, 3, 4, 5, 11, 12, 40, 255].every(isIcmpError)).toBe(true);
});

test('a UDP header is read and its checksum holds', () => {
  expect(parseUdp(datagram, 34)).toEqual({ sourcePort: 0xd27c, destinationPort: 9, length: 16, checksum: 0x7a90 });
  expect(verifyUdp(datagram, 34, ip('10.9.0.1'), ip('10.9.0.2'))).toBe(true);
  expect(verifyUdp(datagram, 34, ip('10.9.0.1'), ip('10.9.0.3'))).toBe(false);
});

test('a UDP header is written over dirt and sealed', () => {
  const bytes = dirty(16);
  writeUdp(bytes, 0, { sourcePort: 0xd27c, destinationPort: 9, length: 16, checksum: 0 });
  bytes.set(datagram.subarray(42), 8);
  sealUdp(bytes, 0, ip('10.9.0.1'), ip('10.9.0.2'));
  expect(toHex(bytes)).toBe(hex(datagram, 34));
});

test('UDP lengths that do not fit are refused', () => {
  expect(parseUdp(datagram, 34, 7)).toBeUndefined();
  expect(parseUdp(datagram, 34, 15)).toBeUndefined();
  const short = datagram.slice(34);
  short[5] = 7;
  expect(parseUdp(short)).toBeUndefined();
});

test('a UDP sum of zero is sent as ffff, and a checksum of zero means that there is none', () => {
  const bytes = new Uint8Array(10);
  writeUdp(bytes, 0, { sourcePort: 1, destinationPort: 2, length: 10, checksum: 0 });
  sealUdp(bytes, 0, ip('10.0.0.1'), ip('10.0.0.2'));
  const wanted = (bytes[6] as number) * 256 + (bytes[7] as number);
  bytes.set([wanted >>> 8, wanted & 255], 8); // now the sum over everything is ffff
  sealUdp(bytes, 0, ip('10.0.0.1'), ip('10.0.0.2'));
  expect(hex(bytes, 6, 8)).toBe('ffff');
  expect(verifyUdp(bytes, 0, ip('10.0.0.1'), ip('10.0.0.2'))).toBe(true);
  bytes.set([0, 0], 6);
  bytes[9] = 77;
  expect(verifyUdp(bytes, 0, ip('10.0.0.1'), ip('10.0.0.2'))).toBe(true);
  expect(checksum(bytes, 0, 10)).not.toBe(0);
});
