// The REST API as a program meets it: who may ask, what fits, what comes back.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fault } from '../../src/base/fault.ts';
import * as api from '../../src/messages/api.ts';
import { fromBase64 } from '../../src/messages/bytes.ts';
import { faultResponse } from '../../src/messages/faults.ts';
import { labDetail } from '../../src/messages/lab.ts';
import { runningServer, type Answer } from '../support/running-server.ts';

let world: Awaited<ReturnType<typeof runningServer>>;
beforeAll(async () => {
  world = await runningServer();
});
afterAll(async () => await world.close());

const faultIn = (answer: Answer) => ({ status: answer.status, ...faultResponse.parse(answer.body).fault });

describe('who asks', () => {
  test('a stranger is refused everywhere, with what to do', async () => {
    const paths = ['/api/status', '/api/catalogue', '/api/labs', '/api/labs/x', '/api/labs/x/capture', '/api/nothing'];
    for (const path of paths) {
      const answer = await world.ask('GET', path, undefined, {});
      expect(faultIn(answer)).toMatchObject({ status: 401, code: 'not-authorised' });
    }
    for (const authorization of ['Bearer wrong', 'Basic eDp5', `Bearer ${world.server.instructorToken}x`])
      expect((await world.ask('GET', '/api/labs', undefined, { authorization })).status).toBe(401);
    expect((await world.ask('POST', '/api/down-all', {}, {})).status).toBe(401);
  });

  test('a page of another site is refused, even with the cookie', async () => {
    const headers = { ...world.instructor, origin: 'http://evil.example' };
    expect(faultIn(await world.ask('GET', '/api/labs', undefined, headers))).toMatchObject({ status: 401 });
    const own = { ...world.instructor, origin: world.server.url };
    expect((await world.ask('GET', '/api/labs', undefined, own)).status).toBe(200);
  });

  test('a token is exchanged for a cookie that later requests are known by', async () => {
    const wrong = await world.ask('POST', '/api/session', { token: 'wrong' }, {});
    expect(faultIn(wrong)).toMatchObject({ status: 401, nextStep: 'Ask for a new link.' });
    const answer = await world.ask('POST', '/api/session', { token: world.server.instructorToken, name: 'Kim' }, {});
    expect(api.sessionResponse.parse(answer.body)).toMatchObject({ role: 'instructor', name: 'Kim' });
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    const status = api.statusResponse.parse((await world.ask('GET', '/api/status', undefined, { cookie })).body);
    expect(status).toMatchObject({
      me: { name: 'Kim', role: 'instructor' },
      runtime: { kind: 'embedded', reason: 'a test has chosen it' },
    });
    expect(status.facts).toEqual([{ name: 'threads', value: '2', ok: true }]);
  });

  test('a token in the query becomes a cookie, and leaves the address', async () => {
    const answer = await world.ask('GET', `/labs/x?token=${world.server.instructorToken}`, undefined, {});
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/labs/x']);
    expect(answer.headers.get('set-cookie')).toContain('HttpOnly; SameSite=Strict');
    const away = await world.ask('GET', `//evil.example/?token=${world.server.instructorToken}`, undefined, {});
    expect(away.headers.get('location')).toBe('/evil.example/');
  });

  test('a player sees one lab, and changes nothing', async () => {
    const mine = await world.startLab();
    const other = await world.startLab();
    const ask = (method: string, path: string, body?: unknown) => world.ask(method, path, body, mine.player);
    expect(api.labsResponse.parse((await ask('GET', '/api/labs')).body).labs.map((lab) => lab.id)).toEqual([mine.id]);
    expect(labDetail.parse((await ask('GET', `/api/labs/${mine.id}`)).body).joinLink).toBeUndefined();
    expect((await ask('GET', `/api/labs/${mine.id}/hosts/a/inspect`)).status).toBe(200);
    const refused = [
      await ask('GET', `/api/labs/${other.id}`),
      await ask('GET', `/api/labs/${other.id}/hosts/a/inspect`),
      await ask('GET', `/api/labs/${other.id}/capture`),
      await ask('POST', '/api/labs', { template: 'hello' }),
      await ask('DELETE', `/api/labs/${mine.id}`),
      await ask('POST', `/api/labs/${mine.id}/impair`, { host: 'a', interface: 'eth0', impairment: {} }),
      await ask('POST', `/api/labs/${mine.id}/segments/net`, { state: 'cut' }),
      await ask('POST', `/api/labs/${mine.id}/hosts/a/run`, { command: 'echo x' }),
      await ask('POST', `/api/labs/${mine.id}/hosts/a/restart`),
      await ask('POST', '/api/down-all'),
    ];
    expect(refused.map((answer) => answer.status)).toEqual(refused.map(() => 401));
    expect(mine.lab.changes).toEqual([]);
    await Promise.all([world.registry.end(mine.id), world.registry.end(other.id)]);
  });
});

describe('what does not fit', () => {
  test('is refused with the key that is wrong', async () => {
    const wrong: readonly (readonly [unknown, string | undefined])[] = [
      [{}, 'template'],
      [{ template: 7 }, 'template'],
      [{ template: 'hello', runtime: 'podman' }, 'runtime'],
      [{ template: 'hello', seed: 'a b' }, 'seed'],
      [{ template: 'hello', extra: 1 }, undefined],
      ['{"template":', undefined],
      ['"hello"', undefined],
    ];
    for (const [body, key] of wrong) {
      const fault = faultIn(await world.ask('POST', '/api/labs', body));
      expect(fault).toMatchObject({ status: 400, code: 'bad-argument' });
      expect(fault.place.key).toBe(key);
    }
    expect(world.registry.list).toEqual([]);
  });

  test('too large a body is refused before it is read', async () => {
    const answer = await world.ask('POST', '/api/labs', JSON.stringify({ template: 'x'.repeat(600_000) }));
    expect(faultIn(answer)).toMatchObject({ status: 400, message: 'The request is too large.' });
  });

  test('a form, which another site could send, is not read', async () => {
    const headers = { ...world.instructor, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await world.ask('POST', '/api/labs', 'template=hello', headers)).status).toBe(400);
  });

  test('what does not exist is named, with what does', async () => {
    expect(faultIn(await world.ask('GET', '/api/labs/nope'))).toMatchObject({ status: 404, code: 'lab-unknown' });
    expect(faultIn(await world.ask('GET', '/api/catalogue/nope'))).toMatchObject({
      status: 404,
      code: 'template-unknown',
    });
    expect(faultIn(await world.ask('POST', '/api/labs', { template: 'nope' }))).toMatchObject({ status: 404 });
    expect(faultIn(await world.ask('GET', '/api/nothing'))).toMatchObject({ status: 400, code: 'bad-argument' });
    expect(faultIn(await world.ask('POST', '/api/labs', { template: 'hello', runtime: 'docker' }))).toMatchObject({
      status: 503,
      code: 'engine-unreachable',
      nextStep: 'Use the embedded runtime.',
    });
  });

  test('a path is not the name of a template', async () => {
    const answer = await world.ask('GET', `/api/catalogue/${encodeURIComponent('../../etc/x.yaml')}`);
    expect(faultIn(answer)).toMatchObject({ status: 400, code: 'bad-argument' });
    expect((await world.ask('POST', '/api/labs', { template: '/etc/x.yaml' })).status).toBe(400);
  });

  test('a bug is logged in full and shown without its details', async () => {
    world.runtime.describe = async () => {
      throw new TypeError('secret detail');
    };
    const fault = faultIn(await world.ask('GET', '/api/status'));
    Reflect.deleteProperty(world.runtime, 'describe');
    expect(fault).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify(fault)).not.toContain('secret');
    expect(world.lines.join('')).toContain('secret detail');
  });
});

describe('a lab', () => {
  test('from the catalogue to its end', async () => {
    const catalogue = api.catalogueResponse.parse((await world.ask('GET', '/api/catalogue')).body);
    expect(catalogue.templates[0]).toMatchObject({ name: 'hello', title: { ko: '안녕' } });
    const template = api.templateResponse.parse((await world.ask('GET', '/api/catalogue/hello')).body);
    expect(template.guide.en).toBe('# Hello');
    const started = await world.ask('POST', '/api/labs', { template: 'hello', seed: 's1' });
    expect(started.status).toBe(202);
    const { labId } = api.startResponse.parse(started.body);
    await world.registry.get(labId).started;
    const detail = labDetail.parse((await world.ask('GET', `/api/labs/${labId}`)).body);
    expect(detail).toMatchObject({ seed: 's1', lab: { state: 'running' }, hosts: [{ name: 'a' }, { name: 'b' }] });
    expect(detail.joinLink).toMatch(new RegExp(`^${world.server.url}/join/${labId}#token=`));
    expect((await world.ask('DELETE', `/api/labs/${labId}`)).status).toBe(204);
    expect(api.labsResponse.parse((await world.ask('GET', '/api/labs')).body).labs).toEqual([]);
  });

  test('from a template that is sent along, or refused with its place in it', async () => {
    const text = 'name: mine\ntitle: { en: Mine }\nsummary: { en: Mine }\nhosts: { a: {}, b: {} }\nlinks: [a -- b]\n';
    const started = await world.ask('POST', '/api/labs', { source: { text, file: 'mine.yaml' } });
    const { labId } = api.startResponse.parse(started.body);
    expect(labId).toMatch(/^mine-/);
    await world.registry.end(labId);
    const broken = { text: text.replace('a -- b', 'a -- c'), file: 'mine.yaml' };
    expect(await world.ask('POST', '/api/labs', { source: broken })).toMatchObject({
      status: 422,
      body: { fault: { code: 'template-invalid', place: { file: 'mine.yaml' }, nextStep: expect.stringContaining("line 5: no host is named 'c'") } },
    });
    expect((await world.ask('POST', '/api/labs', {})).status).toBe(400);
    expect((await world.ask('POST', '/api/labs', { template: 'hello', source: broken })).status).toBe(400);
  });

  test('whose start fails keeps the fault for who asks', async () => {
    world.runtime.failure = new Fault('image-build-failed', 'The image could not be built.');
    const { labId } = api.startResponse.parse((await world.ask('POST', '/api/labs', { template: 'hello' })).body);
    await world.registry.get(labId).started;
    world.runtime.failure = undefined;
    expect((await world.ask('GET', `/api/labs/${labId}`)).body).toMatchObject({
      lab: { state: 'failed' },
      fault: { code: 'image-build-failed' },
    });
    await world.registry.end(labId);
  });

  test('runs commands: output, errors, status, standard input, time limit', async () => {
    const { id } = await world.startLab();
    const run = async (body: unknown) => await world.ask('POST', `/api/labs/${id}/hosts/a/run`, body);
    const read = (answer: Answer) => {
      const { status, stdout, stderr } = api.runResponse.parse(answer.body);
      return [status, ...[stdout, stderr].map((text) => Buffer.from(fromBase64(text) ?? []).toString())];
    };
    expect(read(await run({ command: 'echo 안녕' }))).toEqual([0, '안녕\n', '']);
    expect(read(await run({ command: 'fail' }))).toEqual([3, '', 'it failed\n']);
    const large = Buffer.alloc(1_000_000, 'z');
    expect(read(await run({ command: 'cat', stdin: large.toString('base64') }))[1]).toBe(large.toString());
    expect(faultIn(await run({ command: 'sleep 9', timeoutMs: 5 }))).toMatchObject({
      status: 504,
      code: 'command-timeout',
    });
    expect(faultIn(await world.ask('POST', `/api/labs/${id}/hosts/zz/run`, { command: 'x' }))).toMatchObject({
      status: 404,
      code: 'host-unknown',
      nextStep: 'It has a, b.',
    });
    await world.registry.end(id);
  });

  test('its links are impaired, cut and restored; what is shown follows', async () => {
    const { id, lab } = await world.startLab();
    const impairment = { delay: { delayMs: 50, jitterMs: 0, correlation: 0, distribution: 'normal' } };
    const impaired = await world.ask('POST', `/api/labs/${id}/impair`, { host: 'a', interface: 'eth0', impairment });
    expect(labDetail.parse(impaired.body).hosts[0]?.interfaces[0]?.egress).toEqual(impairment);
    const cut = await world.ask('POST', `/api/labs/${id}/segments/net`, { state: 'cut' });
    expect(labDetail.parse(cut.body).segments[0]?.state).toBe('cut');
    await world.ask('POST', `/api/labs/${id}/segments/net`, { state: 'up' });
    expect(lab.changes.slice(1)).toEqual(['net cut', 'net up']);
    const wrong = await world.ask('POST', `/api/labs/${id}/impair`, {
      host: 'a',
      interface: 'eth0',
      impairment: { delay: { delayMs: -1 } },
    });
    expect(faultIn(wrong)).toMatchObject({ status: 400, place: { key: 'impairment.delay.delayMs' } });
    expect((await world.ask('POST', `/api/labs/${id}/hosts/a/restart`)).status).toBe(204);
    expect(lab.hosts.get('a')?.restarts).toBe(1);
    await world.registry.end(id);
  });

  test('down-all removes everything and says what', async () => {
    const { id } = await world.startLab();
    const { removed } = api.downAllResponse.parse((await world.ask('POST', '/api/down-all')).body);
    expect(removed).toEqual([`lab ${id}`, 'image ackademy/host']);
  });
});

describe('exercises', () => {
  test('are told to those who are in the lab, and to nobody else', async () => {
    const { id, player } = await world.startLab();
    const other = await world.startLab();
    expect(await world.ask('GET', `/api/labs/${id}/exercises`, undefined, player)).toMatchObject({
      status: 200,
      body: { exercises: [] },
    });
    const refused = await world.ask('GET', `/api/labs/${other.id}/exercises`, undefined, player);
    expect(refused).toMatchObject({ status: 401, body: { fault: { code: 'not-authorised' } } });
  });

  test('that there are not, and answers that are none, are refused with their place', async () => {
    const { id, player } = await world.startLab();
    expect(await world.ask('POST', `/api/labs/${id}/exercises/nosuch/check`, {}, player)).toMatchObject({
      status: 400,
      body: { fault: { code: 'bad-argument', nextStep: 'It has none.' } },
    });
    expect(await world.ask('POST', `/api/labs/${id}/exercises/nosuch/answer`, { answer: '' }, player)).toMatchObject({
      status: 400,
      body: { fault: { place: { key: 'answer' } } },
    });
  });
});

test('a capture is a pcapng stream that ends with the lab', async () => {
  const { id, lab } = await world.startLab();
  const response = await fetch(`${world.server.url}/api/labs/${id}/capture`, { headers: world.instructor });
  expect(response.headers.get('content-type')).toBe('application/x-pcapng');
  const frame = Uint8Array.from({ length: 61 }, (_, index) => index);
  lab.frames.emit({ host: 'a', interface: 'eth0', direction: 'out', atMs: 5, frame });
  lab.frames.emit({ host: 'b', interface: 'eth0', direction: 'in', atMs: 6, frame });
  lab.frames.emit({ host: 'a', interface: 'eth0', direction: 'in', atMs: 7.5, frame });
  await world.registry.end(id);
  const file = Buffer.from(await response.arrayBuffer());
  const blocks: { type: number; body: Buffer }[] = [];
  for (let offset = 0; offset < file.length;) {
    const length = file.readUInt32LE(offset + 4);
    expect(file.readUInt32LE(offset + length - 4)).toBe(length);
    blocks.push({ type: file.readUInt32LE(offset), body: file.subarray(offset + 8, offset + length - 4) });
    offset += length;
  }
  expect(blocks.map((block) => block.type)).toEqual([0x0a0d0d0a, 1, 6, 1, 6, 6]);
  expect(blocks[1]?.body.toString('latin1')).toContain('a/eth0');
  const packets = blocks.filter((block) => block.type === 6).map((block) => block.body);
  expect(packets.map((body) => body.readUInt32LE(0))).toEqual([0, 1, 0]);
  expect(packets[0]?.subarray(20, 81)).toEqual(Buffer.from(frame));
  const nanoseconds = packets.map((body) => (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8)));
  expect(Number((nanoseconds[2] ?? 0n) - (nanoseconds[0] ?? 0n))).toBe(2_500_000); // nanoseconds
  expect(lab.frames.listenerCount).toBe(0);
});

test('no token and no cookie is ever written to the log', async () => {
  await world.ask('GET', `/?token=${world.server.instructorToken}`, undefined, {});
  expect(world.lines.join('')).not.toContain(world.server.instructorToken);
});
