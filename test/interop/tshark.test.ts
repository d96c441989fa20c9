// Our dissection and display filters beside tshark's: the same captures, field by field and filter by filter.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileFilter } from '../../src/dissect/filter/display-filter.ts';
import { Dissector, type Dissection } from '../../src/dissect/tree/dissector.ts';
import { fields, type FieldName } from '../../src/dissect/tree/fields.ts';
import { formatValue, type FieldValue } from '../../src/dissect/tree/tree.ts';
import { writePcapng } from '../../src/wiring/pcapng.ts';
import { captureLab, type CaptureOptions } from '../support/lab-captures.ts';

const scenarios: Readonly<Record<string, CaptureOptions>> = {
  'names, pings and pages': {
    template: 'hello',
    place: 'client eth0',
    lines: [
      'client$ ping -c 2 server',
      'client$ traceroute server',
      'client$ dig ANY server.lab; dig -x 10.0.4.2; dig nosuch.lab; dig +tcp www.lab; dig NS lab; dig SOA lab',
      'client$ curl -s http://server/ ; curl -s http://server/nosuch',
      'client$ nc -z server 81',
      'client$ ping -c 1 -s 4000 server',
      'client$ ping -c 1 10.0.4.99',
      'client$ echo hello | nc -u -w 1 server 9999',
    ],
  },
  'both families': {
    template: 'two-families',
    place: 'client eth0',
    lines: [
      'client$ sleep 5',
      'client$ ping -6 -c 3 -s 1400 server',
      'client$ traceroute -6 server',
      'client$ dig @2001:db8:4::2 AAAA server.lab; dig -x 2001:db8:3::2',
      'client$ curl -s http://server/',
      'client$ ping -c 1 2001:db8:1::77; ping -c 1 2001:db8:99::1; ping -c 1 2001:db8:3::77',
      'client$ nc -6 -z server 81; echo hello | nc -6 -u -w 1 server 9999',
      'r1$ pkill radvd',
    ],
  },
  'a bad wire': {
    template: 'hello',
    place: 'client eth0',
    impair: [
      'client eth0 delay 5ms loss 5% reorder 10% duplicate 5% corrupt 5%',
      'r1 eth0 delay 5ms loss 5% corrupt 5%',
    ],
    lines: ['server$ nc -l 5000 > /tmp/received &', 'client$ seq 30000 | nc -N server 5000'],
  },
  'a slow reader': {
    template: 'lan',
    place: 'alice eth0',
    lines: ['bob$ nc -l 5000 | (sleep 30; wc -c) &', 'alice$ seq 100000 | nc -N bob 5000'],
  },
};

const filters = [
  'arp || icmp',
  'ipv6 && icmpv6.type == 135',
  'ipv6.addr == 2001:db8:3::/64',
  'ipv6.dst == ff02::1',
  'ipv6.hlim < 3',
  'ipv6.fraghdr.offset > 0',
  'icmpv6.nd.ns.target_address == 2001:db8:1::77',
  'icmpv6.mtu == 1280',
  'tcp.flags.syn == 1 && tcp.flags.ack == 0',
  'tcp.flags & 0x02',
  'ip.src == 10.0.1.2',
  'ip.addr == 10.0.4.0/24',
  'ip.addr != 10.0.1.2',
  'ip.addr !== 10.0.1.2',
  '!(ip.addr == 10.0.1.2)',
  'ip.ttl < 5',
  'ip.ttl in {1, 2, 60..64}',
  'tcp.port == 80 or udp.port eq 53',
  'tcp.port in {79..81}',
  'tcp.len > 0 and not tcp.port == 53',
  'icmp.type == 11',
  'icmp.type == 3 && udp',
  'dns.flags.response == True',
  'dns.qry.name == "www.lab"',
  'dns.qry.name contains "server"',
  'dns.qry.name matches "^(www|ns)\\\\."',
  'dns.a == 10.0.4.2',
  'dns.flags.rcode == 3',
  'http.request.method == "GET"',
  'http.response.code >= 400',
  'http',
  'tcp contains "HTTP"',
  'frame contains 47:45:54',
  'eth.dst == ff:ff:ff:ff:ff:ff',
  'eth.src[0:1] == 02',
  'eth.dst[0] & 1',
  'ip.flags.mf == 1 || ip.frag_offset > 0',
  'tcp.analysis.flags',
  'tcp.analysis.retransmission',
  'tcp.analysis.duplicate_ack',
  'tcp.analysis.zero_window',
  'tcp.analysis.window_update',
  'tcp.options.mss_val',
  'tcp.options.sack_le',
  'tcp.seq == 1 && tcp.len == 0',
  'frame.len > 1000 && frame.number < 20',
  'len(http.request.uri) > 1',
  'tcp.srcport < tcp.dstport',
  'tcp.checksum.status == 0',
  'ip.checksum.status == 0',
  'udp && !dns',
];

/** Computed by tshark from what it knows of other frames, or shown in another form there. */
const notCompared: ReadonlySet<string> = new Set([
  'frame.time_relative',
  'frame.interface_name',
  'http.file_data',
  'tcp.analysis.bytes_in_flight',
  'ip.flags',
  'data.len', // tshark guesses at protocols by what data looks like
  'data.data',
  'tcp.payload',
  'tcp.options',
  'eth.padding',
  '_ws.malformed',
]);

const run = promisify(execFile);
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ackademy-tshark-'));
});
afterAll(async () => await rm(directory, { recursive: true, force: true }));

/** What tshark would otherwise put together from several frames. */
const preferences = [
  ['tcp.desegment_tcp_streams', 'FALSE'],
  ['ip.defragment', 'FALSE'],
  ['ipv6.defragment', 'FALSE'],
  ['ip.check_checksum', 'TRUE'],
  ['tcp.check_checksum', 'TRUE'],
  ['udp.check_checksum', 'TRUE'],
].flatMap(([name, value]) => ['-o', `${name}:${value}`]);

async function tshark(file: string, ...parameters: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('tshark', ['-n', '-r', file, ...preferences, ...parameters], {
    maxBuffer: 256 * 1024 * 1024,
  });
  return stdout.split('\n').slice(0, -1);
}

/** A value as both would write it: numbers in decimal, booleans as 1 and 0. */
function plain(name: FieldName, value: FieldValue): string {
  const { kind } = fields[name];
  if (kind === 'boolean' || kind === 'mark') return value === true ? '1' : '0';
  if (kind === 'number') return String(Number(value));
  return formatValue(name, value);
}

function plainTshark(name: FieldName, text: string): string {
  const { kind } = fields[name];
  if (kind === 'number') return String(Number(text));
  if (kind === 'boolean') return text === 'True' ? '1' : text === 'False' ? '0' : text;
  if (kind === 'mark') return '1';
  return text === '<Root>' ? '' : text;
}

describe.each(Object.entries(scenarios))('%s', (title, options) => {
  const file = (): string => join(directory, `${title.replaceAll(/\W+/g, '-')}.pcapng`);
  let read: readonly Dissection[] = [];
  beforeAll(async () => {
    const frames = await captureLab(options);
    const dissector = new Dissector();
    read = frames.map(({ frame, atMs }) =>
      dissector.dissect(frame, { timeSeconds: atMs / 1000, interfaceName: options.place }),
    );
    const packets = frames.map(({ frame, atMs }) => ({ interfaceIndex: 0, wallClockMs: atMs, frame }));
    await writeFile(file(), writePcapng('test', [{ name: options.place }], packets));
  });

  test('every field has the value that tshark reads', async () => {
    const names = (Object.keys(fields) as FieldName[]) // the table's own keys
      .filter((name) => !notCompared.has(name) && fields[name].kind !== 'protocol' && fields[name].kind !== 'bytes');
    const columns = names.flatMap((name) => ['-e', name]);
    const rows = await tshark(file(), '-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=|', ...columns);
    expect(rows).toHaveLength(read.length);
    const differences: string[] = [];
    rows.forEach((row, index) => {
      const frame = read[index];
      row.split('\t').forEach((cell, column) => {
        const name = names[column];
        if (frame === undefined || name === undefined) return;
        const theirs =
          cell === ''
            ? []
            : (fields[name].kind === 'mark' ? ['1'] : cell.split('|')).map((text) => plainTshark(name, text));
        const ours = frame.valuesOf(name).map((value) => plain(name, value));
        if (ours.join('|') !== theirs.join('|'))
          differences.push(
            `frame ${index + 1} ${name}: ours ${ours.join('|')}, tshark ${theirs.join('|')}   ${frame.info}`,
          );
      });
    });
    expect(differences).toEqual([]);
  });

  test('every filter finds the same frames', async () => {
    const differences: string[] = [];
    const chosen = title === 'names, pings and pages' ? filters : filters.filter((one) => one.startsWith('tcp'));
    for (const filter of chosen) {
      const compiled = compileFilter(filter);
      if (!compiled.ok) throw new Error(`${filter}: ${compiled.fault.message} at ${compiled.fault.column}`);
      const ours = read.filter((frame) => compiled.matches(frame)).map((frame) => String(frame.number));
      const theirs = await tshark(file(), '-Y', filter, '-T', 'fields', '-e', 'frame.number');
      if (ours.join() !== theirs.join())
        differences.push(`${filter}: ours ${ours.slice(0, 20).join()}, tshark ${theirs.slice(0, 20).join()}`);
    }
    expect(differences).toEqual([]);
  }, 120_000);
});
