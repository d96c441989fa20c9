// What the command's exit status means: the fault table's codes, and a host command's own status for `exec` and `run`.
import { CommanderError } from 'commander';
import { Fault, faultTable } from '../base/fault.ts';

const usageError = 2;

/** The status for whatever a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Fault) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageError;
  return faultTable.internal.exitCode;
}

/** The table for `--help`. */
export function describeExitCodes(): string {
  const byCode = new Map<number, string[]>();
  for (const { exitCode, meaning } of Object.values(faultTable))
    byCode.set(exitCode, [...(byCode.get(exitCode) ?? []), meaning]);
  const lines = Array.from(byCode)
    .sort(([a], [b]) => a - b)
    .map(([code, meanings]) => `  ${String(code).padStart(3)}  ${meanings.join('; ')}`);
  return ['Exit status:', '    0  done (exec and run: the status of the host’s command)', ...lines].join('\n');
}
