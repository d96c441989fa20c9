// The conformance table: each requirement beside the tests that show it, by what these tests did when they ran just now.
import type { Requirement } from './requirements/requirement.ts';
import { idsIn } from './tags.ts';

export interface RunTest {
  readonly name: string;
  readonly file: string;
  readonly passed: boolean;
}

export type Standing =
  | { readonly kind: 'shown'; readonly tests: readonly RunTest[] }
  | { readonly kind: 'failed'; readonly tests: readonly RunTest[] }
  | { readonly kind: 'excused'; readonly excuse: string }
  | { readonly kind: 'missing' };

export interface TableRow {
  readonly requirement: Requirement;
  readonly standing: Standing;
}

/** What `tests`, all that ran, say of each requirement. A failed test shows nothing, whatever others say. */
export function conformanceTable(requirements: readonly Requirement[], tests: readonly RunTest[]): readonly TableRow[] {
  const byId = new Map<string, RunTest[]>();
  for (const test of tests) {
    for (const id of idsIn(test.name)) byId.set(id, [...(byId.get(id) ?? []), test]);
  }
  return requirements.map((requirement) => ({
    requirement,
    standing: standingOf(requirement, byId.get(requirement.id)),
  }));
}

function standingOf({ excuse }: Requirement, tests: readonly RunTest[] = []): Standing {
  if (tests.some(({ passed }) => !passed)) return { kind: 'failed', tests: tests.filter(({ passed }) => !passed) };
  if (tests.length > 0) return { kind: 'shown', tests };
  return excuse === undefined ? { kind: 'missing' } : { kind: 'excused', excuse };
}

/** The table as text, the RFCs one after the other; last, one line of totals for each. */
export function tableText(rows: readonly TableRow[]): string {
  const rfcs = Array.from(new Set(rows.map(({ requirement }) => requirement.rfc)));
  const lines = rfcs.flatMap((rfc) => {
    const own = rows.filter(({ requirement }) => requirement.rfc === rfc);
    return [rfc, ...own.map(rowText), ''];
  });
  return [...lines, ...totals(rows)].join('\n');
}

/** `RFC 9293: 61 MUST shown, 3 excused, 0 missing; 25 SHOULD shown, ...`. */
export function totals(rows: readonly TableRow[]): readonly string[] {
  const rfcs = Array.from(new Set(rows.map(({ requirement }) => requirement.rfc)));
  return rfcs.map((rfc) => {
    const parts = (['MUST', 'SHOULD', 'MAY'] as const).flatMap((level) => {
      const own = rows.filter(({ requirement }) => requirement.rfc === rfc && requirement.level === level);
      if (own.length === 0) return [];
      const count = (kind: Standing['kind']): number => own.filter(({ standing }) => standing.kind === kind).length;
      const failed = count('failed') === 0 ? '' : `, ${count('failed')} FAILED`;
      return [`${level} ${count('shown')} shown, ${count('excused')} excused, ${count('missing')} missing${failed}`];
    });
    return `${rfc}: ${parts.join('; ')}`;
  });
}

function rowText({ requirement, standing }: TableRow): string {
  const { id, level, section, text } = requirement;
  const head = `  ${mark(standing)} ${id.padEnd(20)} ${level.padEnd(6)} ${section.padEnd(9)} ${text}`;
  switch (standing.kind) {
    case 'shown':
      return `${head}\n${' '.repeat(43)}${standing.tests.map(({ name, file }) => `${file}: ${bare(name)}`).join(`\n${' '.repeat(43)}`)}`;
    case 'failed':
      return `${head}\n${' '.repeat(43)}FAILED: ${standing.tests.map(({ name }) => bare(name)).join('; ')}`;
    case 'excused':
      return `${head}\n${' '.repeat(43)}because ${standing.excuse}`;
    case 'missing':
      return `${head}\n${' '.repeat(43)}NO TEST`;
  }
}

function mark({ kind }: Standing): string {
  return { shown: '+', failed: '!', excused: '-', missing: '?' }[kind];
}

/** The name without its tags. */
function bare(name: string): string {
  return name.replaceAll(/\[RFC\d+-[^\]\s]+\]\s*/g, '').trim();
}
