// dig, nslookup and host, line for line and tab for tab as BIND 9.18 prints them (checked against the real ones).
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { smallLab, type SmallLab } from '../../support/net-world.ts';

let lab: SmallLab;

beforeEach(async () => {
  lab = await smallLab();
  await lab.client.run('ping -c 1 dns'); // the neighbors are known
});

afterEach(async () => expect(await lab.world.end()).toEqual([]));

const out = async (line: string): Promise<string> => (await lab.client.run(line)).stdout;
const withoutId = (text: string): string => text.replaceAll(/id: \d+/g, 'id: N');

describe('dig', () => {
  test('shows everything that came back', async () => {
    const { status, stdout } = await lab.client.run('dig server.lab');
    expect(withoutId(stdout)).toBe(
      [
        '',
        '; <<>> DiG 9.18 <<>> server.lab',
        ';; global options: +cmd',
        ';; Got answer:',
        ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: N',
        ';; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1',
        ';; WARNING: recursion requested but not available',
        '',
        ';; OPT PSEUDOSECTION:',
        '; EDNS: version: 0, flags:; udp: 1232',
        ';; QUESTION SECTION:',
        ';server.lab.\t\t\tIN\tA',
        '',
        ';; ANSWER SECTION:',
        'server.lab.\t\t60\tIN\tA\t10.0.2.2',
        '',
        ';; Query time: 4 msec',
        ';; SERVER: 10.0.2.3#53(10.0.2.3) (UDP)',
        ';; WHEN: Thu Jan 01 00:00:03 UTC 2026',
        ';; MSG SIZE  rcvd: 55',
        '',
        '',
      ].join('\n'),
    );
    expect(status).toBe(0);
  });

  test('shows a negative answer with the SOA', async () => {
    expect(withoutId(await out('dig @10.0.2.3 nobody.lab +noedns +nostats'))).toBe(
      [
        '',
        '; <<>> DiG 9.18 <<>> @10.0.2.3 nobody.lab +noedns +nostats',
        '; (1 server found)',
        ';; global options: +cmd',
        ';; Got answer:',
        ';; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: N',
        ';; flags: qr aa rd; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 0',
        ';; WARNING: recursion requested but not available',
        '',
        ';; QUESTION SECTION:',
        ';nobody.lab.\t\t\tIN\tA',
        '',
        ';; AUTHORITY SECTION:',
        'lab.\t\t\t30\tIN\tSOA\tdns.lab. admin.lab. 1 3600 600 86400 30',
        '',
        '',
      ].join('\n'),
    );
  });

  test.each([
    ['dig www.lab +short', 'server.lab.\n10.0.2.2\n'],
    ['dig -x 10.0.2.2 +noall +answer', '2.2.0.10.in-addr.arpa.\t300\tIN\tPTR\tserver.lab.\n'],
    ['dig lab ns +noall +additional', 'dns.lab.\t\t300\tIN\tA\t10.0.2.3\n'],
    ['dig +noall +question lab mx', ';lab.\t\t\t\tIN\tMX\n'],
    ['dig server +search +short', '10.0.2.2\n'],
    ['dig -t CNAME www.lab +noall +answer', 'www.lab.\t\t300\tIN\tCNAME\tserver.lab.\n'],
    ['dig @dns -p 53 server.lab +tcp +short', '10.0.2.2\n'],
  ])('%s', async (line, expected) => expect(await out(line)).toBe(expected));

  test('asks without recursion, and says over which transport', async () => {
    const text = await out('dig server.lab +norecurse +tcp');
    expect(text).toContain(';; flags: qr aa; QUERY: 1');
    expect(text).not.toContain('WARNING');
    expect(text).toContain(';; SERVER: 10.0.2.3#53(10.0.2.3) (TCP)\n');
  });

  test('turns to TCP when the answer was cut off', async () => {
    for (let index = 0; index < 40; index += 1) await lab.dns.run(`zone add pool A 10.0.6.${index}`);
    const text = await out('dig pool.lab +noedns');
    expect(text).toMatch(/^;; Truncated, retrying in TCP mode\.\n\n; <<>> DiG/);
    expect(text).toContain('ANSWER: 40,');
    expect(await out('dig pool.lab +noedns +ignore')).toContain(';; flags: qr aa tc rd;');
    expect(await out('dig pool.lab')).toContain('(UDP)');
  });

  test('says when nobody answers, with status 9', async () => {
    lab.right.lose = () => true;
    const { status, stdout } = await lab.client.run('dig server.lab +time=1');
    expect(stdout).toBe(
      [
        ...Array.from({ length: 3 }, () => ';; communications error to 10.0.2.3#53: timed out'),
        '',
        '; <<>> DiG 9.18 <<>> server.lab +time=1',
        ';; global options: +cmd',
        ';; no servers could be reached',
        '',
      ].join('\n'),
    );
    expect(status).toBe(9);
  });

  test('says when the port is closed', async () => {
    const { status, stdout } = await lab.client.run('dig @10.0.2.2 server.lab +nocmd');
    expect(stdout).toBe(';; communications error to 10.0.2.2#53: connection refused\n;; no servers could be reached\n');
    expect(status).toBe(9);
  });

  test.each([
    ['dig a..b', "dig: 'a..b' is not a legal name (empty label)\n", 10],
    ['dig -x hello', 'dig: Invalid IP address hello\n', 1],
    ['dig @nobody lab', "dig: couldn't get address for 'nobody': not found\n", 10],
  ])('%s', async (line, stderr, status) => expect(await lab.client.run(line)).toEqual({ status, stdout: '', stderr }));
});

describe('nslookup', () => {
  test.each([
    [
      'nslookup server.lab',
      'Server:\t\t10.0.2.3\nAddress:\t10.0.2.3#53\n\nName:\tserver.lab\nAddress: 10.0.2.2\n\n',
      0,
    ],
    ['nslookup 10.0.2.2', '2.2.0.10.in-addr.arpa\tname = server.lab.\n\n', 0],
    [
      'nslookup www 10.0.2.3',
      'Server:\t\t10.0.2.3\nAddress:\t10.0.2.3#53\n\nwww.lab\tcanonical name = server.lab.\nName:\tserver.lab\nAddress: 10.0.2.2\n\n',
      0,
    ],
    [
      'nslookup nobody.lab',
      "Server:\t\t10.0.2.3\nAddress:\t10.0.2.3#53\n\n** server can't find nobody.lab: NXDOMAIN\n\n",
      1,
    ],
    [
      'nslookup -type=soa lab',
      'Server:\t\t10.0.2.3\nAddress:\t10.0.2.3#53\n\nlab\n\torigin = dns.lab\n\tmail addr = admin.lab\n\tserial = 1\n\trefresh = 3600\n\tretry = 600\n\texpire = 86400\n\tminimum = 30\n\n',
      0,
    ],
  ])('%s', async (line, stdout, status) => expect(await lab.client.run(line)).toEqual({ status, stdout, stderr: '' }));
});

describe('host', () => {
  test.each([
    ['host server.lab', 'server.lab has address 10.0.2.2\n', 0],
    ['host server', 'server.lab has address 10.0.2.2\n', 0],
    ['host 10.0.2.2', '2.2.0.10.in-addr.arpa domain name pointer server.lab.\n', 0],
    ['host www.lab', 'www.lab is an alias for server.lab.\nserver.lab has address 10.0.2.2\n', 0],
    ['host nobody.lab', 'Host nobody.lab not found: 3(NXDOMAIN)\n', 1],
    ['host -t ns lab', 'lab name server dns.lab.\n', 0],
    ['host -t mx server.lab', 'server.lab has no MX record\n', 0],
  ])('%s', async (line, stdout, status) => expect(await lab.client.run(line)).toEqual({ status, stdout, stderr: '' }));
});
