// Runs one seed again and tells everything: its plan, what was wrong, its packets.
//   npx node test/simulation/replay.ts SEED [PACKETS]
import { describeFailure, runSeed } from './run.ts';

const [seed = Number.NaN, keep = 200] = process.argv.slice(2).map(Number);
if (!Number.isSafeInteger(seed) || !(keep > 0)) {
  console.error('Usage: npx node test/simulation/replay.ts SEED [PACKETS]');
  process.exit(2);
}
const result = runSeed(seed, { hash: true, keep });
console.log(JSON.stringify(result.plan, undefined, 2));
console.log(result.faults.length === 0 ? result.lastPackets.join('\n') : describeFailure(result));
console.log(
  `seed ${seed}: ${result.faults.length} faults, ${result.frames} frames, ${result.durationMs.toFixed(0)} ms of virtual time, trace ${result.traceHash}`,
);
process.exitCode = result.faults.length === 0 ? 0 : 1;
