// The command line on real embedded labs: what the README tells a new user to type, on a machine without Docker.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { io } from 'socket.io-client';
import { terminalEvent, terminalNews, terminalPath } from '../../src/messages/terminal.ts';

const bin = fileURLToPath(new URL('../../src/cli/bin.mjs', import.meta.url));
let state = '';
let server: ChildProcess | undefined;
let link = '';

function start(words: readonly string[]) {
  const environment = { ...process.env, XDG_STATE_HOME: state, DOCKER_HOST: `unix://${state}/no-engine.sock` };
  const child = spawn(process.execPath, [bin, ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  let heard = (): void => undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    heard();
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      heard = () => {
        const found = pattern.exec(stdout);
        if (found !== null) resolve(found);
      };
      heard();
      void ended.then(() => reject(new Error(`ended: ${stderr}`)));
    });
  return { child, ended, says };
}

const cli = async (...words: string[]) => await start(words).ended;

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'ackademy-embedded-'));
  const serving = start(['serve', '--port', '0']);
  server = serving.child;
  link =
    (await serving.says(/^Open (\S+)\nLabs run on embedded: No Docker engine answers at \S+ \(ENOENT\)\.\n/))[1] ?? '';
});
afterAll(async () => {
  const ended = new Promise((resolve) => server?.on('close', resolve));
  server?.kill('SIGINT');
  await ended;
  rmSync(state, { recursive: true, force: true });
});

test('run: a packet crosses three routers and comes back', async () => {
  const { status, stdout } = await cli('run', 'hello', 'client', '--', 'ping', '-c', '1', 'server');
  expect(stdout).toContain('1 packets transmitted, 1 received, 0% packet loss');
  expect(stdout).toContain('ttl=61');
  expect(status).toBe(0);
});

test('run: who does not answer is the command’s failure, not ours', async () => {
  const { status, stderr } = await cli('run', 'hello', 'client', '--', 'ping', '-c', '1', '-W', '1', '10.99.0.1');
  expect([status === 0, stderr]).toEqual([false, expect.not.stringContaining('ackademy:')]);
});

test('up, exec, ls, down on the running server, and one shared terminal', async () => {
  const lab = (await cli('up', 'hello', '--seed', '1')).stdout.trim();
  expect((await cli('exec', lab, 'client', '--', 'ping -c 1 server | grep received')).stdout).toContain('1 received');
  expect((await cli('ls')).stdout).toMatch(
    new RegExp(`${lab}  hello     embedded  running  client r1 r2 r3 server dns`),
  );

  const [url, token] = link.split('/#token=');
  const socket = io(url ?? '', {
    path: terminalPath,
    transports: ['websocket'],
    extraHeaders: { authorization: `Bearer ${token}` },
  });
  let seen = '';
  const pinged = new Promise<void>((resolve) => {
    socket.on(terminalEvent, (value: unknown) => {
      const news = terminalNews.parse(value);
      if (news.kind === 'keyframe') seen += news.data;
      if (news.kind === 'output') seen += Buffer.from(news.bytes).toString();
      if (seen.includes('1 received')) resolve();
    });
  });
  socket.emit(terminalEvent, { kind: 'attach', channel: 0, lab, host: 'client', terminal: 1, columns: 80, rows: 24 });
  socket.emit(terminalEvent, { kind: 'input', channel: 0, bytes: Buffer.from('ping -c 1 server\r') });
  await pinged;
  socket.disconnect();

  expect(await cli('down', lab)).toMatchObject({ status: 0, stdout: `Ended ${lab}.\n` });
  expect((await cli('ls', '--json')).stdout).toBe('[]\n');
});

test('down --all without an engine removes what the server has', async () => {
  const lab = (await cli('up', 'lan')).stdout.trim();
  expect((await cli('down', '--all')).stdout).toContain(`Removed lab ${lab}.`);
});
