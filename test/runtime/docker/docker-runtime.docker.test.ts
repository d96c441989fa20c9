// The Docker runtime on a real engine, with hosts that have no stack: what is around the host is what is tested here.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RealClock } from '../../../src/host/real-clock.ts';
import { systemRandom } from '../../../src/host/system-random.ts';
import { connectEngine } from '../../../src/runtime/docker/connect.ts';
import { DockerRuntime } from '../../../src/runtime/docker/docker-runtime.ts';
import type { Engine } from '../../../src/runtime/docker/engine.ts';
import { describeHostImage } from '../../../src/runtime/docker/images.ts';
import { containerName, labelNames } from '../../../src/runtime/docker/labels.ts';
import type { ProgressEvent } from '../../../src/runtime/progress.ts';
import type { RunningHost, RunningLab } from '../../../src/runtime/runtime.ts';
import { routedHosts, twoHosts } from '../../support/plan.ts';

const agentEntry = fileURLToPath(new URL('../../support/echo-agent.ts', import.meta.url));
const doomedProcess = fileURLToPath(new URL('../../support/echo-lab-process.ts', import.meta.url));
const stateDirectory = mkdtempSync(join(tmpdir(), 'ackademy-docker-'));
const scope = `test${process.pid}`;
let count = 0;
const newId = (): string => `t${process.pid}-${(count += 1)}`;

let runtime: DockerRuntime;
let engine: Engine;

const open = async (mine = scope): Promise<DockerRuntime> =>
  await DockerRuntime.open({
    clock: new RealClock(),
    random: systemRandom(),
    environment: process.env,
    stateDirectory,
    agentEntry,
    scope: mine,
  });

beforeAll(async () => {
  engine = await connectEngine(process.env);
  runtime = await open();
});

afterAll(async () => {
  await runtime.removeAll();
  await runtime.close();
  await engine.removeImage((await describeHostImage(engine.facts.architecture, agentEntry)).tag);
  rmSync(stateDirectory, { recursive: true, force: true });
});

function hostOf(lab: RunningLab, name: string): RunningHost {
  const host = lab.hosts.get(name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return host;
}

const ask = async (lab: RunningLab, host: string, command: string): Promise<string> =>
  Buffer.from((await hostOf(lab, host).run(command)).stdout).toString();

/** Names of everything on the engine that wears the lab's label. */
async function remains(labId: string): Promise<readonly string[]> {
  const label = `${labelNames.lab}=${labId}`;
  const things = [...(await engine.listContainers(label)), ...(await engine.listNetworks(label))];
  return things.map((thing) => thing.name).sort();
}

/** Resolves with the first line of the process's output that begins with `beginning`. */
function lineOf(child: ReturnType<typeof spawn>, beginning: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      const line = text.split('\n').find((candidate) => candidate.startsWith(beginning));
      if (line !== undefined) resolve(line);
    });
    child.stderr?.on('data', (bytes: Buffer) => {
      text += bytes.toString();
    });
    child.on('exit', () => reject(new Error(`ended without "${beginning}": ${text}`)));
  });
}

const frame = (to: string, from: string): string => `${to}${from}88b5${'00'.repeat(46)}`.replaceAll(':', '');

test('a lab starts with progress per step, answers, and leaves nothing when it stops', async () => {
  const labId = newId();
  const events: ProgressEvent[] = [];
  const lab = await runtime.start(routedHosts(), { labId, progress: (event) => events.push(event) });
  expect([...lab.hosts.keys()].sort()).toEqual(['client', 'router', 'server']);
  expect(await ask(lab, 'router', 'hostname')).toBe('router');
  expect(events.filter((event) => event.step === 'host' && event.state === 'done').length).toBe(3);
  expect(events.findLast((event) => event.step === 'network')).toMatchObject({ state: 'done', done: 2, total: 2 });
  expect((await remains(labId)).length).toBe(5);

  const ended = new Promise((resolve) => lab.onEnded((state) => resolve(state)));
  await lab.stop();
  expect(await ended).toBe('stopped');
  expect(await remains(labId)).toEqual([]);
  expect(readdirSync(join(stateDirectory, 'docker-labs'))).not.toContain(`${labId}.json`);
});

test('starting the same lab again gives the running one; with another plan it is refused', async () => {
  const labId = newId();
  const [first, second] = await Promise.all([
    runtime.start(twoHosts(), { labId }),
    runtime.start(twoHosts(), { labId }),
  ]);
  expect(second).toBe(first);
  expect(await runtime.start(twoHosts(), { labId })).toBe(first);
  await expect(runtime.start(routedHosts(), { labId })).rejects.toMatchObject({ code: 'bad-argument' });
  await first.stop();
});

test('a host is nobody, holds no capability and can gain none', async () => {
  const lab = await runtime.start(twoHosts(), { labId: newId() });
  const status = await ask(lab, 'a', 'status');
  expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m);
  expect(status).toMatch(/^Groups:\t ?$/m);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\t0+$`, 'm'));
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  expect(status).toMatch(/^Seccomp:\t2$/m);
  await lab.stop();
});

test('frames cross a segment, not to another lab with the same addresses, and not beyond the fence', async () => {
  const [one, other] = await Promise.all([
    runtime.start(twoHosts(), { labId: newId() }),
    runtime.start(twoHosts(), { labId: newId() }),
  ]);
  const [a, b] = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
  const wanted = frame(b, a);
  await ask(one, 'a', `send eth0 ${wanted}`);
  await ask(one, 'a', `send eth0 ${frame('ff:ff:ff:ff:ff:ff', a)}`);
  await ask(one, 'a', `send eth0 ${frame('02:00:00:00:00:77', a)}`); // nobody of the segment: refused by the agent
  await expect.poll(() => ask(one, 'b', 'received eth0')).toContain(wanted);
  const received = await ask(one, 'b', 'received eth0');
  expect(received).toContain(frame('ff:ff:ff:ff:ff:ff', a));
  expect(received).not.toContain(frame('02:00:00:00:00:77', a));
  for (const host of ['a', 'b']) expect(await ask(other, host, 'received eth0')).not.toContain('88b5');
  await Promise.all([one.stop(), other.stop()]);
});

test('a cut segment loses everything both ways until it is restored', async () => {
  const lab = await runtime.start(twoHosts(), { labId: newId() });
  const [a, b] = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
  await lab.setSegment('net', 'cut');
  await ask(lab, 'a', `send eth0 ${frame(b, a)}`);
  await lab.setSegment('net', 'up');
  const second = frame('ff:ff:ff:ff:ff:ff', a);
  await ask(lab, 'a', `send eth0 ${second}`);
  await expect.poll(() => ask(lab, 'b', 'received eth0')).toContain(second);
  expect(await ask(lab, 'b', 'received eth0')).not.toContain(frame(b, a));
  await expect(lab.setSegment('elsewhere', 'cut')).rejects.toMatchObject({ code: 'bad-argument' });
  await lab.stop();
});

test('where the kernel has netem, tc makes impairments true from the start, when changed, and after a restart', async () => {
  const plan = twoHosts();
  const [first, ...others] = plan.hosts;
  if (first === undefined) throw new Error('the plan has hosts');
  const everythingLost = { loss: { kind: 'random', share: 1, correlation: 0 } } as const;
  const interfaces = first.interfaces.map((one) => ({ ...one, egress: everythingLost }));
  const lab = await runtime.start({ ...plan, hosts: [{ ...first, interfaces }, ...others] }, { labId: newId() });
  const impairments = (await runtime.describe()).find((fact) => fact.name === 'impairments')?.value ?? '';
  expect(impairments.startsWith(lab.impairmentApplier)).toBe(true);
  await expect(lab.impair('a', 'eth7', {})).rejects.toMatchObject({ code: 'bad-argument' });
  await expect(lab.impair('nobody', 'eth0', {})).rejects.toMatchObject({ code: 'host-unknown' });
  if (lab.impairmentApplier === 'tc netem') {
    const numbered = (tag: string): string => frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:01').slice(0, -2) + tag;
    await ask(lab, 'a', `send eth0 ${numbered('01')}`);
    await lab.impair('a', 'eth0', {});
    await ask(lab, 'a', `send eth0 ${numbered('02')}`);
    await expect.poll(() => ask(lab, 'b', 'received eth0')).toContain(numbered('02'));
    await lab.impair('a', 'eth0', everythingLost);
    await hostOf(lab, 'a').restart();
    await ask(lab, 'a', `send eth0 ${numbered('03')}`);
    await lab.impair('a', 'eth0', {});
    await ask(lab, 'a', `send eth0 ${numbered('04')}`);
    await expect.poll(() => ask(lab, 'b', 'received eth0')).toContain(numbered('04'));
    const received = await ask(lab, 'b', 'received eth0');
    for (const lost of ['01', '03']) expect(received).not.toContain(numbered(lost));
  }
  await lab.stop();
});

test('a megabyte of input arrives whole', async () => {
  const lab = await runtime.start(twoHosts(), { labId: newId() });
  const { stdout } = await hostOf(lab, 'a').run('length', { stdin: new Uint8Array(1_048_576).fill(7) });
  expect(Buffer.from(stdout).toString()).toBe('1048576');
  await lab.stop();
});

test('a host that is restarted has forgotten everything and has its wires back', async () => {
  const lab = await runtime.start(routedHosts(), { labId: newId() });
  expect(await ask(lab, 'router', 'remember x')).toBe('x');
  await hostOf(lab, 'router').restart();
  expect(await ask(lab, 'router', 'remember')).toBe('');
  const sent = frame('02:00:00:00:02:02', '02:00:00:00:02:01');
  await ask(lab, 'router', `send eth1 ${sent}`);
  await expect.poll(() => ask(lab, 'server', 'received eth0')).toContain(sent);
  await lab.stop();
});

test('a host that ends by itself ends the lab, with what it last said; the lab can be started again', async () => {
  const labId = newId();
  const lab = await runtime.start(twoHosts(), { labId });
  const ended = new Promise<string>((resolve) => lab.onEnded((state, reason) => resolve(`${state}: ${reason}`)));
  await expect(hostOf(lab, 'a').run('die')).rejects.toMatchObject({ code: 'host-down' });
  expect(await ended).toBe('failed: host a has ended: asked to die');
  const repaired = await runtime.start(twoHosts(), { labId }); // starting it again makes it whole
  expect(await ask(repaired, 'a', 'hostname')).toBe('a');
  await repaired.stop();
  expect(await remains(labId)).toEqual([]);
});

test('a start that is aborted leaves nothing', async () => {
  const labId = newId();
  const abort = new AbortController();
  const progress = (event: ProgressEvent): void => {
    if (event.step === 'host') abort.abort();
  };
  await expect(runtime.start(routedHosts(), { labId, progress, signal: abort.signal })).rejects.toThrow();
  expect(await remains(labId)).toEqual([]);
});

test('a lab whose server was killed is taken over whole, its hosts never stopped', async () => {
  const labId = newId();
  const child = spawn(process.execPath, [doomedProcess, stateDirectory, labId], { stdio: ['ignore', 'pipe', 'pipe'] });
  await lineOf(child, 'running');
  child.kill('SIGKILL');
  const heir = await open(labId);
  const [lab, ...others] = await heir.adopt();
  if (lab === undefined) throw new Error('nothing was adopted');
  expect(others).toEqual([]);
  expect(lab.plan).toEqual(routedHosts());
  expect(await ask(lab, 'client', 'remember after')).toBe('before after');
  expect(await ask(lab, 'client', 'forgotten')).toBe('1'); // what the dead server had open was closed
  expect(await heir.start(routedHosts(), { labId })).toBe(lab);
  await lab.stop();
  await heir.close();
  expect(await remains(labId)).toEqual([]);
});

test('a lab whose server was killed in the middle of starting is removed', async () => {
  const labId = newId();
  const child = spawn(process.execPath, [doomedProcess, stateDirectory, labId], { stdio: ['ignore', 'pipe', 'pipe'] });
  await lineOf(child, 'host client started');
  child.kill('SIGKILL');
  const heir = await open(labId);
  // The engine finishes what it had in hand; adoption is repeated until nothing new turns up.
  await expect
    .poll(async () => [...(await heir.adopt()), ...(await remains(labId))], { timeout: 10_000, interval: 500 })
    .toEqual([]);
  await heir.close();
});

test('a lab that has lost a container is not adopted but removed, and one of another server is left alone', async () => {
  const [broken, foreign] = [newId(), newId()];
  const first = await open(broken);
  const other = await open(foreign);
  await first.start(twoHosts(), { labId: broken });
  const theirs = await other.start(twoHosts(), { labId: foreign });
  await first.close();
  await promisify(execFile)('docker', ['rm', '-f', containerName(broken, 'b')]);
  const heir = await open(broken);
  expect(await heir.adopt()).toEqual([]);
  expect(await remains(broken)).toEqual([]);
  expect(await ask(theirs, 'a', 'hostname')).toBe('a');
  await expect(heir.start(twoHosts(), { labId: foreign })).rejects.toMatchObject({ code: 'bad-argument' });
  expect((await remains(foreign)).length).toBe(3);
  await theirs.stop();
  await Promise.all([heir.close(), other.close()]);
});

test('a server learns that another one of its scope has taken its lab over', async () => {
  const labId = newId();
  const [first, second] = [await open(labId), await open(labId)];
  const before = await first.start(twoHosts(), { labId });
  const ended = new Promise<string>((resolve) => before.onEnded((_, reason) => resolve(reason)));
  const [after] = await second.adopt();
  expect(await ended).toBe('another server has taken the lab over');
  await expect(hostOf(before, 'a').run('hostname')).rejects.toMatchObject({ code: 'host-down' });
  expect(after === undefined ? '' : await ask(after, 'a', 'hostname')).toBe('a');
  await after?.stop();
  await Promise.all([first.close(), second.close()]);
});

test('one call removes every lab of the scope and says which', async () => {
  const [one, two] = [newId(), newId()];
  const own = await open(one);
  await own.start(twoHosts(), { labId: one });
  await own.start(routedHosts(), { labId: two });
  expect([...(await own.removeAll())].sort()).toEqual([`lab ${one}`, `lab ${two}`].sort());
  expect([...(await remains(one)), ...(await remains(two))]).toEqual([]);
  await own.close();
});

test('what the machine can and cannot do is told', async () => {
  const facts = await runtime.describe();
  expect(facts.map((fact) => fact.name)).toEqual([
    'engine',
    'kernel',
    'host image',
    'impairments',
    'fence',
    'connection tracking',
  ]);
  expect(facts.find((fact) => fact.name === 'host image')?.value).toMatch(/^ackademy\/host:[0-9a-f]{12}, built$/);
});
