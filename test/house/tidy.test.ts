// The house is tidy, and each rule is shown failing on a file that breaks it.
import { describe, expect, test } from 'vitest';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tidy from './tidy.ts';
import { readSourceFiles, repositoryRoot } from './source-files.ts';

const source = readSourceFiles('src');
const page = readSourceFiles('web');
const tests = readSourceFiles('test').filter((file) => !file.path.startsWith('test/house/'));

describe('the house as it stands', () => {
  test('time and chance are given, never taken', () => {
    expect(tidy.findBannedCalls(source)).toEqual([]);
  });

  test('files stay small enough to hold in the head', () => {
    expect(tidy.findLongFiles([...source, ...page], tidy.maximumLines.source)).toEqual([]);
    expect(tidy.findLongFiles(tests, tidy.maximumLines.test)).toEqual([]);
  });

  test('every file says in its first line what it is for', () => {
    expect(tidy.findUnsaidPurposes([...source, ...page])).toEqual([]);
  });

  test('file names are nouns in kebab-case', () => {
    expect(tidy.findVagueNames([...source, ...page, ...tests])).toEqual([]);
  });

  test('nothing is unfinished, focused or skipped', () => {
    expect(tidy.findUnfinished([...source, ...page, ...tests])).toEqual([]);
  });

  test('no test sleeps', () => {
    expect(tidy.findSleeps(tests)).toEqual([]);
  });

  test('every file is used by another or is an entry point', () => {
    const orphans = tidy.findOrphans([...source, ...page]).map((line) => line.split(':')[0]);
    expect(orphans.sort()).toEqual([...tidy.awaitingTheirUser].sort());
  });

  test('the exceptions name files that exist', () => {
    const named = [...Object.keys(tidy.timeAndChanceKeepers), ...Object.keys(tidy.entryPoints)];
    expect(named.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
  });
});

describe('the rules, seen to fail', () => {
  const file = (text: string, path = 'src/stack/example.ts') => [{ path, text }];

  test('taking the time', () => {
    expect(tidy.findBannedCalls(file('const t = Date.now();'))).toHaveLength(1);
    expect(tidy.findBannedCalls(file('setTimeout(() => {}, 5);'))).toHaveLength(1);
    expect(tidy.findBannedCalls(file('socket.setTimeout(5); // Date.now()'))).toHaveLength(0);
    expect(tidy.findBannedCalls(file("const word = 'Math.random()';"))).toHaveLength(0);
  });

  test('a long file', () => {
    expect(tidy.findLongFiles(file('x\n'.repeat(601)), 600)).toHaveLength(1);
  });

  test('a file without a purpose', () => {
    expect(tidy.findUnsaidPurposes(file("import x from './x.ts';\n"))).toHaveLength(1);
  });

  test('a vague name', () => {
    expect(tidy.findVagueNames(file('', 'src/stack/tcp-utils.ts'))).toHaveLength(1);
    expect(tidy.findVagueNames(file('', 'src/stack/TcpSocket.ts'))).toHaveLength(1);
  });

  test('unfinished work and a focused test', () => {
    expect(tidy.findUnfinished(file('// TODO later'))).toHaveLength(1);
    expect(tidy.findUnfinished(file('test.only("x", f)'))).toHaveLength(1);
  });

  test('a sleep', () => {
    expect(tidy.findSleeps(file('await new Promise((done) => setTimeout(done, 100));'))).toHaveLength(1);
  });

  test('an orphan', () => {
    expect(tidy.findOrphans(file('export const x = 1;'))).toHaveLength(1);
  });
});
