import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultStateDirectory, Journal } from '../../../src/runtime/docker/journal.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ackademy-journal-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const entry = { labId: 'lab1', planHash: 'abc', intent: 'starting' } as const;

test('another process reads what was intended', async () => {
  await new Journal(directory).write(entry);
  await new Journal(directory).write({ ...entry, intent: 'running' });
  expect(await new Journal(directory).entries()).toEqual([{ ...entry, intent: 'running' }]);
  await new Journal(directory).forget('lab1');
  expect(await new Journal(directory).entries()).toEqual([]);
});

test('a directory that does not exist yet holds no entries', async () => {
  expect(await new Journal(join(directory, 'none')).entries()).toEqual([]);
});

test('a damaged entry counts as absent', async () => {
  const journal = new Journal(directory);
  await journal.write(entry);
  writeFileSync(join(directory, 'docker-labs', 'torn.json'), '{"labId":"torn","inte');
  writeFileSync(join(directory, 'docker-labs', 'odd.json'), '{"labId":"odd","planHash":"x","intent":"dancing"}');
  expect(await journal.entries()).toEqual([entry]);
});

test('the state directory follows XDG', () => {
  expect(defaultStateDirectory({ XDG_STATE_HOME: '/var/state' })).toBe('/var/state/ackademy');
  expect(defaultStateDirectory({})).toMatch(/\.local\/state\/ackademy$/);
});
