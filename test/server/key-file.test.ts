// The key file: one key per state directory, for its owner's eyes only.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { readOrMakeKey } from '../../src/server/key-file.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ackademy-key-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('the first server makes the key, the next one finds it', async () => {
  const state = join(directory, 'state');
  const key = await readOrMakeKey(state, seededRandom('one'), false);
  expect(key).toHaveLength(32);
  expect(await readOrMakeKey(state, seededRandom('two'), false)).toEqual(key);
  expect(statSync(join(state, 'key')).mode & 0o777).toBe(0o600);
  expect(statSync(state).mode & 0o777).toBe(0o700);
  expect(readdirSync(state)).toEqual(['key']);
});

test('servers that start at the same moment agree', async () => {
  const seeds = ['a', 'b', 'c', 'd'];
  const keys = await Promise.all(seeds.map((seed) => readOrMakeKey(directory, seededRandom(seed), false)));
  expect(new Set(keys.map((key) => key.join())).size).toBe(1);
  expect(readdirSync(directory)).toEqual(['key']);
});

test('a new key ends the old one', async () => {
  const key = await readOrMakeKey(directory, seededRandom('one'), false);
  const fresh = await readOrMakeKey(directory, seededRandom('two'), true);
  expect(fresh).not.toEqual(key);
  expect(await readOrMakeKey(directory, seededRandom('three'), false)).toEqual(fresh);
});

test('what is no key is replaced', async () => {
  writeFileSync(join(directory, 'key'), 'half a k');
  const key = await readOrMakeKey(directory, seededRandom('one'), false);
  expect(await readOrMakeKey(directory, seededRandom('two'), false)).toEqual(key);
});
