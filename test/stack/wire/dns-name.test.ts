// Names: text and bytes, compression both ways, and what a malicious message may not do.
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import {
  domainName,
  isWithin,
  joinName,
  labelsOf,
  nameBytes,
  NameOffsets,
  parentOf,
  parseName,
  readName,
  reverseName,
  rootName,
  sameName,
  type DomainName,
} from '../../../src/stack/wire/dns-name.ts';
import { parseIp, type IpAddress } from '../../../src/stack/wire/ip-address.ts';

const name = (text: string): DomainName => {
  const parsed = domainName(text);
  if (parsed === undefined) throw new Error(`${text} is no name`);
  return parsed;
};

test.each([
  ['server.lab', 'server.lab'],
  ['server.lab.', 'server.lab'],
  ['.', ''],
  ['Server.LAB', 'Server.LAB'],
  [String.raw`a\.b.lab`, String.raw`a\.b.lab`],
  [String.raw`a\032b.lab`, String.raw`a\032b.lab`],
  [String.raw`\097.lab`, 'a.lab'],
  ['한.lab', String.raw`\237\149\156.lab`],
])('%s is read as %j', (text, expected) => expect(domainName(text)).toBe(expected));

test.each([
  ['', 'empty label'],
  ['a..b', 'empty label'],
  ['.lab', 'empty label'],
  [`${'x'.repeat(64)}.lab`, 'label too long'],
  [Array.from({ length: 64 }, () => 'abc').join('.'), 'name too long'],
  [String.raw`a\999.lab`, 'bad escape'],
])('%j is refused: %s', (text, fault) => expect(parseName(text)).toEqual({ kind: 'invalid', fault }));

test('a name without a final dot is relative to the origin', () => {
  const origin = name('lab');
  expect(parseName('server', origin)).toEqual({ kind: 'name', name: 'server.lab' });
  expect(parseName('server.', origin)).toEqual({ kind: 'name', name: 'server' });
  expect(parseName('@', origin)).toEqual({ kind: 'name', name: 'lab' });
});

test('63 bytes make a label and 255 a name', () => {
  const label = 'x'.repeat(63);
  const longest = [label, label, label, 'x'.repeat(61)].join('.');
  expect(nameBytes(name(longest))).toBe(255);
  expect(domainName(`${longest}x`)).toBeUndefined();
});

test('names compare without case, and only whole labels make an ancestor', () => {
  expect(sameName(name('WWW.Lab'), name('www.lab'))).toBe(true);
  expect(isWithin(name('a.LAB'), name('lab'))).toBe(true);
  expect(isWithin(name('xlab'), name('lab'))).toBe(false);
  expect(isWithin(name(String.raw`a\.lab`), name('lab'))).toBe(false);
  expect(isWithin(name('lab'), rootName)).toBe(true);
  expect(parentOf(name('a.lab'))).toBe('lab');
  expect(parentOf(rootName)).toBeUndefined();
  expect(labelsOf(name(String.raw`a\.b.c`))).toEqual([String.raw`a\.b`, 'c']);
  expect(joinName(name('server'), name('lab'))).toBe('server.lab');
  expect(joinName(name('server'), rootName)).toBe('server');
});

test('addresses are asked for under in-addr.arpa and ip6.arpa', () => {
  expect(reverseName(parseIp('10.0.4.2') as IpAddress)).toBe('2.4.0.10.in-addr.arpa');
  expect(reverseName(parseIp('2001:db8::1') as IpAddress)).toBe(
    '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
  );
});

test('a second name points to what it shares with the first', () => {
  const offsets = new NameOffsets();
  expect(toHex(offsets.write(name('www.lab'), 12))).toBe('03777777036c616200');
  expect(toHex(offsets.write(name('FTP.Lab'), 21))).toBe('03465450c010');
  expect(toHex(offsets.write(name('www.lab'), 30))).toBe('c00c');
  expect(toHex(offsets.write(name('www.lab'), 40, false))).toBe('03777777036c616200');
});

test('nothing points to a place that was taken back, nor beyond 14 bits', () => {
  const offsets = new NameOffsets();
  offsets.write(name('www.lab'), 100);
  offsets.forgetFrom(104);
  expect(toHex(offsets.write(name('lab'), 200))).toBe('036c616200');
  const late = new NameOffsets();
  late.write(name('www.lab'), 0x4000);
  expect(toHex(late.write(name('www.lab'), 0x4100))).toBe('03777777036c616200');
});

test('a compressed name is read where it points to, and what follows is behind the pointer', () => {
  const bytes = fromHex('036c616200 03777777c000 ff');
  expect(readName(bytes, 5)).toEqual({ name: 'www.lab', next: 11 });
});

test.each([
  ['a pointer to itself', 'c000', 0],
  ['two pointers at each other', 'c002c000', 0],
  ['a pointer forward', 'c0020161 00', 0],
  ['a pointer into its own labels', '0161c000', 0],
  ['a label that is cut off', '0561', 0],
  ['no end', '0161', 0],
  ['half a pointer', 'c0', 0],
  ['a label type of the future', '40', 0],
])('%s is malformed', (_, hex, offset) => expect(readName(fromHex(hex), offset)).toBeUndefined());

test('a chain of pointers that adds up to more than 255 bytes is malformed', () => {
  const label = `3f${'61'.repeat(63)}`;
  const bytes = fromHex(`${label.repeat(3)}00 ${label}c000`);
  expect(readName(bytes, 193)).toBeUndefined();
});
