// All labs of this server: starts them on a runtime, keeps them, ends them, tells when the list changes.
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/dispose.ts';
import { Emitter } from '../base/emitter.ts';
import { Fault } from '../base/fault.ts';
import { integerBelow, type Random } from '../base/random.ts';
import type { Plan } from '../lab/plan.ts';
import { labId, type LabId } from '../messages/ids.ts';
import type { LabSummary } from '../messages/lab.ts';
import type { Runtime, RuntimeKind } from '../runtime/runtime.ts';
import { LabSession } from './lab-session.ts';
import type { Templates } from './templates.ts';

/** Labs at a time: each has a handful of hosts; a class shares labs, it does not own one each. */
export const maximumLabs = 24;
/** A lab that has ended stays in the list this long, so that people learn why. */
const rememberEndedMs = 60_000;
/** Without letters that are mistaken for one another when they are read out. */
const idLetters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Where runtimes come from. */
export interface RuntimeSource {
  /** The runtime for labs that do not say, and why it was chosen. */
  readonly preferred: RuntimeKind;
  readonly reason: string;
  /** Throws `Fault` when it can not be used here. */
  get(kind: RuntimeKind): Promise<Runtime>;
  /** Those that were opened so far. */
  opened(): readonly Runtime[];
  /** Every runtime that can be used here, opened. */
  all(): Promise<readonly Runtime[]>;
}

export interface StartRequest {
  /** Of the catalogue; or `source`. */
  readonly template?: string;
  readonly source?: { readonly text: string; readonly file: string };
  readonly runtime?: RuntimeKind;
  readonly seed?: string;
}

export interface RegistryOptions {
  readonly runtimes: RuntimeSource;
  readonly templates: Templates;
  readonly clock: Clock;
  readonly random: Random;
}

export class LabRegistry {
  readonly #options: RegistryOptions;
  readonly #sessions = new Map<LabId, LabSession>();
  readonly #changed = new Emitter<void>();
  #closed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Hears that a lab was started, changed its state, or is gone. */
  get onChanged(): (listener: () => void) => Disposable {
    return this.#changed.on;
  }

  get list(): readonly LabSummary[] {
    return Array.from(this.#sessions.values(), (session) => session.summary);
  }

  /** Throws `Fault` lab-unknown. */
  get(id: string): LabSession {
    const session = this.#sessions.get(id as LabId); // any text may be asked for
    if (session !== undefined) return session;
    throw new Fault('lab-unknown', `No lab here is called ${id}.`, {
      place: { lab: id },
      nextStep:
        this.#sessions.size === 0 ? 'No lab is running.' : `There are ${[...this.#sessions.keys()].join(', ')}.`,
    });
  }

  /** Plans the lab and begins to start it; what goes wrong later is the session's state. Throws `Fault`. */
  async start(request: StartRequest): Promise<LabSession> {
    this.#refuseTooMany();
    const { runtimes, clock } = this.#options;
    const runtime = await runtimes.get(request.runtime ?? runtimes.preferred);
    const plan = await this.#plan(request);
    this.#refuseTooMany(); // planning took its time
    return this.#keep(LabSession.start({ id: this.#newId(plan.template), plan, runtime, clock }));
  }

  /** Takes over the labs of an earlier server. */
  async adopt(): Promise<readonly LabSession[]> {
    const adopted: LabSession[] = [];
    for (const runtime of this.#options.runtimes.opened()) {
      for (const lab of await runtime.adopt()) {
        const id = labId.parse(lab.id);
        adopted.push(this.#keep(LabSession.adopt({ id, plan: lab.plan, runtime, clock: this.#options.clock }, lab)));
      }
    }
    return adopted;
  }

  /** Ends a lab; one that has ended already is forgotten. Throws `Fault`. */
  async end(id: string, reason = 'it was ended'): Promise<void> {
    const session = this.get(id);
    await session.stop(reason);
    this.#forget(session);
  }

  /** Ends every lab, and removes whatever else this product left on this machine; says what was removed. */
  async endAll(reason = 'all labs were ended'): Promise<readonly string[]> {
    const sessions = Array.from(this.#sessions.values());
    const results = await Promise.allSettled(sessions.map((session) => session.stop(reason)));
    const removed = sessions.filter((_, index) => results[index]?.status === 'fulfilled').map((one) => `lab ${one.id}`);
    for (const session of sessions) this.#forget(session);
    for (const runtime of await this.#options.runtimes.all())
      for (const what of await runtime.removeAll()) if (!removed.includes(what)) removed.push(what);
    return removed;
  }

  /** Tells everybody that it is over, ends what can not live without this process, lets go of the rest. */
  async close(reason: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const starting = Array.from(this.#sessions.values()).filter((session) => session.state === 'starting');
    await Promise.allSettled(starting.map((session) => session.stop(reason)));
    for (const session of this.#sessions.values()) session.release(reason);
    this.#sessions.clear();
    await Promise.allSettled(this.#options.runtimes.opened().map((runtime) => runtime.close()));
  }

  #keep(session: LabSession): LabSession {
    this.#sessions.set(session.id, session);
    session.onNews((news) => {
      if (news.kind !== 'state') return;
      this.#changed.emit();
      if (this.#closed) return; // and no timer outlives us
      if (session.state === 'stopped' || session.state === 'failed')
        this.#options.clock.schedule(rememberEndedMs, () => this.#forget(session));
    });
    this.#changed.emit();
    return session;
  }

  #forget(session: LabSession): void {
    if (this.#sessions.get(session.id) !== session) return;
    this.#sessions.delete(session.id);
    this.#changed.emit();
  }

  async #plan({ template, source, seed = this.#letters(8) }: StartRequest): Promise<Plan> {
    const { templates } = this.#options;
    if (source !== undefined) return templates.planText(source.text, source.file, seed);
    return await templates.plan(template ?? '', seed);
  }

  #refuseTooMany(): void {
    if (this.#closed) throw new Fault('server-unreachable', 'The server is shutting down.');
    const live = Array.from(this.#sessions.values()).filter((one) => one.state !== 'stopped' && one.state !== 'failed');
    if (live.length < maximumLabs) return;
    throw new Fault('limit-reached', `${maximumLabs} labs are running, which is the limit of this server.`, {
      nextStep: 'End one first.',
    });
  }

  #newId(template: string): LabId {
    const stem = template.slice(0, 15).replace(/-+$/, '');
    for (;;) {
      const id = labId.parse(`${stem}-${this.#letters(4)}`);
      if (!this.#sessions.has(id)) return id;
    }
  }

  #letters(count: number): string {
    const { random } = this.#options;
    return Array.from({ length: count }, () => idLetters.charAt(integerBelow(random, idLetters.length))).join('');
  }
}
