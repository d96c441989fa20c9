// The jobs of one shell: pipelines in the background, their numbers, and the notices when they end.
import type { ShellJob, SignalName } from './command.ts';
import type { ProcessGroup } from '../processes.ts';

export class Job implements ShellJob {
  readonly id: number;
  readonly text: string;
  readonly ended: Promise<number>;
  readonly #group: ProcessGroup;
  #status: number | undefined;

  constructor(id: number, text: string, group: ProcessGroup, ended: Promise<number>) {
    this.id = id;
    this.text = text;
    this.#group = group;
    this.ended = ended.then((status) => {
      this.#status = status;
      return status;
    });
  }

  get pid(): number {
    return this.#group.lastPid;
  }

  get state(): 'running' | 'done' {
    return this.#status === undefined ? 'running' : 'done';
  }

  get status(): number {
    return this.#status ?? 0;
  }

  kill(signalName: SignalName): void {
    this.#group.kill(signalName);
  }
}

/** `Running`, `Done`, `Exit 3`, `Terminated`: as bash says it. */
export function jobState(job: ShellJob): string {
  if (job.state === 'running') return 'Running';
  const words: Readonly<Record<number, string>> = {
    0: 'Done',
    129: 'Hangup',
    130: 'Interrupt',
    137: 'Killed',
    143: 'Terminated',
  };
  return words[job.status] ?? `Exit ${job.status}`;
}

/** One line of `jobs` and of a notice, without the line feed. */
export function jobLine(job: ShellJob, mark: string): string {
  return `[${job.id}]${mark}  ${jobState(job).padEnd(22)}  ${job.text}${job.state === 'running' ? ' &' : ''}`;
}

export class JobTable {
  #jobs: Job[] = [];

  get jobs(): readonly Job[] {
    return this.#jobs;
  }

  add(text: string, group: ProcessGroup, ended: Promise<number>): Job {
    const job = new Job((this.#jobs.at(-1)?.id ?? 0) + 1, text, group, ended);
    this.#jobs.push(job);
    return job;
  }

  remove(job: ShellJob): void {
    this.#jobs = this.#jobs.filter((other) => other !== job);
  }

  /** `%1` or `1` by number, `%%`, `%+`, `%` or nothing: the newest; `%-` the one before; `%text`: by its start. */
  find(name: string | undefined): Job | undefined {
    const key = (name ?? '%').replace(/^%/, '');
    if (key === '' || key === '%' || key === '+') return this.#jobs.at(-1);
    if (key === '-') return this.#jobs.at(-2) ?? this.#jobs.at(-1);
    if (/^\d+$/.test(key)) return this.#jobs.find((job) => job.id === Number(key));
    return this.#jobs.find((job) => job.text.startsWith(key));
  }

  /** `+` for the newest job, `-` for the one before. */
  mark(job: ShellJob): string {
    if (job === this.#jobs.at(-1)) return '+';
    return job === this.#jobs.at(-2) ? '-' : ' ';
  }

  /** Lines for the jobs that ended since the last call; they leave the table. */
  takeNotices(): string[] {
    const done = this.#jobs.filter((job) => job.state === 'done');
    const lines = done.map((job) => jobLine(job, this.mark(job)));
    this.#jobs = this.#jobs.filter((job) => !done.includes(job));
    return lines;
  }
}
