// The exercises of a running lab: watched from its start, checked as things happen and when somebody asks.
import type { Clock, Timer } from '../base/clock.ts';
import { DisposeStack, type Disposable } from '../base/dispose.ts';
import { Fault } from '../base/fault.ts';
import { ExerciseWatch } from '../exercise/exercise-watch.ts';
import { reasonsOf, type Outcome } from '../exercise/outcome.ts';
import { onRealTime } from '../exercise/world.ts';
import type { Check, Exercise } from '../lab/exercise.ts';
import { questionsOf } from '../lab/exercise-rules.ts';
import { exerciseId, type LabExercise } from '../messages/exercise.ts';
import type { RunningLab } from '../runtime/runtime.ts';

/** After something has happened a check waits this long for what belongs to it, ms: as fast as people notice. */
const settleMs = 300;

interface Task {
  readonly exercise: Exercise;
  readonly watch: ExerciseWatch;
  /** Only looks: it may be checked whenever something happens. */
  readonly isPassive: boolean;
  doneAt: number | undefined;
  reasons: LabExercise['reasons'];
  checking: Promise<void> | undefined;
  /** Pending check of something that has happened. */
  settling: Timer | undefined;
}

export interface BoardOptions {
  readonly lab: RunningLab;
  readonly clock: Clock;
  /** Something that people see has changed. */
  readonly onChange: () => void;
}

export class ExerciseBoard implements Disposable {
  readonly #options: BoardOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #owned = new DisposeStack();
  #isDisposed = false;

  private constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** Watches every exercise of the lab's plan from now on. */
  static async open(options: BoardOptions): Promise<ExerciseBoard> {
    const board = new ExerciseBoard(options);
    const judged = onRealTime(options.lab, options.clock);
    for (const exercise of options.lab.plan.exercises) {
      const watch = board.#owned.add(await ExerciseWatch.begin(exercise, judged));
      board.#add(exercise, watch);
    }
    return board;
  }

  /** In the order of the template. */
  get list(): LabExercise[] {
    return Array.from(this.#tasks.values(), describe);
  }

  /** Checks one exercise now; resolves with how it stands. Throws `Fault` bad-argument for one that there is not. */
  async check(id: string): Promise<LabExercise> {
    const task = this.#task(id);
    await this.#check(task);
    return describe(task);
  }

  /** Takes an answer and checks. Throws `Fault` bad-argument for an exercise that asks nothing. */
  async answer(id: string, answer: string): Promise<LabExercise> {
    const task = this.#task(id);
    if (questionsOf(task.exercise.check).length === 0)
      throw new Fault('bad-argument', `The exercise ${id} asks no question.`, { place: { key: 'answer' } });
    task.watch.answer(answer);
    await this.#check(task);
    return describe(task);
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const { settling } of this.#tasks.values()) settling?.cancel();
    this.#owned.dispose();
  }

  #add(exercise: Exercise, watch: ExerciseWatch): void {
    const task: Task = {
      exercise,
      watch,
      isPassive: isPassive(exercise.check),
      doneAt: undefined,
      reasons: [],
      checking: undefined,
      settling: undefined,
    };
    this.#tasks.set(exercise.id, task);
    if (task.isPassive) watch.onChange(() => this.#settle(task));
  }

  #settle(task: Task): void {
    if (task.doneAt !== undefined || task.settling !== undefined || this.#isDisposed) return;
    task.settling = this.#options.clock.schedule(settleMs, () => {
      task.settling = undefined;
      void this.#check(task, 'quietly');
    });
  }

  /** One check at a time; whoever asks meanwhile gets the one that is under way. Quietly: a failure is not told. */
  async #check(task: Task, manner: 'aloud' | 'quietly' = 'aloud'): Promise<void> {
    if (task.doneAt !== undefined || this.#isDisposed) return;
    if (task.checking !== undefined) {
      await task.checking;
      if (manner === 'quietly') return;
    }
    const checking = this.#evaluate(task, manner);
    task.checking = checking;
    if (manner === 'aloud') this.#options.onChange();
    try {
      await checking;
    } finally {
      if (task.checking === checking) task.checking = undefined;
      if (manner === 'aloud' || task.doneAt !== undefined) this.#options.onChange();
    }
  }

  async #evaluate(task: Task, manner: 'aloud' | 'quietly'): Promise<void> {
    const outcome = await task.watch.evaluate();
    if (this.#isDisposed || task.doneAt !== undefined) return;
    if (outcome.verdict === 'pass') {
      task.doneAt = this.#options.clock.wallClock();
      task.reasons = [];
    } else if (manner === 'aloud') task.reasons = reasonsFor(outcome);
  }

  #task(id: string): Task {
    const task = this.#tasks.get(id);
    if (task !== undefined) return task;
    const ids = Array.from(this.#tasks.keys());
    throw new Fault('bad-argument', `This lab has no exercise ${id}.`, {
      place: { lab: this.#options.lab.id, key: 'exercise' },
      nextStep: ids.length === 0 ? 'It has none.' : `It has ${ids.join(', ')}.`,
    });
  }
}

function describe({ exercise, doneAt, reasons, checking }: Task): LabExercise {
  const { id, title, task, hints, ideas, minutes } = exercise;
  const [question] = questionsOf(exercise.check);
  return {
    id: exerciseId.parse(id),
    title,
    task,
    hints,
    ideas,
    minutes,
    ...(question && { question: { text: question.question, choices: question.choices ?? [] } }),
    isDone: doneAt !== undefined,
    ...(doneAt !== undefined && { doneAt }),
    isChecking: checking !== undefined,
    reasons,
  };
}

function reasonsFor(outcome: Outcome): LabExercise['reasons'] {
  return reasonsOf(outcome).map(({ verdict, sentence, seen, where }) => ({ verdict, sentence, seen, where }));
}

const lookingKinds: ReadonlySet<Check['kind']> = new Set([
  'route',
  'neighbor',
  'socket',
  'was',
  'packets',
  'sequence',
  'disorder',
  'counter',
  'answer',
]);

/** True when a check sends nothing and runs nothing on a host, and takes no time. */
export function isPassive(check: Check): boolean {
  switch (check.kind) {
    case 'all':
    case 'any':
      return check.checks.every(isPassive);
    case 'not':
      return isPassive(check.check);
    default:
      return lookingKinds.has(check.kind);
  }
}
