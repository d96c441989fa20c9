// A lab plus its people: what state it is in, its shared terminals, who is there; told to whoever listens.
import type { Clock } from '../base/clock.ts';
import { AssertionFailure } from '../base/assert.ts';
import { disposable, type Disposable } from '../base/dispose.ts';
import { Emitter } from '../base/emitter.ts';
import { Fault, formatFault } from '../base/fault.ts';
import type { Plan } from '../lab/plan.ts';
import { toFaultMessage } from '../messages/faults.ts';
import type { HostName, LabId } from '../messages/ids.ts';
import type { LabDetail, LabProgress, LabSummary, LabState, Person } from '../messages/lab.ts';
import type { CapturedFrame, CommandResult, RunningHost, RunningLab, RunOptions, Runtime } from '../runtime/runtime.ts';
import type { StackInspection } from '../stack/inspect.ts';
import type { Impairment } from '../wiring/impairment/impairment.ts';
import type { Member } from './policy.ts';
import { SharedTerminal } from './terminal/shared-terminal.ts';

type Lifecycle =
  | { readonly kind: 'starting'; readonly abort: AbortController }
  | { readonly kind: 'running'; readonly lab: RunningLab }
  | { readonly kind: 'stopping'; readonly done: Promise<void> }
  | { readonly kind: 'ended'; readonly state: 'stopped' | 'failed'; readonly reason: string; readonly fault?: Fault };

export type SessionNews =
  | { readonly kind: 'state' }
  | { readonly kind: 'progress'; readonly progress: LabProgress }
  /** An impairment or a segment. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'people'; readonly people: readonly Person[] };

/** Somebody's presence in a lab; disposing leaves. */
export interface Entrance extends Disposable {
  lookAt(host: HostName | undefined): void;
}

export interface SessionOptions {
  readonly id: LabId;
  readonly plan: Plan;
  readonly runtime: Runtime;
  readonly clock: Clock;
}

export class LabSession {
  readonly id: LabId;
  readonly plan: Plan;
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #news = new Emitter<SessionNews>();
  readonly #createdAt: number;
  readonly #progress = new Map<string, LabProgress>();
  readonly #egress = new Map<string, Impairment>();
  readonly #cut = new Set<string>();
  readonly #terminals = new Map<string, Promise<SharedTerminal>>();
  readonly #people = new Set<Person>();
  #applier: LabDetail['impairmentApplier'];
  #lifecycle: Lifecycle;
  /** Resolves when the lab runs or has ended. */
  #started: Promise<void> = Promise.resolve();

  private constructor(options: SessionOptions, lifecycle: Lifecycle) {
    this.id = options.id;
    this.plan = options.plan;
    this.#runtime = options.runtime;
    this.#clock = options.clock;
    this.#createdAt = options.clock.wallClock();
    this.#lifecycle = lifecycle;
    for (const host of options.plan.hosts)
      for (const one of host.interfaces) this.#egress.set(`${host.name}/${one.name}`, one.egress);
  }

  /** Begins to start the lab and returns at once. */
  static start(options: SessionOptions): LabSession {
    const session = new LabSession(options, { kind: 'starting', abort: new AbortController() });
    session.#started = session.#start();
    return session;
  }

  /** A session around a lab that runs already. */
  static adopt(options: SessionOptions, lab: RunningLab): LabSession {
    const session = new LabSession(options, { kind: 'running', lab });
    session.#hold(lab);
    return session;
  }

  get onNews(): (listener: (news: SessionNews) => void) => Disposable {
    return this.#news.on;
  }

  get state(): LabState {
    return this.#lifecycle.kind === 'ended' ? this.#lifecycle.state : this.#lifecycle.kind;
  }

  get reason(): string {
    return this.#lifecycle.kind === 'ended' ? this.#lifecycle.reason : '';
  }

  /** What went wrong, once the lab has failed. */
  get failure(): Fault | undefined {
    if (this.#lifecycle.kind !== 'ended' || this.#lifecycle.state !== 'failed') return undefined;
    return this.#lifecycle.fault ?? new Fault('internal', this.#lifecycle.reason, { place: { lab: this.id } });
  }

  /** Resolves when the lab runs or has ended. */
  get started(): Promise<void> {
    return this.#started;
  }

  /** Everybody once, however many pages they have open; the latest page says what they look at. */
  get people(): readonly Person[] {
    return Array.from(new Map(Array.from(this.#people, (person) => [person.player, person])).values());
  }

  get summary(): LabSummary {
    return {
      id: this.id,
      template: this.plan.template,
      title: this.plan.title,
      runtime: this.#runtime.kind,
      state: this.state,
      reason: this.reason,
      hosts: this.plan.hosts.map((host) => host.name as HostName), // a plan's names fit: the template's schema saw to it
      createdAt: this.#createdAt,
    };
  }

  /** Everything that the page draws. */
  get detail(): LabDetail {
    const { plan } = this;
    const fault = this.#lifecycle.kind === 'ended' ? this.#lifecycle.fault : undefined;
    return {
      lab: this.summary,
      ...(fault === undefined ? {} : { fault: toFaultMessage(fault) }),
      seed: plan.seed,
      domain: plan.domain,
      impairmentApplier: this.#applier,
      progress: Array.from(this.#progress.values()),
      hosts: plan.hosts.map((host) => ({
        name: host.name as HostName,
        role: host.role,
        position: plan.positions[host.name] ?? { x: 0.5, y: 0.5 },
        interfaces: host.interfaces.map((one) => ({
          name: one.name,
          segment: one.segment,
          mac: one.mac,
          addresses: [...one.addresses],
          mtu: one.mtu,
          egress: this.#egress.get(`${host.name}/${one.name}`) ?? {},
        })),
        services: host.services.map((service) => service.name),
      })),
      segments: plan.segments.map((segment) => ({
        name: segment.name,
        kind: segment.kind,
        prefixes: [...segment.prefixes],
        ends: segment.ends.map((end) => ({ host: end.host as HostName, interface: end.interface })),
        state: this.#cut.has(segment.name) ? 'cut' : 'up',
      })),
    };
  }

  /** The shared terminal of a host, opened by whoever comes first. Throws `Fault`. */
  async terminal(
    hostName: string,
    number: number,
    size: { readonly columns: number; readonly rows: number },
  ): Promise<SharedTerminal> {
    const key = `${hostName}/${number}`;
    const existing = this.#terminals.get(key);
    if (existing !== undefined) return await existing;
    const host = this.#host(hostName);
    const opening = host.openTerminal(size).then((terminal) => {
      const shared = new SharedTerminal(terminal, size, this.#clock, () => this.#terminals.delete(key));
      if (this.#lifecycle.kind !== 'running') shared.close('the lab has ended');
      return shared;
    });
    this.#terminals.set(key, opening);
    opening.catch(() => this.#terminals.delete(key));
    return await opening;
  }

  async run(host: string, command: string, options: RunOptions): Promise<CommandResult> {
    return await this.#host(host).run(command, options);
  }

  async inspect(host: string): Promise<StackInspection> {
    return await this.#host(host).inspect();
  }

  async restart(host: string): Promise<void> {
    await this.#host(host).restart();
  }

  async impair(host: string, interfaceName: string, impairment: Impairment): Promise<void> {
    this.#host(host);
    const key = `${host}/${interfaceName}`;
    if (!this.#egress.has(key)) {
      const names = this.plan.hosts.find((one) => one.name === host)?.interfaces.map((one) => one.name) ?? [];
      throw new Fault('bad-argument', `The host ${host} has no interface ${interfaceName}.`, {
        place: { lab: this.id, host, key: 'interface' },
        nextStep: `It has ${names.join(', ')}.`,
      });
    }
    await this.#lab().impair(host, interfaceName, impairment);
    this.#egress.set(key, impairment);
    this.#news.emit({ kind: 'changed' });
  }

  async setSegment(segment: string, state: 'up' | 'cut'): Promise<void> {
    if (!this.plan.segments.some((one) => one.name === segment)) {
      throw new Fault('bad-argument', `The lab has no segment ${segment}.`, {
        place: { lab: this.id, key: 'segment' },
        nextStep: `It has ${this.plan.segments.map((one) => one.name).join(', ')}.`,
      });
    }
    await this.#lab().setSegment(segment, state);
    if (state === 'cut') this.#cut.add(segment);
    else this.#cut.delete(segment);
    this.#news.emit({ kind: 'changed' });
  }

  capture(listener: (frame: CapturedFrame) => void): Disposable {
    return this.#lab().capture(listener);
  }

  /** Comes in; the others see it. */
  enter(member: Member): Entrance {
    let person: Person = { player: member.player, name: member.name, role: member.role };
    const replace = (next: Person | undefined): void => {
      this.#people.delete(person);
      if (next !== undefined) this.#people.add(next);
      person = next ?? person;
      this.#news.emit({ kind: 'people', people: this.people });
    };
    replace(person);
    return {
      lookAt: (host) => replace({ player: member.player, name: member.name, role: member.role, ...(host && { host }) }),
      dispose: disposable(() => replace(undefined)).dispose,
    };
  }

  /** Ends the lab, also one that is still starting; resolves when nothing of it is left. */
  async stop(reason: string): Promise<void> {
    switch (this.#lifecycle.kind) {
      case 'ended':
        return;
      case 'stopping':
        return await this.#lifecycle.done;
      case 'starting':
        this.#lifecycle.abort.abort(new Fault('host-down', reason));
        return await this.#started;
      case 'running': {
        const done = this.#stop(this.#lifecycle.lab, reason);
        this.#lifecycle = { kind: 'stopping', done };
        this.#news.emit({ kind: 'state' });
        return await done;
      }
    }
  }

  /** The server goes: people are told, the lab itself is the runtime's affair. */
  release(reason: string): void {
    this.#end('stopped', reason);
  }

  async #start(): Promise<void> {
    const { signal } = (this.#lifecycle as Extract<Lifecycle, { kind: 'starting' }>).abort; // set by start()
    try {
      const lab = await this.#runtime.start(this.plan, {
        labId: this.id,
        progress: (progress) => this.#tellProgress(progress),
        signal,
      });
      if (signal.aborted) {
        await lab.stop();
        this.#end('stopped', 'it was ended while it started');
        return;
      }
      this.#lifecycle = { kind: 'running', lab };
      this.#hold(lab);
      this.#news.emit({ kind: 'state' });
    } catch (error) {
      if (signal.aborted) this.#end('stopped', 'it was ended while it started');
      else this.#end('failed', reasonOf(error), error instanceof Fault ? error : undefined);
    }
  }

  async #stop(lab: RunningLab, reason: string): Promise<void> {
    await this.#closeTerminals('the lab has ended');
    try {
      await lab.stop((progress) => this.#tellProgress(progress));
      this.#end('stopped', reason);
    } catch (error) {
      this.#end('failed', reasonOf(error), error instanceof Fault ? error : undefined);
      throw error;
    }
  }

  #hold(lab: RunningLab): void {
    this.#applier = lab.impairmentApplier;
    lab.onEnded((state, reason) => {
      if (this.#lifecycle.kind === 'running') this.#end(state === 'failed' ? 'failed' : 'stopped', reason);
    });
  }

  #end(state: 'stopped' | 'failed', reason: string, fault?: Fault): void {
    if (this.#lifecycle.kind === 'ended') return;
    this.#lifecycle = { kind: 'ended', state, reason, ...(fault && { fault }) };
    void this.#closeTerminals('the lab has ended');
    this.#news.emit({ kind: 'state' });
  }

  async #closeTerminals(reason: string): Promise<void> {
    const opened = await Promise.allSettled(this.#terminals.values());
    this.#terminals.clear();
    for (const one of opened) if (one.status === 'fulfilled') one.value.close(reason);
  }

  #tellProgress(progress: LabProgress): void {
    this.#progress.set(`${progress.step}/${progress.name}`, progress);
    this.#news.emit({ kind: 'progress', progress });
  }

  #lab(): RunningLab {
    if (this.#lifecycle.kind === 'running') return this.#lifecycle.lab;
    throw new Fault('host-down', `The lab ${this.id} is ${this.state}, not running.`, {
      place: { lab: this.id },
      nextStep: this.#lifecycle.kind === 'starting' ? 'Wait until it runs.' : 'Start it again.',
    });
  }

  #host(name: string): RunningHost {
    if (!this.plan.hosts.some((host) => host.name === name)) {
      throw new Fault('host-unknown', `The lab ${this.id} has no host ${name}.`, {
        place: { lab: this.id, host: name },
        nextStep: `It has ${this.plan.hosts.map((host) => host.name).join(', ')}.`,
      });
    }
    const host = this.#lab().hosts.get(name);
    if (host === undefined) throw new AssertionFailure(`a running lab has no host ${name} of its plan`);
    return host;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Fault) return formatFault(error);
  return error instanceof Error ? error.message : String(error);
}
