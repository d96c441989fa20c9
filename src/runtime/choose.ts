// Which runtime labs run on: Docker where an engine answers, else the embedded one. The only file that knows both; each is
// loaded when it is first used, so that commands without labs start fast.
import type { Clock } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import type { Random } from '../base/random.ts';
import type { Runtime, RuntimeKind } from './runtime.ts';

export interface RuntimeSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** Where DOCKER_HOST and XDG_STATE_HOME are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How each kind is opened on this machine; opening throws `Fault` when it cannot be used here. */
export type RuntimeOpeners = Readonly<Record<RuntimeKind, () => Promise<Runtime>>>;

/** The runtimes of this machine, each opened once. */
export interface Runtimes {
  readonly preferred: RuntimeKind;
  /** Why it is preferred, as part of a sentence. */
  readonly reason: string;
  /** Throws `Fault` when it cannot be used here. */
  get(kind: RuntimeKind): Promise<Runtime>;
  /** Those that were opened so far. */
  opened(): readonly Runtime[];
  /** Every runtime that can be used here, opened. */
  all(): Promise<readonly Runtime[]>;
}

const kinds: readonly RuntimeKind[] = ['embedded', 'docker'];

export function runtimeOpeners({ clock, random, environment }: RuntimeSurroundings): RuntimeOpeners {
  return {
    embedded: async () => {
      const { EmbeddedRuntime } = await import('./embedded/embedded-runtime.ts');
      return new EmbeddedRuntime();
    },
    docker: async () => {
      const { DockerRuntime } = await import('./docker/docker-runtime.ts');
      return await DockerRuntime.open({ clock, random, environment });
    },
  };
}

/** `auto` takes Docker when its engine answers. Throws `Fault` when the one asked for can not be used here. */
export async function chooseRuntimes(choice: 'auto' | RuntimeKind, openers: RuntimeOpeners): Promise<Runtimes> {
  const runtimes = new OpenRuntimes(openers);
  if (choice !== 'auto') {
    await runtimes.get(choice);
    return runtimes.preferring(choice, 'it was asked for');
  }
  try {
    await runtimes.get('docker');
    return runtimes.preferring('docker', 'its engine answers');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    await runtimes.get('embedded');
    return runtimes.preferring('embedded', error.message.replace(/\.$/, ''));
  }
}

class OpenRuntimes {
  readonly #openers: RuntimeOpeners;
  readonly #opening = new Map<RuntimeKind, Promise<Runtime>>();
  readonly #opened: Runtime[] = [];

  constructor(openers: RuntimeOpeners) {
    this.#openers = openers;
  }

  preferring(preferred: RuntimeKind, reason: string): Runtimes {
    return {
      preferred,
      reason,
      get: async (kind) => await this.get(kind),
      opened: () => Array.from(this.#opened),
      all: async () => await this.#all(),
    };
  }

  async get(kind: RuntimeKind): Promise<Runtime> {
    const known = this.#opening.get(kind);
    if (known !== undefined) return await known;
    const opening = this.#openers[kind]();
    this.#opening.set(kind, opening);
    try {
      const runtime = await opening;
      this.#opened.push(runtime);
      return runtime;
    } catch (error) {
      this.#opening.delete(kind); // the engine may be started later
      throw error;
    }
  }

  /** Those that can be used here. */
  async #all(): Promise<readonly Runtime[]> {
    const results = await Promise.allSettled(kinds.map(async (kind) => await this.get(kind)));
    return results.flatMap((result) => {
      if (result.status === 'fulfilled') return [result.value];
      if (result.reason instanceof Fault) return [];
      throw result.reason;
    });
  }
}
