// Reads the repository's own source for the house tests: which files there are, what they import, what they say.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface SourceFile {
  /** Path from the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** All TypeScript files below the given folders of the repository. */
export function readSourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  return folders
    .filter((folder) => existsSync(join(repositoryRoot, folder)))
    .flatMap((folder) =>
      readdirSync(join(repositoryRoot, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => !path.includes('node_modules'))
        .sort()
        .map((path) => ({
          path: relative(repositoryRoot, path).split('\\').join('/'),
          text: readFileSync(path, 'utf8'),
        })),
    );
}

/** The text without comments and with string contents kept: what is left is code. */
export function withoutComments(text: string): string {
  return text.replaceAll(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (whole, quoted) => (typeof quoted === 'string' ? quoted : whole.replaceAll(/[^\n]/g, '')),
  );
}

/** Code without comments and without the contents of strings. */
export function withoutStrings(text: string): string {
  return withoutComments(text).replaceAll(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g, "''");
}

/** Every module specifier that a file imports or re-exports, also dynamically and through `new URL(..., import.meta.url)`. */
export function importsOf(text: string): readonly string[] {
  const code = withoutComments(text);
  const found = new Set<string>();
  const patterns = [
    /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /\bimport\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
    /\bnew URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/g,
  ];
  for (const pattern of patterns)
    for (const match of code.matchAll(pattern)) if (match[1] !== undefined) found.add(match[1]);
  return [...found];
}

/** The repository path that a relative specifier of `from` means; undefined for packages. */
export function resolveImport(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : undefined;
}

/** `express` for `express/lib/x`, `@xterm/headless` for itself, `node:fs` for `node:fs/promises`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}
