// One exercise on one running lab: what has happened since it began, and whether it is done.
import { DisposeStack, type Disposable } from '../base/dispose.ts';
import type { Check, Exercise } from '../lab/exercise.ts';
import { evaluate } from './evaluate.ts';
import type { Evidence, SeenState } from './evidence.ts';
import { both, errored, type Outcome } from './outcome.ts';
import { Traffic } from './traffic.ts';
import type { JudgedLab } from './world.ts';

export class ExerciseWatch implements Disposable {
  readonly exercise: Exercise;
  readonly #judged: JudgedLab;
  readonly #owned = new DisposeStack();
  readonly #states: SeenState[] = [];
  readonly #countersBefore = new Map<string, Readonly<Record<string, number>>>();
  readonly #problem: string | undefined;
  readonly #traffic: Traffic | undefined;
  #answer: string | undefined;
  #changed: () => void = () => undefined;

  private constructor(exercise: Exercise, judged: JudgedLab) {
    this.exercise = exercise;
    this.#judged = judged;
    const { lab } = judged;
    const watch = Traffic.watch(exercise.check, lab.plan);
    if (!watch.ok) {
      this.#problem = watch.problem;
      return;
    }
    this.#traffic = watch.traffic;
    this.#owned.add(
      lab.capture((frame) => {
        watch.traffic.see(frame);
        this.#changed();
      }),
    );
    for (const [host, running] of lab.hosts) {
      const subscription = running.onEvent((event) => {
        if (event.kind !== 'tcp-state') return;
        const { to, local, remote } = event;
        this.#states.push({ host, state: to, localPort: local.port, remotePort: remote.port });
        this.#changed();
      });
      this.#owned.add(subscription);
    }
  }

  /** From now on counts what happens. */
  static async begin(exercise: Exercise, judged: JudgedLab): Promise<ExerciseWatch> {
    const watch = new ExerciseWatch(exercise, judged);
    await watch.#countFromHere();
    return watch;
  }

  /** Takes the answer to the exercise's question. */
  answer(value: string): void {
    this.#answer = value;
    this.#changed();
  }

  /** Calls back whenever something has happened that may matter; one listener at a time. */
  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  /** Makes the check. Whatever goes wrong is in the outcome. */
  async evaluate(): Promise<Outcome> {
    if (this.#traffic === undefined) {
      return errored(both('the exercise’s checks', '실습 과제의 검사'), this.#problem ?? 'they can not be made');
    }
    const traffic = this.#traffic;
    return await evaluate(this.exercise.check, (): Evidence => ({
      judged: this.#judged,
      plan: this.#judged.lab.plan,
      traffic,
      states: this.#states,
      countersBefore: this.#countersBefore,
      answer: this.#answer,
    }));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #countFromHere(): Promise<void> {
    for (const name of counterHostsOf(this.exercise.check)) {
      const host = this.#judged.lab.hosts.get(name);
      if (host !== undefined) this.#countersBefore.set(name, (await host.inspect()).counters);
    }
  }
}

function counterHostsOf(check: Check): ReadonlySet<string> {
  switch (check.kind) {
    case 'all':
    case 'any':
      return new Set(check.checks.flatMap((one) => Array.from(counterHostsOf(one))));
    case 'not':
    case 'eventually':
    case 'always':
      return counterHostsOf(check.check);
    case 'counter':
      return new Set([check.on]);
    default:
      return new Set();
  }
}
