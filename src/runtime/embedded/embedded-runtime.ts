// The embedded runtime: each lab in a thread of this process, on a machine without Docker. Labs end with the process.
import { Fault } from '../../base/fault.ts';
import type { Plan } from '../../lab/plan.ts';
import type { ProgressListener } from '../progress.ts';
import type { RunningLab, Runtime, RuntimeFact, StartOptions } from '../runtime.ts';
import { EmbeddedLab } from './embedded-lab.ts';
import { LabThread } from './lab-thread.ts';

export interface EmbeddedRuntimeOptions {
  /** Keeps a thread warm, so that the next lab starts in a fraction of the time; costs its memory (about 40 MB). */
  readonly keepWarm?: boolean;
  /** What hosts have to say to whoever keeps the log. */
  report?(labId: string, host: string, text: string): void;
}

interface Entry {
  readonly planText: string;
  readonly lab: EmbeddedLab;
  readonly started: Promise<void>;
}

export class EmbeddedRuntime implements Runtime {
  readonly kind = 'embedded';
  readonly #options: EmbeddedRuntimeOptions;
  readonly #labs = new Map<string, Entry>();
  #warm: LabThread | undefined;
  #closed = false;

  constructor(options: EmbeddedRuntimeOptions = {}) {
    this.#options = options;
    this.#warmUp();
  }

  async start(plan: Plan, options: StartOptions): Promise<RunningLab> {
    const { labId, signal } = options;
    if (this.#closed) throw new Fault('runtime-unsupported', 'the embedded runtime has been closed.');
    if (!/^[a-z0-9-]{1,20}$/.test(labId)) {
      throw new Fault('bad-argument', `'${labId}' is no lab id.`, {
        nextStep: 'Use 1 to 20 lower-case letters, digits and dashes.',
      });
    }
    signal?.throwIfAborted();
    const planText = JSON.stringify(plan);
    const known = this.#labs.get(labId);
    if (known !== undefined && known.planText !== planText) {
      throw new Fault('bad-argument', `a lab with the id ${labId} runs with another plan.`, { place: { lab: labId } });
    }
    const entry = known ?? this.#begin(plan, planText, options);
    await entry.started;
    this.#warmUp(); // not before: it would take the processor from the lab that starts
    return entry.lab;
  }

  /** Embedded labs never outlive their process: there is nothing to take over. */
  adopt(): Promise<readonly RunningLab[]> {
    return Promise.resolve([]);
  }

  async removeAll(progress?: ProgressListener): Promise<readonly string[]> {
    const labs = Array.from(this.#labs.values(), ({ lab }) => lab);
    await Promise.all(labs.map((lab) => lab.stop(progress)));
    return labs.map(({ id }) => `lab ${id}`);
  }

  describe(): Promise<readonly RuntimeFact[]> {
    return Promise.resolve([
      { name: 'engine', value: `threads of Node ${process.versions.node}`, ok: true },
      { name: 'impairments', value: 'embedded model', ok: true },
      { name: 'labs', value: `${this.#labs.size} running; they end with this process`, ok: true },
    ]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const warm = this.#warm;
    this.#warm = undefined;
    await Promise.all([warm?.close(), this.removeAll()]);
  }

  #begin(plan: Plan, planText: string, { labId, progress, signal }: StartOptions): Entry {
    const lab = new EmbeddedLab({
      id: labId,
      plan,
      line: this.#takeThread(),
      ...(progress && { progress }),
      report: (host, text) => this.#options.report?.(labId, host, text),
    });
    const entry: Entry = { planText, lab, started: this.#boot(lab, signal) };
    this.#labs.set(labId, entry);
    lab.onEnded(() => {
      if (this.#labs.get(labId) === entry) this.#labs.delete(labId);
    });
    return entry;
  }

  /** Starts the lab or leaves nothing behind. */
  async #boot(lab: EmbeddedLab, signal: AbortSignal | undefined): Promise<void> {
    const abort = (): void => void lab.stop();
    signal?.addEventListener('abort', abort);
    try {
      await lab.start();
    } catch (error) {
      await lab.stop();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  #takeThread(): LabThread {
    const warm = this.#warm;
    this.#warm = undefined;
    return warm === undefined || warm.ended ? new LabThread() : warm;
  }

  #warmUp(): void {
    if (this.#options.keepWarm === true && !this.#closed) this.#warm ??= new LabThread();
  }
}
