// What the engine has of ours, grouped by lab, in the shape that `wanted` has too.
import type { Plan } from '../../lab/plan.ts';
import type { Engine, EngineContainer, EngineNetwork } from './engine.ts';
import { labelNames, unpackPlan } from './labels.ts';
import { planHash } from './wanted.ts';

export interface FoundNetwork {
  readonly id: string;
  readonly name: string;
  readonly segment: string;
  readonly fingerprint: string;
  readonly subnet: string;
}

export interface FoundContainer {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly fingerprint: string;
  readonly running: boolean;
}

export interface FoundLab {
  readonly labId: string;
  readonly scope: string;
  readonly networks: readonly FoundNetwork[];
  readonly containers: readonly FoundContainer[];
  /** The plan that a container's label holds; undefined when none does, or not truthfully. */
  readonly plan: Plan | undefined;
  readonly image: string | undefined;
  readonly applier: 'tc netem' | 'agent model' | undefined;
  /** ms since the Unix epoch; 0 when no label says. */
  readonly startedAtMs: number;
}

/** All labs of ours on the engine, or the one with that id. */
export async function findLabs(engine: Engine, labId?: string): Promise<readonly FoundLab[]> {
  const label = labId === undefined ? labelNames.lab : `${labelNames.lab}=${labId}`;
  const [containers, networks] = await Promise.all([engine.listContainers(label), engine.listNetworks(label)]);
  return groupByLab(containers, networks);
}

/** Pure part of `findLabs`. */
export function groupByLab(
  containers: readonly EngineContainer[],
  networks: readonly EngineNetwork[],
): readonly FoundLab[] {
  const ids = new Set([...containers, ...networks].map((thing) => thing.labels[labelNames.lab] ?? ''));
  return [...ids].sort().map((labId) => {
    const own = containers.filter((container) => container.labels[labelNames.lab] === labId);
    const applier = own[0]?.labels[labelNames.applier];
    return {
      labId,
      scope:
        [...own, ...networks.filter((network) => network.labels[labelNames.lab] === labId)][0]?.labels[
          labelNames.scope
        ] ?? '',
      plan: truthfulPlan(own),
      image: own[0]?.image,
      applier: applier === 'tc netem' || applier === 'agent model' ? applier : undefined,
      startedAtMs: Number(own[0]?.labels[labelNames.startedAt] ?? 0),
      containers: own.map((container) => ({
        id: container.id,
        name: container.name,
        host: container.labels[labelNames.host] ?? '',
        fingerprint: container.labels[labelNames.fingerprint] ?? '',
        running: container.state === 'running',
      })),
      networks: networks
        .filter((network) => network.labels[labelNames.lab] === labId)
        .map((network) => ({
          id: network.id,
          name: network.name,
          segment: network.labels[labelNames.segment] ?? '',
          fingerprint: network.labels[labelNames.fingerprint] ?? '',
          subnet: network.subnets[0] ?? '',
        })),
    };
  });
}

function truthfulPlan(containers: readonly EngineContainer[]): Plan | undefined {
  for (const container of containers) {
    const plan = unpackPlan(container.labels[labelNames.plan] ?? '');
    if (plan !== undefined && planHash(plan) === container.labels[labelNames.planHash]) return plan;
  }
  return undefined;
}
