// The internet checksum on known bytes, at every alignment, and its incremental update.
import { expect, test } from 'vitest';
import { fromHex } from '../../../src/base/bytes.ts';
import { randomBytes, seededRandom } from '../../../src/base/random.ts';
import { checksum, pseudoHeaderSum, sumBytes, updateChecksum } from '../../../src/stack/wire/checksum.ts';
import { parseIp, type IpAddress } from '../../../src/stack/wire/ip-address.ts';

const ip = (text: string): IpAddress => parseIp(text) as IpAddress; // literals of this file

/** The definition of RFC 1071 section 4.1, without any cleverness. */
function plainSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 1) sum += (bytes[index] as number) << (index % 2 === 0 ? 8 : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

test('the example of RFC 1071 section 3 sums to ddf2', () => {
  expect(sumBytes(fromHex('0001f203f4f5f6f7'), 0, 8)).toBe(0xddf2);
  expect(checksum(fromHex('0001f203f4f5f6f7'), 0, 8)).toBe(0x220d);
});

test('a header with its checksum in place sums to zero', () => {
  // 172.16.10.99 to 172.16.10.12, the worked example of "IPv4 header checksum" in many textbooks.
  expect(checksum(fromHex('4500003c1c4640004006b1e6ac100a63ac100a0c'), 0, 20)).toBe(0);
  expect(checksum(fromHex('4500003c1c46400040060000ac100a63ac100a0c'), 0, 20)).toBe(0xb1e6);
});

test('every length and alignment gives what the definition gives', () => {
  const random = seededRandom('checksum');
  const storage = randomBytes(random, new Uint8Array(2100));
  for (let length = 0; length < 300; length += 1) {
    for (let offset = 0; offset < 8; offset += 1) {
      const view = new Uint8Array(storage.buffer, offset & 3, 2000);
      expect(sumBytes(view, offset, length)).toBe(plainSum(view.slice(offset, offset + length)));
    }
  }
});

test('64 kB of ones do not overflow', () => {
  const bytes = new Uint8Array(65535).fill(0xff);
  expect(sumBytes(bytes, 0, 65535)).toBe(plainSum(bytes));
});

test('a sum may be continued from another one', () => {
  const bytes = randomBytes(seededRandom('continued'), new Uint8Array(600));
  expect(sumBytes(bytes, 200, 400, sumBytes(bytes, 0, 200))).toBe(sumBytes(bytes, 0, 600));
});

test('the pseudo-header sum equals the sum of its bytes, for both families', () => {
  expect(pseudoHeaderSum(4, ip('10.0.1.2'), ip('255.255.0.9'), 17, 1480)).toBe(
    plainSum(fromHex('0a000102 ffff0009 0011 05c8')),
  );
  expect(pseudoHeaderSum(6, ip('fe80::1'), ip('2001:db8::ff00:42:8329'), 6, 70000)).toBe(
    plainSum(fromHex('fe800000000000000000000000000001 20010db8000000000000ff0000428329 00011170 00000006')),
  );
});

test('a pseudo-header of two families is refused', () => {
  expect(() => pseudoHeaderSum(4, ip('10.0.0.1'), ip('::1'), 6, 20)).toThrow('one family');
});

test('an updated checksum equals a fresh one, also in the corner of RFC 1624 section 4', () => {
  const random = seededRandom('update');
  for (let round = 0; round < 2000; round += 1) {
    const header = randomBytes(random, new Uint8Array(20));
    const before = checksum(header, 0, 20);
    const oldWord = ((header[8] as number) << 8) | (header[9] as number);
    header[8] = random.uint32();
    const newWord = ((header[8] as number) << 8) | (header[9] as number);
    expect(updateChecksum(before, oldWord, newWord)).toBe(checksum(header, 0, 20));
  }
  expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
});
