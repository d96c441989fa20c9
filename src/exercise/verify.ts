// Proves a template's exercises: not done at the start, not done by what is wrong, done by the solution, not without one of
// its steps. Each exercise begins where the solutions of those before it have led.
import { Fault } from '../base/fault.ts';
import type { Exercise, Step } from '../lab/exercise.ts';
import type { Plan } from '../lab/plan.ts';
import { ExerciseWatch } from './exercise-watch.ts';
import { reasonsOf, type Outcome } from './outcome.ts';
import { perform } from './perform.ts';
import type { JudgedLab } from './world.ts';

export interface VerifyOptions {
  readonly plan: Plan;
  readonly exercises: readonly Exercise[];
  /** A fresh lab of the plan; `close` ends it. */
  open(): Promise<OpenedLab>;
  /** Told as each proof is done. */
  readonly progress?: (proof: Proof) => void;
  readonly signal?: AbortSignal;
}

export interface OpenedLab {
  readonly judged: JudgedLab;
  close(): Promise<void>;
}

/** One thing that was to be shown. */
export interface Proof {
  readonly exercise: string;
  readonly claim: Claim;
  /** `warning`: nothing is wrong, but something is useless. */
  readonly result: 'shown' | 'warning' | 'refuted';
  /** Why not, in words; empty when it was shown. */
  readonly detail: string;
  /** What the commands printed. */
  readonly transcript: string;
  /** Lab time that it took, ms. */
  readonly labMs: number;
}

export type Claim =
  | { readonly kind: 'open at the start' }
  | { readonly kind: 'solved by the solution' }
  /** From 1. */
  | { readonly kind: 'not solved by what is wrong'; readonly number: number }
  | { readonly kind: 'not solved without a step'; readonly number: number; readonly step: string };

export function claimText(claim: Claim): string {
  switch (claim.kind) {
    case 'not solved by what is wrong':
      return `not solved by wrong way ${claim.number}`;
    case 'not solved without a step':
      return `not solved without '${claim.step}'`;
    default:
      return claim.kind;
  }
}

/** What a trial of some steps has led to. */
interface Trial {
  readonly outcome: Outcome;
  readonly transcript: string;
  readonly labMs: number;
}

export async function verifyExercises(options: VerifyOptions): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  const earlier: Step[] = [];
  for (const exercise of options.exercises) {
    const prove = async (
      claim: Claim,
      steps: readonly Step[],
      judge: (outcome: Outcome) => Judgement,
    ): Promise<void> => {
      options.signal?.throwIfAborted();
      const proof = await proofOf(options, exercise, claim, earlier, steps, judge);
      proofs.push(proof);
      options.progress?.(proof);
    };
    await prove({ kind: 'open at the start' }, [], mustFail);
    await prove({ kind: 'solved by the solution' }, exercise.solution, mustPass);
    for (const [index, steps] of exercise.wrong.entries()) {
      await prove({ kind: 'not solved by what is wrong', number: index + 1 }, steps, mustFail);
    }
    for (const [index, step] of exercise.solution.entries()) {
      if (step.kind === 'wait') continue; // patience is no work
      const others = exercise.solution.filter((_, at) => at !== index);
      await prove({ kind: 'not solved without a step', number: index + 1, step: step.text }, others, shouldFail);
    }
    earlier.push(...exercise.solution);
  }
  return proofs;
}

type Judgement = Pick<Proof, 'result' | 'detail'>;

const explain = (outcome: Outcome): string =>
  reasonsOf(outcome)
    .map(({ sentence, seen, where }) => `${sentence.en}: ${seen}${where === '' ? '' : ` (${where})`}`)
    .join('; ');

function mustPass(outcome: Outcome): Judgement {
  return outcome.verdict === 'pass' ? { result: 'shown', detail: '' } : { result: 'refuted', detail: explain(outcome) };
}

function mustFail(outcome: Outcome): Judgement {
  if (outcome.verdict === 'fail') return { result: 'shown', detail: '' };
  if (outcome.verdict === 'error') return { result: 'refuted', detail: explain(outcome) };
  return { result: 'refuted', detail: 'the check passes, though nothing was done that solves it' };
}

function shouldFail(outcome: Outcome): Judgement {
  if (outcome.verdict === 'pass')
    return { result: 'warning', detail: 'this step is idle: the check passes without it' };
  // Without the step a later one may have nothing to work on, and the check nothing to look at.
  return { result: 'shown', detail: '' };
}

async function proofOf(
  options: VerifyOptions,
  exercise: Exercise,
  claim: Claim,
  earlier: readonly Step[],
  steps: readonly Step[],
  judge: (outcome: Outcome) => Judgement,
): Promise<Proof> {
  try {
    const { outcome, transcript, labMs } = await tryOut(options, exercise, earlier, steps);
    return { exercise: exercise.id, claim, ...judge(outcome), transcript, labMs };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { exercise: exercise.id, claim, result: 'refuted', detail: error.message, transcript: '', labMs: 0 };
  }
}

async function tryOut(
  options: VerifyOptions,
  exercise: Exercise,
  earlier: readonly Step[],
  steps: readonly Step[],
): Promise<Trial> {
  const opened = await options.open();
  const { judged } = opened;
  try {
    const before = await perform(earlier, judged);
    const watch = await ExerciseWatch.begin(exercise, judged);
    try {
      const performed = await perform(steps, judged, watch);
      const outcome = await watch.evaluate();
      const { transcript } = performed;
      await Promise.all([before.end(), performed.end()]);
      return { outcome, transcript, labMs: judged.now() };
    } finally {
      watch.dispose();
    }
  } finally {
    await opened.close();
  }
}
