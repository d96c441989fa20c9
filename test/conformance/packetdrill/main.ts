// Runs packetdrill scripts against our stack: `node test/conformance/packetdrill/main.ts FILE...|DIR`.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runScript, type ScriptResult } from './runner.ts';

const help = `Usage: npm run packetdrill -- [-q] [-v] FILE|DIR...

Runs packetdrill scripts (*.pkt; of a folder all below it) against the stack of
this repository, in virtual time, and compares every packet, call and assertion.

  -D NAME=VALUE  in the scripts the word NAME stands for VALUE (more than one -D)
  -q, --quiet    only the names of scripts that fail, and the totals
  -v, --verbose  also what the scripts print
  -h, --help     this text

For each script one line: ok, FAILED, UNSUPPORTED (needs what the stack or the
runner has not) or UNREADABLE, with the place and the difference. "without" names
settings that a script asked for and that do not exist here.
Exit status: 0 all ok, 1 some not, 2 wrong usage.
`;

/** The scripts below `path`, in the order of their names. */
function scriptsBelow(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return scriptsBelow(inside);
      return entry.name.endsWith('.pkt') ? [inside] : [];
    });
}

const words: Readonly<Record<ScriptResult['outcome'], string>> = {
  ok: 'ok',
  failed: 'FAILED',
  unsupported: 'UNSUPPORTED',
  unreadable: 'UNREADABLE',
};

function report(result: ScriptResult, options: { readonly quiet: boolean; readonly verbose: boolean }): string {
  if (options.quiet) return result.outcome === 'ok' ? '' : `${words[result.outcome]} ${result.name}\n`;
  const lines = [`${words[result.outcome]} ${result.name}`];
  if (result.message !== '') {
    const place =
      result.place === undefined ? result.name : `${result.name}:${result.place.line}:${result.place.column}`;
    lines.push(...`${place}: ${result.message}`.split('\n').map((line) => `    ${line}`));
  }
  lines.push(...result.shortfalls.map((text) => `    without: ${text}`));
  if (options.verbose) lines.push(...result.printed.map((text) => `    | ${text}`));
  return `${lines.join('\n')}\n`;
}

/** Takes `-D NAME=VALUE` out of the arguments. */
function takeDefines(args: string[]): ReadonlyMap<string, string> {
  const defines = new Map<string, string>();
  for (let at = args.indexOf('-D'); at >= 0; at = args.indexOf('-D')) {
    const [, definition = ''] = args.splice(at, 2);
    const [name = '', value = ''] = definition.split(/=(.*)/s);
    defines.set(name, value);
  }
  return defines;
}

function main(given: readonly string[]): number {
  const args = Array.from(given);
  const defines = takeDefines(args);
  const paths = args.filter((arg) => !arg.startsWith('-'));
  const flags = new Set(args.filter((arg) => arg.startsWith('-')));
  if (flags.has('-h') || flags.has('--help')) {
    process.stdout.write(help);
    return 0;
  }
  const quiet = flags.delete('-q') || flags.delete('--quiet');
  const verbose = flags.delete('-v') || flags.delete('--verbose');
  if (paths.length === 0 || flags.size > 0) {
    process.stderr.write(help);
    return 2;
  }
  const totals = { ok: 0, failed: 0, unsupported: 0, unreadable: 0 };
  for (const path of paths.flatMap(scriptsBelow)) {
    const name = relative('.', path);
    const result = runScript(name, readFileSync(path, 'utf8'), defines);
    totals[result.outcome] += 1;
    process.stdout.write(report(result, { quiet, verbose }));
  }
  const { ok, failed, unsupported, unreadable } = totals;
  const count = ok + failed + unsupported + unreadable;
  process.stdout.write(
    `${ok} of ${count} scripts ok, ${failed} failed, ${unsupported} unsupported, ${unreadable} unreadable\n`,
  );
  return ok === count && count > 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
