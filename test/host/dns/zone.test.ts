// Zone files, what a zone says about names, and the answers of a server: as BIND would give them.
import { describe, expect, test } from 'vitest';
import { answerBytes, answerQuery } from '../../../src/host/dns/answer.ts';
import { formatRecord } from '../../../src/host/dns/record-text.ts';
import { formatZoneFile, parseRecord, parseZoneFile, zoneFileText } from '../../../src/host/dns/zone-file.ts';
import { changedRecords, type Zone } from '../../../src/host/dns/zone.ts';
import {
  emptyDnsMessage,
  parseDns,
  recordTypes,
  responseCodeName,
  writeDns,
  type DnsMessage,
} from '../../../src/stack/wire/dns.ts';
import { domainName, type DomainName } from '../../../src/stack/wire/dns-name.ts';
import { fromHex } from '../../../src/base/bytes.ts';

const name = (text: string): DomainName => domainName(text) as DomainName; // literals of this file

function zone(origin: string, ...records: readonly string[]): Zone {
  const parsed = parseZoneFile(zoneFileText({ origin, defaultTtl: 300, records }), {
    origin: name(origin),
    defaultTtl: 300,
  });
  if (parsed.kind === 'error') throw new Error(`line ${parsed.line}: ${parsed.what}`);
  return parsed.zone;
}

const lab = zone(
  'lab',
  '@ IN SOA ns admin 7 3600 600 86400 30',
  '@ IN NS ns',
  'ns A 10.0.4.3',
  'server 60 IN A 10.0.4.2',
  'server 60 IN AAAA 2001:db8::2',
  'www IN CNAME server',
  'old CNAME www',
  'out CNAME www.example.com.',
  'loop CNAME pool',
  'pool CNAME loop',
  '@ MX 10 mail',
  'mail A 10.0.4.9',
  'note TXT "Hello, world" plain',
  'a.b.c A 10.0.4.7',
  'sub NS ns.sub',
  'ns.sub A 10.0.5.3',
  '*.wild A 10.0.4.8',
  'dead CNAME missing',
);
const reverse = zone('4.0.10.in-addr.arpa', '@ SOA ns.lab. admin.lab. 1 1 1 1 1', '@ NS ns.lab.', '2 PTR server.lab.');

interface Summary {
  readonly code: string;
  readonly aa: boolean;
  readonly answers: readonly string[];
  readonly authorities: readonly string[];
  readonly additionals: readonly string[];
}

function ask(text: string, type: keyof typeof recordTypes = 'A'): Summary {
  const query = { ...emptyDnsMessage, questions: [{ name: name(text), type: recordTypes[type], class: 1 }] };
  const response = answerQuery([lab, reverse], query);
  return {
    code: responseCodeName(response.responseCode),
    aa: response.authoritative,
    answers: response.answers.map(formatRecord),
    authorities: response.authorities.map(formatRecord),
    additionals: response.additionals.map(formatRecord),
  };
}

const soa = 'lab. 30 IN SOA ns.lab. admin.lab. 7 3600 600 86400 30';
const found = { code: 'NOERROR', aa: true, authorities: [], additionals: [] };

describe('an authoritative answer', () => {
  test('has the records of the name and type, whatever the case', () => {
    expect(ask('SERVER.lab')).toEqual({ ...found, answers: ['server.lab. 60 IN A 10.0.4.2'] });
    expect(ask('server.lab', 'AAAA').answers).toEqual(['server.lab. 60 IN AAAA 2001:db8::2']);
    expect(ask('2.4.0.10.in-addr.arpa', 'PTR').answers).toEqual(['2.4.0.10.in-addr.arpa. 300 IN PTR server.lab.']);
    expect(ask('note.lab', 'TXT').answers).toEqual(['note.lab. 300 IN TXT "Hello, world" "plain"']);
    expect(ask('server.lab', 'ANY').answers).toHaveLength(2);
  });

  test('follows aliases inside the zone', () => {
    expect(ask('old.lab').answers).toEqual([
      'old.lab. 300 IN CNAME www.lab.',
      'www.lab. 300 IN CNAME server.lab.',
      'server.lab. 60 IN A 10.0.4.2',
    ]);
    expect(ask('old.lab', 'CNAME').answers).toEqual(['old.lab. 300 IN CNAME www.lab.']);
  });

  test('ends at an alias that leads elsewhere, into nothing, or round in a circle', () => {
    expect(ask('out.lab')).toEqual({ ...found, answers: ['out.lab. 300 IN CNAME www.example.com.'] });
    expect(ask('dead.lab')).toMatchObject({ code: 'NXDOMAIN', answers: ['dead.lab. 300 IN CNAME missing.lab.'] });
    expect(ask('loop.lab').answers).toEqual(['loop.lab. 300 IN CNAME pool.lab.', 'pool.lab. 300 IN CNAME loop.lab.']);
  });

  test('brings the addresses of name servers and mail exchangers along', () => {
    expect(ask('lab', 'NS')).toMatchObject({
      answers: ['lab. 300 IN NS ns.lab.'],
      additionals: ['ns.lab. 300 IN A 10.0.4.3'],
    });
    expect(ask('lab', 'MX').additionals).toEqual(['mail.lab. 300 IN A 10.0.4.9']);
  });

  test('says NXDOMAIN or nothing with the SOA, whose TTL is its minimum', () => {
    expect(ask('nobody.lab')).toEqual({ ...found, code: 'NXDOMAIN', answers: [], authorities: [soa] });
    expect(ask('server.lab', 'MX')).toEqual({ ...found, answers: [], authorities: [soa] });
    expect(ask('b.c.lab')).toEqual({ ...found, answers: [], authorities: [soa] }); // a.b.c exists, so b.c does
  });

  test('refers to the servers of a delegated zone, with glue and without authority', () => {
    expect(ask('deep.sub.lab')).toEqual({
      code: 'NOERROR',
      aa: false,
      answers: [],
      authorities: ['sub.lab. 300 IN NS ns.sub.lab.'],
      additionals: ['ns.sub.lab. 300 IN A 10.0.5.3'],
    });
  });

  test('comes from a wildcard under the name that was asked for', () => {
    expect(ask('any.thing.wild.lab').answers).toEqual(['any.thing.wild.lab. 300 IN A 10.0.4.8']);
    expect(ask('wild.lab')).toMatchObject({ code: 'NOERROR', answers: [] });
  });

  test('is refused outside the zones', () => {
    expect(ask('example.com')).toEqual({ ...found, aa: false, code: 'REFUSED', answers: [] });
    expect(ask('lab', 'AXFR').code).toBe('REFUSED');
  });
});

function reply(query: Partial<DnsMessage>, transport: 'udp' | 'tcp' = 'udp', zones = [lab]): DnsMessage {
  const bytes = writeDns({
    ...emptyDnsMessage,
    id: 99,
    questions: [{ name: name('server.lab'), type: 1, class: 1 }],
    ...query,
  });
  const answer = answerBytes(zones, bytes, transport);
  const parsed = parseDns(answer?.bytes ?? new Uint8Array(0));
  if (parsed.kind === 'malformed') throw new Error(parsed.what);
  return parsed.message;
}

describe('a server', () => {
  const many = zone(
    'lab',
    '@ SOA ns admin 1 1 1 1 1',
    '@ NS ns',
    ...Array.from({ length: 60 }, (_, index) => `pool A 10.0.6.${index}`),
  );
  const pool = { questions: [{ name: name('pool.lab'), type: 1, class: 1 }] };
  const edns = { version: 0, udpBytes: 4096, dnssecOk: false, options: [] };

  test('repeats id, question and the wish for recursion, which it does not offer', () => {
    expect(reply({ recursionDesired: true })).toMatchObject({
      id: 99,
      isResponse: true,
      recursionDesired: true,
      recursionAvailable: false,
      questions: [{ name: 'server.lab' }],
    });
  });

  test('sends 512 bytes over plain UDP, 1232 with EDNS, everything over TCP', () => {
    expect(reply(pool, 'udp', [many])).toMatchObject({ truncated: true });
    expect(reply(pool, 'udp', [many]).answers).toHaveLength(30); // 12 + 14 + 30 * 16 = 506
    const larger = reply({ ...pool, edns }, 'udp', [many]);
    expect(larger.answers).toHaveLength(60);
    expect(larger).toMatchObject({ truncated: false, edns: { udpBytes: 1232 } });
    expect(reply(pool, 'tcp', [many])).toMatchObject({ truncated: false });
    expect(reply({ ...pool, edns: { ...edns, udpBytes: 100 } }, 'udp', [many]).answers.length).toBeGreaterThan(25);
  });

  test('says what it does not do', () => {
    expect(reply({ opcode: 5 }).responseCode).toBe(4);
    expect(reply({ questions: [] }).responseCode).toBe(1);
    expect(reply({ edns: { ...edns, version: 1 } })).toMatchObject({ responseCode: 16 });
    expect(reply({ questions: [{ name: name('server.lab'), type: 1, class: 3 }] }).responseCode).toBe(5);
  });

  test('answers a malformed query with FORMERR, and responses and fragments of headers not at all', () => {
    expect(answerBytes([lab], fromHex('0063 0100 0001 0000 0000 0000 05'), 'udp')?.response).toMatchObject({
      id: 99,
      responseCode: 1,
    });
    expect(answerBytes([lab], fromHex('0063 8100 0001 0000 0000 0000 05'), 'udp')).toBeUndefined();
    expect(answerBytes([lab], writeDns({ ...emptyDnsMessage, isResponse: true }), 'udp')).toBeUndefined();
    expect(answerBytes([lab], fromHex('0063'), 'udp')).toBeUndefined();
  });
});

describe('a zone file', () => {
  const setting = { origin: name('lab'), defaultTtl: 300 };
  const text = `; the lab
$TTL 1h
@   IN SOA ns admin ( 7 ; serial
        1d 2h 1w 30 )
    NS  ns
ns  A 10.0.4.3
    60 TXT "a;b" c\\"d
$ORIGIN deep.lab.
x   30m IN A 10.0.4.4
`;

  test('may have comments, parentheses, blanks for the owner, units, and another origin', () => {
    const parsed = parseZoneFile(text, setting);
    expect(parsed.kind === 'zone' ? parsed.zone.records.map(formatRecord) : parsed).toEqual([
      'lab. 3600 IN SOA ns.lab. admin.lab. 7 86400 7200 604800 30',
      'lab. 3600 IN NS ns.lab.',
      'ns.lab. 3600 IN A 10.0.4.3',
      String.raw`ns.lab. 60 IN TXT "a;b" "c\"d"`,
      'x.deep.lab. 1800 IN A 10.0.4.4',
    ]);
  });

  test('is read back as it was written', () => {
    const again = parseZoneFile(formatZoneFile(lab), setting);
    expect(again.kind === 'zone' ? again.zone.records : again).toEqual(lab.records);
  });

  test.each([
    ['@ SOA ns admin 1 1 1 1 1\n@ NS ns\nx A 10.0.0', 3, "'10.0.0' is no IPv4 address"],
    ['@ SOA ns admin 1 1 1 1 1\n@ NS ns\nx B 10.0.0.1', 3, "unknown record type 'B'"],
    ['@ SOA ns admin 1 1 1 1', 1, 'SOA takes 7 value(s)'],
    ['\n\n@ SOA ( ns', 3, 'unbalanced parentheses'],
    ['x A 10.0.0.1 )', 1, 'unbalanced parentheses'],
    ['x TXT "abc', 1, 'open quote'],
    ['$INCLUDE other', 1, 'unknown directive $INCLUDE'],
    ['x.example. A 10.0.0.1', 1, 'x.example. is outside the zone'],
    ['@ NS ns', 0, 'a zone has one SOA record, at lab.'],
    ['@ SOA ns admin 1 1 1 1 1', 0, 'there is no NS record for lab.'],
    ['@ SOA ns admin 1 1 1 1 1\n@ NS ns\nx CNAME y\nx A 1.2.3.4', 0, 'x.lab. has a CNAME record and other data'],
    ['x CH A 1.2.3.4', 1, 'class CH is not served'],
    [' A 1.2.3.4', 1, 'no owner name'],
    ['x 60', 1, 'no record type'],
    [`x TXT ${'y'.repeat(256)}`, 1, 'a string of a TXT record is longer than 255 bytes or has a bad escape'],
  ])('%j is refused at line %i: %s', (bad, line, what) => {
    expect(parseZoneFile(bad, setting)).toEqual({ kind: 'error', line, what });
  });

  test('a change raises the serial number, which wraps', () => {
    const added = parseRecord(['new', '60', 'A', '10.0.9.9'], setting);
    if (added.kind === 'error') throw new Error(added.what);
    const records = changedRecords(lab, (before) => [...before, added.record]);
    expect(records[0]?.data).toMatchObject({ type: 'SOA', serial: 8 });
    expect(records.map(formatRecord).at(-1)).toBe('new.lab. 60 IN A 10.0.9.9');
    const last = zone('x', '@ SOA a b 4294967295 1 1 1 1', '@ NS a');
    expect(changedRecords(last, (before) => before)[0]?.data).toMatchObject({ serial: 0 });
  });
});
