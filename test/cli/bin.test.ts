// The `ackademy` command itself: starts under an old Node too, and passes arguments, signals and status on.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../src/cli/bin.mjs', import.meta.url));
/** Makes the process take itself for an older one. */
const olderNode = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.0'}})`;
let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ackademy-bin-'));
  mkdirSync(join(root, 'src', 'cli'), { recursive: true });
  copyFileSync(bin, join(root, 'src', 'cli', 'bin.mjs'));
  writeFileSync(
    join(root, 'src', 'cli', 'main.ts'),
    `process.on('SIGINT', () => process.exit(42)); // before the line that says it is ready
     const words: string[] = process.argv.slice(2);
     console.log(JSON.stringify({ words, entry: process.argv[1], old: process.versions.node.startsWith('20.') }));
     if (words[0] === 'wait') setInterval(() => undefined, 1000);
     else if (words[0] === 'die') process.kill(process.pid, 'SIGKILL');
     else process.exitCode = Number(words[0] ?? 0);`,
  );
});
afterAll(() => rmSync(root, { recursive: true }));

function start(words: readonly string[], older: boolean) {
  const child = spawn(process.execPath, [
    ...(older ? ['--import', olderNode] : []),
    join(root, 'src', 'cli', 'bin.mjs'),
    ...words,
  ]);
  let [stdout, stderr] = ['', ''];
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      resolve();
    });
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
  return { child, ready, ended };
}

const pin = (): void => {
  mkdirSync(join(root, 'node_modules', 'node', 'bin'), { recursive: true });
  symlinkSync(process.execPath, join(root, 'node_modules', 'node', 'bin', 'node'));
};

test('a Node that is new enough runs it at once', async () => {
  const { status, stdout } = await start(['7', '--json', '--', 'a b'], false).ended;
  expect([status, JSON.parse(stdout)]).toEqual([
    7,
    { words: ['7', '--json', '--', 'a b'], entry: join(root, 'src', 'cli', 'main.ts'), old: false },
  ]);
});

test('an older Node without the pinned one says what to do', async () => {
  const { status, stderr } = await start([], true).ended;
  expect([status, stderr]).toEqual([
    3,
    expect.stringMatching(/^ackademy: Node v\S+ is too old and \S+ is missing\. Run "npm ci"/),
  ]);
});

test('an older Node hands over to the pinned one: arguments, status, signals', async () => {
  pin();
  const { status, stdout } = await start(['5', '-x', 'a b'], true).ended;
  expect([status, JSON.parse(stdout)]).toMatchObject([5, { words: ['5', '-x', 'a b'], old: false }]);
  const waiting = start(['wait'], true);
  await waiting.ready;
  waiting.child.kill('SIGINT');
  expect((await waiting.ended).status).toBe(42);
  expect((await start(['die'], true).ended).status).toBe(128 + 9);
});
