// Does what a solution says, as a student would: types at hosts, waits, answers, cuts and impairs.
import { Fault } from '../base/fault.ts';
import type { Step } from '../lab/exercise.ts';
import type { RunningHost } from '../runtime/runtime.ts';
import { parseImpairment } from '../wiring/impairment/netem-text.ts';
import type { ExerciseWatch } from './exercise-watch.ts';
import { fillIn } from './references.ts';
import type { JudgedLab } from './world.ts';

/** ms of lab time that a student takes between two steps. */
const thinkingMs = 500;
/** ms of lab time for one command. */
const commandTimeoutMs = 300_000;

export interface Performed {
  /** What every command printed, in the order in which it ended. */
  readonly transcript: string;
  /** Ends what still runs in the background; resolves when it has ended. */
  end(): Promise<void>;
}

/** Throws `Fault` for a step that can not be done: that is the template's mistake. */
export async function perform(
  steps: readonly Step[],
  judged: JudgedLab,
  watch?: Pick<ExerciseWatch, 'answer'>,
): Promise<Performed> {
  const performer = new Performer(judged, watch);
  for (const step of steps) {
    await performer.take(step);
    await judged.pass(thinkingMs);
  }
  return performer;
}

class Performer implements Performed {
  readonly #judged: JudgedLab;
  readonly #watch: Pick<ExerciseWatch, 'answer'> | undefined;
  readonly #printed: string[] = [];
  readonly #background: Promise<void>[] = [];
  readonly #ending = new AbortController();

  constructor(judged: JudgedLab, watch: Pick<ExerciseWatch, 'answer'> | undefined) {
    this.#judged = judged;
    this.#watch = watch;
  }

  get transcript(): string {
    return this.#printed.join('\n');
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#background);
  }

  async take(step: Step): Promise<void> {
    const { lab, pass } = this.#judged;
    switch (step.kind) {
      case 'type':
        await this.#type(step);
        break;
      case 'wait':
        await pass(step.durationMs);
        break;
      case 'answer':
        this.#watch?.answer(this.#filled(step.value, step.text));
        break;
      case 'segment':
        await lab.setSegment(step.segment, step.state);
        break;
      case 'impair': {
        const parsed = parseImpairment(step.impairment);
        if (!parsed.ok) throw new Fault('template-invalid', `'${step.text}': ${parsed.fault.message}.`);
        await lab.impair(step.host, step.interface, parsed.impairment);
        break;
      }
    }
  }

  async #type(step: Extract<Step, { readonly kind: 'type' }>): Promise<void> {
    const host = this.#judged.lab.hosts.get(step.host);
    if (host === undefined) throw new Fault('template-invalid', `'${step.text}': there is no host '${step.host}'.`);
    const command = this.#filled(step.command, step.text);
    const running = this.#run(host, step.host, command);
    if (step.isBackground) this.#background.push(running);
    else await running;
  }

  async #run(host: RunningHost, name: string, command: string): Promise<void> {
    const { signal } = this.#ending;
    try {
      const { status, stdout, stderr } = await host.run(command, { timeoutMs: commandTimeoutMs, signal });
      const decoder = new TextDecoder();
      this.#printed.push(`${name}$ ${command}\n${decoder.decode(stdout)}${decoder.decode(stderr)}[${status}]`);
    } catch (error) {
      // Who ends the exercise ends what runs in it; anything else is told.
      if (!signal.aborted) this.#printed.push(`${name}$ ${command}\n[${String(error)}]`);
    }
  }

  #filled(text: string, step: string): string {
    const result = fillIn(text, this.#judged.lab.plan);
    if (!result.ok) throw new Fault('template-invalid', `'${step}': ${result.problem}.`);
    return result.text;
  }
}
