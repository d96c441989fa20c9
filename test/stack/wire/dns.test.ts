// DNS messages: known bytes apart and together again, truncation, EDNS, and random bytes that must not hurt.
import { expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../../src/base/bytes.ts';
import { integerBelow, randomBytes, seededRandom } from '../../../src/base/random.ts';
import {
  emptyDnsMessage,
  parseDns,
  recordTypes,
  responseCodeName,
  typeCode,
  typeName,
  writeDns,
  type DnsMessage,
  type RecordData,
  type ResourceRecord,
} from '../../../src/stack/wire/dns.ts';
import { domainName, type DomainName } from '../../../src/stack/wire/dns-name.ts';
import {
  parseIpv4Address,
  parseIpv6Address,
  type Ipv4Address,
  type Ipv6Address,
} from '../../../src/stack/wire/ip-address.ts';

const name = (text: string): DomainName => domainName(text) as DomainName; // literals of this file
const address = (text: string): Ipv4Address => parseIpv4Address(text) as Ipv4Address;
const record = (owner: string, data: RecordData, ttl = 60): ResourceRecord => ({
  name: name(owner),
  ttl,
  class: 1,
  data,
});
const question = { name: name('server.lab'), type: recordTypes.A, class: 1 };

/** What dig 9.18 sent for `dig server.lab A`, the cookie option shortened to none. */
const digQuery = fromHex(`
  a1b2 0120 0001 0000 0000 0001
  06 736572766572 03 6c6162 00 0001 0001
  00 0029 04d0 0000 0000 0000`);

test('the query that dig sends', () => {
  const expected: DnsMessage = {
    ...emptyDnsMessage,
    id: 0xa1b2,
    recursionDesired: true,
    authenticData: true,
    questions: [question],
    edns: { version: 0, udpBytes: 1232, dnssecOk: false, options: [] },
  };
  expect(parseDns(digQuery)).toEqual({ kind: 'message', message: expected });
  expect(toHex(writeDns(expected))).toBe(toHex(digQuery));
});

test('every kind of data comes back as it was written', () => {
  const records: ResourceRecord[] = [
    record('server.lab', { type: 'A', address: address('10.0.4.2') }),
    record('server.lab', { type: 'AAAA', address: parseIpv6Address('2001:db8::2') as Ipv6Address }),
    record('www.lab', { type: 'CNAME', target: name('server.lab') }),
    record('lab', { type: 'NS', target: name('ns.lab') }),
    record('2.4.0.10.in-addr.arpa', { type: 'PTR', target: name('server.lab') }),
    record('lab', { type: 'MX', preference: 10, exchange: name('mail.lab') }),
    record('lab', { type: 'TXT', strings: [Uint8Array.of(104, 105), new Uint8Array(0)] }),
    record('lab', {
      type: 'SOA',
      primary: name('ns.lab'),
      mailbox: name('admin.lab'),
      serial: 4_000_000_000,
      refresh: 3600,
      retry: 600,
      expire: 86_400,
      minimum: 30,
    }),
    record('lab', { type: 'other', code: 65_400, bytes: Uint8Array.of(1, 2, 3) }, 0x7fff_ffff),
  ];
  const message: DnsMessage = {
    ...emptyDnsMessage,
    id: 7,
    isResponse: true,
    opcode: 2,
    authoritative: true,
    truncated: true,
    recursionAvailable: true,
    checkingDisabled: true,
    responseCode: 3,
    questions: [question],
    answers: records.slice(0, 3),
    authorities: records.slice(3, 5),
    additionals: records.slice(5),
  };
  const bytes = writeDns(message);
  expect(parseDns(bytes)).toEqual({ kind: 'message', message });
  expect(bytes.length).toBeLessThan(300); // compressed: `lab` stands there once
  expect(toHex(bytes).split('036c616200').length - 1).toBe(1);
});

test('a response code above 15 needs EDNS and comes back', () => {
  const message: DnsMessage = {
    ...emptyDnsMessage,
    isResponse: true,
    responseCode: 16,
    edns: { version: 0, udpBytes: 512, dnssecOk: true, options: [{ code: 10, bytes: Uint8Array.of(1, 2) }] },
  };
  expect(parseDns(writeDns(message))).toEqual({ kind: 'message', message });
});

test('what does not fit is left out from the end, and the message says so', () => {
  const answers = Array.from({ length: 40 }, (_, index) =>
    record('server.lab', { type: 'A', address: address(`10.0.4.${index}`) }),
  );
  const bytes = writeDns({ ...emptyDnsMessage, isResponse: true, questions: [question], answers }, 512);
  expect(bytes.length).toBeLessThanOrEqual(512);
  const parsed = parseDns(bytes);
  if (parsed.kind !== 'message') throw new Error(parsed.what);
  expect(parsed.message.truncated).toBe(true);
  expect(parsed.message.answers).toEqual(answers.slice(0, parsed.message.answers.length));
  expect(bytes.length + 16).toBeGreaterThan(512); // one more would have been too much
});

test('additional records may be missing without a word', () => {
  const additionals = Array.from({ length: 40 }, (_, index) =>
    record(`h${index}.lab`, { type: 'A', address: address(`10.0.4.${index}`) }),
  );
  const parsed = parseDns(writeDns({ ...emptyDnsMessage, questions: [question], additionals }, 512));
  if (parsed.kind !== 'message') throw new Error(parsed.what);
  expect(parsed.message.truncated).toBe(false);
  expect(parsed.message.additionals.length).toBeGreaterThan(10);
  expect(parsed.message.additionals.length).toBeLessThan(40);
});

test('a TTL with the top bit set counts as zero', () => {
  const bytes = writeDns({ ...emptyDnsMessage, answers: [record('a', { type: 'A', address: address('1.2.3.4') }, 0)] });
  bytes[12 + 3 + 4] = 0x80;
  const parsed = parseDns(bytes);
  expect(parsed.kind === 'message' ? parsed.message.answers[0]?.ttl : parsed.what).toBe(0);
});

/** A response with id 5 and the four counts. */
const header = (...counts: number[]): string => `00058000${counts.map((count) => `000${count}`).join('')}`;

test.each([
  ['an empty message', '', undefined],
  ['half a header', '00050100', undefined],
  ['a question that is not there', header(1, 0, 0, 0), 5],
  ['a question without a type', `${header(1, 0, 0, 0)}016100`, 5],
  ['an A record of 3 bytes', `${header(0, 1, 0, 0)}00 0001 0001 00000000 0003 010203`, 5],
  ['an A record of 5 bytes', `${header(0, 1, 0, 0)}00 0001 0001 00000000 0005 0102030405`, 5],
  ['data beyond the end', `${header(0, 1, 0, 0)}00 0001 0001 00000000 0004 0102`, 5],
  ['a TXT string beyond its record', `${header(0, 1, 0, 0)}00 0010 0001 00000000 0002 0561`, 5],
  ['a TXT record without a string', `${header(0, 1, 0, 0)}00 0010 0001 00000000 0000`, 5],
  ['two OPT records', `${header(0, 0, 0, 2)}00 0029 0200 00000000 0000 00 0029 0200 00000000 0000`, 5],
  ['an OPT record among the answers', `${header(0, 1, 0, 0)}00 0029 0200 00000000 0000`, 5],
  ['an EDNS option that is cut off', `${header(0, 0, 0, 1)}00 0029 0200 00000000 0005 000a000401`, 5],
])('%s is malformed', (_, hex, id) => {
  expect(parseDns(fromHex(hex))).toMatchObject({ kind: 'malformed', id });
});

test('random and mutilated messages never throw', () => {
  const random = seededRandom('dns-fuzz');
  for (let round = 0; round < 3000; round += 1) {
    const noise = randomBytes(random, new Uint8Array(integerBelow(random, 80)));
    const base = round % 2 === 0 ? noise : concatBytes([digQuery, noise]);
    for (let flips = 0; flips < 3 && base.length > 0; flips += 1) {
      base[integerBelow(random, base.length)] = integerBelow(random, 256);
    }
    const parsed = parseDns(base);
    if (parsed.kind === 'message') expect(parseDns(writeDns(parsed.message)).kind).toBe('message');
  }
});

test('names of types and response codes', () => {
  expect(typeName(28)).toBe('AAAA');
  expect(typeName(65_400)).toBe('TYPE65400');
  expect(typeCode('mx')).toBe(15);
  expect(typeCode('TYPE99')).toBe(99);
  expect(typeCode('nonsense')).toBeUndefined();
  expect(typeCode('TYPE99999')).toBeUndefined();
  expect(responseCodeName(3)).toBe('NXDOMAIN');
  expect(responseCodeName(77)).toBe('RCODE77');
});
