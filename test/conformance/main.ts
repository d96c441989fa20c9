// `npm run conformance`: runs the tests that wear requirements, prints the table and, last, one line of totals per RFC.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { requirements } from './requirements/index.ts';
import { conformanceTable, tableText, totals, type RunTest } from './table.ts';
import { taggedFiles } from './tags.ts';

const root = new URL('../../', import.meta.url).pathname;
const usage = `Usage: npm run conformance -- [--rfc NUMBER]... [--missing] [--totals] [--json]

Runs every test that names a requirement and prints what is shown (+), failed (!), left out with a reason (-) and
without any test (?).

  --rfc NUMBER   only that RFC
  --missing      only what has no test
  --totals       only the last lines
  --json         the rows as JSON

Exit status: 0; 1 when a test failed or a MUST of RFC 9293 has neither a test nor a reason; 2 for bad usage.`;

let options;
try {
  options = parseArgs({
    options: {
      rfc: { type: 'string', multiple: true },
      missing: { type: 'boolean' },
      totals: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exit(2);
}
if (options.help === true) {
  console.log(usage);
  process.exit(0);
}
const wanted = options.rfc?.map((number) => `RFC ${number.replace(/^rfc\s*/i, '')}`);
const unknown = wanted?.find((rfc) => !requirements.some((one) => one.rfc === rfc));
if (unknown !== undefined) {
  console.error(
    `no requirements of ${unknown} are listed; there are: ${[...new Set(requirements.map(({ rfc }) => rfc))].join(', ')}`,
  );
  process.exit(2);
}

const rows = conformanceTable(requirements, await runTagged()).filter(
  ({ requirement, standing }) =>
    (wanted === undefined || wanted.includes(requirement.rfc)) &&
    (options.missing !== true || standing.kind === 'missing'),
);
if (options.json === true) console.log(JSON.stringify(rows, undefined, 2));
else console.log(options.totals === true ? totals(rows).join('\n') : tableText(rows));
const isBad = rows.some(
  ({ requirement: { rfc, level }, standing: { kind } }) =>
    kind === 'failed' || (kind === 'missing' && rfc === 'RFC 9293' && level === 'MUST'),
);
process.exit(isBad ? 1 : 0);

/** Runs the files that wear requirements, with their progress on standard error. */
async function runTagged(): Promise<readonly RunTest[]> {
  const files = new Set(
    taggedFiles().map(({ file }) => (file.endsWith('.pkt') ? join('test', 'conformance', 'scripts.test.ts') : file)),
  );
  const scratch = mkdtempSync(join(tmpdir(), 'ackademy-conformance-'));
  const output = join(scratch, 'tests.json');
  console.error(`running ${files.size} files with tests that name a requirement...`);
  try {
    const parameters = [
      'run',
      '--config',
      'test/vitest.config.ts',
      '--reporter=json',
      `--outputFile=${output}`,
      ...files,
    ];
    const child = spawn(join(root, 'node_modules/.bin/vitest'), parameters, { cwd: root, stdio: 'ignore' });
    const stop = (): void => void child.kill();
    process.once('SIGINT', stop);
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    process.off('SIGINT', stop);
    if (status === null) process.exit(130);
    const report = JSON.parse(readFileSync(output, 'utf8')) as VitestReport; // vitest's own format
    return report.testResults.flatMap(({ name: file, assertionResults }) =>
      assertionResults.map(({ title, status: state }) => ({
        name: title,
        file: relative(root, file),
        passed: state === 'passed',
      })),
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}
