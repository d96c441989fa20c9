// Runs a benchmark of test/bench as a person would, in its quick form.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface BenchOutput {
  readonly lines: readonly string[];
  /** Of the process that it ran in. */
  readonly pid: number;
}

/** What it prints. Throws, with what it said, when its status is not 0. */
export async function quickBench(name: string): Promise<BenchOutput> {
  const script = fileURLToPath(new URL(`../bench/${name}.ts`, import.meta.url));
  const running = promisify(execFile)(process.execPath, [script, '--quick'], { timeout: 120_000 });
  const { stdout } = await running;
  return { lines: stdout.trim().split('\n'), pid: running.child.pid ?? 0 };
}
