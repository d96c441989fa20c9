// The catalogue's exercises on Docker, walked through as a class does: open before, done after. (All labs: ackademy verify --runtime docker.)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTemplate } from '../../src/catalogue/read.ts';
import { walkExercises } from '../../src/exercise/walk.ts';
import { onRealTime } from '../../src/exercise/world.ts';
import { RealClock } from '../../src/host/real-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import { DockerRuntime } from '../../src/runtime/docker/docker-runtime.ts';

const clock = new RealClock();
const stateDirectory = mkdtempSync(join(tmpdir(), 'ackademy-walk-'));
let runtime: DockerRuntime;

beforeAll(async () => {
  const scope = `walk-${process.pid}`;
  runtime = await DockerRuntime.open({
    clock,
    random: systemRandom(),
    environment: process.env,
    stateDirectory,
    scope,
  });
});
afterAll(async () => {
  await runtime.removeAll();
  await runtime.close();
  rmSync(stateDirectory, { recursive: true, force: true });
});

test.each(['hello', 'two-ways', 'lossy'])(
  '%s: what virtual time has proven holds here',
  { timeout: 120_000 },
  async (name) => {
    const { template } = await readTemplate(name);
    const lab = await runtime.start(planLab(template, { seed: '1' }), {
      labId: `walk-${process.pid % 1000}-${name}`.slice(0, 20),
    });
    try {
      const proofs = await walkExercises({ exercises: template.exercises, judged: onRealTime(lab, clock) });
      expect(proofs.filter(({ result }) => result !== 'shown')).toEqual([]);
      expect(proofs).toHaveLength(2 * template.exercises.length);
    } finally {
      await lab.stop();
    }
  },
);
