// Realtime news and shared terminals over real sockets: who gets in, what is refused, what everybody sees.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Socket } from 'socket.io-client';
import {
  newsEvent,
  realtimeNews,
  realtimePath,
  requestEvent,
  type RealtimeNews,
  type RealtimeReply,
} from '../../src/messages/realtime.ts';
import {
  creditBytes,
  terminalEvent,
  terminalNews,
  terminalPath,
  type TerminalNews,
  type TerminalRequest,
} from '../../src/messages/terminal.ts';
import { runningServer } from '../support/running-server.ts';

let world: Awaited<ReturnType<typeof runningServer>>;
beforeAll(async () => {
  world = await runningServer();
});
afterAll(async () => await world.close());

const size = { columns: 80, rows: 24 };

/** Resolves with `connected`, or with what the refusal says. */
function outcome(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('connect', () => resolve('connected'));
    socket.on('connect_error', (error: Error & { data?: { fault?: { code?: string } } }) =>
      resolve(error.data?.fault?.code ?? error.message),
    );
  });
}

/** Everything that arrives, parsed by the schema that pages use; `until` waits for something in it. */
function inbox<T>(socket: Socket, event: string, parse: (value: unknown) => T) {
  const all: T[] = [];
  const waiting = new Set<() => void>();
  socket.on(event, (value: unknown) => {
    all.push(parse(value));
    for (const look of waiting) look();
  });
  const until = <U>(find: (all: readonly T[]) => U | undefined): Promise<U> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find(all);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { all, until };
}

describe('the door', () => {
  for (const path of [realtimePath, terminalPath]) {
    test(`${path} lets in who is known, and nobody from another site`, async () => {
      expect(await outcome(world.connect(path, {}))).toBe('not-authorised');
      expect(await outcome(world.connect(path, { authorization: 'Bearer wrong' }))).toBe('not-authorised');
      expect(await outcome(world.connect(path, { ...world.instructor, origin: 'http://evil.example' }))).toBe(
        'websocket error',
      );
      expect(await outcome(world.connect(path, { ...world.instructor, origin: world.server.url }))).toBe('connected');
    });
  }

  test('the cookie of a browser is enough', async () => {
    const { headers } = await world.ask('POST', '/api/session', { token: world.server.instructorToken }, {});
    const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(await outcome(world.connect(terminalPath, { cookie, origin: world.server.url }))).toBe('connected');
  });
});

describe('news', () => {
  const join = (headers?: Readonly<Record<string, string>>) => {
    const socket = world.connect(realtimePath, headers);
    const news = inbox<RealtimeNews>(socket, newsEvent, (value) => realtimeNews.parse(value));
    const ask = async (request: unknown): Promise<RealtimeReply> =>
      (await socket.emitWithAck(requestEvent, request)) as RealtimeReply; // the tests look into it
    return { socket, ...news, ask };
  };

  test('of a lab: from its start through changes to its end', async () => {
    const page = join();
    let open = (): void => undefined;
    world.runtime.gate = new Promise((resolve) => (open = resolve));
    const session = await world.registry.start({ template: 'hello' });
    await page.until((all) =>
      all.find((one) => one.kind === 'labs' && one.labs.some((lab) => lab.state === 'starting')),
    );
    expect(await page.ask({ kind: 'enter-lab', lab: session.id })).toEqual({ kind: 'done' });
    open();
    world.runtime.gate = undefined;
    await page.until((all) => all.find((one) => one.kind === 'lab' && one.detail.lab.state === 'running'));
    await session.setSegment('net', 'cut');
    await page.until((all) => all.find((one) => one.kind === 'lab' && one.detail.segments[0]?.state === 'cut'));
    await world.registry.end(session.id, 'Kim has ended it');
    const ended = await page.until((all) => all.find((one) => one.kind === 'lab-ended'));
    expect(ended).toMatchObject({ lab: session.id, state: 'stopped', reason: 'Kim has ended it' });
    await page.until((all) => {
      const last = all.filter((one) => one.kind === 'labs').at(-1);
      return last?.labs.length === 0 ? true : undefined;
    });
  });

  test('of people: who is there, what they look at, and that they left when their page closes', async () => {
    const { id, player } = await world.startLab();
    const teacher = join();
    const student = join(player);
    await teacher.ask({ kind: 'enter-lab', lab: id });
    await student.ask({ kind: 'enter-lab', lab: id });
    await student.ask({ kind: 'look-at', host: 'b' });
    const people = (count: number) => (all: readonly RealtimeNews[]) => {
      const last = all.filter((one) => one.kind === 'people').at(-1);
      return last?.people.length === count ? last.people : undefined;
    };
    const two = await teacher.until((all) => people(2)(all)?.find((person) => person.host === 'b'));
    expect(two.role).toBe('player');
    student.socket.disconnect();
    expect((await teacher.until(people(1))).map((person) => person.role)).toEqual(['instructor']);
    await world.registry.end(id);
  });

  test('a player hears of one lab only, and can not enter another', async () => {
    const mine = await world.startLab();
    const other = await world.startLab();
    const student = join(mine.player);
    const labs = await student.until((all) => all.find((one) => one.kind === 'labs'));
    expect(labs.kind === 'labs' && labs.labs.map((lab) => lab.id)).toEqual([mine.id]);
    expect(await student.ask({ kind: 'enter-lab', lab: other.id })).toMatchObject({
      kind: 'fault',
      fault: { code: 'not-authorised' },
    });
    await student.ask({ kind: 'enter-lab', lab: mine.id });
    const detail = await student.until((all) => all.find((one) => one.kind === 'lab'));
    expect(detail.kind === 'lab' && detail.detail.joinLink).toBeUndefined();
    await Promise.all([world.registry.end(mine.id), world.registry.end(other.id)]);
  });

  test('what can not be read, does not exist, or comes too often is answered with a fault', async () => {
    const page = join();
    const code = async (request: unknown) => {
      const reply = await page.ask(request);
      return reply.kind === 'fault' ? reply.fault.code : reply.kind;
    };
    expect(await code({ kind: 'dance' })).toBe('bad-argument');
    expect(await code(null)).toBe('bad-argument');
    expect(await code({ kind: 'enter-lab', lab: 'nope' })).toBe('lab-unknown');
    expect(await code({ kind: 'look-at', host: 'a' })).toBe('bad-argument');
    const many = await Promise.all(Array.from({ length: 60 }, () => code({ kind: 'leave-lab' })));
    expect(many.filter((one) => one === 'limit-reached').length).toBeGreaterThan(0);
  });
});

describe('terminals', () => {
  const join = (headers?: Readonly<Record<string, string>>) => {
    const socket = world.connect(terminalPath, headers);
    const box = inbox<TerminalNews>(socket, terminalEvent, (value) => terminalNews.parse(value));
    const send = (request: TerminalRequest | Readonly<Record<string, unknown>>) => socket.emit(terminalEvent, request);
    const attach = (lab: string, more: Readonly<Record<string, unknown>> = {}) =>
      send({ kind: 'attach', channel: 1, lab, host: 'a', terminal: 1, ...size, ...more });
    const text = (channel = 1) =>
      box.all
        .map((one) => {
          if (one.kind === 'keyframe' && one.channel === channel) return one.data;
          return one.kind === 'output' && one.channel === channel ? Buffer.from(one.bytes).toString() : '';
        })
        .join('');
    return {
      socket,
      ...box,
      send,
      attach,
      text,
      shows: (wanted: string, channel = 1) => box.until(() => (text(channel).includes(wanted) ? true : undefined)),
      fault: () => box.until((all) => all.find((one) => one.kind === 'fault')),
    };
  };
  const keys = (typed: string) => ({ kind: 'input', channel: 1, bytes: Buffer.from(typed) });

  test('everybody sees what anybody types; who comes later sees it too', async () => {
    const { id, player } = await world.startLab();
    const [teacher, student] = [join(), join(player)];
    teacher.attach(id);
    await teacher.shows('$ ');
    student.attach(id);
    expect(await student.until((all) => all.find((one) => one.kind === 'attached'))).toMatchObject({
      mayType: true,
      ...size,
    });
    teacher.send(keys('ping b'));
    await Promise.all([teacher.shows('$ ping b'), student.shows('$ ping b')]);
    student.send(keys('\r'));
    await teacher.shows('ping b\r\n$ ');
    const late = join(player);
    late.attach(id);
    await late.shows('ping b');
    const viewers = await late.until((all) => all.find((one) => one.kind === 'viewers'));
    expect(viewers.kind === 'viewers' && viewers.viewers.map((one) => one.name.split(' ')[0])).toEqual([
      'Instructor',
      'Player',
    ]);
    await world.registry.end(id);
    expect(await late.until((all) => all.find((one) => one.kind === 'closed'))).toMatchObject({
      reason: 'the lab has ended',
    });
  });

  test('what is typed while the shell still opens is not lost', async () => {
    const { id } = await world.startLab();
    const page = join();
    page.attach(id);
    page.send(keys('early'));
    await page.shows('early');
    await world.registry.end(id);
  });

  test('one socket carries several, each with its own channel', async () => {
    const { id } = await world.startLab();
    const page = join();
    page.attach(id);
    page.attach(id, { channel: 2, host: 'b' });
    await Promise.all([page.shows('$ ', 1), page.shows('$ ', 2)]);
    page.send({ kind: 'input', channel: 2, bytes: Buffer.from('only b') });
    await page.shows('only b', 2);
    expect(page.text(1)).not.toContain('only b');
    await world.registry.end(id);
  });

  test('a page that does not acknowledge gets its credit and no byte more', async () => {
    const { id, lab } = await world.startLab();
    const [driver, silent] = [join(), join()];
    driver.attach(id);
    await driver.shows('$ ');
    driver.socket.on(terminalEvent, (news: TerminalNews) => {
      if (news.kind === 'output')
        driver.send({ kind: 'acknowledge', channel: 1, offset: news.offset + news.bytes.length });
    });
    silent.attach(id);
    await silent.until((all) => all.find((one) => one.kind === 'keyframe'));
    const terminal = lab.hosts.get('a')?.terminals[0];
    for (let piece = 0; piece < 6; piece += 1) await terminal?.say('y'.repeat(64 * 1024));
    await terminal?.say('the end');
    await driver.shows('the end');
    // One more request and its answer: whatever was sent before has arrived by then.
    silent.send({ kind: 'input', channel: 9, bytes: new Uint8Array(1) });
    await silent.fault();
    const received = silent.all.reduce((sum, one) => sum + (one.kind === 'output' ? one.bytes.length : 0), 0);
    expect(received).toBe(creditBytes);
    await world.registry.end(id);
  });

  test('after a break the stream goes on where it ended', async () => {
    const { id } = await world.startLab();
    const watcher = join();
    watcher.attach(id);
    await watcher.shows('$ ');
    watcher.send(keys('one'));
    await watcher.shows('$ one');
    const offset = Math.max(...watcher.all.map((one) => (one.kind === 'output' ? one.offset + one.bytes.length : 0)));
    const again = join();
    again.attach(id, { lastOffset: offset });
    await again.until((all) => all.find((one) => one.kind === 'attached'));
    watcher.send(keys(' two'));
    await again.shows(' two');
    expect(again.all.filter((one) => one.kind === 'keyframe')).toEqual([]);
    expect(again.text()).toBe(' two');
    await world.registry.end(id);
  });

  test('a player reaches no other lab’s terminals', async () => {
    const mine = await world.startLab();
    const other = await world.startLab();
    const student = join(mine.player);
    student.attach(other.id);
    expect(await student.fault()).toMatchObject({ channel: 1, fault: { code: 'not-authorised' } });
    expect(other.lab.hosts.get('a')?.terminals).toEqual([]);
    await Promise.all([world.registry.end(mine.id), world.registry.end(other.id)]);
  });

  test('what can not be read or does not exist is a fault on its channel; the others go on', async () => {
    const { id } = await world.startLab();
    const page = join();
    page.attach(id);
    await page.shows('$ ');
    page.send({ kind: 'attach', channel: 2, lab: id, host: 'nope', terminal: 1, ...size });
    expect(await page.until((all) => all.find((one) => one.kind === 'fault' && one.channel === 2))).toMatchObject({
      fault: { code: 'host-unknown' },
    });
    const wrong = [
      { kind: 'input', channel: 3, bytes: Buffer.from('x') },
      { kind: 'input', channel: 1, bytes: 'text' },
      { kind: 'input', channel: 1, bytes: Buffer.alloc(17 * 1024) },
      { kind: 'attach', channel: 4, lab: id, host: 'a', terminal: 1, columns: 1e9, rows: 1 },
      { kind: 'dance' },
    ];
    for (const request of wrong) page.send(request);
    const faults = await page.until((all) => {
      const found = all.filter((one) => one.kind === 'fault' && one.fault.code === 'bad-argument');
      return found.length === wrong.length ? found : undefined;
    });
    expect(faults).toHaveLength(wrong.length);
    page.send(keys('still here'));
    await page.shows('still here');
    await world.registry.end(id);
  });

  test('a page that goes leaves its seat', async () => {
    const { id, player } = await world.startLab();
    const [stays, goes] = [join(), join(player)];
    stays.attach(id);
    await stays.shows('$ ');
    goes.attach(id, { host: 'a' });
    const viewers = (count: number) =>
      stays.until((all) => {
        const last = all.filter((one) => one.kind === 'viewers').at(-1);
        return last?.kind === 'viewers' && last.viewers.length === count ? true : undefined;
      });
    await viewers(2);
    goes.socket.disconnect();
    await viewers(1);
    await world.registry.end(id);
  });
});
