// The world and its pace: whole labs on virtual time, in this thread.
import { afterEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/lab/plan.ts';
import { VirtualLab } from '../../../src/runtime/embedded/virtual-runtime.ts';
import type { CapturedFrame, RunningHost } from '../../../src/runtime/runtime.ts';
import type { Impairment } from '../../../src/wiring/impairment/impairment.ts';
import { plannedHost, plannedLab, routedHosts, twoHosts } from '../../support/plan.ts';

const labs: VirtualLab[] = [];

async function started(plan: Plan): Promise<VirtualLab> {
  const lab = await VirtualLab.start(plan, { labId: 'test' });
  labs.push(lab);
  return lab;
}

afterEach(async () => {
  for (const lab of labs.splice(0)) {
    await lab.stop();
    expect(lab.pendingTimers).toBe(0);
  }
});

function hostOf(lab: VirtualLab, name: string): RunningHost {
  const host = lab.hosts.get(name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return host;
}

async function run(lab: VirtualLab, host: string, command: string): Promise<string> {
  const { stdout, stderr, status } = await hostOf(lab, host).run(command);
  const decoder = new TextDecoder();
  return `${decoder.decode(stdout)}${decoder.decode(stderr)}[${status}]`;
}

const delay = (delayMs: number): Impairment => ({
  delay: { delayMs, jitterMs: 0, correlation: 0, distribution: 'uniform' },
});

describe('time', () => {
  test('passes only while somebody waits, and then at once', async () => {
    const lab = await started(twoHosts());
    expect(lab.labMs).toBe(0);
    await hostOf(lab, 'a').run('sleep 50');
    expect(lab.labMs).toBe(50_000);
    await lab.pass(10_000);
    expect(lab.labMs).toBe(60_000);
  });

  test('two that wait are both served', async () => {
    const lab = await started(twoHosts());
    await Promise.all([hostOf(lab, 'a').run('sleep 3'), hostOf(lab, 'b').run('sleep 5'), lab.pass(1000)]);
    expect(lab.labMs).toBe(5000);
  });

  test('a command’s time limit is lab time', async () => {
    const lab = await started(twoHosts());
    await expect(hostOf(lab, 'a').run('sleep 1000')).rejects.toMatchObject({ code: 'command-timeout' });
    expect(lab.labMs).toBe(60_000);
  });
});

describe('wires', () => {
  test('hosts reach each other across a router', async () => {
    const lab = await started(routedHosts());
    expect(await run(lab, 'client', 'ping -c 3 10.0.2.2')).toContain(' 0% packet loss');
  });

  test('the egress impairments of the plan hold from the start', async () => {
    const plan = twoHosts();
    const impaired: Plan = {
      ...plan,
      hosts: plan.hosts.map((host) => ({
        ...host,
        interfaces: host.interfaces.map((one) => ({ ...one, egress: delay(40) })),
      })),
    };
    const lab = await started(impaired);
    await lab.pass(5000);
    await run(lab, 'a', 'ping -c 1 10.0.1.2'); // address resolution takes a round trip of its own
    expect(await run(lab, 'a', 'ping -c 1 10.0.1.2')).toMatch(/time=80(\.0)? ms/);
  });

  test('an impairment holds for one direction and can be replaced', async () => {
    const lab = await started(twoHosts());
    await run(lab, 'a', 'ping -c 1 10.0.1.2');
    await lab.impair('a', 'eth0', delay(25));
    expect(await run(lab, 'a', 'ping -c 1 10.0.1.2')).toMatch(/time=25(\.0)? ms/);
    expect(await run(lab, 'b', 'ping -c 1 10.0.1.1')).toMatch(/time=25(\.0)? ms/);
    await lab.impair('a', 'eth0', { loss: { kind: 'random', share: 1, correlation: 0 } });
    expect(await run(lab, 'b', 'ping -c 1 10.0.1.1')).toContain('100% packet loss');
    await lab.impair('a', 'eth0', {});
    expect(await run(lab, 'b', 'ping -c 1 10.0.1.1')).toContain(' 0% packet loss');
  });

  test('a cut segment loses everything until it is restored; the others go on', async () => {
    const lab = await started(routedHosts());
    await lab.setSegment('right', 'cut');
    expect(await run(lab, 'client', 'ping -c 1 10.0.2.2')).toContain('100% packet loss');
    expect(await run(lab, 'client', 'ping -c 1 10.0.1.1')).toContain(' 0% packet loss');
    await lab.setSegment('right', 'up');
    expect(await run(lab, 'client', 'ping -c 1 10.0.2.2')).toContain(' 0% packet loss');
  });

  test('a link has two ends, a network any number', async () => {
    const three = plannedLab(
      ['a', 'b', 'c'].map((name, index) =>
        plannedHost(name, [{ segment: 'n', mac: `02:00:00:00:00:0${index + 1}`, address: `10.0.0.${index + 1}/24` }]),
      ),
    );
    const lab = await started(three);
    expect(await run(lab, 'a', 'ping -c 1 10.0.0.3')).toContain(' 0% packet loss');
    const [segment] = three.segments;
    if (segment === undefined) throw new Error('a segment');
    await expect(started({ ...three, segments: [{ ...segment, kind: 'link' }] })).rejects.toThrow('two ends');
  });
});

describe('what cannot be', () => {
  test('is refused with its place', async () => {
    const lab = await started(twoHosts());
    await expect(lab.impair('z', 'eth0', {})).rejects.toMatchObject({ code: 'host-unknown', place: { host: 'z' } });
    await expect(lab.impair('a', 'eth7', {})).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(lab.impair('a', 'eth0', { rateBitsPerSecond: -1 })).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(lab.setSegment('moon', 'cut')).rejects.toMatchObject({ code: 'bad-argument' });
  });

  test('a plan with a route to nowhere names the host, and nothing is left', async () => {
    const plan = twoHosts();
    const [a, b] = plan.hosts;
    if (a === undefined || b === undefined) throw new Error('two hosts');
    const routes = [{ destination: '0.0.0.0/0', gateway: '192.0.2.1', interface: 'eth0', metric: 0 }];
    const broken: Plan = { ...plan, hosts: [a, { ...b, routes }] };
    await expect(started(broken)).rejects.toMatchObject({ code: 'template-invalid', place: { host: 'b' } });
  });
});

describe('a restart', () => {
  test('keeps addresses, wires and impairments, and forgets everything in memory', async () => {
    const lab = await started(twoHosts());
    await lab.impair('b', 'eth0', delay(30));
    await run(lab, 'b', 'echo data > /tmp/file');
    await hostOf(lab, 'b').restart();
    expect(await run(lab, 'b', 'cat /tmp/file')).toContain('[1]');
    await run(lab, 'a', 'ping -c 1 10.0.1.2');
    expect(await run(lab, 'a', 'ping -c 1 10.0.1.2')).toMatch(/time=30(\.0)? ms/);
  });

  test('closes the host’s terminals and interrupts its runs', async () => {
    const lab = await started(twoHosts());
    const terminal = await hostOf(lab, 'a').openTerminal({ columns: 80, rows: 24 });
    let closed = 0;
    terminal.onClosed(() => (closed += 1));
    const running = hostOf(lab, 'a').run('sleep 100');
    running.catch(() => undefined);
    await hostOf(lab, 'a').restart();
    await expect(running).rejects.toMatchObject({ code: 'host-down' });
    expect(closed).toBe(1);
  });
});

describe('captures', () => {
  test('show every frame at both ends, in lab time', async () => {
    const lab = await started(twoHosts());
    await lab.pass(5000);
    await run(lab, 'a', 'ping -c 1 10.0.1.2');
    await lab.impair('a', 'eth0', delay(7));
    const frames: CapturedFrame[] = [];
    const capture = lab.capture((frame) => frames.push(frame));
    const startMs = lab.labMs;
    await run(lab, 'a', 'ping -c 1 10.0.1.2');
    capture.dispose();
    expect(frames.map(({ host, direction, atMs }) => [host, direction, atMs - startMs])).toEqual([
      ['a', 'out', 0],
      ['b', 'in', 7],
      ['b', 'out', 7],
      ['a', 'in', 7],
    ]);
    await run(lab, 'a', 'ping -c 1 10.0.1.2');
    expect(frames).toHaveLength(4);
  });

  test('go on after a restart', async () => {
    const lab = await started(twoHosts());
    const hosts = new Set<string>();
    await hostOf(lab, 'b').restart();
    lab.capture((frame) => hosts.add(`${frame.host} ${frame.direction}`));
    await hostOf(lab, 'a').restart();
    await run(lab, 'a', 'ping -c 1 10.0.1.2');
    expect(Array.from(hosts).sort()).toEqual(['a in', 'a out', 'b in', 'b out']);
  });
});

describe('determinism', () => {
  const lossy: Impairment = {
    delay: { delayMs: 20, jitterMs: 10, correlation: 0.25, distribution: 'normal' },
    loss: { kind: 'random', share: 0.2, correlation: 0 },
    duplicate: { share: 0.1, correlation: 0 },
  };

  async function history(seed: string): Promise<string> {
    const lab = await started({ ...routedHosts(), seed });
    await lab.impair('client', 'eth0', lossy);
    await lab.impair('router', 'eth0', lossy);
    const lines: string[] = [];
    lab.capture(({ host, interface: name, direction, atMs, frame }) => {
      lines.push(`${atMs} ${host} ${name} ${direction} ${Buffer.from(frame).toString('hex')}`);
    });
    await run(lab, 'client', 'ping -c 20 -i 0.2 10.0.2.2');
    return lines.join('\n');
  }

  test('the same plan and the same commands give the same packets at the same times', async () => {
    const [first, second, other] = [await history('a'), await history('a'), await history('b')];
    expect(first.split('\n').length).toBeGreaterThan(60);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });
});
