// Labs and their people: starting, failing, ending, taking over, being told.
import { describe, expect, test } from 'vitest';
import { Fault } from '../../src/base/fault.ts';
import { maximumLabs } from '../../src/classroom/lab-registry.ts';
import type { SessionNews } from '../../src/classroom/lab-session.ts';
import { hostName, playerId } from '../../src/messages/ids.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { scriptedClassroom } from '../support/classroom.ts';
import { twoHosts } from '../support/plan.ts';
import { ScriptedLab } from '../support/scripted-runtime.ts';
import { TestViewer } from '../support/terminal-viewer.ts';

const setup = () => {
  const clock = new VirtualClock();
  return { clock, ...scriptedClassroom(clock) };
};
const member = (name: string) => ({
  player: playerId.parse(`player${name.toLowerCase()}`),
  name,
  role: 'player' as const,
});
const size = { columns: 80, rows: 24 };

describe('a lab', () => {
  test('starts with progress, then runs', async () => {
    const { registry, runtime } = setup();
    runtime.gate = Promise.resolve();
    const session = await registry.start({ template: 'hello', seed: 'abc' });
    expect(session.state).toBe('starting');
    await session.started;
    expect(session.state).toBe('running');
    expect(session.detail).toMatchObject({
      seed: 'abc',
      impairmentApplier: 'embedded model',
      progress: [
        { step: 'host', name: 'a', state: 'done', done: 1, total: 2 },
        { step: 'host', name: 'b', state: 'done', done: 2, total: 2 },
      ],
    });
    expect(session.id).toMatch(/^hello-[a-z2-9]{4}$/);
  });

  test('that can not start says why, and is forgotten after a minute', async () => {
    const { registry, runtime, clock } = setup();
    runtime.failure = new Fault('engine-refused', 'The engine is full.', { nextStep: 'Remove something.' });
    const session = await registry.start({ template: 'hello' });
    await session.started;
    expect(session.state).toBe('failed');
    expect(session.detail).toMatchObject({
      fault: { code: 'engine-refused' },
      lab: { reason: 'The engine is full. Remove something.' },
    });
    clock.runFor(59_000);
    expect(registry.list).toHaveLength(1);
    clock.runFor(2_000);
    expect(registry.list).toHaveLength(0);
  });

  test('of an unknown template, or on a runtime that is not there, is refused at once', async () => {
    const { registry } = setup();
    await expect(registry.start({ template: 'helo' })).rejects.toMatchObject({ code: 'template-unknown' });
    await expect(registry.start({ template: 'hello', runtime: 'docker' })).rejects.toMatchObject({
      code: 'engine-unreachable',
    });
    expect(registry.list).toEqual([]);
  });

  test('can be ended while it starts', async () => {
    const { registry, runtime } = setup();
    runtime.gate = new Promise(() => undefined);
    const session = await registry.start({ template: 'hello' });
    await registry.end(session.id);
    expect(session.state).toBe('stopped');
    expect(runtime.labs).toEqual([]);
    expect(registry.list).toEqual([]);
  });

  test('that dies by itself is told as failed, and its terminals close', async () => {
    const { registry, runtime } = setup();
    const session = await registry.start({ template: 'hello' });
    await session.started;
    const viewer = new TestViewer();
    viewer.attachment = (await session.terminal('a', 1, size)).attach(member('ann'), viewer, size);
    const changed: string[] = [];
    registry.onChanged(() => changed.push(session.state));
    runtime.labs[0]?.fail('the worker has died');
    expect(session.reason).toBe('the worker has died');
    expect(changed).toEqual(['failed']);
    await Promise.resolve();
    await expect.poll(() => viewer.told.at(-1)).toBe('closed: the lab has ended');
    await expect(session.run('a', 'echo x', {})).rejects.toMatchObject({ code: 'host-down' });
  });

  test('one too many is refused', async () => {
    const { registry } = setup();
    for (let count = 0; count < maximumLabs; count += 1) await registry.start({ template: 'hello' });
    await expect(registry.start({ template: 'hello' })).rejects.toMatchObject({ code: 'limit-reached' });
  });

  test('of an earlier server is taken over', async () => {
    const { registry, runtime } = setup();
    runtime.left = [new ScriptedLab('hello-old1', { ...twoHosts(), template: 'hello' })];
    await registry.adopt();
    expect(registry.get('hello-old1').state).toBe('running');
    await registry.end('hello-old1');
    expect(runtime.left[0]?.stopped).toBe(true);
  });

  test('all: everything is ended, and what else was left is removed', async () => {
    const { registry, runtime } = setup();
    const session = await registry.start({ template: 'hello' });
    await session.started;
    expect(await registry.endAll()).toEqual([`lab ${session.id}`, 'image ackademy/host']);
    expect(runtime.labs[0]?.stopped).toBe(true);
    expect(registry.list).toEqual([]);
  });

  test('closing the registry ends what starts, lets go of the rest, and leaves no timer', async () => {
    const { registry, runtime, clock } = setup();
    const running = await registry.start({ template: 'hello' });
    await running.started;
    runtime.gate = new Promise(() => undefined);
    const starting = await registry.start({ template: 'hello' });
    await registry.close('the server stops');
    expect([running.state, starting.state, runtime.closed]).toEqual(['stopped', 'stopped', true]);
    await expect(registry.start({ template: 'hello' })).rejects.toMatchObject({ code: 'server-unreachable' });
    expect(clock.pending).toBe(0);
  });
});

describe('inside a lab', () => {
  const running = async () => {
    const classroom = setup();
    const session = await classroom.registry.start({ template: 'hello' });
    await session.started;
    const news: SessionNews[] = [];
    session.onNews((one) => news.push(one));
    return { ...classroom, session, news, lab: classroom.runtime.labs[0] as ScriptedLab };
  };

  test('impairments and cuts are applied, shown and told', async () => {
    const { session, lab, news } = await running();
    await session.impair('a', 'eth0', { loss: { kind: 'random', share: 0.1, correlation: 0 } });
    await session.setSegment('net', 'cut');
    expect(lab.changes).toEqual(['a/eth0 {"loss":{"kind":"random","share":0.1,"correlation":0}}', 'net cut']);
    expect(session.detail.hosts[0]?.interfaces[0]?.egress).toEqual({
      loss: { kind: 'random', share: 0.1, correlation: 0 },
    });
    expect(session.detail.segments[0]?.state).toBe('cut');
    expect(news.map((one) => one.kind)).toEqual(['changed', 'changed']);
  });

  test('what does not exist is named, together with what does', async () => {
    const { session } = await running();
    await expect(session.impair('a', 'eth9', {})).rejects.toMatchObject({
      code: 'bad-argument',
      nextStep: 'It has eth0.',
    });
    await expect(session.setSegment('nets', 'cut')).rejects.toMatchObject({ nextStep: 'It has net.' });
    await expect(session.run('c', 'echo', {})).rejects.toMatchObject({
      code: 'host-unknown',
      nextStep: 'It has a, b.',
    });
  });

  test('a terminal is opened by the first who looks and shared by the next', async () => {
    const { session, lab } = await running();
    const [first, second] = await Promise.all([session.terminal('a', 1, size), session.terminal('a', 1, size)]);
    expect(first).toBe(second);
    expect(lab.hosts.get('a')?.terminals).toHaveLength(1);
    expect(await session.terminal('a', 2, size)).not.toBe(first);
  });

  test('a shell that ended is followed by a new one', async () => {
    const { session, lab } = await running();
    const first = await session.terminal('a', 1, size);
    lab.hosts.get('a')?.terminals[0]?.close();
    expect(await session.terminal('a', 1, size)).not.toBe(first);
  });

  test('somebody with two pages open is one person, where the later page is', async () => {
    const { session } = await running();
    const first = session.enter(member('Ann'));
    const second = session.enter(member('Ann'));
    second.lookAt(hostName.parse('b'));
    expect(session.people).toMatchObject([{ name: 'Ann', host: 'b' }]);
    first.dispose();
    expect(session.people).toHaveLength(1);
    second.dispose();
    expect(session.people).toEqual([]);
  });

  test('people see each other come, look and go', async () => {
    const { session, news } = await running();
    const ann = session.enter(member('Ann'));
    const min = session.enter(member('Min'));
    min.lookAt(hostName.parse('b'));
    ann.dispose();
    ann.dispose();
    const seen = news.map((one) =>
      one.kind === 'people' ? one.people.map((p) => `${p.name}@${p.host ?? 'map'}`).join(' ') : '',
    );
    expect(seen).toEqual(['Ann@map', 'Ann@map Min@map', 'Ann@map Min@b', 'Min@b']);
  });
});
