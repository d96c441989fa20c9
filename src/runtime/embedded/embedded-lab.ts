// A running embedded lab as its orchestrator holds it: hosts, wires and captures over a line to the lab's world.
import { disposable, type Disposable } from '../../base/dispose.ts';
import { Emitter } from '../../base/emitter.ts';
import { Fault } from '../../base/fault.ts';
import type { HostNews } from '../../host/agent/messages.ts';
import type { Plan } from '../../lab/plan.ts';
import type { Impairment } from '../../wiring/impairment/impairment.ts';
import { HostClient } from '../host-client.ts';
import type { ProgressListener } from '../progress.ts';
import type { CapturedFrame, LabState, RunningHost, RunningLab } from '../runtime.ts';
import { batchSize, framesOf } from './frame-gatherer.ts';
import { faultOf, type FromWorld, type ToWorld, type WorldAsk } from './worker-messages.ts';

/** The two-way line to a world. */
export interface WorldLine {
  send(message: ToWorld): void;
  /** Sets who hears the world, and who hears once that it is gone and why. */
  listen(hear: (message: FromWorld) => void, gone: (reason: string) => void): void;
  /** Ends the world; resolves when nothing of it is left. */
  close(): Promise<void>;
}

export interface EmbeddedLabOptions {
  readonly id: string;
  readonly plan: Plan;
  readonly line: WorldLine;
  readonly progress?: ProgressListener;
  /** What a host has to say to whoever keeps the log. */
  report?(host: string, text: string): void;
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (fault: Fault) => void;
}

export class EmbeddedLab implements RunningLab {
  readonly runtime = 'embedded';
  readonly impairmentApplier = 'embedded model';
  readonly id: string;
  readonly plan: Plan;
  readonly hosts: ReadonlyMap<string, RunningHost>;
  readonly #options: EmbeddedLabOptions;
  readonly #clients = new Map<string, HostClient>();
  readonly #news = new Map<string, Emitter<HostNews>>();
  readonly #frames = new Emitter<CapturedFrame>();
  readonly #ended = new Emitter<{ readonly state: LabState; readonly reason: string }>();
  readonly #asked = new Map<number, Pending>();
  readonly #restarting = new Map<string, Promise<void>>();
  readonly #built = { network: 0, host: 0 };
  #starting: Pending | undefined;
  #lastNumber = 0;
  #end: { readonly state: LabState; readonly reason: string } | undefined;

  constructor(options: EmbeddedLabOptions) {
    this.#options = options;
    this.id = options.id;
    this.plan = options.plan;
    for (const { name } of options.plan.hosts) {
      this.#news.set(name, new Emitter());
      this.#clients.set(name, new HostClient({ name, restart: () => this.#restart(name) }));
    }
    this.hosts = this.#clients;
    options.line.listen(
      (message) => this.#hear(message),
      (reason) => this.#release('failed', reason),
    );
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Resolves when every host's shell answers. Throws `Fault` when the plan cannot be made true. */
  async start(): Promise<void> {
    const { progress, plan, line } = this.#options;
    for (const { name } of plan.segments) {
      progress?.({ step: 'network', name, state: 'started', done: 0, total: plan.segments.length });
    }
    for (const { name } of plan.hosts) {
      progress?.({ step: 'host', name, state: 'started', done: 0, total: plan.hosts.length });
    }
    const started = new Promise<void>((resolve, reject) => (this.#starting = { resolve, reject }));
    for (const name of this.#clients.keys()) this.#attach(name);
    line.send({ kind: 'start', plan });
    await started;
  }

  async impair(host: string, interfaceName: string, impairment: Impairment): Promise<void> {
    const client = this.#clients.get(host);
    if (client === undefined) {
      throw new Fault('host-unknown', `the lab has no host ${host}.`, {
        place: { lab: this.id, host },
        nextStep: `Its hosts are ${Array.from(this.#clients.keys()).join(', ')}.`,
      });
    }
    await client.impair(interfaceName, impairment);
  }

  setSegment(segment: string, state: 'up' | 'cut'): Promise<void> {
    return this.#ask({ kind: 'segment', segment, state });
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
    const tell = (state: 'started' | 'done'): void =>
      progress?.({ step: 'stop', name: this.id, state, done: state === 'done' ? 1 : 0, total: 1 });
    tell('started');
    this.#release('stopped', 'the lab was stopped');
    await this.#options.line.close();
    tell('done');
  }

  #hear(message: FromWorld): void {
    switch (message.kind) {
      case 'built':
        this.#tellBuilt(message.what, message.name);
        break;
      case 'started':
        this.#starting?.resolve();
        this.#starting = undefined;
        break;
      case 'refused':
        this.#starting?.reject(faultOf(message.failure, this.id));
        this.#starting = undefined;
        break;
      case 'news':
        this.#news.get(message.host)?.emit(message.news);
        break;
      case 'answer':
        this.#settle(message);
        break;
      case 'frames':
        for (const frame of framesOf(message.batch)) this.#frames.emit(frame);
        this.#options.line.send({ kind: 'frames-taken', bytes: batchSize(message.batch) });
        if (message.batch.lost > 0) {
          this.#options.report?.('', `${message.batch.lost} captured frames were left out: they were taken too slowly`);
        }
        break;
      case 'report':
        this.#options.report?.(message.host, message.text);
        break;
    }
  }

  #tellBuilt(what: 'network' | 'host', name: string): void {
    const { progress, plan } = this.#options;
    const total = what === 'network' ? plan.segments.length : plan.hosts.length;
    this.#built[what] += 1;
    progress?.({ step: what, name, state: 'done', done: this.#built[what], total });
  }

  #settle({ number, failure }: Extract<FromWorld, { readonly kind: 'answer' }>): void {
    const pending = this.#asked.get(number);
    this.#asked.delete(number);
    if (failure === undefined) pending?.resolve();
    else pending?.reject(faultOf(failure, this.id));
  }

  #ask(ask: WorldAsk): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#over(this.#end.reason));
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { resolve, reject });
      this.#options.line.send({ kind: 'ask', number, ask });
    });
  }

  #setCapture(on: boolean): void {
    if (this.#end !== undefined) return;
    this.#ask({ kind: 'capture', on }).catch(() => undefined); // it fails only with the lab, whose end is told by itself
  }

  #restart(name: string): Promise<void> {
    const running = this.#restarting.get(name);
    if (running !== undefined) return running;
    this.#clients.get(name)?.detach('it is being restarted');
    const restart = this.#ask({ kind: 'restart', host: name })
      .then(() => this.#attach(name))
      .finally(() => this.#restarting.delete(name));
    this.#restarting.set(name, restart);
    return restart;
  }

  #attach(host: string): void {
    const news = this.#news.get(host);
    if (news === undefined || this.#end !== undefined) return;
    this.#clients.get(host)?.attach({
      send: (request) => this.#options.line.send({ kind: 'host', host, request }),
      onNews: news.on,
    });
  }

  /** The first reason is told. */
  #release(state: LabState, reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = { state, reason };
    this.#starting?.reject(this.#over(reason));
    for (const pending of this.#asked.values()) pending.reject(this.#over(reason));
    this.#asked.clear();
    for (const client of this.#clients.values()) client.detach(reason);
    this.#ended.emit({ state, reason });
  }

  #over(reason: string): Fault {
    return new Fault('lab-unknown', `lab ${this.id} does not run any more: ${reason}`, { place: { lab: this.id } });
  }
}
