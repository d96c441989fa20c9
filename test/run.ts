// Runs every check of the repository and says, last, what passed, what failed and what could not run here.
//   npm test                    everything that this machine can do
//   npm test -- --only unit     one stage: static, unit, browser, docker
// With CI=true, what could not run counts as failed.
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { browserCapability, engineCapability, type Capability } from './support/capabilities.ts';

interface Outcome {
  readonly stage: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

interface Suite {
  readonly stage: string;
  readonly files: readonly string[];
  readonly needs: Capability;
}

const stageNames = ['static', 'unit', 'browser', 'docker'] as const;
const root = new URL('..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'ackademy-test-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
if (values.help === true) {
  console.log(`Usage: npm test [-- --only ${stageNames.join('|')}]`);
  process.exit(0);
}
if (values.only !== undefined && !stageNames.some((name) => name === values.only)) {
  console.error(`no stage '${values.only}'; there are: ${stageNames.join(', ')}`);
  process.exit(2);
}
const wanted = (stage: string): boolean => values.only === undefined || values.only === stage;

const staticChecks: readonly (readonly [name: string, command: string, ...parameters: string[]])[] = [
  ['types', 'tsc', '-p', '.'],
  ['types of the pure rooms', 'tsc', '-p', 'src'],
  ['types of the page', 'tsc', '-p', 'web'],
  ['lint', 'oxlint', '--quiet'],
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
];

const outcomes: Outcome[] = [];
const notRun: { readonly file: string; readonly why: string }[] = [];

if (wanted('static')) outcomes.push(await runStatic());
for (const suite of await findSuites()) {
  if (!wanted(suite.stage) || suite.files.length === 0) continue;
  const { needs } = suite;
  if (needs.present) outcomes.push(await runSuite(suite));
  else notRun.push(...suite.files.map((file) => ({ file, why: needs.why })));
}
report();

async function findSuites(): Promise<readonly Suite[]> {
  const all = globSync('test/**/*.test.{ts,tsx}', { cwd: root }).sort();
  const isDocker = (file: string): boolean => /\.docker\.test\.ts$|^test\/contract\/docker\.test\.ts$/.test(file);
  const isBrowser = (file: string): boolean => file.startsWith('test/e2e/') && !isDocker(file);
  return [
    {
      stage: 'unit',
      files: all.filter((file) => !isDocker(file) && !isBrowser(file)),
      needs: { present: true, how: 'Node' },
    },
    { stage: 'browser', files: all.filter(isBrowser), needs: browserCapability() },
    { stage: 'docker', files: all.filter(isDocker), needs: await engineCapability() },
  ];
}

async function runStatic(): Promise<Outcome> {
  const startedAt = performance.now();
  const results = await Promise.all(
    staticChecks
      .filter(([, , ...parameters]) => parameters.at(-1) !== 'web' || existsSync(join(root, 'web', 'tsconfig.json')))
      .map(async ([name, command, ...parameters]) => {
        const { status, output } = await run(command, parameters, true);
        console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`);
        if (status !== 0) console.log(output);
        return status === 0;
      }),
  );
  const passed = results.filter(Boolean).length;
  return { stage: 'static', passed, failed: results.length - passed, seconds: (performance.now() - startedAt) / 1000 };
}

async function runSuite(suite: Suite): Promise<Outcome> {
  const startedAt = performance.now();
  const resultFile = join(scratch, `${suite.stage}.json`);
  console.log(`\n== ${suite.stage}: ${suite.files.length} files (${suite.needs.present ? suite.needs.how : ''})`);
  const serial = suite.stage === 'unit' ? [] : ['--no-file-parallelism'];
  const parameters = [
    'run',
    '--config',
    'test/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${resultFile}`,
  ];
  const { status } = await run('vitest', [...parameters, ...serial, ...suite.files], false);
  const seconds = (performance.now() - startedAt) / 1000;
  const counts = readCounts(resultFile);
  // A run that died, or passed without executing a test, or skipped one, has failed whatever it counted.
  const unexplained = (status !== 0 && counts.failed === 0) || counts.passed === 0 ? 1 : 0;
  return { stage: suite.stage, passed: counts.passed, failed: counts.failed + counts.skipped + unexplained, seconds };
}

function readCounts(file: string): { passed: number; failed: number; skipped: number } {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
    const count = (name: string): number => Number(result[name] ?? 0);
    return {
      passed: count('numPassedTests'),
      failed: count('numFailedTests'),
      skipped: count('numPendingTests') + count('numTodoTests'),
    };
  } catch (cause) {
    console.error(`no result from vitest: ${String(cause)}`);
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

function run(
  command: string,
  parameters: readonly string[],
  quiet: boolean,
): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(join(root, 'node_modules', '.bin', command), parameters, {
      cwd: root,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ status: 1, output: `${command}: ${error.message}` }));
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}

function report(): never {
  console.log('');
  for (const outcome of outcomes) {
    console.log(
      `${outcome.stage.padEnd(8)} ${outcome.passed} passed, ${outcome.failed} failed in ${outcome.seconds.toFixed(1)} s`,
    );
  }
  for (const { file, why } of notRun) console.log(`not run: ${file} (${why})`);
  const strict = process.env['CI'] === 'true';
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0) + (strict ? notRun.length : 0);
  if (strict && notRun.length > 0) console.log('CI=true: what did not run counts as failed');
  console.log(`${passed} passed, ${failed} failed, ${strict ? 0 : notRun.length} skipped`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
