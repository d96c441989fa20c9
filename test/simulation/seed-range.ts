// Runs seeds one after the other and says which failed, each with how to see it again.
import { describeFailure, runSeed } from './run.ts';

/** More would only make the report longer. */
const failuresMaximum = 3;

/** Descriptions of the first failing runs of seeds `first` .. `last`; an exception names its seed, too. */
export function failuresOf(first: number, last: number): readonly string[] {
  const failures: string[] = [];
  for (let seed = first; seed <= last && failures.length < failuresMaximum; seed += 1) {
    try {
      const result = runSeed(seed);
      if (result.faults.length > 0) failures.push(describeFailure(result));
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      failures.push(`seed ${seed}: ${reason}\nreplay: npx node test/simulation/replay.ts ${seed}`);
    }
  }
  return failures;
}
