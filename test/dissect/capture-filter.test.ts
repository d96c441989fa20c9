// Capture filters: what is refused, and with what words. What they find is compared with tcpdump's in test/interop.
import { describe, expect, test } from 'vitest';
import { parseCaptureFilter } from '../../src/dissect/capture-filter.ts';
import { parseIp } from '../../src/stack/wire/ip-address.ts';

function refusal(filter: string): string {
  const parsed = parseCaptureFilter(filter);
  return parsed.ok ? 'accepted' : parsed.message;
}

describe('a filter that means nothing', () => {
  test.each([
    ['host', 'syntax error: an address or a port is missing at the end'],
    ['port nosuch', "unknown port 'nosuch'"],
    ['port 70000', "unknown port '70000'"],
    ['portrange 80', "'80' is no range of ports: 20-25 is one"],
    ['net 300.1', "'300.1' is no network: 10.0.1.0/24 is one"],
    ['ether host 1:2', "'1:2' is not a MAC address"],
    ['(tcp', "syntax error: ')' is missing"],
    ['tcp tcp', "unknown host 'tcp'"],
    ['tcp[13', "syntax error: ']' is missing"],
    ['tcp[13:3] == 1', 'a size is 1, 2 or 4 bytes'],
    ['less many', 'syntax error: a length is a number'],
    ['icmp and', 'syntax error: an address or a port is missing at the end'],
  ])('%s', (filter, message) => {
    expect(refusal(filter)).toContain(message);
  });
});

test('a name is asked for, and stands for all its addresses', () => {
  expect(parseCaptureFilter('host server')).toMatchObject({ ok: false, unknownHost: 'server' });
  const address = parseIp('10.0.1.2');
  expect(parseCaptureFilter('host server', () => (address === undefined ? [] : [address]))).toMatchObject({ ok: true });
});

test('no frame is too short to be asked', () => {
  const filters = [
    'tcp[13] & 2 != 0',
    'host 10.0.1.1',
    'port 80',
    'ip6 host ::1',
    'arp',
    'icmp[0] == 8',
    'broadcast',
    'udp[4:2] < 9',
  ];
  for (const filter of filters) {
    const parsed = parseCaptureFilter(filter);
    if (!parsed.ok) throw new Error(parsed.message);
    const frame = new Uint8Array(80).fill(0x45);
    frame.set([8, 0], 12);
    for (let length = 0; length < frame.length; length += 1)
      expect(parsed.matches(frame.subarray(0, length))).toBeTypeOf('boolean');
  }
});
