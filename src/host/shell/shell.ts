// The shell: runs command lines, with pipes, redirections, variables and jobs. `interactive-shell.ts` puts a terminal before it.
import { ProcessGroup, type ProcessTable } from '../processes.ts';
import { runCommand } from './command-runner.ts';
import type { ByteSink, CommandContext, CommandDefinition, HostServices, ShellAccess, ShellJob } from './command.ts';
import { FileError } from './command.ts';
import { expandToText, expandWords, type ExpansionScope } from './expansion.ts';
import { openSink, openSource } from './file-streams.ts';
import { parseLine, type ListItem, type Pipeline, type Redirection, type SimpleCommand } from './grammar.ts';
import { History } from './history.ts';
import { JobTable } from './jobs.ts';
import { emptySource, Pipe } from './pipe.ts';
import type { Streams } from './streams.ts';

/** What all shells of a host share. */
export interface ShellEnvironment {
  readonly services: HostServices;
  readonly processes: ProcessTable;
  readonly commands: readonly CommandDefinition[];
  /** Hears of commands that threw what they should not: our bugs. */
  bug(error: unknown, command: string): void;
}

interface Outcome {
  readonly status: number;
  /** A program of it was ended by a signal: the rest of the line is not run. */
  readonly ended: boolean;
}

export class Shell implements ShellAccess {
  readonly variables: Map<string, string>;
  readonly jobTable = new JobTable();
  readonly historyLines = new History();
  readonly #environment: ShellEnvironment;
  readonly #terminal: { readonly name: string; readonly columns: () => number } | undefined;
  #lastStatus = 0;
  #lastBackgroundPid: number | undefined;
  #exitStatus: number | undefined;
  #pid = 0;

  constructor(environment: ShellEnvironment, terminal?: { readonly name: string; readonly columns: () => number }) {
    this.#environment = environment;
    this.#terminal = terminal;
    const { name } = environment.services;
    this.variables = new Map(
      Object.entries({ HOME: '/root', HOSTNAME: name, PWD: '/root', SHELL: '/bin/sh', USER: 'root' }),
    );
    if (terminal !== undefined) this.variables.set('TERM', 'xterm-256color');
  }

  get commands(): readonly CommandDefinition[] {
    return this.#environment.commands;
  }

  get history(): readonly string[] {
    return this.historyLines.lines;
  }

  get jobs(): readonly ShellJob[] {
    return this.jobTable.jobs;
  }

  /** Set once `exit` has run. */
  get exitStatus(): number | undefined {
    return this.#exitStatus;
  }

  get lastStatus(): number {
    return this.#lastStatus;
  }

  /** Ctrl-C at the prompt. */
  interrupted(): void {
    this.#lastStatus = 130;
  }

  setPid(pid: number): void {
    this.#pid = pid;
  }

  forgetHistory(): void {
    this.historyLines.clear();
  }

  findJob(name: string | undefined): ShellJob | undefined {
    return this.jobTable.find(name);
  }

  adoptJob(job: ShellJob): void {
    this.jobTable.remove(job);
  }

  exit(status: number): void {
    this.#exitStatus = status & 0xff;
  }

  /** Runs a line and gives the status of its last pipeline. Programs in the foreground belong to `group`. */
  async runLine(line: string, streams: Streams, group: ProcessGroup): Promise<number> {
    const parsed = parseLine(line);
    if (parsed.kind === 'error') {
      await complain(streams.stderr, `sh: ${parsed.message}`);
      this.#lastStatus = 2;
      return 2;
    }
    for (const item of parsed.items) {
      if (this.#exitStatus !== undefined) break;
      if (item.background) {
        await this.#startJob(item, streams);
        this.#lastStatus = 0;
        continue;
      }
      const outcome = await this.#andOr(item, streams, group);
      this.#lastStatus = outcome.status;
      if (outcome.ended) break;
    }
    return this.#exitStatus ?? this.#lastStatus;
  }

  async runWords(words: readonly string[], context: CommandContext): Promise<number> {
    const streams: Streams = {
      stdin: () => context.stdin,
      stdout: context.stdout,
      stderr: context.stderr,
      isTerminal: context.isTerminal,
    };
    const group = new ProcessGroup();
    const pass = (): void => group.kill('INT');
    context.signal.addEventListener('abort', pass);
    try {
      return (await this.#program(words, words.join(' '), streams, group)).status;
    } finally {
      context.signal.removeEventListener('abort', pass);
    }
  }

  async #startJob(item: ListItem, streams: Streams): Promise<void> {
    const group = new ProcessGroup();
    const background: Streams = { ...streams, stdin: () => emptySource };
    const running = this.#andOr(item, background, group).then(({ status }) => status);
    const job = this.jobTable.add(item.text, group, running);
    this.#lastBackgroundPid = job.pid;
    if (this.#terminal !== undefined) await complain(streams.stderr, `[${job.id}] ${job.pid}`);
  }

  async #andOr(item: ListItem, streams: Streams, group: ProcessGroup): Promise<Outcome> {
    let outcome = await this.#pipeline(item.first, streams, group);
    for (const { operator, pipeline } of item.rest) {
      if (outcome.ended || this.#exitStatus !== undefined) break;
      if ((outcome.status === 0) === (operator === '||')) continue;
      this.#lastStatus = outcome.status;
      outcome = await this.#pipeline(pipeline, streams, group);
    }
    return outcome;
  }

  async #pipeline(pipeline: Pipeline, streams: Streams, group: ProcessGroup): Promise<Outcome> {
    let input: Pipe | undefined;
    const running: Promise<Outcome>[] = [];
    pipeline.commands.forEach((command, index) => {
      const output = index < pipeline.commands.length - 1 ? new Pipe() : undefined;
      const own: Streams = {
        stdin: input === undefined ? streams.stdin : always(input),
        stdout: output ?? streams.stdout,
        stderr: streams.stderr,
        isTerminal: output === undefined && streams.isTerminal,
      };
      const before = input;
      input = output;
      running.push(
        this.#simple(command, own, group).finally(() => {
          output?.closeWriter();
          before?.closeReader();
        }),
      );
    });
    const outcomes = await Promise.all(running);
    const status = outcomes.at(-1)?.status ?? 0;
    return {
      status: pipeline.negated ? Number(status === 0) : status,
      ended: outcomes.some(({ ended }) => ended),
    };
  }

  async #simple(command: SimpleCommand, streams: Streams, group: ProcessGroup): Promise<Outcome> {
    const scope = this.#scope();
    let redirected = streams;
    for (const redirection of command.redirections) {
      try {
        redirected = redirect(redirection, redirected, scope, this.#environment.services);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        const file = redirection.kind === 'join' ? '' : expandToText(redirection.file, scope);
        await complain(redirected.stderr, `sh: ${file}: ${error.message}`);
        return { status: 1, ended: false };
      }
    }
    const words = expandWords(command.words, scope);
    if (words.length === 0) {
      // Assignments before a command would be its environment, which no program here has.
      for (const { name, value } of command.assignments) this.variables.set(name, expandToText(value, scope));
      return { status: 0, ended: false };
    }
    return this.#program(words, command.text, redirected, group);
  }

  async #program(words: readonly string[], text: string, streams: Streams, group: ProcessGroup): Promise<Outcome> {
    if (group.endedBy !== undefined) return { status: 143, ended: true };
    const process = this.#environment.processes.start(text, this.#terminal?.name);
    group.add(process);
    try {
      return await runCommand(words, {
        streams,
        process,
        environment: this.#environment,
        shell: this,
        columns: this.#terminal?.columns() ?? 80,
      });
    } finally {
      group.remove(process);
      process.ended();
    }
  }

  #scope(): ExpansionScope {
    const special: Readonly<Record<string, string | undefined>> = {
      '?': String(this.#lastStatus),
      $: String(this.#pid),
      '!': this.#lastBackgroundPid === undefined ? '' : String(this.#lastBackgroundPid),
      '#': '0',
    };
    return {
      variable: (name) => special[name] ?? this.variables.get(name),
      files: () => this.#environment.services.files.list(),
    };
  }
}

const always =
  <T>(value: T): (() => T) =>
  () =>
    value;

function redirect(redirection: Redirection, streams: Streams, scope: ExpansionScope, host: HostServices): Streams {
  if (redirection.kind === 'join') {
    if (redirection.from === 'error') return { ...streams, stderr: streams.stdout };
    return { ...streams, stdout: streams.stderr };
  }
  const path = expandToText(redirection.file, scope);
  if (path === '') throw new FileError('No such file or directory');
  if (redirection.kind === 'input') return { ...streams, stdin: always(openSource(host, path)) };
  const sink = openSink(host, path, redirection.append);
  if (redirection.stream === 'error') return { ...streams, stderr: sink };
  const stdout: Streams = { ...streams, stdout: sink, isTerminal: false };
  return redirection.stream === 'both' ? { ...stdout, stderr: sink } : stdout;
}

/** Writes a line of the shell's own; that nobody reads it is no reason to fail. */
async function complain(sink: ByteSink, line: string): Promise<void> {
  await sink.write(`${line}\n`).catch(() => undefined);
}
