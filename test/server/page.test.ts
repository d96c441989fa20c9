// The page as files: its policy, what may be cached, that every place within it leads to it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runningServer } from '../support/running-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'ackademy-page-'));
let world: Awaited<ReturnType<typeof runningServer>>;
beforeAll(async () => {
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Ackademy</title>');
  writeFileSync(join(directory, 'assets', 'main-abc123.js'), 'export {};');
  writeFileSync(join(directory, '.inputs'), 'hash');
  world = await runningServer({ webDirectory: directory });
});
afterAll(async () => {
  await world.close();
  rmSync(directory, { recursive: true });
});

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  world.ask('GET', path, undefined, headers);

/** As `get`, but with headers that fetch would not let us set: Host, and conditions without its own caching. */
function rawStatus(path: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(world.server.url + path, { headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('every place within the page leads to it, without a login', async () => {
  for (const path of ['/', '/join/hello-abcd', '/labs/hello-abcd?x=1', '/nowhere']) {
    const answer = await get(path, { accept: 'text/html' });
    expect([path, answer.status, answer.body]).toEqual([path, 200, '<!doctype html><title>Ackademy</title>']);
  }
});

test('it may run its own scripts, none that is inline, none from elsewhere, and not inside another page', async () => {
  const policy = (await get('/')).headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe-inline/);
  expect((await get('/')).headers.get('x-content-type-options')).toBe('nosniff');
  expect((await get('/')).headers.get('x-powered-by')).toBeNull();
});

test('what has its hash in its name is kept for ever, the rest is asked for again and answered by "not modified"', async () => {
  const script = await get('/assets/main-abc123.js');
  expect(script.headers.get('cache-control')).toContain('immutable');
  const page = await get('/');
  expect(page.headers.get('cache-control')).toBe('no-cache');
  const etag = page.headers.get('etag') ?? '';
  expect(etag).not.toBe('');
  expect(await rawStatus('/', { 'if-none-match': etag })).toBe(304);
});

test('files that are not part of the page, and files that are not there, are not served', async () => {
  expect((await get('/.inputs')).body).not.toBe('hash');
  expect((await get('/assets/other.js')).status).toBe(400);
  expect(String((await get('/..%2f..%2f..%2fetc/passwd')).body)).not.toContain('root:');
  expect(await rawStatus('/', { host: 'evil.example' })).toBe(401);
});
