// Runs Node's own test files (test/parallel/test-net-*.js and the like) with our modules in place of Node's:
//   node test/host/node-net/run-node-tests.ts FILE...
// One process a file, `// Flags:` obeyed, 60 s each; prints pass, skip or fail per file and the totals last.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const limitMs = 60_000;
const preload = new URL('dressed.ts', import.meta.url).href;

export interface FileResult {
  readonly outcome: 'pass' | 'skip' | 'fail';
  /** What the file printed. */
  readonly output: string;
}

/** Runs one file; a file that prints TAP's `1..0 # Skipped` is skipped. */
export function runNodeTest(file: string): Promise<FileResult> {
  const flags = /^\/\/ Flags:(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]?.trim().split(/\s+/) ?? [];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...flags, '--import', preload, file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.timeout(limitMs),
      killSignal: 'SIGKILL',
    });
    let output = '';
    const collect = (bytes: Buffer): void => void (output += bytes.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => (output += `\n${error.message}\n`));
    child.on('close', (status) => {
      const passed = /^1\.\.0 # Skipped/m.test(output) ? 'skip' : 'pass';
      resolve({ outcome: status === 0 ? passed : 'fail', output });
    });
  });
}

async function main(files: readonly string[]): Promise<void> {
  const totals = { pass: 0, skip: 0, fail: 0 };
  for (const file of files) {
    const { outcome, output } = await runNodeTest(file);
    totals[outcome] += 1;
    console.log(`${outcome}  ${file}`);
    if (outcome === 'fail') console.log(output.replace(/^/gm, '      ').slice(0, 2000));
  }
  console.log(`pass ${totals.pass}, skip ${totals.skip}, fail ${totals.fail} of ${files.length}`);
  process.exitCode = totals.fail === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
