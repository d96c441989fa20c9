// Which runtime labs run on: Docker where an engine answers, else the embedded one. The only file that knows both; each
// is loaded when it is first asked for, so that commands without labs start fast.
import type { Clock } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import type { Random } from '../base/random.ts';
import type { Runtime, RuntimeKind } from './runtime.ts';

export interface RuntimesOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where DOCKER_HOST and XDG_STATE_HOME are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stateDirectory?: string;
  /** Whose Docker labs these are. */
  readonly scope?: string;
  /** Keeps a thread ready for the next embedded lab: for servers. */
  readonly keepWarm?: boolean;
  /** What embedded hosts have to say to whoever keeps the log. */
  report?(labId: string, host: string, text: string): void;
}

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

/** Throws `Fault` engine-unreachable when Docker is asked for and no engine answers. */
export async function chooseRuntimes(choice: 'auto' | RuntimeKind, options: RuntimesOptions): Promise<Runtimes> {
  const shelf = new RuntimeShelf((kind) => openRuntime(kind, options));
  if (choice === 'embedded') return asRuntimes(shelf, 'embedded', 'it was asked for');
  try {
    await shelf.get('docker');
    return asRuntimes(shelf, 'docker', choice === 'auto' ? 'an engine answers' : 'it was asked for');
  } catch (error) {
    if (choice === 'docker' || !(error instanceof Fault)) throw error;
    return asRuntimes(shelf, 'embedded', error.message.replace(/\.$/, ''));
  }
}

async function openRuntime(kind: RuntimeKind, options: RuntimesOptions): Promise<Runtime> {
  if (kind === 'embedded') {
    const { EmbeddedRuntime } = await import('./embedded/embedded-runtime.ts');
    return new EmbeddedRuntime(options);
  }
  const { DockerRuntime } = await import('./docker/docker-runtime.ts');
  return await DockerRuntime.open(options);
}

/** Opens each runtime at most once; one that could not be opened may be asked for again. */
export class RuntimeShelf {
  readonly #open: (kind: RuntimeKind) => Promise<Runtime>;
  readonly #opening = new Map<RuntimeKind, Promise<Runtime>>();
  readonly #opened: Runtime[] = [];

  constructor(open: (kind: RuntimeKind) => Promise<Runtime>) {
    this.#open = open;
  }

  get opened(): readonly Runtime[] {
    return this.#opened;
  }

  get(kind: RuntimeKind): Promise<Runtime> {
    const known = this.#opening.get(kind);
    if (known !== undefined) return known;
    const opening = this.#open(kind).then((runtime) => {
      this.#opened.push(runtime);
      return runtime;
    });
    this.#opening.set(kind, opening);
    opening.catch(() => this.#opening.delete(kind));
    return opening;
  }

  /** Those that can be opened; what cannot be used is left out. */
  async all(): Promise<readonly Runtime[]> {
    const found: Runtime[] = [];
    for (const kind of ['embedded', 'docker'] as const) {
      try {
        found.push(await this.get(kind));
      } catch (error) {
        if (!(error instanceof Fault)) throw new Error(`opening the ${kind} runtime has failed`, { cause: error });
      }
    }
    return found;
  }
}

function asRuntimes(shelf: RuntimeShelf, preferred: RuntimeKind, reason: string): Runtimes {
  return {
    preferred,
    reason,
    get: (kind) => shelf.get(kind),
    opened: () => shelf.opened,
    all: () => shelf.all(),
  };
}
