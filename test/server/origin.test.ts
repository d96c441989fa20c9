// Who may address the server, and from which page.
import { expect, test } from 'vitest';
import { originRule } from '../../src/server/origin.ts';

const rule = originRule(['lab-machine', '127.0.0.1']);
const own = ['127.0.0.1:4747', 'localhost:4747', '[::1]:4747', '192.168.1.5:80', 'lab-machine:4747', 'LOCALHOST'];

test('by address, as localhost, or by its own name', () => {
  for (const host of own) expect([host, rule({ host, origin: undefined })]).toEqual([host, true]);
});

test('not by a name that somebody made to point here', () => {
  for (const host of [
    undefined,
    '',
    'evil.example',
    'evil.example:4747',
    '127.0.0.1.evil.example',
    'localhost:x',
    'a@localhost',
  ])
    expect([host, rule({ host, origin: undefined })]).toEqual([host, false]);
});

test('a page must be our own, down to the port', () => {
  const host = '127.0.0.1:4747';
  expect(rule({ host, origin: 'http://127.0.0.1:4747' })).toBe(true);
  for (const origin of ['null', 'http://evil.example', 'http://127.0.0.1:4748', 'http://localhost:4747', 'file://'])
    expect([origin, rule({ host, origin })]).toEqual([origin, false]);
});
