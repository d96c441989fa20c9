// Listening and stopping; the file by which the command line finds the server; building the page only when it is stale.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/host/real-clock.ts';
import { makeLog } from '../../src/server/log.ts';
import { startServer } from '../../src/server/server.ts';
import { readServerState, removeServerState, writeServerState } from '../../src/server/state-file.ts';
import { buildWeb } from '../../src/server/web-build.ts';
import { scriptedClassroom } from '../support/classroom.ts';
import { runningServer } from '../support/running-server.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ackademy-server-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const start = (port: number | undefined, host = '127.0.0.1') => {
  const clock = new RealClock();
  return startServer({
    ...scriptedClassroom(clock),
    host,
    port,
    clock,
    random: seededRandom('lifetime'),
    log: makeLog('silent'),
    version: '0',
  });
};

test('a port that is taken is a fault that says what to do', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  await expect(start(port)).rejects.toMatchObject({
    code: 'port-busy',
    message: `Something else listens on 127.0.0.1 port ${port}.`,
    nextStep: expect.stringContaining('--port'),
  });
  taken.close();
});

test('without a port there is always one, also for a second server', async () => {
  const servers = [await start(undefined), await start(undefined)];
  expect(servers[0]?.url).not.toBe(servers[1]?.url);
  for (const server of servers) await server.close('done');
});

test('an address that is not this machine’s is a fault', async () => {
  await expect(start(0, '192.0.2.1')).rejects.toMatchObject({ code: 'bad-argument' });
});

test('stopping tells the labs, frees the port, and hangs on no connection', async () => {
  const world = await runningServer();
  const { lab } = await world.startLab();
  const capture = await fetch(`${world.server.url}/api/labs/${lab.id}/capture`, { headers: world.instructor });
  await world.close();
  expect(world.runtime.closed).toBe(true);
  await capture.arrayBuffer().catch(() => undefined); // ended or cut off, but over
  await expect(fetch(`${world.server.url}/`)).rejects.toThrow();
});

test('the state of a server is for its owner alone, and removed by itself alone', async () => {
  const state = { url: 'http://127.0.0.1:4747', pid: 4242, token: 'secret' };
  await writeServerState(directory, { ...state, pid: 1 });
  await writeServerState(directory, state);
  expect(statSync(join(directory, 'server.json')).mode & 0o777).toBe(0o600);
  expect(await readServerState(directory)).toEqual(state);
  await removeServerState(directory, 1);
  expect(await readServerState(directory)).toEqual(state);
  await removeServerState(directory, 4242);
  expect(await readServerState(directory)).toBeUndefined();
  writeFileSync(join(directory, 'server.json'), '{"url": 7}');
  expect(await readServerState(directory)).toBeUndefined();
});

test('the page is built when there is one and its sources have changed, and only then', async () => {
  const lines: string[] = [];
  const build = () => buildWeb({ root: directory, progress: (line) => lines.push(line) });
  expect(await build()).toBeUndefined();
  mkdirSync(join(directory, 'web'));
  mkdirSync(join(directory, 'src', 'messages'), { recursive: true });
  writeFileSync(join(directory, 'web', 'vite.config.ts'), 'export default {};');
  writeFileSync(join(directory, 'web', 'index.html'), '<script type="module" src="./main.ts"></script>');
  writeFileSync(join(directory, 'web', 'main.ts'), "import { a } from '../src/messages/a.ts'; document.title = a;");
  writeFileSync(join(directory, 'src', 'messages', 'a.ts'), "export const a: string = 'first';");
  expect(await build()).toBe(join(directory, 'dist', 'web'));
  expect(await build()).toBe(join(directory, 'dist', 'web'));
  expect(lines).toHaveLength(1);
  const html = readFileSync(join(directory, 'dist', 'web', 'index.html'), 'utf8');
  expect(html).toMatch(/src="\.?\/?assets\/.*\.js"/);
  writeFileSync(join(directory, 'src', 'messages', 'a.ts'), "export const a: string = 'second';");
  await build();
  expect(lines).toHaveLength(2);
  writeFileSync(join(directory, 'web', 'main.ts'), "import './missing.ts';");
  await expect(build()).rejects.toMatchObject({ code: 'internal', nextStep: expect.stringContaining('npm ci') });
  expect(readFileSync(join(directory, 'dist', 'web', '.inputs'), 'utf8')).toHaveLength(64);
});
