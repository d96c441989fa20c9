// How long an embedded lab takes from its plan until every host's shell has run a command: in a thread that has to load
// its program first (cold), and in one that waits for a lab (warm), as the server keeps one.
//   npx node test/bench/embedded-start.ts [--quick]
import { EmbeddedRuntime } from '../../src/runtime/embedded/embedded-runtime.ts';
import { askEveryShell, planOfHosts } from './many-hosts.ts';
import { benchOptions, inTurn, secondsOf } from './measure.ts';

/** What a start may take, and what Mininet 2.3 takes for as many hosts on this kind of machine (recorded, seconds). */
const yardsticks = [
  { hosts: 10, limitSeconds: 0.3, mininetSeconds: 0.6 },
  { hosts: 100, limitSeconds: 2, mininetSeconds: 22 },
] as const;

const { quick } = benchOptions();
const rounds = quick ? 1 : 7;

async function start(hosts: number, kind: 'cold' | 'warm'): Promise<number> {
  const plan = planOfHosts(hosts);
  const runtime = new EmbeddedRuntime({ keepWarm: kind === 'warm' });
  try {
    if (kind === 'warm') {
      const first = await runtime.start(planOfHosts(5), { labId: 'first' }); // takes the first thread; the next one warms
      await first.hosts.get('r1')?.run('sleep 1');
      await first.stop();
    }
    return await secondsOf(async () => askEveryShell(await runtime.start(plan, { labId: 'bench' })));
  } finally {
    await runtime.close();
  }
}

for (const { hosts, limitSeconds, mininetSeconds } of yardsticks) {
  const { cold, warm } = await inTurn(rounds, { cold: () => start(hosts, 'cold'), warm: () => start(hosts, 'warm') });
  const ms = (seconds: number): string => `${(1000 * seconds).toFixed(0)} ms`;
  console.log(
    `${hosts} hosts: cold ${ms(cold)}, warm ${ms(warm)}; limit ${ms(limitSeconds)}, Mininet ${ms(mininetSeconds)}`,
  );
  console.log(`ratio embedded-start-${hosts}: warm ${(warm / cold).toFixed(3)} of cold`);
  console.log(`ratio embedded-start-${hosts}: cold ${(cold / limitSeconds).toFixed(3)} of the limit`);
  console.log(`ratio embedded-start-${hosts}: cold ${(cold / mininetSeconds).toFixed(3)} of Mininet`);
}
