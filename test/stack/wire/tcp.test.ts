// The TCP header and its options: known bytes read, the same bytes written over dirt, impossible lengths refused.
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import { formatTcpFlags, parseTcp, tcpFlag, TcpSegmentView, writeTcpHeader } from '../../../src/stack/wire/tcp.ts';
import {
  parseTcpOptions,
  TcpOptionValues,
  writeMaximumSegmentSize,
  writeSack,
  writeSackPermitted,
  writeTimestamps,
  writeWindowScale,
} from '../../../src/stack/wire/tcp-options.ts';

/** A SYN as Linux 6 writes it: MSS 1460, SACK permitted, timestamps 0x11223344/0, NOP, window scale 7. */
const linuxSyn = fromHex(
  'c35000500a0b0c0d00000000a002faf0beef0000 020405b4 0402 080a1122334400000000 01 030307'.replaceAll(' ', ''),
);

describe('the header', () => {
  test('known bytes: a SYN of Linux', () => {
    const view = new TcpSegmentView();
    expect(parseTcp(linuxSyn, 0, linuxSyn.length, view)).toBe(true);
    expect(view.sourcePort).toBe(50_000);
    expect(view.destinationPort).toBe(80);
    expect(view.sequence).toBe(0x0a0b_0c0d);
    expect(formatTcpFlags(view.flags)).toBe('SYN');
    expect(view.window).toBe(64_240);
    expect(view.sequenceLength).toBe(1);
    expect(view.options.maximumSegmentSize).toBe(1460);
    expect(view.options.sackPermitted).toBe(true);
    expect(view.options.windowScale).toBe(7);
    expect(view.options.timestampValue).toBe(0x1122_3344);
  });

  test('written over dirt, read back; SEG.LEN counts SYN and FIN', () => {
    const bytes = new Uint8Array(30).fill(0xee);
    const ports = { source: 1, destination: 65_535 };
    writeTcpHeader(bytes, 4, ports, 0xffff_fffe, 0x8000_0001, 20, tcpFlag.fin | tcpFlag.ack, 513);
    expect(toHex(bytes.subarray(4, 24))).toBe('0001fffffffffffe800000015011020100000000');
    const view = new TcpSegmentView();
    expect(parseTcp(bytes, 4, 26, view)).toBe(true);
    expect([view.sequence, view.acknowledgment, view.dataLength, view.sequenceLength]).toEqual([
      0xffff_fffe, 0x8000_0001, 6, 7,
    ]);
  });

  test('refuses what does not fit', () => {
    const view = new TcpSegmentView();
    expect(parseTcp(linuxSyn, 0, 19, view)).toBe(false);
    expect(parseTcp(linuxSyn, 0, 39, view)).toBe(false); // the data offset says 40
    const small = linuxSyn.slice();
    small[12] = 0x40;
    expect(parseTcp(small, 0, small.length, view)).toBe(false);
  });
});

describe('options', () => {
  function parse(hex: string): TcpOptionValues {
    const values = new TcpOptionValues();
    const bytes = fromHex(hex);
    parseTcpOptions(bytes, 0, bytes.length, values);
    return values;
  }

  test('[RFC9293-MUST-68] written and read back', () => {
    const bytes = new Uint8Array(60).fill(0xee);
    let end = writeMaximumSegmentSize(bytes, 0, 1234);
    end = writeSackPermitted(bytes, end);
    end = writeTimestamps(bytes, end, 0xdead_beef, 7);
    end = writeWindowScale(bytes, end, 9);
    end = writeSack(bytes, end, Uint32Array.of(1, 2, 0xffff_fff0, 5), 2);
    expect(end % 4).toBe(0);
    const values = new TcpOptionValues();
    parseTcpOptions(bytes, 0, end, values);
    expect(values.maximumSegmentSize).toBe(1234);
    expect(values.sackPermitted).toBe(true);
    expect([values.timestampValue, values.timestampEcho]).toEqual([0xdead_beef, 7]);
    expect(values.windowScale).toBe(9);
    expect(Array.from(values.sackEdges.subarray(0, 4))).toEqual([1, 2, 0xffff_fff0, 5]);
  });

  test('[RFC9293-MUST-6] an unknown option is skipped by its length', () => {
    expect(parse('fd04aabb 020405b4').maximumSegmentSize).toBe(1460);
  });

  test('[RFC9293-MUST-7] an impossible length ends the list without harm', () => {
    expect(parse('0200 020405b4').maximumSegmentSize).toBeUndefined();
    expect(parse('fd01 020405b4').maximumSegmentSize).toBeUndefined();
    expect(parse('0204').maximumSegmentSize).toBeUndefined();
    expect(parse('02').maximumSegmentSize).toBeUndefined();
    expect(parse('050b0000000100000002').sackBlockCount).toBe(0);
  });

  test('[RFC9293-MUST-4] the end of the list is the end; NOP is nothing', () => {
    expect(parse('0101 020405b4').maximumSegmentSize).toBe(1460);
    expect(parse('00 020405b4').maximumSegmentSize).toBeUndefined();
  });

  test('what an earlier segment carried does not stay', () => {
    const values = new TcpOptionValues();
    parseTcpOptions(fromHex('020405b4'), 0, 4, values);
    parseTcpOptions(new Uint8Array(0), 0, 0, values);
    expect(values.maximumSegmentSize).toBeUndefined();
  });
});
