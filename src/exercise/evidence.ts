// What the judge knows of a lab since an exercise began, and how it asks for more.
import type { Plan } from '../lab/plan.ts';
import type { CommandResult } from '../runtime/runtime.ts';
import type { StackInspection } from '../stack/inspect.ts';
import type { TcpState } from '../stack/tcp/state.ts';
import { fillIn } from './references.ts';
import type { Traffic } from './traffic.ts';
import type { JudgedLab } from './world.ts';

/** A connection that has been in a state. */
export interface SeenState {
  readonly host: string;
  readonly state: TcpState;
  readonly localPort: number;
  readonly remotePort: number;
}

export interface Evidence {
  readonly judged: JudgedLab;
  readonly plan: Plan;
  readonly traffic: Traffic;
  readonly states: readonly SeenState[];
  /** Host -> its stack's counters when the exercise began. */
  readonly countersBefore: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** What was answered to the exercise's question; undefined: nothing yet. */
  readonly answer: string | undefined;
}

/** Why a check could not be made: it becomes the verdict `error`. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
}

/** ms of lab time for one command of the judge. */
const commandTimeoutMs = 30_000;

export interface TextResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command on a host, as the judge: its packets count for nobody. Throws `CheckError` or the host's `Fault`. */
export async function runAsJudge(evidence: Evidence, host: string, command: string): Promise<TextResult> {
  const line = filled(evidence, command);
  const result: CommandResult = await hostOf(evidence, host).run(line, { timeoutMs: commandTimeoutMs, asJudge: true });
  const decoder = new TextDecoder();
  return { status: result.status, stdout: decoder.decode(result.stdout), stderr: decoder.decode(result.stderr) };
}

export async function inspect(evidence: Evidence, host: string): Promise<StackInspection> {
  return await hostOf(evidence, host).inspect();
}

export function hostOf({ judged }: Evidence, name: string) {
  const host = judged.lab.hosts.get(name);
  if (host === undefined) throw new CheckError(`there is no host '${name}' in this lab`);
  return host;
}

/** Text with its references replaced. Throws `CheckError`. */
export function filled({ plan }: Evidence, text: string): string {
  const result = fillIn(text, plan);
  if (!result.ok) throw new CheckError(`'${text}': ${result.problem}`);
  return result.text;
}

/** What a command printed, short enough for a sentence. */
export function excerpt({ status, stdout, stderr }: TextResult): string {
  const printed = (stdout + stderr).trim();
  const short = printed.length > 300 ? `...${printed.slice(-300)}` : printed;
  return `${short === '' ? 'it printed nothing' : short}${status === 0 ? '' : ` (exit status ${status})`}`;
}
