// The difference between what a lab should be and what the engine has, as a value: every change with its reason.
import type { FoundLab } from './found.ts';
import type { WantedContainer, WantedLab, WantedNetwork } from './wanted.ts';

export type Reason =
  | 'missing'
  | 'not in the plan'
  | 'made from something else'
  | 'not running'
  | 'its network is new'
  | 'the lab is stopped';

export interface Removal {
  readonly id: string;
  readonly name: string;
  readonly reason: Reason;
}

/** In the order in which it is applied. */
export interface ChangeSet {
  readonly removeContainers: readonly Removal[];
  readonly removeNetworks: readonly Removal[];
  readonly createNetworks: readonly { readonly network: WantedNetwork; readonly reason: Reason }[];
  readonly createContainers: readonly { readonly container: WantedContainer; readonly reason: Reason }[];
  /** Host -> id of the container that stays as it is. */
  readonly kept: ReadonlyMap<string, string>;
}

/** What it takes to get from `found` to `wanted`; `found` undefined: nothing is there. */
export function changeSet(wanted: WantedLab, found: FoundLab | undefined): ChangeSet {
  const removeNetworks: Removal[] = [];
  const createNetworks: { network: WantedNetwork; reason: Reason }[] = [];
  const removeContainers: Removal[] = [];
  const createContainers: { container: WantedContainer; reason: Reason }[] = [];
  const kept = new Map<string, string>();
  const newSegments = new Set<string>();

  for (const network of wanted.networks) {
    const present = found?.networks.find((candidate) => candidate.segment === network.segment);
    if (present?.fingerprint === network.fingerprint) continue;
    newSegments.add(network.segment);
    const reason = present === undefined ? 'missing' : 'made from something else';
    if (present !== undefined) removeNetworks.push({ id: present.id, name: present.name, reason });
    createNetworks.push({ network, reason });
  }
  for (const container of wanted.containers) {
    const present = found?.containers.find((candidate) => candidate.host === container.host);
    const reason = reasonToReplace(container, present, newSegments);
    if (present !== undefined && reason === undefined) {
      kept.set(container.host, present.id);
      continue;
    }
    if (present !== undefined) removeContainers.push({ ...nameOf(present), reason: reason ?? 'missing' });
    createContainers.push({ container, reason: reason ?? 'missing' });
  }
  for (const network of found?.networks ?? []) {
    if (wanted.networks.some((candidate) => candidate.segment === network.segment)) continue;
    removeNetworks.push({ ...nameOf(network), reason: 'not in the plan' });
  }
  for (const container of found?.containers ?? []) {
    if (wanted.containers.some((candidate) => candidate.host === container.host)) continue;
    removeContainers.push({ ...nameOf(container), reason: 'not in the plan' });
  }
  return { removeContainers, removeNetworks, createNetworks, createContainers, kept };
}

/** Everything that is there goes. */
export function removalOf(found: FoundLab): ChangeSet {
  return {
    removeContainers: found.containers.map((thing) => ({ ...nameOf(thing), reason: 'the lab is stopped' })),
    removeNetworks: found.networks.map((thing) => ({ ...nameOf(thing), reason: 'the lab is stopped' })),
    createNetworks: [],
    createContainers: [],
    kept: new Map(),
  };
}

export function isEmpty(changes: ChangeSet): boolean {
  return (
    changes.removeContainers.length + changes.removeNetworks.length === 0 &&
    changes.createContainers.length + changes.createNetworks.length === 0
  );
}

/** One line per change, as a log or a dry run prints them. */
export function describeChanges(changes: ChangeSet): readonly string[] {
  return [
    ...changes.removeContainers.map((change) => `- container ${change.name} (${change.reason})`),
    ...changes.removeNetworks.map((change) => `- network ${change.name} (${change.reason})`),
    ...changes.createNetworks.map((change) => `+ network ${change.network.specification.name} (${change.reason})`),
    ...changes.createContainers.map(
      (change) => `+ container ${change.container.specification.name} (${change.reason})`,
    ),
  ];
}

function reasonToReplace(
  container: WantedContainer,
  present: FoundLab['containers'][number] | undefined,
  newSegments: ReadonlySet<string>,
): Reason | undefined {
  if (present === undefined) return 'missing';
  if (present.fingerprint !== container.fingerprint) return 'made from something else';
  if (container.segments.some((segment) => newSegments.has(segment))) return 'its network is new';
  return present.running ? undefined : 'not running';
}

function nameOf(thing: { readonly id: string; readonly name: string }): { id: string; name: string } {
  return { id: thing.id, name: thing.name };
}
