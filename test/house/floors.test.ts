// The floors hold: calls go down, and nobody uses what is not theirs. Each rule is also shown failing.
import { describe, expect, test } from 'vitest';
import { findBreaches, findUpwardArrows, rooms, soleImporters } from './floors.ts';
import { readSourceFiles } from './source-files.ts';

const breach = (path: string, specifier: string) =>
  findBreaches([{ path, text: `import { x } from '${specifier}';\n` }]);

describe('the house as it stands', () => {
  const files = readSourceFiles('src', 'web');

  test('no file imports upwards, sideways, or a package that is not its room’s', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(findBreaches(files)).toEqual([]);
  });

  test('no arrow of the plan goes up or sideways', () => {
    expect(findUpwardArrows()).toEqual([]);
  });

  test('every ban names a file that exists and uses the package: no stale bans', () => {
    for (const rule of soleImporters) {
      const file = files.find((candidate) => candidate.path === rule.file);
      expect(file?.text, rule.file).toContain(rule.package);
    }
  });

  test('every package that a room may use is used by it: no stale permissions', () => {
    const folderOf = (room: string): string => (room === 'web' ? 'web/' : `src/${room}/`);
    const standing = rooms.filter((room) => files.some((file) => file.path.startsWith(folderOf(room.name))));
    const unused = standing.flatMap((room) =>
      room.packages
        .filter((name) => name !== 'node:*')
        .filter((name) => {
          const folder = folderOf(room.name);
          return !files.some((file) => file.path.startsWith(folder) && file.text.includes(`'${name}`));
        })
        .map((name) => `${room.name}: ${name}`),
    );
    expect(unused).toEqual([]);
  });
});

describe('the rules, seen to fail', () => {
  test('an import of a higher floor is a breach', () => {
    expect(breach('src/stack/tcp/x.ts', '../../wiring/link.ts')).toHaveLength(1);
    expect(breach('src/wiring/x.ts', '../stack/device.ts')).toHaveLength(0);
  });

  test('an import of the same floor is a breach', () => {
    expect(breach('src/dissect/x.ts', '../wiring/link.ts')).toHaveLength(1);
  });

  test('a room that may use only one folder of another may not use the rest', () => {
    expect(breach('src/dissect/x.ts', '../stack/stack.ts')).toHaveLength(1);
    expect(breach('src/dissect/x.ts', '../stack/wire/ipv4.ts')).toHaveLength(0);
  });

  test('a Node module in a pure room is a breach, also when imported dynamically', () => {
    expect(breach('src/lab/x.ts', 'node:fs')).toHaveLength(1);
    expect(findBreaches([{ path: 'src/stack/x.ts', text: "const fs = await import('node:fs');" }])).toHaveLength(1);
  });

  test('the engine and foreign calls have one importer each', () => {
    expect(breach('src/runtime/docker/apply.ts', 'dockerode')).toHaveLength(1);
    expect(breach('src/runtime/docker/engine.ts', 'dockerode')).toHaveLength(0);
    expect(breach('src/host/agent/main.ts', 'koffi')).toHaveLength(1);
  });

  test('the two runtimes do not know each other', () => {
    expect(breach('src/runtime/docker/x.ts', '../embedded/world.ts')).toHaveLength(1);
    expect(breach('src/runtime/choose.ts', './embedded/embedded-runtime.ts')).toHaveLength(0);
  });

  test('the page imports nothing impure', () => {
    expect(breach('web/panels/x.tsx', '../../src/host/host.ts')).toHaveLength(1);
    expect(breach('web/panels/x.tsx', '../../src/dissect/line.ts')).toHaveLength(0);
  });

  test('a comment that mentions an import is none', () => {
    expect(
      findBreaches([{ path: 'src/stack/x.ts', text: "// import fs from 'node:fs'\n/* import 'koffi' */\n" }]),
    ).toEqual([]);
  });

  test('a plan with an arrow up is refused', () => {
    const plan = rooms.map((room) => (room.name === 'stack' ? { ...room, mayImport: ['base', 'lab'] } : room));
    expect(findUpwardArrows(plan)).toEqual(['stack -> lab']);
  });
});
