// What every runtime must do: one suite, given a way to open the runtime. Each implementation's test file is ten lines.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Fault } from '../../src/base/fault.ts';
import { readTemplate } from '../../src/catalogue/read.ts';
import { terminalCreditBytes } from '../../src/host/agent/messages.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import type { Plan } from '../../src/lab/plan.ts';
import type { ProgressEvent } from '../../src/runtime/progress.ts';
import type { CapturedFrame, LabState, RunningHost, RunningLab, Runtime } from '../../src/runtime/runtime.ts';
import type { Impairment } from '../../src/wiring/impairment/impairment.ts';
import { routedHosts, twoHosts } from '../support/plan.ts';
import { WatchedTerminal } from '../support/watched-terminal.ts';

const labTimeoutMs = 120_000;

const delay = (delayMs: number): Impairment => ({
  delay: { delayMs, jitterMs: 0, correlation: 0, distribution: 'uniform' },
});
const loss = (share: number): Impairment => ({ loss: { kind: 'random', share, correlation: 0 } });

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function hostOf(lab: RunningLab, name: string): RunningHost {
  const host = lab.hosts.get(name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return host;
}

async function run(lab: RunningLab, host: string, command: string, stdin = ''): Promise<Answer> {
  const result = await hostOf(lab, host).run(command, { stdin: new TextEncoder().encode(stdin) });
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { status: result.status, stdout: text(result.stdout), stderr: text(result.stderr) };
}

/** Round trips that ping measured, ms. */
async function roundTrips(lab: RunningLab, from: string, to: string, count = 3): Promise<readonly number[]> {
  const { stdout } = await run(lab, from, `ping -c ${count} -i 0.2 -W 1 ${to}`);
  return Array.from(stdout.matchAll(/time=([\d.]+) ms/g), (match) => Number(match[1]));
}

const least = (values: readonly number[]): number => Math.min(...values);

/** Resolves when a program of the host listens on the TCP port. */
async function listening(lab: RunningLab, host: string, port: number): Promise<void> {
  for (;;) {
    const { tcp } = await hostOf(lab, host).inspect();
    if (tcp.some((socket) => socket.state === 'LISTEN' && socket.local.port === port)) return;
    await run(lab, host, 'sleep 0.05');
  }
}

/** Resolves when the host has an IPv6 address of a router's prefix, and may use it. */
async function configured(lab: RunningLab, host: string): Promise<void> {
  for (;;) {
    const { interfaces } = await hostOf(lab, host).inspect();
    const addresses = interfaces.flatMap((each) => each.addresses);
    if (addresses.some(({ dynamic, state }) => dynamic === true && state === 'preferred')) return;
    await run(lab, host, 'sleep 0.2');
  }
}

/** The suite. `open` gives a runtime of its own that sees no labs but those that it starts. */
export function runtimeContract(name: string, open: () => Promise<Runtime>): void {
  let runtime: Runtime;
  let count = 0;
  const newId = (): string => `c${process.pid}-${(count += 1)}`;

  describe(`${name} runtime`, { timeout: labTimeoutMs }, () => {
    beforeAll(async () => {
      runtime = await open();
    }, labTimeoutMs);

    afterAll(async () => {
      await runtime.removeAll();
      await runtime.close();
    }, labTimeoutMs);

    describe('starting and stopping', () => {
      startingAndStopping(() => runtime, newId);
    });

    describe('a lab of both families', () => {
      test('a client configures itself from its router, and IPv6 reaches everywhere that IPv4 does', async () => {
        const { template } = await readTemplate('two-families');
        const lab = await runtime.start(planLab(template, { seed: 'contract' }), { labId: newId() });
        await configured(lab, 'client');
        const ping = await run(lab, 'client', 'ping -6 -c 2 -i 0.2 server');
        expect(ping).toMatchObject({ status: 0 });
        expect(ping.stdout).toContain('ttl=62');
        expect((await run(lab, 'client', 'traceroute -6 -n -q 1 server')).stdout).toMatch(/\n 2 {2}2001:db8:2::2 /);
        expect((await run(lab, 'client', 'curl -s -6 http://server/')).stdout).toBe('Hello, world\n');
        expect((await run(lab, 'client', 'ping -6 -c 3 -i 0.2 -W 1 -s 1400 server')).stdout).toContain(
          'too big: mtu=1280',
        );
        expect((await run(lab, 'server', 'ping -6 -c 1 client')).status).toBe(0);
        await lab.stop();
      });
    });

    describe('a running lab', () => {
      let lab: RunningLab;
      beforeAll(async () => {
        const { template } = await readTemplate('hello');
        lab = await runtime.start(planLab(template, { seed: 'contract' }), { labId: newId() });
      }, labTimeoutMs);
      afterAll(async () => await lab.stop(), labTimeoutMs);
      afterEach(async () => {
        for (const host of ['client', 'r1', 'server']) await lab.impair(host, 'eth0', {});
      });

      commands(() => lab);
      packets(() => lab);
      events(() => lab);
      wires(() => lab);
      captures(() => lab);
      terminals(() => lab);
      restarts(() => lab);
    });
  });
}

function startingAndStopping(runtime: () => Runtime, newId: () => string): void {
  test('a lab has the hosts of its plan, and every shell answers at once', async () => {
    const labId = newId();
    const lab = await runtime().start(routedHosts(), { labId });
    expect(lab).toMatchObject({ id: labId, runtime: runtime().kind });
    expect(lab.plan).toEqual(routedHosts());
    expect([...lab.hosts.keys()].sort()).toEqual(['client', 'router', 'server']);
    for (const host of lab.hosts.keys()) expect((await run(lab, host, 'hostname')).stdout).toBe(`${host}\n`);
    await lab.stop();
  });

  test('progress names every host and every segment', async () => {
    const events: ProgressEvent[] = [];
    const lab = await runtime().start(routedHosts(), { labId: newId(), progress: (event) => events.push(event) });
    const done = (step: string): readonly string[] =>
      events.filter((event) => event.step === step && event.state === 'done').map((event) => event.name);
    expect(new Set(done('host'))).toEqual(new Set(['client', 'router', 'server']));
    expect(new Set(done('network'))).toEqual(new Set(['left', 'right']));
    for (const { done: finished, total } of events) expect(finished).toBeLessThanOrEqual(total);
    await lab.stop();
  });

  test('starting the same lab again gives the running one, also while it starts; another plan is refused', async () => {
    const labId = newId();
    const [first, second] = await Promise.all([
      runtime().start(twoHosts(), { labId }),
      runtime().start(twoHosts(), { labId }),
    ]);
    expect(second).toBe(first);
    expect(await runtime().start(twoHosts(), { labId })).toBe(first);
    await expect(runtime().start(routedHosts(), { labId })).rejects.toMatchObject({ code: 'bad-argument' });
    await first.stop();
  });

  test('two labs with the same addresses do not see each other', async () => {
    const [one, two] = await Promise.all([
      runtime().start(twoHosts(), { labId: newId() }),
      runtime().start(twoHosts(), { labId: newId() }),
    ]);
    await two.setSegment('net', 'cut');
    expect((await run(one, 'a', 'ping -c 1 10.0.1.2')).status).toBe(0);
    expect((await run(two, 'a', 'ping -c 1 -W 1 10.0.1.2')).status).toBe(1);
    await Promise.all([one.stop(), two.stop()]);
  });

  test('an aborted start leaves nothing behind: its id is free', async () => {
    const labId = newId();
    const controller = new AbortController();
    const starting = runtime().start(twoHosts(), { labId, signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(starting).rejects.toThrow('changed my mind');
    const lab = await runtime().start(routedHosts(), { labId });
    await lab.stop();
  });

  test('a plan that cannot be made true is refused with a fault, and its id is free', async () => {
    const labId = newId();
    const plan = twoHosts();
    const routes = [{ destination: '0.0.0.0/0', gateway: '192.0.2.1', interface: 'eth0', metric: 0 }];
    const broken: Plan = { ...plan, hosts: plan.hosts.map((host) => ({ ...host, routes })) };
    await expect(runtime().start(broken, { labId })).rejects.toBeInstanceOf(Fault);
    await (await runtime().start(plan, { labId })).stop();
  });

  test('a stopped lab says so once, answers no more, and its id is free', async () => {
    const labId = newId();
    const lab = await runtime().start(twoHosts(), { labId });
    const ends: LabState[] = [];
    lab.onEnded((state) => ends.push(state));
    const running = hostOf(lab, 'a').run('sleep 1000');
    running.catch(() => undefined);
    await lab.stop();
    await lab.stop();
    expect(ends).toEqual(['stopped']);
    await expect(running).rejects.toBeInstanceOf(Fault);
    await expect(hostOf(lab, 'a').run('true')).rejects.toBeInstanceOf(Fault);
    lab.onEnded((state) => ends.push(state)); // who comes late hears it too
    expect(ends).toEqual(['stopped', 'stopped']);
    await (await runtime().start(routedHosts(), { labId })).stop();
  });

  test('removing everything says what it removed', async () => {
    const labId = newId();
    const lab = await runtime().start(twoHosts(), { labId });
    const ended = new Promise((resolve) => void lab.onEnded(resolve));
    expect(await runtime().removeAll()).toContain(`lab ${labId}`);
    expect(await ended).toBe('stopped');
  });

  test('the runtime describes itself in facts', async () => {
    const facts = await runtime().describe();
    expect(facts.length).toBeGreaterThan(0);
    for (const fact of facts) expect(fact.value).not.toBe('');
  });
}

function commands(lab: () => RunningLab): void {
  test('a command’s output, errors, input and status come back', async () => {
    const piped = await run(lab(), 'client', 'cat; nosuch; exit 4', 'some input');
    expect(piped).toEqual({ status: 4, stdout: 'some input', stderr: 'nosuch: command not found\n' });
    expect((await run(lab(), 'client', 'nosuch')).status).toBe(127);
    expect((await run(lab(), 'client', 'false || true')).status).toBe(0);
  });

  test('large output is complete', async () => {
    const { stdout } = await run(lab(), 'client', 'seq 200000');
    expect(stdout.length).toBe(1_288_895);
    expect(stdout.endsWith('\n200000\n')).toBe(true);
  });

  test('a command that takes too long is ended with a fault', async () => {
    const running = hostOf(lab(), 'client').run('sleep 1000', { timeoutMs: 300 });
    await expect(running).rejects.toMatchObject({ code: 'command-timeout' });
    expect((await run(lab(), 'client', 'ps')).stdout).not.toContain('sleep 1000');
  });

  test('aborting ends the command', async () => {
    const controller = new AbortController();
    const running = hostOf(lab(), 'client').run('sleep 1000', { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toThrow();
    expect((await run(lab(), 'client', 'ps')).stdout).not.toContain('sleep 1000');
  });

  test('unknown hosts, interfaces and segments are faults that say so', async () => {
    expect(lab().hosts.get('nobody')).toBeUndefined();
    await expect(lab().impair('nobody', 'eth0', {})).rejects.toMatchObject({ code: 'host-unknown' });
    await expect(lab().impair('client', 'eth9', {})).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(lab().setSegment('nowhere', 'cut')).rejects.toMatchObject({ code: 'bad-argument' });
  });
}

function events(lab: () => RunningLab): void {
  test('what happens in a stack is told: the states of a connection, in their order', async () => {
    const states: string[] = [];
    const subscription = hostOf(lab(), 'client').onEvent((event) => {
      if (event.kind === 'tcp-state' && event.remote.port === 80) states.push(event.to);
    });
    await run(lab(), 'client', 'curl -s http://server/');
    for (let tries = 0; tries < 100 && !states.includes('TIME_WAIT'); tries += 1)
      await run(lab(), 'client', 'sleep 0.05');
    subscription.dispose();
    expect(states.slice(0, 2)).toEqual(['SYN_SENT', 'ESTABLISHED']);
    expect(states).toContain('TIME_WAIT');
  });

  test('a check’s own packets use ports that nobody else gets', async () => {
    const ports: number[] = [];
    const capture = lab().capture(({ host, direction, frame }) => {
      const isTcpSyn = frame[12] === 8 && frame[13] === 0 && frame[23] === 6 && (frame[47] ?? 0) === 2;
      if (host === 'client' && direction === 'out' && isTcpSyn) ports.push(((frame[34] ?? 0) << 8) | (frame[35] ?? 0));
    });
    await run(lab(), 'client', 'nc -z server 80');
    await hostOf(lab(), 'client').run('nc -z server 80', { asJudge: true });
    for (let tries = 0; tries < 100 && ports.length < 2; tries += 1) await run(lab(), 'client', 'sleep 0.05');
    capture.dispose();
    expect(ports.map((port) => port >= 61_000)).toEqual([false, true]);
  });
}

function packets(lab: () => RunningLab): void {
  test('ping crosses three routers', async () => {
    const { status, stdout } = await run(lab(), 'client', 'ping -c 2 -i 0.2 server');
    expect(status).toBe(0);
    expect(stdout).toContain(' 0% packet loss');
    expect(stdout).toContain('ttl=61');
  });

  test('names are looked up and pages fetched across the lab', async () => {
    expect((await run(lab(), 'client', 'dig +short www.lab')).stdout).toContain('server.lab.');
    expect((await run(lab(), 'client', 'curl -s http://www.lab/')).status).toBe(0);
  });

  test('the inspection shows addresses, routes, sockets, neighbors and counters', async () => {
    const before = await hostOf(lab(), 'r1').inspect();
    await run(lab(), 'client', 'ping -c 2 -i 0.2 server');
    const after = await hostOf(lab(), 'r1').inspect();
    const forwarded = (inspection: typeof before): number => inspection.counters['IpForwDatagrams'] ?? 0;
    expect(forwarded(after) - forwarded(before)).toBeGreaterThanOrEqual(4);
    expect(after.interfaces.map(({ name }) => name)).toEqual(['lo', 'eth0', 'eth1']);
    expect(after.routes.length).toBeGreaterThanOrEqual(4);
    expect(after.neighbors.length).toBeGreaterThanOrEqual(2);
    await listening(lab(), 'server', 80);
  });
}

function wires(lab: () => RunningLab): void {
  test('an impairment delays one direction and is taken back', async () => {
    await run(lab(), 'client', 'ping -c 1 server');
    await lab().impair('client', 'eth0', delay(100));
    expect(least(await roundTrips(lab(), 'client', 'server'))).toBeGreaterThanOrEqual(100);
    expect(least(await roundTrips(lab(), 'client', 'server'))).toBeLessThan(180);
    await lab().impair('r1', 'eth0', delay(100)); // the other direction of the same link
    expect(least(await roundTrips(lab(), 'client', 'server'))).toBeGreaterThanOrEqual(200);
    await lab().impair('client', 'eth0', {});
    await lab().impair('r1', 'eth0', {});
    expect(least(await roundTrips(lab(), 'client', 'server'))).toBeLessThan(100);
  });

  test('lossy wires lose', async () => {
    await lab().impair('client', 'eth0', loss(1));
    expect(await roundTrips(lab(), 'client', 'server')).toEqual([]);
    await lab().impair('client', 'eth0', {});
    expect(await roundTrips(lab(), 'client', 'server')).toHaveLength(3);
  });

  test('a cut segment loses everything and keeps the carrier, until it is restored', async () => {
    const [segment] = lab().plan.segments;
    if (segment === undefined) throw new Error('the template has segments');
    await lab().setSegment(segment.name, 'cut');
    expect(await roundTrips(lab(), 'client', 'server')).toEqual([]);
    const { interfaces } = await hostOf(lab(), 'client').inspect();
    expect(interfaces.find(({ name }) => name === 'eth0')?.carrier).toBe(true);
    await lab().setSegment(segment.name, 'up');
    expect((await roundTrips(lab(), 'client', 'server')).length).toBeGreaterThan(0);
  });

  test('a megabyte crosses lossy wires by TCP, byte for byte', async () => {
    const bad: Impairment = { ...delay(2), ...loss(0.02) };
    await lab().impair('client', 'eth0', bad);
    await lab().impair('r1', 'eth0', bad);
    const received = run(lab(), 'server', 'nc -l 5000 > /tmp/received');
    await listening(lab(), 'server', 5000);
    await run(lab(), 'client', 'seq 170000 > /tmp/sent');
    const sent = await run(lab(), 'client', 'nc server 5000 < /tmp/sent');
    expect(sent.stderr + String(sent.status)).toBe('0');
    await received;
    const [here, there] = [
      await run(lab(), 'client', 'wc -c < /tmp/sent; sha256sum < /tmp/sent'),
      await run(lab(), 'server', 'wc -c < /tmp/received; sha256sum < /tmp/received'),
    ];
    expect(Number.parseInt(here.stdout, 10)).toBeGreaterThan(1_000_000);
    expect(there.stdout).toBe(here.stdout);
    const { counters } = await hostOf(lab(), 'client').inspect();
    expect(counters['TcpRetransSegs']).toBeGreaterThan(0);
  });
}

function captures(lab: () => RunningLab): void {
  test('a capture shows frames where they are sent and received, until it is disposed', async () => {
    await run(lab(), 'client', 'ping -c 1 server'); // addresses are resolved
    const frames: CapturedFrame[] = [];
    let enough: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => (enough = resolve));
    const capture = lab().capture((frame) => {
      frames.push(frame);
      if (echoes(frames).length >= 16) enough();
    });
    await run(lab(), 'client', 'ping -c 1 server');
    await seen; // request and reply, sent and received on four links
    capture.dispose();
    const places = echoes(frames).map(({ host, interface: name, direction }) => `${host} ${name} ${direction}`);
    for (const place of ['client eth0 out', 'r1 eth0 in', 'r2 eth0 in', 'server eth0 in', 'client eth0 in']) {
      expect(places).toContain(place);
    }
    for (const { atMs } of frames) expect(atMs).toBeGreaterThanOrEqual(0);
    const own = frames.filter(({ host }) => host === 'client').map(({ atMs }) => atMs);
    expect(own).toEqual([...own].sort((a, b) => a - b));
    await run(lab(), 'client', 'true'); // what was under way has arrived
    const before = frames.length;
    await run(lab(), 'client', 'ping -c 2 -i 0.2 server');
    expect(frames).toHaveLength(before);
  });
}

/** ICMP echo requests and replies of one byte pattern: IPv4, protocol 1, type 0 or 8. */
function echoes(frames: readonly CapturedFrame[]): readonly CapturedFrame[] {
  return frames.filter(
    ({ frame }) => frame[12] === 0x08 && frame[13] === 0 && frame[23] === 1 && (frame[34] === 0 || frame[34] === 8),
  );
}

function terminals(lab: () => RunningLab): void {
  test('a terminal echoes what is typed and shows what is printed', async () => {
    const terminal = await WatchedTerminal.open(hostOf(lab(), 'client'));
    terminal.type('echo one | cat\r');
    expect(await terminal.until(/# $/)).toMatch(/echo one \| cat[\s\S]*\r\none\r\n/);
    terminal.type('exit\r');
    await terminal.closed;
  });

  test('Ctrl-C ends what runs, and the shell is there again', async () => {
    const terminal = await WatchedTerminal.open(hostOf(lab(), 'client'));
    terminal.type('ping server\r');
    await terminal.until(/icmp_seq=1 /);
    terminal.type('\x03');
    await terminal.until(/packets transmitted[\s\S]*# $/);
    terminal.terminal.close();
    await terminal.closed;
  });

  test('two terminals of one host are two shells', async () => {
    const [one, two] = [
      await WatchedTerminal.open(hostOf(lab(), 'server')),
      await WatchedTerminal.open(hostOf(lab(), 'server'), 132, 40),
    ];
    one.type('x=1; echo one-$x\r');
    two.type('echo two-$x.\r');
    await one.until(/\none-1\r\n/);
    await two.until(/\ntwo-\.\r\n/);
    two.terminal.resize(100, 30);
    one.terminal.close();
    await one.closed;
    two.type('echo still here\r');
    await two.until(/\nstill here\r\n/);
    two.terminal.close();
    await two.closed;
  });

  test('who takes no output stops the flood at the credit, and Ctrl-C still works', async () => {
    const terminal = await hostOf(lab(), 'client').openTerminal({ columns: 80, rows: 24 });
    let received = 0;
    let tail = '';
    let take = (): void => undefined;
    let flooded = (): void => undefined;
    let prompt = (): void => undefined;
    const taken = new Promise<void>((resolve) => (take = resolve));
    const flood = new Promise<void>((resolve) => (flooded = resolve));
    const prompted = new Promise<void>((resolve) => (prompt = resolve));
    terminal.onOutput((bytes) => {
      received += bytes.length;
      tail = (tail + new TextDecoder().decode(bytes)).slice(-300);
      if (/\ny\r\ny\r\n/.test(tail)) flooded();
      if (/\^C[\s\S]*# $/.test(tail)) prompt();
      return /\ny\r\n/.test(tail) ? taken : undefined;
    });
    terminal.write(new TextEncoder().encode('yes\r'));
    await flood;
    terminal.write(new TextEncoder().encode('\x03'));
    await run(lab(), 'client', 'sleep 0.3');
    expect((await run(lab(), 'client', 'ps')).stdout).not.toContain(' yes');
    take();
    await prompted;
    expect(received).toBeLessThan(terminalCreditBytes + 128 * 1024);
    terminal.close();
  });
}

function restarts(lab: () => RunningLab): void {
  test('a restarted host has its addresses, wires and impairments, and forgot the rest', async () => {
    const terminal = await WatchedTerminal.open(hostOf(lab(), 'server'));
    const addresses = async (): Promise<unknown> =>
      (await hostOf(lab(), 'server').inspect()).interfaces.map((one) => [one.name, one.mac, one.addresses]);
    const before = await addresses();
    await lab().impair('server', 'eth0', delay(100));
    await run(lab(), 'server', 'echo kept > /tmp/file');
    await hostOf(lab(), 'server').restart();
    await terminal.closed;
    expect(await addresses()).toEqual(before);
    expect((await run(lab(), 'server', 'cat /tmp/file')).status).not.toBe(0);
    await run(lab(), 'client', 'ping -c 1 server');
    expect(least(await roundTrips(lab(), 'client', 'server'))).toBeGreaterThanOrEqual(100);
    await listening(lab(), 'server', 80); // its services run again
    await lab().impair('server', 'eth0', {});
    expect((await run(lab(), 'client', 'curl -s http://server/')).status).toBe(0);
  });
}
