// The conformance table cannot claim what is not tested, and nothing falls silently out of it.
import { describe, expect, test } from 'vitest';
import { requirements } from './requirements/index.ts';
import { requirementsOf } from './requirements/requirement.ts';
import { conformanceTable, tableText, totals, type RunTest } from './table.ts';
import { idsIn, taggedFiles } from './tags.ts';

const known = new Map(requirements.map((requirement) => [requirement.id, requirement]));
const worn = new Set(taggedFiles().flatMap(({ ids }) => ids));

describe('the lists', () => {
  test('name each requirement once', () => {
    expect(known.size).toBe(requirements.length);
  });

  test('know every requirement that a test wears', () => {
    const strangers = taggedFiles().flatMap(({ file, ids }) =>
      ids.filter((id) => !known.has(id)).map((id) => `${file}: ${id}`),
    );
    expect(strangers).toEqual([]);
  });

  test('have a test or a reason for every MUST of RFC 9293', () => {
    const forgotten = requirements.filter(
      ({ id, rfc, level, excuse }) => rfc === 'RFC 9293' && level === 'MUST' && !worn.has(id) && excuse === undefined,
    );
    expect(forgotten.map(({ id, text }) => `${id}: ${text}`)).toEqual([]);
  });

  test('excuse nothing that a test shows', () => {
    expect(requirements.filter(({ id, excuse }) => excuse !== undefined && worn.has(id)).map(({ id }) => id)).toEqual(
      [],
    );
  });

  test('hold the whole of RFC 9293’s own list', () => {
    const numbers = (kind: string): readonly number[] =>
      requirements
        .flatMap(({ id }) => new RegExp(`^RFC9293-${kind}-(\\d+)$`).exec(id)?.[1] ?? [])
        .map(Number)
        .toSorted((a, b) => a - b);
    const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);
    expect(numbers('MUST')).toEqual(upTo(69));
    expect(numbers('SHLD')).toEqual(upTo(31));
    expect(numbers('MAY')).toEqual(upTo(18));
  });
});

describe('the table', () => {
  const list = requirementsOf(
    1,
    `
a | M | 1 | first
b | S | 2 | second ~ it does not apply
c | M | 3 | third
d | O | 4 | fourth
`,
  );
  const ran = (name: string, passed = true): RunTest => ({ name, file: 'x.test.ts', passed });
  const rows = conformanceTable(list, [
    ran('[RFC1-a] does it'),
    ran('[RFC1-a] [RFC1-d] does both'),
    ran('[RFC1-d] fails', false),
  ]);

  test('shows what passed, and nothing that failed, was excused or has no test', () => {
    expect(rows.map(({ standing }) => standing.kind)).toEqual(['shown', 'excused', 'missing', 'failed']);
  });

  test('ends with a line of totals for each RFC', () => {
    expect(totals(rows)).toEqual([
      'RFC 1: MUST 1 shown, 0 excused, 1 missing; SHOULD 0 shown, 1 excused, 0 missing; MAY 0 shown, 0 excused, 0 missing, 1 FAILED',
    ]);
    expect(tableText(rows).split('\n').at(-1)).toBe(totals(rows)[0]);
  });

  test('names the tests, the reasons and the gaps', () => {
    const text = tableText(rows);
    for (const part of ['x.test.ts: does it', 'because it does not apply', 'NO TEST', 'FAILED: fails'])
      expect(text).toContain(part);
  });
});

test('tags are read from names', () => {
  expect(idsIn('[RFC9293-MUST-8] [RFC6528-3] numbers [not a tag] [RFC9293-MUST-8]')).toEqual([
    'RFC9293-MUST-8',
    'RFC6528-3',
  ]);
});
