// Programs of the engine's machine (tc, nsenter, iptables), run where we are root on it.
import { execFile } from 'node:child_process';

export interface ToolResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type RunTool = (program: string, parameters: readonly string[]) => Promise<ToolResult>;

/** Runs a program without a shell; a program that does not exist has status 127. Never throws. */
export const runTool: RunTool = (program, parameters) =>
  new Promise((resolve) => {
    execFile(program, [...parameters], { timeout: 20_000, env: toolEnvironment() }, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error as { code?: unknown }).code;
      resolve({ status: typeof code === 'number' ? code : 127, stdout, stderr });
    });
  });

/** Where distributions keep such programs, which is not on every user's path. */
function toolEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}
