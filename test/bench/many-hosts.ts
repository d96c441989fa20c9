// The lab that the start benchmarks start: groups of one router and four hosts on a network, the routers in a chain.
import { templateOf } from '../../src/lab/parse.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import type { Plan } from '../../src/lab/plan.ts';
import type { RunningLab } from '../../src/runtime/runtime.ts';

const groupSize = 5;

/** `hostCount` hosts, routers included: a multiple of 5. */
export function planOfHosts(hostCount: number): Plan {
  const groups = Array.from({ length: Math.ceil(hostCount / groupSize) }, (_, index) => index + 1);
  const members = (group: number): readonly string[] => ['a', 'b', 'c', 'd'].map((letter) => `h${group}${letter}`);
  const lines = [
    'name: many-hosts',
    'title: { en: Many hosts, ko: 많은 호스트 }',
    'summary: { en: For measuring a start., ko: 시작 시간을 재기 위한 랩. }',
    'hosts:',
    ...groups.flatMap((group) => [`  r${group}: { role: router }`, ...members(group).map((name) => `  ${name}:`)]),
    'networks:',
    ...groups.flatMap((group) => [`  n${group}:`, `    hosts: [r${group}, ${members(group).join(', ')}]`]),
    ...(groups.length > 1 ? ['links:'] : []),
    ...groups.slice(1).map((group) => `  - r${group - 1} -- r${group}`),
  ];
  return planLab(templateOf(lines.join('\n'), 'many-hosts.yaml'), { seed: 'bench' });
}

/** Every shell runs a command; throws when one does not answer as it should. */
export async function askEveryShell(lab: RunningLab): Promise<void> {
  await Promise.all(
    Array.from(lab.hosts.values(), async (host) => {
      const { status, stdout } = await host.run('echo ready');
      if (status !== 0 || Buffer.from(stdout).toString() !== 'ready\n') throw new Error(`${host.name} does not answer`);
    }),
  );
}
