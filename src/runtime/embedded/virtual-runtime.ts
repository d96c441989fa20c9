// Labs on virtual time in this thread: for verification and tests, where ten minutes of lab time take a second and the
// same seed gives the same packets. Time runs only while one of a lab's promises is waited for, or in `pass`.
import type { Milliseconds } from '../../base/clock.ts';
import type { Disposable } from '../../base/dispose.ts';
import { seededRandom } from '../../base/random.ts';
import type { Plan } from '../../lab/plan.ts';
import type { Impairment } from '../../wiring/impairment/impairment.ts';
import { VirtualClock } from '../../wiring/virtual-clock.ts';
import type { ProgressListener } from '../progress.ts';
import type {
  CapturedFrame,
  LabState,
  RunningHost,
  RunningLab,
  Runtime,
  RuntimeFact,
  StartOptions,
} from '../runtime.ts';
import { EmbeddedLab, type WorldLine } from './embedded-lab.ts';
import { VirtualPace } from './pace.ts';
import type { FromWorld, ToWorld } from './worker-messages.ts';
import { WorldServer } from './world-server.ts';

/** A world in this thread; messages pass in a turn of their own, as over a port. */
class VirtualLine implements WorldLine {
  readonly clock = new VirtualClock();
  readonly #server: WorldServer;
  #hear: (message: FromWorld) => void = () => undefined;
  #closed = false;

  constructor() {
    this.#server = new WorldServer({
      clock: this.clock,
      randomFor: (plan, label) => seededRandom(plan.seed).fork(label),
      send: (message) => this.#later(() => this.#hear(message)),
    });
  }

  send(message: ToWorld): void {
    this.#later(() => this.#server.handle(message));
  }

  listen(hear: (message: FromWorld) => void): void {
    this.#hear = hear;
  }

  /** Hands over the captured frames that wait for others. */
  flush(): void {
    this.#server.flush();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#server.dispose();
    return Promise.resolve();
  }

  #later(work: () => void): void {
    queueMicrotask(() => {
      if (!this.#closed) work();
    });
  }
}

export class VirtualLab implements RunningLab {
  readonly runtime = 'embedded';
  readonly impairmentApplier = 'embedded model';
  readonly id: string;
  readonly plan: Plan;
  readonly hosts: ReadonlyMap<string, RunningHost>;
  readonly #lab: EmbeddedLab;
  readonly #line: VirtualLine;
  readonly #pace: VirtualPace;

  private constructor(lab: EmbeddedLab, line: VirtualLine) {
    this.#lab = lab;
    this.#line = line;
    this.#pace = new VirtualPace(line.clock);
    this.id = lab.id;
    this.plan = lab.plan;
    this.hosts = new Map(Array.from(lab.hosts, ([name, host]) => [name, this.#paced(host)]));
  }

  /** Throws `Fault` when the plan cannot be made true. */
  static async start(plan: Plan, { labId, progress }: StartOptions): Promise<VirtualLab> {
    const line = new VirtualLine();
    const lab = new EmbeddedLab({ id: labId, plan, line, ...(progress && { progress }) });
    try {
      await lab.start();
    } catch (error) {
      await lab.stop();
      throw error;
    }
    return new VirtualLab(lab, line);
  }

  /** Lab time since the start, ms. */
  get labMs(): Milliseconds {
    return this.#line.clock.now();
  }

  get ended(): boolean {
    return this.#lab.ended;
  }

  /** Timers that are pending: none when a stopped lab was tidy. */
  get pendingTimers(): number {
    return this.#line.clock.pending;
  }

  /** Lets `durationMs` of lab time pass; what was typed at terminals happens meanwhile. */
  async pass(durationMs: Milliseconds): Promise<void> {
    await this.#pace.pass(durationMs);
    await this.#deliverFrames();
  }

  async impair(host: string, interfaceName: string, impairment: Impairment): Promise<void> {
    await this.#lab.impair(host, interfaceName, impairment);
  }

  async setSegment(segment: string, state: 'up' | 'cut'): Promise<void> {
    await this.#lab.setSegment(segment, state);
  }

  /** Every frame of the past is there when a promise of the lab has resolved. */
  capture(listener: (frame: CapturedFrame) => void): Disposable {
    return this.#lab.capture(listener);
  }

  onEnded(listener: (state: LabState, reason: string) => void): Disposable {
    return this.#lab.onEnded(listener);
  }

  async stop(progress?: ProgressListener): Promise<void> {
    await this.#lab.stop(progress);
  }

  #paced(host: RunningHost): RunningHost {
    const paced = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await this.#pace.until(work);
      } finally {
        await this.#deliverFrames();
      }
    };
    return {
      name: host.name,
      run: (command, options) => paced(host.run(command, options)),
      inspect: () => paced(host.inspect()),
      restart: () => paced(host.restart()),
      openTerminal: (size) => paced(host.openTerminal(size)),
    };
  }

  async #deliverFrames(): Promise<void> {
    if (this.ended) return;
    this.#line.flush();
    await Promise.resolve(); // they pass in a turn of their own
  }
}

export class VirtualRuntime implements Runtime {
  readonly kind = 'embedded';
  readonly #labs = new Map<string, VirtualLab>();

  async start(plan: Plan, options: StartOptions): Promise<VirtualLab> {
    const known = this.#labs.get(options.labId);
    if (known !== undefined && !known.ended && JSON.stringify(known.plan) === JSON.stringify(plan)) return known;
    options.signal?.throwIfAborted();
    const lab = await VirtualLab.start(plan, options);
    this.#labs.set(options.labId, lab);
    lab.onEnded(() => this.#labs.delete(options.labId));
    return lab;
  }

  adopt(): Promise<readonly RunningLab[]> {
    return Promise.resolve([]);
  }

  async removeAll(progress?: ProgressListener): Promise<readonly string[]> {
    const labs = Array.from(this.#labs.values());
    await Promise.all(labs.map((lab) => lab.stop(progress)));
    return labs.map(({ id }) => `lab ${id}`);
  }

  describe(): Promise<readonly RuntimeFact[]> {
    return Promise.resolve([{ name: 'engine', value: 'virtual time', ok: true }]);
  }

  async close(): Promise<void> {
    await this.removeAll();
  }
}
