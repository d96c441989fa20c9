// The project's own packet scripts, each a test: what our TCP does on the wire, call by call and packet by packet.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runScript } from './packetdrill/runner.ts';

const folder = new URL('./scripts/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.pkt'))
  .toSorted();

describe('packet scripts', () => {
  test('there are some', () => {
    expect(names.length).toBeGreaterThanOrEqual(15);
  });

  test.each(names)('%s', (name) => {
    const { outcome, message, place, shortfalls } = runScript(name, readFileSync(new URL(name, folder), 'utf8'));
    expect({ outcome, message, place, shortfalls }).toEqual({
      outcome: 'ok',
      message: '',
      place: undefined,
      shortfalls: [],
    });
  });
});
