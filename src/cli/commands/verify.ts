// `ackademy verify`: proves the exercises of labs, and says so in the form that a person or a CI system reads.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { machineFormats, type MachineFormat } from '../../exercise/report/machine.ts';
import { prettyLab, prettySummary } from '../../exercise/report/pretty.ts';
import { exitCodeOf, labTitle, type LabReport } from '../../exercise/report/report.ts';
import { verifyExercises, type Proof } from '../../exercise/verify.ts';
import { walkExercises } from '../../exercise/walk.ts';
import { onRealTime, onVirtualTime } from '../../exercise/world.ts';
import { planLab } from '../../lab/make-plan.ts';
import type { Template } from '../../lab/template.ts';
import type { Runtime, RuntimeKind } from '../../runtime/runtime.ts';
import type { Output } from '../output.ts';
import type { reporters, verifyRuntimes, World } from '../world.ts';

export interface VerifyCommandOptions {
  readonly labs: readonly string[];
  readonly all?: boolean;
  readonly runtime: (typeof verifyRuntimes)[number];
  readonly seed?: string;
  readonly repeat: number;
  readonly jobs?: number;
  readonly reporter: (typeof reporters)[number];
  /** Folder for what failed: transcripts, by lab. */
  readonly artifacts?: string;
}

interface Job {
  readonly template: Template;
  readonly file: string;
  readonly runtime: RuntimeKind;
  readonly seed: string;
}

/** Docker starts several labs at once well; the embedded judge is busy with one. */
const defaultJobs: Readonly<Record<RuntimeKind, number>> = { embedded: 1, docker: 2 };

export async function verify(world: World, output: Output, options: VerifyCommandOptions): Promise<number> {
  const names = await chosenLabs(world, options);
  const jobs: Job[] = [];
  const runtimes: readonly RuntimeKind[] = options.runtime === 'both' ? ['embedded', 'docker'] : [options.runtime];
  for (const name of names) {
    const template = await world.templates.template(name);
    const file = /\.ya?ml$/.test(name) ? name : `src/catalogue/${name}/lab.yaml`;
    for (const runtime of runtimes) {
      for (let repeat = 1; repeat <= options.repeat; repeat += 1) {
        const seed = options.repeat === 1 ? (options.seed ?? '1') : `${options.seed ?? ''}${repeat}`;
        jobs.push({ template, file, runtime, seed });
      }
    }
  }
  const reports = await performAll(world, output, options, jobs);
  if (options.artifacts !== undefined) await keep(options.artifacts, reports);
  if (options.reporter === 'pretty') output.say(prettySummary(reports));
  else output.text(machineFormats[options.reporter satisfies MachineFormat](reports));
  return exitCodeOf(reports);
}

async function chosenLabs(world: World, { labs, all }: VerifyCommandOptions): Promise<readonly string[]> {
  if (labs.length > 0 && all === true)
    throw new Fault('bad-argument', 'Name labs, or say --all, not both.', { nextStep: 'Leave one of them out.' });
  if (labs.length > 0) return labs;
  return (await world.templates.list()).map(({ name }) => name);
}

/** Every job, a few at a time, in the order of the list. */
async function performAll(
  world: World,
  output: Output,
  options: VerifyCommandOptions,
  jobs: readonly Job[],
): Promise<readonly LabReport[]> {
  const abort = new AbortController();
  const stopListening = world.onInterrupt(() => abort.abort(new Fault('bad-argument', 'It was interrupted.')));
  const reports: (LabReport | undefined)[] = jobs.map(() => undefined);
  let next = 0;
  // One for all jobs: they share its subnets.
  let opening: Promise<Runtime> | undefined;
  const docker = async (): Promise<Runtime> => {
    opening ??= world.runtimes('docker').then(async (runtimes) => await runtimes.get('docker'));
    return await opening;
  };
  const work = async (): Promise<void> => {
    for (let index = next++; index < jobs.length; index = next++) {
      const job = jobs[index];
      if (job === undefined || abort.signal.aborted) return;
      const report = await performOne({ world, docker, signal: abort.signal }, job);
      reports[index] = report;
      if (options.reporter === 'pretty') output.say(prettyLab(report));
    }
  };
  const atOnce = options.jobs ?? Math.min(...jobs.map(({ runtime }) => defaultJobs[runtime]), jobs.length);
  try {
    await Promise.all(Array.from({ length: Math.max(1, atOnce) }, work));
    abort.signal.throwIfAborted();
  } finally {
    stopListening();
    await opening?.then(async (runtime) => await runtime.close()).catch(() => undefined);
  }
  return reports.filter((report) => report !== undefined);
}

interface Surroundings {
  readonly world: World;
  readonly docker: () => Promise<Runtime>;
  readonly signal: AbortSignal;
}

async function performOne(surroundings: Surroundings, job: Job): Promise<LabReport> {
  const { world, signal } = surroundings;
  const startedMs = world.clock.now();
  let proofs: readonly Proof[] = [];
  let problem: string | undefined;
  try {
    proofs = job.runtime === 'embedded' ? await onVirtualLabs(job, signal) : await onDocker(surroundings, job);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    problem = error.message;
  }
  const { template, file, runtime, seed } = job;
  const wallMs = world.clock.now() - startedMs;
  return { template: template.name, file, runtime, seed, proofs, problem, wallMs };
}

async function onVirtualLabs({ template, seed }: Job, signal: AbortSignal): Promise<readonly Proof[]> {
  const { VirtualLab } = await import('../../runtime/embedded/virtual-runtime.ts');
  const plan = planLab(template, { seed });
  return await verifyExercises({
    plan,
    exercises: template.exercises,
    signal,
    open: async () => {
      const lab = await VirtualLab.start(plan, { labId: 'verify' });
      return { judged: onVirtualTime(lab), close: async () => await lab.stop() };
    },
  });
}

async function onDocker(surroundings: Surroundings, { template, seed }: Job): Promise<readonly Proof[]> {
  if (template.exercises.length === 0) return [];
  const { world, docker, signal } = surroundings;
  const runtime = await docker();
  const labId = `verify-${process.pid % 10_000}-${template.name.slice(0, 6)}`.replace(/-+$/, '');
  const lab = await runtime.start(planLab(template, { seed }), { labId, signal });
  try {
    const judged = onRealTime(lab, world.clock);
    return await walkExercises({ exercises: template.exercises, judged, signal });
  } finally {
    await lab.stop();
  }
}

/** What failed, with what was typed and printed. */
async function keep(directory: string, reports: readonly LabReport[]): Promise<void> {
  for (const report of reports) {
    const refuted = report.proofs.filter(({ result }) => result === 'refuted');
    if (refuted.length === 0 && report.problem === undefined) continue;
    await mkdir(directory, { recursive: true });
    const texts = refuted.map(({ exercise, detail, transcript }) => `== ${exercise}\n${detail}\n\n${transcript}\n`);
    const name = `${report.template}-${report.runtime}-${report.seed}.txt`;
    await writeFile(join(directory, name), [`${labTitle(report)}\n${report.problem ?? ''}\n`, ...texts].join('\n'));
  }
}
