// The manners of the house as checks over its files: each returns what offends, as `path: what`.
import { importsOf, resolveImport, withoutComments, withoutStrings, type SourceFile } from './source-files.ts';

/** Calls that take time or chance instead of being given them, and what to use. */
export const bannedCalls: readonly { readonly pattern: RegExp; readonly name: string; readonly instead: string }[] = [
  { pattern: /\bDate\.now\s*\(/, name: 'Date.now()', instead: 'Clock.now() or Clock.wallClock()' },
  { pattern: /\bnew Date\s*\(\s*\)/, name: 'new Date()', instead: 'Clock.wallClock()' },
  { pattern: /\bperformance\.now\s*\(/, name: 'performance.now()', instead: 'Clock.now()' },
  { pattern: /(?<![.\w])setTimeout\s*\(/, name: 'setTimeout()', instead: 'Clock.schedule()' },
  { pattern: /(?<![.\w])setInterval\s*\(/, name: 'setInterval()', instead: 'Clock.schedule()' },
  { pattern: /\bMath\.random\s*\(/, name: 'Math.random()', instead: 'Random' },
  { pattern: /\brandomBytes\s*\(\s*\d+\s*\)|\brandomUUID\s*\(/, name: 'crypto randomness', instead: 'Random' },
];

/** Files that may ask the system for time or chance, with the reason. */
export const timeAndChanceKeepers: Readonly<Record<string, string>> = {
  'src/host/real-clock.ts': 'is the real clock',
  'src/host/system-random.ts': 'is the system’s chance',
};

/** Files that something other than an import starts. */
export const entryPoints: Readonly<Record<string, string>> = {
  'src/cli/main.ts': 'started by bin.mjs and by `npm start`',
  'src/host/agent/main.ts': 'the container’s entry',
  'web/main.tsx': 'loaded by index.html',
  'web/vite.config.ts': 'read by vite',
};

/** Finished files whose user is still to be built. A file leaves this list the day somebody imports it. */
export const awaitingTheirUser: readonly string[] = ['src/host/node-net/loader.ts'];

export const maximumLines = { source: 600, test: 800 } as const;

export function findBannedCalls(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => !(file.path in timeAndChanceKeepers))
    .flatMap((file) => {
      const code = withoutStrings(file.text);
      return bannedCalls
        .filter((ban) => ban.pattern.test(code))
        .map((ban) => `${file.path}: ${ban.name}, use ${ban.instead}`);
    });
}

export function findLongFiles(files: readonly SourceFile[], limit: number): readonly string[] {
  return files
    .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
    .filter((file) => file.lines > limit)
    .map((file) => `${file.path}: ${file.lines} lines, at most ${limit}`);
}

export function findUnsaidPurposes(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => !/^(#!.*\n)?\/\/ \S/.test(file.text))
    .map((file) => `${file.path}: the first line does not say what it is for`);
}

const vagueNames = /(^|[-/])(utils?|helpers?|common|misc|managers?|stuff)([-.]|$)/;

export function findVagueNames(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => vagueNames.test(file.path) || !/^[a-z0-9./-]+$/.test(file.path))
    .map((file) => `${file.path}: name it for its one job, in kebab-case`);
}

export function findUnfinished(files: readonly SourceFile[]): readonly string[] {
  const patterns = [
    /\bTODO\b/,
    /\bFIXME\b/,
    /not implemented(?! *[',])/i,
    /\b(it|test|describe)\.(only|skip|todo|skipIf|runIf)\b/,
  ];
  return files.flatMap((file) =>
    patterns.filter((pattern) => pattern.test(file.text)).map((pattern) => `${file.path}: ${pattern.source}`),
  );
}

/** Real sleeping in a test: promises around a timer. */
export function findSleeps(files: readonly SourceFile[]): readonly string[] {
  const sleep = /new Promise[^;]{0,80}(?<![.\w])setTimeout|from 'node:timers\/promises'/;
  return files.filter((file) => sleep.test(withoutComments(file.text))).map((file) => `${file.path}: sleeps`);
}

/** Source files that neither an import nor an entry point reaches. */
export function findOrphans(files: readonly SourceFile[]): readonly string[] {
  const imported = new Set(
    files.flatMap((file) => importsOf(file.text).map((specifier) => resolveImport(file.path, specifier))),
  );
  return files
    .filter((file) => !imported.has(file.path) && !(file.path in entryPoints))
    .map((file) => `${file.path}: nobody imports it`);
}
