// Bytes by the figures of draft-ietf-opsawg-pcapng.
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { writeInterface, writePacket, writePcapng, writeSectionHeader } from '../../src/wiring/pcapng.ts';

describe('pcapng blocks', () => {
  test('the section header says little-endian, version 1.0 and who wrote it', () => {
    expect(toHex(writeSectionHeader('ab'))).toBe(
      '0a0d0d0a' +
        '28000000' +
        '4d3c2b1a' +
        '01000000' +
        'ffffffffffffffff' +
        '04000200' +
        '61620000' +
        '00000000' +
        '28000000',
    );
  });

  test('an interface is Ethernet with a name and nanoseconds', () => {
    expect(toHex(writeInterface({ name: 'a/eth0' }))).toBe(
      '01000000' +
        '2c000000' +
        '01000000' +
        '00000000' +
        '02000600' +
        '612f657468300000' +
        '09000100' +
        '09000000' +
        '00000000' +
        '2c000000',
    );
  });

  test('a packet has its time in nanoseconds, its bytes padded, its comment and its direction', () => {
    const block = writePacket({
      interfaceIndex: 2,
      wallClockMs: 1_700_000_000_000.25,
      frame: Uint8Array.of(1, 2, 3, 4, 5),
      direction: 'out',
      comment: '손실',
    });
    const nanoseconds = 1_700_000_000_000_250_000n;
    const view = new DataView(block.buffer);
    expect(view.getUint32(0, true)).toBe(6);
    expect(view.getUint32(4, true)).toBe(block.length);
    expect(view.getUint32(8, true)).toBe(2);
    expect((BigInt(view.getUint32(12, true)) << 32n) | BigInt(view.getUint32(16, true))).toBe(nanoseconds);
    expect(view.getUint32(20, true)).toBe(5);
    expect(view.getUint32(24, true)).toBe(5);
    expect(toHex(block.subarray(28, 36))).toBe('0102030405000000');
    expect(view.getUint16(36, true)).toBe(1);
    expect(new TextDecoder().decode(block.subarray(40, 46))).toBe('손실');
    expect(toHex(block.subarray(48, 56))).toBe('0200040002000000');
    expect(view.getUint32(block.length - 4, true)).toBe(block.length);
  });

  test('a cut-off packet says how long it was', () => {
    const view = new DataView(
      writePacket({ interfaceIndex: 0, wallClockMs: 0, frame: new Uint8Array(64), originalBytes: 1514 }).buffer,
    );
    expect([view.getUint32(20, true), view.getUint32(24, true)]).toEqual([64, 1514]);
  });

  test('a file is its blocks one after the other', () => {
    const frame = new Uint8Array(60);
    const packet = { interfaceIndex: 0, wallClockMs: 0, frame };
    const whole = writePcapng('x', [{ name: 'a' }, { name: 'b' }], [packet, packet]);
    const parts = [writeSectionHeader('x'), writeInterface({ name: 'a' }), writeInterface({ name: 'b' })];
    const length = [...parts, writePacket(packet), writePacket(packet)].reduce((sum, part) => sum + part.length, 0);
    expect(whole).toHaveLength(length);
    expect(whole.length % 4).toBe(0);
  });
});
