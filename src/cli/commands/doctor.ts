// `ackademy doctor`: what works on this machine, what does not, and what would help.
import { Fault, formatFault } from '../../base/fault.ts';
import type { RuntimeFact, RuntimeKind } from '../../runtime/runtime.ts';
import type { Output } from '../output.ts';
import { ServerClient } from '../server-client.ts';
import type { World } from '../world.ts';

interface Finding {
  readonly about: string;
  readonly facts: readonly RuntimeFact[];
  /** Why this runtime can not be used; absent when it can. */
  readonly unusable?: string;
}

const kinds: readonly RuntimeKind[] = ['embedded', 'docker'];

export async function doctor(world: World, output: Output): Promise<number> {
  const source = await world.runtimes('auto');
  const findings: Finding[] = [{ about: 'machine', facts: [{ name: 'node', value: process.version, ok: true }] }];
  for (const kind of kinds) findings.push(await examine(kind, async () => await (await source.get(kind)).describe()));
  const server = await (await ServerClient.find(world.stateDirectory))?.ifAlive();
  findings.push({ about: 'server', facts: [{ name: 'running', value: server?.url ?? 'no', ok: true }] });
  await Promise.all(source.opened().map((runtime) => runtime.close()));

  const preferred = { kind: source.preferred, reason: source.reason };
  output.data({ preferred, findings });
  for (const finding of findings) {
    output.say(`${finding.about}`);
    for (const fact of finding.facts) output.say(`  ${fact.ok ? 'ok  ' : 'warn'} ${fact.name}: ${fact.value}`);
    if (finding.unusable !== undefined) output.say(`  none ${finding.unusable}`);
  }
  output.say(`Labs run on ${preferred.kind}: ${preferred.reason}.`);
  return 0;
}

async function examine(about: RuntimeKind, look: () => Promise<readonly RuntimeFact[]>): Promise<Finding> {
  try {
    return { about, facts: await look() };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { about, facts: [], unusable: formatFault(error) };
  }
}
