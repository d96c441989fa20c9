// Capture files as we write them, as libpcap writes them, and as nobody should.
import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex } from '../../src/base/bytes.ts';
import { seededRandom } from '../../src/base/random.ts';
import { readCapture } from '../../src/wiring/capture-reader.ts';
import { writePcapng } from '../../src/wiring/pcapng.ts';

const frames = [Uint8Array.of(1, 2, 3, 4, 5), Uint8Array.of(9), new Uint8Array(60)];
const ours = writePcapng(
  'test',
  [{ name: 'eth0' }, { name: 'eth1', description: 'right' }],
  [
    { interfaceIndex: 0, wallClockMs: 1_700_000_000_000.25, frame: frames[0] ?? new Uint8Array(), direction: 'out' },
    { interfaceIndex: 1, wallClockMs: 1_700_000_000_001, frame: frames[1] ?? new Uint8Array(), comment: 'lost' },
    { interfaceIndex: 1, wallClockMs: 1_700_000_000_002, frame: frames[2] ?? new Uint8Array(), direction: 'in' },
  ],
);

describe('pcapng', () => {
  test('what we write is read back', () => {
    expect(readCapture(ours)).toEqual({
      snapshotBytes: 262_144,
      packets: [
        { wallClockUs: 1_700_000_000_000_250, frame: frames[0], interface: 'eth0', direction: 'out' },
        { wallClockUs: 1_700_000_000_001_000, frame: frames[1], interface: 'eth1', direction: 'in' },
        { wallClockUs: 1_700_000_000_002_000, frame: frames[2], interface: 'eth1', direction: 'in' },
      ],
    });
  });

  test('a second section has interfaces of its own', () => {
    const capture = readCapture(concatBytes([ours, ours]));
    expect(capture?.packets.map((packet) => packet.interface)).toEqual([
      'eth0',
      'eth1',
      'eth1',
      'eth0',
      'eth1',
      'eth1',
    ]);
  });

  test('a file that ends early gives what is whole, and says so', () => {
    const capture = readCapture(ours.subarray(0, -1));
    expect(capture?.packets).toHaveLength(2);
    expect(capture?.fault).toBe('truncated pcapng dump file; tried to read 96 bytes, only got 95');
  });

  test('big-endian, microseconds', () => {
    const file = fromHex(
      '0a0d0d0a0000001c1a2b3c4d00010000ffffffffffffffff0000001c' + // section
        '00000001000000140001000000000040' +
        '00000014' + // interface: Ethernet, 64 bytes, no options
        '0000000600000024000000000006000000000007000000020000000201020000' +
        '00000024', // packet
    );
    expect(readCapture(file)).toEqual({
      snapshotBytes: 64,
      packets: [{ wallClockUs: 0x6_0000 * 2 ** 32 + 7, frame: Uint8Array.of(1, 2), interface: '', direction: 'in' }],
    });
  });
});

describe('pcap', () => {
  const header = 'd4c3b2a10200040000000000000000000000040001000000';
  const packet = '00f1536540420f0002000000020000000a0b';

  test('little-endian, microseconds', () => {
    expect(readCapture(fromHex(header + packet))).toEqual({
      snapshotBytes: 262_144,
      packets: [{ wallClockUs: 0x6553f100 * 1e6 + 1e6, frame: Uint8Array.of(10, 11), interface: '', direction: 'in' }],
    });
  });

  test('big-endian, nanoseconds', () => {
    const file = 'a1b23c4d0002000400000000000000000000006000000001';
    const capture = readCapture(fromHex(`${file}0000000100000bb8000000010000000507`));
    expect(capture?.packets).toEqual([
      { wallClockUs: 1_000_003, frame: Uint8Array.of(7), interface: '', direction: 'in' },
    ]);
  });

  test('a file that ends early gives what is whole, and says so', () => {
    const capture = readCapture(fromHex(header + packet + packet).subarray(0, -1));
    expect(capture?.packets).toHaveLength(1);
    expect(capture?.fault).toBe('truncated dump file; tried to read 2 captured bytes, only got 1');
  });

  test('other links are refused', () => {
    const capture = readCapture(fromHex(header.replace(/01000000$/, '71000000')));
    expect(capture?.fault).toBe('link-type 113 is not supported, only Ethernet (1) is');
  });
});

test('what is no capture is not one', () => {
  expect(readCapture(new Uint8Array(0))).toBeUndefined();
  expect(readCapture(fromHex('7f454c4602010100'))).toBeUndefined();
});

test('every cut and 3000 random changes are survived, and no frame is longer than the file', () => {
  for (let length = 0; length < ours.length; length += 1) readCapture(ours.subarray(0, length));
  const random = seededRandom('capture-reader');
  for (let round = 0; round < 3000; round += 1) {
    const changed = ours.slice();
    for (let change = 0; change < 4; change += 1) {
      changed[random.uint32() % changed.length] = random.uint32() & 255;
    }
    for (const { frame } of readCapture(changed)?.packets ?? []) expect(frame.length).toBeLessThan(changed.length);
  }
});
