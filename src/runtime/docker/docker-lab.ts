// One lab on the engine: its hosts, what is wrong with their wires, what is captured, and how it ends.
import { present } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { disposable, type Disposable } from '../../base/dispose.ts';
import { Emitter } from '../../base/emitter.ts';
import { Fault } from '../../base/fault.ts';
import type { Plan } from '../../lab/plan.ts';
import type { Impairment } from '../../wiring/impairment/impairment.ts';
import type { ProgressListener } from '../progress.ts';
import type { CapturedFrame, LabState, RunningHost, RunningLab } from '../runtime.ts';
import { DockerHost } from './docker-host.ts';
import type { Engine } from './engine.ts';
import type { RunTool } from './machine-tools.ts';
import { kernelNames, setNetem } from './traffic-control.ts';
import { agentConfiguration } from './wanted.ts';

export interface DockerLabOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly run: RunTool;
  readonly id: string;
  readonly plan: Plan;
  readonly applier: 'tc netem' | 'agent model';
  /** ms since the Unix epoch. */
  readonly startedAtMs: number;
  /** A name for a new line to an agent, unique among all lines that ever were. */
  readonly newLineName: () => string;
  /** Segment -> subnet of the engine's bridge. */
  readonly subnets: ReadonlyMap<string, string>;
  /** Removes the lab's containers and networks. */
  readonly remove: (progress?: ProgressListener) => Promise<void>;
}

export class DockerLab implements RunningLab {
  readonly runtime = 'docker';
  readonly id: string;
  readonly plan: Plan;
  readonly impairmentApplier: 'tc netem' | 'agent model';
  readonly hosts: ReadonlyMap<string, RunningHost>;
  readonly #options: DockerLabOptions;
  readonly #hosts = new Map<string, DockerHost>();
  readonly #frames = new Emitter<CapturedFrame>();
  readonly #ended = new Emitter<{ readonly state: LabState; readonly reason: string }>();
  readonly #dead = new Set<string>();
  #end: { readonly state: LabState; readonly reason: string } | undefined;

  constructor(options: DockerLabOptions) {
    this.#options = options;
    this.id = options.id;
    this.plan = options.plan;
    this.impairmentApplier = options.applier;
    this.hosts = this.#hosts;
  }

  /** True when the lab is no longer running, for whatever reason. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Why it is no longer running; undefined while it runs. */
  get endReason(): string | undefined {
    return this.#end?.reason;
  }

  /** Containers whose end we heard of; the engine's list may still call them running for a moment. */
  get dead(): ReadonlySet<string> {
    return this.#dead;
  }

  /** The host's container runs: opens the line to its agent. */
  addHost(name: string, containerId: string): DockerHost {
    const { engine, clock } = this.#options;
    const host = new DockerHost({
      engine,
      clock,
      line: this.#options.newLineName(),
      containerId,
      labId: this.id,
      name,
      onFrame: (frame) => {
        const atMs = frame.atMs - this.#options.startedAtMs;
        this.#frames.emit({
          host: name,
          interface: frame.interface,
          direction: frame.direction,
          atMs,
          frame: frame.frame,
        });
      },
      applier: this.impairmentApplier,
      onSuperseded: () => this.release('failed', 'another server has taken the lab over'),
      onBooted: () => this.#equip(name),
    });
    this.#hosts.set(name, host);
    return host;
  }

  /** Resolves when every host's shell answers and its wires are as the plan wants them. Throws `Fault` host-down. */
  async ready(): Promise<void> {
    await Promise.all(Array.from(this.#hosts.values(), (host) => host.ready()));
  }

  async impair(host: string, interfaceName: string, impairment: Impairment): Promise<void> {
    this.#expectInterface(host, interfaceName);
    const running = present(this.#hosts.get(host), 'every host of the plan runs');
    running.impairments.set(interfaceName, impairment);
    if (this.impairmentApplier === 'agent model') await running.impair(interfaceName, impairment);
    else await this.#setNetem(running, new Map([[interfaceName, impairment]]));
  }

  async setSegment(name: string, state: 'up' | 'cut'): Promise<void> {
    const segment = this.plan.segments.find((candidate) => candidate.name === name);
    if (segment === undefined) {
      throw new Fault('bad-argument', `the lab has no segment ${name}`, { place: { lab: this.id } });
    }
    await Promise.all(segment.ends.map((end) => this.#hosts.get(end.host)?.setCut(end.interface, state === 'cut')));
  }

  capture(listener: (frame: CapturedFrame) => void): Disposable {
    const registration = this.#frames.on(listener);
    if (this.#frames.listenerCount === 1) this.#setCapture(true);
    return disposable(() => {
      registration.dispose();
      if (this.#frames.listenerCount === 0) this.#setCapture(false);
    });
  }

  onEnded(listener: (state: LabState, reason: string) => void): Disposable {
    const end = this.#end;
    if (end === undefined) return this.#ended.on(({ state, reason }) => listener(state, reason));
    listener(end.state, end.reason);
    return disposable(() => undefined);
  }

  async stop(progress?: ProgressListener): Promise<void> {
    this.release('stopped', 'the lab was stopped');
    await this.#options.remove(progress);
  }

  /** A container has ended; the lab with it, unless it is being restarted. */
  handleDeath(containerId: string): void {
    for (const host of this.#hosts.values()) {
      if (host.containerId !== containerId || host.restarting) continue;
      this.#dead.add(containerId);
      const said = host.errorTail.trim();
      this.release('failed', `host ${host.name} has ended${said === '' ? '' : `: ${said}`}`);
    }
  }

  /** The containers that run now: what is missing has ended while nobody listened. */
  review(running: ReadonlySet<string>): void {
    for (const host of this.#hosts.values()) if (!running.has(host.containerId)) this.handleDeath(host.containerId);
  }

  /** Lets go of every line; the first reason is told. */
  release(state: LabState, reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = { state, reason };
    for (const host of this.#hosts.values()) host.close(reason);
    this.#ended.emit({ state, reason });
  }

  /** Lets go of every line while the lab goes on. */
  detach(): void {
    for (const host of this.#hosts.values()) host.close('this server no longer serves the lab');
  }

  /** A host has booted, for the first time or again: what tc does must be set anew, as its interfaces are new. */
  async #equip(name: string): Promise<void> {
    if (this.impairmentApplier !== 'tc netem') return;
    const host = present(this.#hosts.get(name), 'a host that booted is known');
    const planned = this.plan.hosts.find((candidate) => candidate.name === name);
    const wanted = new Map((planned?.interfaces ?? []).map((one) => [one.name, one.egress]));
    for (const [interfaceName, impairment] of host.impairments) wanted.set(interfaceName, impairment);
    await this.#setNetem(host, wanted);
  }

  async #setNetem(host: DockerHost, impairments: ReadonlyMap<string, Impairment>): Promise<void> {
    const { run, plan, subnets } = this.#options;
    const processId = await this.#options.engine.containerProcess(host.containerId);
    const planned = present(
      plan.hosts.find((candidate) => candidate.name === host.name),
      'a running host is in the plan',
    );
    const { attachments } = agentConfiguration(plan, planned, { subnets, applier: 'tc netem' });
    const names = await kernelNames(run, processId);
    for (const [interfaceName, impairment] of impairments) {
      const attachment = attachments.find((one) => one.interface === interfaceName);
      const kernelName = names.get(attachment?.engineAddress ?? '');
      if (kernelName === undefined) {
        throw new Fault('engine-refused', `the container has no interface for ${interfaceName}`, {
          place: { lab: this.id, host: host.name },
        });
      }
      await setNetem(run, processId, kernelName, impairment);
    }
  }

  #setCapture(on: boolean): void {
    if (this.#end !== undefined) return;
    for (const host of this.#hosts.values()) {
      host.setCapture(on).catch(() => undefined); // a host that is down captures nothing; its end is told by itself
    }
  }

  #expectInterface(host: string, interfaceName: string): void {
    const planned = this.plan.hosts.find((candidate) => candidate.name === host);
    const place = { lab: this.id, host };
    if (planned === undefined) throw new Fault('host-unknown', `the lab has no host ${host}`, { place });
    if (!planned.interfaces.some((one) => one.name === interfaceName)) {
      throw new Fault('bad-argument', `host ${host} has no interface ${interfaceName}`, { place });
    }
  }
}
