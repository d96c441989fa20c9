// The project's own packet scripts, each a test: what our TCP does on the wire, call by call and packet by packet.
// And the other way round: no number and no flag in them can be wrong without a failure.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runScript } from './packetdrill/runner.ts';
import { scriptTitle } from './tags.ts';

const folder = new URL('./scripts/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.pkt'))
  .toSorted();

const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

/** The script with one number of one expected packet made larger, or one flag added; timestamps are compared with tolerance. */
function* falsified(text: string): Generator<string> {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const [, time = '', packet] = /^([\s\d+.~*]+>\s)(.*)$/.exec(line.replace(/\/\/.*/, '')) ?? [];
    if (packet === undefined) continue;
    const change = (changed: string): string => lines.with(index, time + changed).join('\n');
    const comparable = packet.replace(/TS val \d+/, (timestamp) => ' '.repeat(timestamp.length));
    for (const match of comparable.matchAll(/\d+/g)) {
      const after = match.index + match[0].length;
      yield change(`${packet.slice(0, match.index)}${Number(match[0]) + 1}${packet.slice(after)}`);
    }
    yield change(packet.replace(/(^|\s)([A-Z]*\.?)(?=\s\d+:)/, '$1U$2'));
  }
}

describe('packet scripts', () => {
  test('there are some', () => {
    expect(names.length).toBeGreaterThanOrEqual(15);
  });

  test.each(names.map((name) => [scriptTitle(name, read(name)), name]))('%s', (_title, name) => {
    const { outcome, message, place, shortfalls } = runScript(name, read(name));
    expect({ outcome, message, place, shortfalls }).toEqual({
      outcome: 'ok',
      message: '',
      place: undefined,
      shortfalls: [],
    });
  });

  test.each(names)('%s fails when anything in it is wrong', (name) => {
    const passing = [...falsified(read(name))].filter((text) => runScript(name, text).outcome === 'ok');
    expect(passing).toEqual([]);
  });
});
