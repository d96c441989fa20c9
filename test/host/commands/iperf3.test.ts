// iperf3 between two hosts of a lab, on virtual time: what both sides print, and that the figures are the wire's.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planLab } from '../../../src/lab/make-plan.ts';
import { templateOf } from '../../../src/lab/parse.ts';
import { VirtualLab } from '../../../src/runtime/embedded/virtual-runtime.ts';

const template = templateOf(
  `
name: path
title: { en: Path }
summary: { en: For tests. }
hosts: { client: {}, server: { role: server } }
links:
  - { ends: [client, server], impair: { both: "delay 5ms rate 20mbit" } }
`,
  'path.yaml',
);

let lab: VirtualLab;
beforeEach(async () => {
  lab = await VirtualLab.start(planLab(template, { seed: '1' }), { labId: 'iperf3' });
});
afterEach(async () => {
  await lab.pass(1000);
  await lab.stop();
});

async function run(host: string, line: string): Promise<{ status: number; stdout: string; stderr: string }> {
  const result = await lab.hosts.get(host)?.run(line, { timeoutMs: 120_000 });
  if (result === undefined) throw new Error(`no host ${host}`);
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { status: result.status, stdout: text(result.stdout), stderr: text(result.stderr) };
}

/** Mbit/s of the line that ends so. */
const rateOf = (text: string, role: 'sender' | 'receiver'): number =>
  Number(new RegExp(`([\\d.]+) Mbits/sec.*${role}$`, 'm').exec(text)?.[1]);

describe('a test', () => {
  test('prints a line a second and what arrived: nearly all that the wire carries', async () => {
    const server = run('server', 'iperf3 -s -1');
    const client = await run('client', 'iperf3 -c 10.0.1.2 -t 4');
    expect(client).toMatchObject({ status: 0, stderr: '' });
    expect(client.stdout).toMatch(
      /^Connecting to host 10\.0\.1\.2, port 5201\n\[ {2}5\] local 10\.0\.1\.1 port \d+ connected to 10\.0\.1\.2 port 5201\n/,
    );
    expect(client.stdout.match(/^\[ {2}5\] +\d\.00-\d\.00 /gm)).toHaveLength(6); // four seconds, and the two sums
    expect(rateOf(client.stdout, 'receiver')).toBeGreaterThan(17);
    expect(rateOf(client.stdout, 'receiver')).toBeLessThan(20);
    expect(client.stdout).toContain('\niperf Done.\n');
    const { status, stdout } = await server;
    expect(status).toBe(0);
    expect(stdout).toContain('Server listening on 5201 (test #1)');
    expect(stdout).toMatch(/Accepted connection from 10\.0\.1\.1, port \d+/);
  });

  test('the other way round, with two streams', async () => {
    const server = run('server', 'iperf3 -s -1');
    const { stdout, status } = await run('client', 'iperf3 -c 10.0.1.2 -R -P 2 -t 2 -i 0');
    expect(status).toBe(0);
    expect(stdout).toContain('Reverse mode, remote host 10.0.1.2 is sending');
    expect(stdout.match(/receiver$/gm)).toHaveLength(2);
    await server;
  });

  test('of a number of bytes ends when they were sent', async () => {
    const server = run('server', 'iperf3 -s -1');
    const { stdout } = await run('client', 'iperf3 -c 10.0.1.2 -n 1M -i 0');
    expect(stdout).toMatch(/1\.00 MBytes .*sender/);
    await server;
  });
});

describe('what can not be is said', () => {
  test.each([
    ['iperf3', 'iperf3: parameter error - must either be a client (-c) or server (-s)\n'],
    ['iperf3 -c 10.0.1.2', 'iperf3: error - unable to connect to server: Connection refused\n'],
    ['iperf3 -c nosuch', 'iperf3: error - unable to connect to server: Temporary failure in name resolution\n'],
    ['iperf3 -c 10.0.1.2 -n many', 'iperf3: error - an amount is a number with K, M or G behind it\n'],
  ])('%s', async (line, stderr) => {
    expect(await run('client', line)).toMatchObject({ status: 1, stderr });
  });

  test('a server that meets somebody who speaks something else goes on', async () => {
    const server = run('server', 'iperf3 -s -1');
    await run('client', 'yes | head -c 60 | nc -N 10.0.1.2 5201');
    expect((await server).stderr).toContain('iperf3: error - ');
  });
});
