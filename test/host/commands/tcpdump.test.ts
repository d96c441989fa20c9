// tcpdump at a host of a lab, on virtual time: what it prints, when it ends, what it refuses.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTemplate } from '../../../src/catalogue/read.ts';
import { planLab } from '../../../src/lab/make-plan.ts';
import { VirtualLab } from '../../../src/runtime/embedded/virtual-runtime.ts';

let lab: VirtualLab;
beforeEach(async () => {
  lab = await VirtualLab.start(planLab((await readTemplate('hello')).template, { seed: '1' }), { labId: 'tcpdump' });
});
afterEach(async () => {
  await lab.pass(1000);
  await lab.stop();
  expect(lab.pendingTimers).toBe(0);
});

async function run(host: string, line: string): Promise<{ status: number; stdout: string; stderr: string }> {
  const result = await lab.hosts.get(host)?.run(line);
  if (result === undefined) throw new Error(`no host ${host}`);
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { status: result.status, stdout: text(result.stdout), stderr: text(result.stderr) };
}

test('prints what its filter lets pass, ends after -c frames, and sums up', async () => {
  const dump = run('client', 'tcpdump -n -c 2 icmp');
  await lab.pass(100);
  await run('client', 'ping -c 1 server');
  const { status, stdout, stderr } = await dump;
  expect(status).toBe(0);
  expect(stdout.split('\n').map((line) => line.replace(/id \d+/, 'id N'))).toEqual([
    '00:00:00.100000 IP 10.0.1.2 > 10.0.4.2: ICMP echo request, id N, seq 1, length 64',
    '00:00:00.100000 IP 10.0.4.2 > 10.0.1.2: ICMP echo reply, id N, seq 1, length 64',
    '',
  ]);
  expect(stderr).toBe(
    'tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n' +
      'listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n' +
      '2 packets captured\n2 packets received by filter\n0 packets dropped by kernel\n',
  );
});

test('shows names, and takes them in filters', async () => {
  const dump = run('client', 'tcpdump -t -c 1 tcp and dst host server and port http');
  await lab.pass(100);
  await run('client', 'curl -s http://server/');
  expect((await dump).stdout).toMatch(/^IP client\.lab\.\d+ > server\.lab\.http: Flags \[S\], /);
});

test('-i any says where each frame was seen, and which way it went', async () => {
  const dump = run('r1', 'tcpdump -n -t -i any -c 2 icmp');
  await lab.pass(100);
  await run('client', 'ping -c 1 server');
  const lines = (await dump).stdout.split('\n');
  expect(lines[0]).toMatch(/^eth0 {2}In {2}IP 10\.0\.1\.2 > 10\.0\.4\.2: ICMP echo request/);
  expect(lines[1]).toMatch(/^eth1 {2}Out IP 10\.0\.1\.2 > 10\.0\.4\.2: ICMP echo request/);
});

test('-w writes a capture file', async () => {
  const dump = run('client', 'tcpdump -w /tmp/x.pcapng -c 2 icmp');
  await lab.pass(100);
  await run('client', 'ping -c 1 server');
  expect((await dump).status).toBe(0);
  const head = await run('client', 'head -c 4 /tmp/x.pcapng | xxd');
  expect(head.stdout).toContain('0a0d 0d0a');
});

test('-r reads it again, with its times and through a filter', async () => {
  const dump = run('client', 'tcpdump -w /tmp/x.pcapng -c 4 icmp');
  await lab.pass(100);
  await run('client', 'ping -c 2 server');
  expect((await dump).stderr).toContain('tcpdump: listening on eth0, ');
  const { status, stdout, stderr } = await run(
    'client',
    'tcpdump -n -q -ttt -r /tmp/x.pcapng icmp[icmptype] == icmp-echoreply',
  );
  expect(stdout.split('\n').map((line) => line.replace(/, id.*/, ''))).toEqual([
    ' 00:00:00.000000 IP 10.0.4.2 > 10.0.1.2: ICMP echo reply',
    ' 00:00:01.000000 IP 10.0.4.2 > 10.0.1.2: ICMP echo reply',
    '',
  ]);
  expect(stderr).toBe('reading from file /tmp/x.pcapng, link-type EN10MB (Ethernet), snapshot length 262144\n');
  expect(status).toBe(0);
});

test('Ctrl-C ends it with its summary and status 0', async () => {
  const terminal = await lab.hosts.get('client')?.openTerminal({ columns: 100, rows: 24 });
  if (terminal === undefined) throw new Error('no client');
  let output = '';
  terminal.onOutput((bytes) => {
    output += new TextDecoder().decode(bytes);
  });
  terminal.write(new TextEncoder().encode('tcpdump -n icmp\r'));
  await lab.pass(100);
  await run('client', 'ping -c 1 server');
  await lab.pass(100);
  terminal.write(new TextEncoder().encode('\x03'));
  await lab.pass(100);
  terminal.write(new TextEncoder().encode('echo status $?\r'));
  await lab.pass(100);
  expect(output).toMatch(/echo reply.*\r\n\^C2 packets captured\r\n2 packets received by filter\r\n/s);
  expect(output).toContain('status 0');
  terminal.close();
});

test.each([
  ['tcpdump -r /tmp/none', 'tcpdump: /tmp/none: No such file or directory\n'],
  ['tcpdump -r /etc/hosts', 'tcpdump: unknown file format\n'],
  ['tcpdump -i eth9', 'tcpdump: eth9: No such device exists\n'],
  ['tcpdump port nosuch', "tcpdump: unknown port 'nosuch'\n"],
  ['tcpdump host nosuch.lab', "tcpdump: unknown host 'nosuch.lab'\n"],
])('%s is refused', async (line, stderr) => {
  expect(await run('client', line)).toMatchObject({ status: 1, stderr });
});
