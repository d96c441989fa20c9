// Which tests wear which requirement: `[RFC9293-MUST-8]` in the name of a test, or in a comment of a packet script, which is
// a test by itself.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../../', import.meta.url).pathname;
/** Its tags are examples. */
const ownTest = join('test', 'conformance', 'table.test.ts');
const tag = /\[(RFC\d+-[^\]\s]+)\]/g;

export interface TaggedFile {
  /** Relative to the repository. */
  readonly file: string;
  readonly ids: readonly string[];
}

/** The ids in brackets in a text, in order, each once. */
export function idsIn(text: string): readonly string[] {
  return Array.from(new Set(Array.from(text.matchAll(tag), ([, id = '']) => id)));
}

/** The test files with tags; those of packet scripts stand for the file that runs them. */
export function taggedFiles(): readonly TaggedFile[] {
  const files = globSync('test/**/*.{test.ts,pkt}', { cwd: root })
    .filter((file) => file !== ownTest)
    .toSorted();
  return files
    .map((file) => ({ file, ids: idsIn(readFileSync(join(root, file), 'utf8')) }))
    .filter(({ ids }) => ids.length > 0);
}

/** Name of a packet script's test: its file, and the requirements in its comments. */
export function scriptTitle(name: string, text: string): string {
  return [name, ...idsIn(text).map((id) => `[${id}]`)].join(' ');
}
