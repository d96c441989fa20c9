// The exercises of a lab in one go, as a class does them: before each it is open, after its solution it is done. What a
// runtime on real time can afford.
import { Fault } from '../base/fault.ts';
import type { Exercise } from '../lab/exercise.ts';
import { ExerciseWatch } from './exercise-watch.ts';
import { reasonsOf, type Outcome } from './outcome.ts';
import { perform, type Performed } from './perform.ts';
import type { Claim, Proof } from './verify.ts';
import type { JudgedLab } from './world.ts';

export interface WalkOptions {
  readonly exercises: readonly Exercise[];
  readonly judged: JudgedLab;
  readonly progress?: (proof: Proof) => void;
  readonly signal?: AbortSignal;
}

export async function walkExercises(options: WalkOptions): Promise<readonly Proof[]> {
  const { judged } = options;
  const proofs: Proof[] = [];
  const running: Performed[] = [];
  for (const exercise of options.exercises) {
    options.signal?.throwIfAborted();
    const startedMs = judged.now();
    const watch = await ExerciseWatch.begin(exercise, judged);
    const tell = (claim: Claim, wanted: 'pass' | 'fail', outcome: Outcome, transcript: string): void => {
      const proof = proofOf(exercise.id, claim, wanted, outcome, transcript, judged.now() - startedMs);
      proofs.push(proof);
      options.progress?.(proof);
    };
    try {
      tell({ kind: 'open at the start' }, 'fail', await watch.evaluate(), '');
      const performed = await perform(exercise.solution, judged, watch);
      running.push(performed);
      tell({ kind: 'solved by the solution' }, 'pass', await watch.evaluate(), performed.transcript);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const claim: Claim = { kind: 'solved by the solution' };
      const labMs = judged.now() - startedMs;
      proofs.push({ exercise: exercise.id, claim, result: 'refuted', detail: error.message, transcript: '', labMs });
    } finally {
      watch.dispose();
    }
  }
  await Promise.all(running.map(async (one) => await one.end()));
  return proofs;
}

function proofOf(
  exercise: string,
  claim: Claim,
  wanted: 'pass' | 'fail',
  outcome: Outcome,
  transcript: string,
  labMs: number,
): Proof {
  const isShown = outcome.verdict === wanted;
  const reasons = reasonsOf(outcome).map(({ sentence, seen }) => `${sentence.en}: ${seen}`);
  const detail = isShown ? '' : reasons.join('; ') || `the check says '${outcome.verdict}'`;
  return { exercise, claim, result: isShown ? 'shown' : 'refuted', detail, transcript, labMs };
}
