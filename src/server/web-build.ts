// Builds the page with vite when its sources have changed since the last time; the result is kept below dist/web.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Fault } from '../base/fault.ts';

/** Everything that ends up in the page: itself, the rooms that it shares with the server, and the packages' versions. */
const inputs = [
  'web',
  'src/base',
  'src/stack',
  'src/wiring',
  'src/dissect',
  'src/lab',
  'src/messages',
  'package-lock.json',
];
const stampName = '.inputs';

export interface WebBuildOptions {
  /** The repository, or the folder where the package is installed. */
  readonly root: string;
  /** One line about what takes time. */
  readonly progress: (line: string) => void;
}

/** The directory with the built page; undefined when this installation has no page. Throws `Fault` internal. */
export async function buildWeb(options: WebBuildOptions): Promise<string | undefined> {
  const { root, progress } = options;
  if (!existsSync(join(root, 'web', 'index.html'))) return undefined;
  const directory = join(root, 'dist', 'web');
  const hash = await hashInputs(root);
  const stamp = await readFile(join(directory, stampName), 'utf8').catch(() => '');
  if (stamp === hash) return directory;

  progress('Building the page (once after each change; about ten seconds)...');
  const draft = join(root, 'dist', `web.${process.pid}`);
  try {
    const { build } = await import('vite'); // slow to load, and rarely needed
    await build({
      root: join(root, 'web'),
      configFile: join(root, 'web', 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: draft, emptyOutDir: true },
    });
    await writeFile(join(draft, stampName), hash);
    await mkdir(join(root, 'dist'), { recursive: true });
    await rm(directory, { recursive: true, force: true });
    await rename(draft, directory);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    throw new Fault(
      'internal',
      `The page could not be built: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        nextStep: 'Run "npm ci" and try again.',
      },
    );
  }
  return directory;
}

/** Names and contents of all inputs, in a fixed order. */
async function hashInputs(root: string): Promise<string> {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const path of await filesBelow(join(root, input))) {
      hash.update(`${relative(root, path)}\n`);
      hash.update(await readFile(path));
    }
  }
  return hash.digest('hex');
}

async function filesBelow(path: string): Promise<readonly string[]> {
  if (!existsSync(path)) return [];
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [path]; // a file
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes('node_modules'))
    .sort();
}
