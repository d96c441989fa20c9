// The runtimes of this process: opened when first used, chosen once, with the reason.
import { Fault } from '../base/fault.ts';
import type { RuntimeSource } from '../classroom/lab-registry.ts';
import type { Runtime, RuntimeKind } from '../runtime/runtime.ts';
import type { RuntimeChoice } from './world.ts';

export type RuntimeOpeners = Readonly<Record<RuntimeKind, () => Promise<Runtime>>>;

const kinds: readonly RuntimeKind[] = ['embedded', 'docker'];

/** `auto` takes Docker when its engine answers. Throws `Fault` when the one asked for can not be used here. */
export async function chooseRuntimes(choice: RuntimeChoice, openers: RuntimeOpeners): Promise<RuntimeSource> {
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

  preferring(preferred: RuntimeKind, reason: string): RuntimeSource {
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
