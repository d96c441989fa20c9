// Our one-line form and capture filters beside the real tcpdump's: the same captures, line by line and filter by filter.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTemplate } from '../../src/catalogue/read.ts';
import { parseCaptureFilter } from '../../src/dissect/capture-filter.ts';
import { FrameLines } from '../../src/dissect/line.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import { VirtualLab } from '../../src/runtime/embedded/virtual-runtime.ts';
import type { CommandResult } from '../../src/runtime/runtime.ts';
import { writePcapng } from '../../src/wiring/pcapng.ts';
import { toolCapability } from '../support/capabilities.ts';
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
      'client$ nc -z -w 1 10.9.9.9 80',
      'client$ seq 2000 | nc -N server 80',
      'client$ curl -s http://server/favicon.ico http://server/',
      'client$ ping -c 1 -s 4000 server',
      'client$ ping -c 1 10.9.9.9',
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
    impair: ['client eth0 delay 5ms loss 5% reorder 10% duplicate 5%', 'r1 eth0 delay 5ms loss 5%'],
    lines: ['server$ nc -l 5000 > /tmp/received &', 'client$ seq 30000 | nc -N server 5000'],
  },
};

const filters = [
  'arp',
  'ip6',
  'icmp6',
  'ip6 and tcp port 80',
  'host 2001:db8:3::2',
  'net 2001:db8:3::/64',
  'icmp',
  'tcp or udp',
  'host 10.0.4.2',
  'src host 10.0.1.2 and tcp',
  'dst 10.0.1.2',
  'net 10.0.4.0/24',
  'net 10.0.4',
  'src net 10.0.1.0/24 and not icmp',
  'port 53',
  'tcp port 80 or 81',
  'udp dst port 53',
  'tcp src port http',
  'portrange 80-90',
  'ether host ff:ff:ff:ff:ff:ff',
  'ether broadcast',
  'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0',
  'tcp[tcpflags] == tcp-syn',
  'tcp[13] & 4 != 0',
  'icmp[icmptype] == icmp-echo',
  'ip[8] < 5',
  'ip[6:2] & 0x3fff != 0',
  'udp[4:2] > 40',
  'greater 500',
  'less 60',
  'len > 1000 and tcp',
  'not (tcp or arp)',
  'ip and (host 10.0.4.2 or host 10.0.5.2) and not port 53',
];

const run = promisify(execFile);
const found = toolCapability('tcpdump');
const tool = found.present ? found.how : 'tcpdump';
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ackademy-tcpdump-'));
});
afterAll(async () => await rm(directory, { recursive: true, force: true }));

async function tcpdump(file: string, ...parameters: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run(tool, ['-nn', '-t', '-r', file, ...parameters], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.split('\n').slice(0, -1);
}

describe.each(Object.entries(scenarios))('%s', (title, options) => {
  const file = (): string => join(directory, `${title.replaceAll(/\W+/g, '-')}.pcapng`);
  let frames: readonly Uint8Array[] = [];
  beforeAll(async () => {
    const captured = await captureLab(options);
    frames = captured.map(({ frame }) => frame);
    const packets = captured.map(({ frame, atMs }) => ({
      interfaceIndex: 0,
      wallClockMs: 1_700_000_000_000 + atMs,
      frame,
    }));
    await writeFile(file(), writePcapng('test', [{ name: options.place }], packets));
  });

  test('every line is the one that tcpdump prints', async () => {
    const lines = new FrameLines();
    expect(frames.map((frame) => lines.line(frame))).toEqual(await tcpdump(file()));
  });

  test('with Ethernet headers, and with absolute sequence numbers', async () => {
    const lines = new FrameLines({ link: true, absolute: true });
    expect(frames.map((frame) => lines.line(frame))).toEqual(await tcpdump(file(), '-e', '-S'));
  });

  test.each([
    ['-v', { verbosity: 1 }],
    ['-vv', { verbosity: 2 }],
    ['-q', { quiet: true }],
    ['-qe', { quiet: true, link: true }],
  ])('with %s', async (flag, options) => {
    const lines = new FrameLines(options);
    const ours = frames.flatMap((frame) => lines.line(frame).split('\n'));
    expect(ours).toEqual(await tcpdump(file(), flag));
  });

  test('every filter finds the same frames', async () => {
    const differences: string[] = [];
    for (const filter of filters) {
      const ours = parseCaptureFilter(filter);
      if (!ours.ok) throw new Error(`${filter}: ${ours.message}`);
      const lines = new FrameLines({ absolute: true });
      const found = frames.filter(ours.matches).map((frame) => lines.line(frame));
      const theirs = await tcpdump(file(), '-S', filter);
      if (found.join('\n') !== theirs.join('\n'))
        differences.push(`${filter}: ours ${found.length}, tcpdump ${theirs.length}`);
    }
    expect(differences).toEqual([]);
  });
});

describe("a host's tcpdump", () => {
  let lab: VirtualLab;
  beforeAll(async () => {
    lab = await VirtualLab.start(planLab((await readTemplate('hello')).template, { seed: '1' }), { labId: 'interop' });
  });
  afterAll(async () => await lab.stop());

  async function client(line: string, stdin = new Uint8Array()): Promise<CommandResult> {
    const result = await lab.hosts.get('client')?.run(line, { stdin });
    if (result === undefined) throw new Error('no client');
    return result;
  }

  test('what it writes, the real one reads', async () => {
    const { stdout } = await client(
      'tcpdump -w - -c 6 tcp > /tmp/written & tcpdump -nn -t -c 6 tcp > /tmp/printed &' +
        'sleep 0.1; curl -s http://server/ > /tmp/page; wait; cat /tmp/written',
    );
    const path = join(directory, 'written.pcapng');
    await writeFile(path, stdout);
    const ours = new TextDecoder().decode((await client('cat /tmp/printed')).stdout);
    const theirs = await tcpdump(path);
    expect(theirs).toHaveLength(6);
    expect(ours.split('\n').slice(0, -1)).toEqual(theirs);
  });

  test.each(['', '-tt', '-ttt', '-tttt', '-ttttt', '-v -e', '-vv -S', '-x -q', '-X -c 5', 'udp port 53'])(
    'what the real one writes, it reads as the real one does: %s',
    async (flags) => {
      const source = join(directory, 'names-pings-and-pages.pcapng');
      const path = join(directory, 'real.pcap');
      await run(tool, ['-r', source, '-w', path]);
      const words = flags === '' ? [] : flags.split(' ');
      const real = await run(tool, ['-nn', '-r', path, ...words], { env: { ...process.env, TZ: 'UTC' } });
      const { status, stdout, stderr } = await client(`tcpdump -nn -r - ${flags}`, await readFile(path));
      expect(new TextDecoder().decode(stdout)).toBe(real.stdout);
      expect(new TextDecoder().decode(stderr)).toBe(real.stderr.replace(path, '-'));
      expect(status).toBe(0);
    },
  );
});
