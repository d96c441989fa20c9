// A runtime under a test's control: real labs with real state, whose shells echo what is typed and know four commands.
import { Emitter } from '../../src/base/emitter.ts';
import { Fault } from '../../src/base/fault.ts';
import type { Disposable } from '../../src/base/dispose.ts';
import type { Plan } from '../../src/lab/plan.ts';
import type {
  CapturedFrame,
  CommandResult,
  LabState,
  RunningHost,
  RunningLab,
  RunOptions,
  Runtime,
  RuntimeFact,
  StartOptions,
} from '../../src/runtime/runtime.ts';
import type { StackEvent, StackEventListener } from '../../src/stack/events.ts';
import type { StackInspection } from '../../src/stack/inspect.ts';
import type { Impairment } from '../../src/wiring/impairment/impairment.ts';
import { ScriptedTerminal } from './scripted-terminal.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** `echo WORDS`, `cat`, `fail`, and `sleep`, which ends by its time limit only. */
export class ScriptedHost implements RunningHost {
  readonly name: string;
  readonly terminals: ScriptedTerminal[] = [];
  readonly events = new Emitter<StackEvent>();
  restarts = 0;

  constructor(name: string) {
    this.name = name;
  }

  async openTerminal(size: { readonly columns: number; readonly rows: number }): Promise<ScriptedTerminal> {
    const terminal = new ScriptedTerminal({ echo: true });
    terminal.sizes.push(`${size.columns}x${size.rows}`);
    this.terminals.push(terminal);
    return terminal;
  }

  async run(command: string, options: RunOptions = {}): Promise<CommandResult> {
    const [program, ...words] = command.split(' ');
    const result = (status: number, stdout: Uint8Array, stderr = ''): CommandResult => ({
      status,
      stdout,
      stderr: text(stderr),
    });
    if (program === 'echo') return result(0, text(`${words.join(' ')}\n`));
    if (program === 'cat') return result(0, options.stdin ?? new Uint8Array());
    if (program === 'fail') return result(3, text(''), 'it failed\n');
    if (program === 'sleep')
      throw new Fault('command-timeout', `The command did not end within ${options.timeoutMs ?? 60_000} ms.`, {
        place: { host: this.name },
      });
    return result(127, text(''), `${program ?? ''}: command not found\n`);
  }

  onEvent(listener: StackEventListener): Disposable {
    return this.events.on(listener);
  }

  async inspect(): Promise<StackInspection> {
    return {
      interfaces: [],
      routes: [],
      neighbors: [],
      tcp: [],
      udp: [],
      advertisedDnsServers: [],
      counters: { IpInReceives: 7 },
      drops: {},
    };
  }

  async restart(): Promise<void> {
    this.restarts += 1;
  }
}

export class ScriptedLab implements RunningLab {
  readonly id: string;
  readonly runtime = 'embedded';
  readonly plan: Plan;
  readonly hosts: ReadonlyMap<string, ScriptedHost>;
  readonly impairmentApplier = 'embedded model';
  readonly frames = new Emitter<CapturedFrame>();
  readonly #ended = new Emitter<{ state: LabState; reason: string }>();
  readonly changes: string[] = [];
  stopped = false;
  /** Stopping never ends. */
  stuck = false;

  constructor(id: string, plan: Plan) {
    this.id = id;
    this.plan = plan;
    this.hosts = new Map(plan.hosts.map((host) => [host.name, new ScriptedHost(host.name)]));
  }

  async impair(host: string, interfaceName: string, impairment: Impairment): Promise<void> {
    this.changes.push(`${host}/${interfaceName} ${JSON.stringify(impairment)}`);
  }

  async setSegment(segment: string, state: 'up' | 'cut'): Promise<void> {
    this.changes.push(`${segment} ${state}`);
  }

  capture(listener: (frame: CapturedFrame) => void): Disposable {
    return this.frames.on(listener);
  }

  onEnded(listener: (state: LabState, reason: string) => void): Disposable {
    return this.#ended.on(({ state, reason }) => listener(state, reason));
  }

  async stop(): Promise<void> {
    if (this.stuck) await new Promise<never>(() => undefined);
    this.stopped = true;
    this.#ended.emit({ state: 'stopped', reason: 'it was stopped' });
  }

  /** As when the engine or a worker dies. */
  fail(reason: string): void {
    this.#ended.emit({ state: 'failed', reason });
  }
}

export class ScriptedRuntime implements Runtime {
  readonly kind = 'embedded';
  readonly labs: ScriptedLab[] = [];
  /** Labs that an earlier process left. */
  left: ScriptedLab[] = [];
  /** Set: starting waits for it. */
  gate: Promise<void> | undefined;
  /** Set: starting fails with it. */
  failure: Error | undefined;
  closed = false;
  /** Labs started from now on never stop. */
  stuck = false;

  async start(plan: Plan, options: StartOptions): Promise<RunningLab> {
    const total = plan.hosts.length;
    for (const [index, host] of plan.hosts.entries())
      options.progress?.({ step: 'host', name: host.name, state: 'done', done: index + 1, total });
    const aborted = new Promise<never>((_, reject) => {
      options.signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
    aborted.catch(() => undefined);
    if (this.gate !== undefined) await Promise.race([this.gate, aborted]);
    if (this.failure !== undefined) throw this.failure;
    const lab = new ScriptedLab(options.labId, plan);
    lab.stuck = this.stuck;
    this.labs.push(lab);
    return lab;
  }

  async adopt(): Promise<readonly RunningLab[]> {
    return this.left;
  }

  async removeAll(): Promise<readonly string[]> {
    const removed = this.left.map((lab) => `lab ${lab.id}`);
    this.left = [];
    return [...removed, 'image ackademy/host'];
  }

  async describe(): Promise<readonly RuntimeFact[]> {
    return [{ name: 'threads', value: '2', ok: true }];
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
