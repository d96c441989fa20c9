// Makes a change set true: removals first, then networks and, as soon as its own networks are there, each container.
import type { Clock } from '../../base/clock.ts';
import type { ProgressListener, ProgressStep } from '../progress.ts';
import type { ChangeSet } from './change-set.ts';
import type { Engine } from './engine.ts';
import { statusOf } from './engine.ts';

/** Requests that the engine has in hand at once: more only queue inside it. */
const parallelRequests = 8;

export interface ApplyOptions {
  readonly progress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Runs when a network exists, before any container joins it: puts up the fence. */
  readonly onNetwork?: (bridge: string) => Promise<void>;
  /** Runs as soon as a host's container has been started. */
  readonly onContainer?: (host: string, id: string) => void;
}

/** Host -> id of its container, which is started. Throws the first failure after all that was begun has ended. */
export async function applyChanges(
  engine: Engine,
  clock: Clock,
  changes: ChangeSet,
  options: ApplyOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const removed = changes.removeContainers.length + changes.removeNetworks.length;
  const removing = counter('remove', removed, options.progress);
  await inParallel(changes.removeContainers, async ({ id, name }) => {
    await removing(name, () => engine.removeContainer(id));
  });
  await inParallel(changes.removeNetworks, async ({ id, name }) => {
    await removing(name, () => removeNetwork(engine, clock, id));
  });

  const networks = new Map<string, Promise<void>>();
  const limit = new Limit(parallelRequests);
  const making = counter('network', changes.createNetworks.length, options.progress);
  for (const { network } of changes.createNetworks) {
    const creation = limit.run(async () => {
      options.signal?.throwIfAborted();
      await making(network.segment, async () => {
        await engine.createNetwork(network.specification);
        await options.onNetwork?.(network.bridge);
      });
    });
    networks.set(network.segment, creation);
  }
  const containers = new Map(changes.kept);
  const starting = counter('host', changes.createContainers.length, options.progress);
  const starts = changes.createContainers.map(async ({ container }) => {
    await Promise.all(container.segments.map((segment) => networks.get(segment)));
    await limit.run(async () => {
      options.signal?.throwIfAborted();
      await starting(container.host, async () => {
        const id = await engine.createContainer(container.specification);
        containers.set(container.host, id);
        await engine.startContainer(id);
        options.onContainer?.(container.host, id);
      });
    });
  });
  const outcomes = await Promise.allSettled([...networks.values(), ...starts]);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return containers;
}

/** The engine lets go of a removed container's endpoint a little late: then the network counts as in use. */
async function removeNetwork(engine: Engine, clock: Clock, id: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await engine.removeNetwork(id);
      return;
    } catch (error) {
      if (statusOf(error) !== 403 || attempt === 20) throw error;
      const delayMs = 50 * attempt;
      await new Promise<void>((resolve) => clock.schedule(delayMs, resolve));
    }
  }
}

function counter(
  step: ProgressStep,
  total: number,
  progress: ProgressListener | undefined,
): (name: string, work: () => Promise<void>) => Promise<void> {
  let done = 0;
  return async (name, work) => {
    progress?.({ step, name, state: 'started', done, total });
    try {
      await work();
      done += 1;
      progress?.({ step, name, state: 'done', done, total });
    } catch (error) {
      progress?.({ step, name, state: 'failed', done, total, detail: String(error) });
      throw error;
    }
  };
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const limit = new Limit(parallelRequests);
  const outcomes = await Promise.allSettled(items.map((item) => limit.run(() => work(item))));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Runs at most so many pieces of work at once, in the order in which they came. */
class Limit {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(width: number) {
    this.#free = width;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
