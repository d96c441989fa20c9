// The shape of a command: one table entry from which parsing, `--help`, `man`, and completion all come.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { NetworkStack } from '../../stack/network-stack.ts';
import type { IpAddress, IpFamily } from '../../stack/wire/ip-address.ts';

/** Where a command's input comes from: a pipe, or the terminal's lines. */
export interface ByteSource {
  /** The next chunk; undefined at end of input (or when the command was interrupted). */
  read(): Promise<Uint8Array | undefined>;
}

/** Where output goes. `write` resolves when the reader has taken enough (back-pressure); it rejects with `BrokenPipe`. */
export interface ByteSink {
  write(bytes: Uint8Array | string): Promise<void>;
}

/** A reader went away (`yes | head`): the shell ends the writer quietly with status 141. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe';
}

/** What the shell hands to a command. */
export interface CommandContext {
  readonly options: ParsedOptions;
  /** Positional arguments, in order. */
  readonly operands: readonly string[];
  readonly stdin: ByteSource;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  /** Aborted by Ctrl-C, `kill`, or the host's end; a command that is aborted returns soon and leaves no socket open. */
  readonly signal: AbortSignal;
  /** True when stdout is a terminal. */
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly host: HostServices;
  /** The shell that runs the command: for the commands that are about it (`jobs`, `export`, `time`). */
  readonly shell: ShellAccess;
}

/** Why a command's `signal` aborted: its `AbortSignal.reason`. */
export class Terminated extends Error {
  override readonly name = 'Terminated';
  readonly signalName: SignalName;

  constructor(signalName: SignalName) {
    super(`ended by SIG${signalName}`);
    this.signalName = signalName;
  }

  /** What a shell reports for a program that died of it: 130 for Ctrl-C. */
  get status(): number {
    return 128 + signalNumbers[this.signalName];
  }
}

/** The signals of signal(7) that mean something here: all of them end a program. */
export const signalNumbers = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, PIPE: 13, TERM: 15 } as const;
export type SignalName = keyof typeof signalNumbers;

/** A running program as `ps` shows it. */
export interface HostProcess {
  readonly pid: number;
  readonly command: string;
  /** `pts/0`, or undefined for a program without a terminal. */
  readonly terminal: string | undefined;
  /** The host's clock, ms. */
  readonly startedAtMs: number;
}

export interface HostProcesses {
  /** In the order of their ids. */
  list(): readonly HostProcess[];
  /** Sends a signal; false when there is no such process. */
  kill(pid: number, signalName: SignalName): boolean;
}

export interface ShellJob {
  readonly id: number;
  /** Of the last program of the pipeline, as `$!`. */
  readonly pid: number;
  readonly text: string;
  readonly state: 'running' | 'done';
  readonly status: number;
  /** Resolves with the exit status. */
  readonly ended: Promise<number>;
  kill(signalName: SignalName): void;
}

/** What a command may ask of the shell that started it. */
export interface ShellAccess {
  readonly variables: Map<string, string>;
  /** Lines typed so far, oldest first; empty for a shell without a terminal. */
  readonly history: readonly string[];
  readonly jobs: readonly ShellJob[];
  readonly commands: readonly CommandDefinition[];
  /** Status of the last pipeline, as `$?`. */
  readonly lastStatus: number;
  forgetHistory(): void;
  /** The job that `%1`, `%+`, `%` or nothing names. */
  findJob(name: string | undefined): ShellJob | undefined;
  /** Takes the job out of the list without a notice when it ends (`fg` waits for it). */
  adoptJob(job: ShellJob): void;
  /** Ends the shell after the command that is running. */
  exit(status: number): void;
  /** Runs words as a command with the caller's streams and gives its status (`time`). */
  runWords(words: readonly string[], context: CommandContext): Promise<number>;
}

/** What a host offers to its programs. */
export interface HostServices {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly stack: NetworkStack;
  readonly resolver: NameResolver;
  readonly files: HostFiles;
  readonly processes: HostProcesses;
  /** Resolves after `delayMs` of the host's own time, or as soon as `signal` aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export type Resolution =
  | { readonly kind: 'addresses'; readonly name: string; readonly addresses: readonly IpAddress[] }
  /** `reason` in the words that tools print: "Name or service not known", "Temporary failure in name resolution". */
  | { readonly kind: 'failure'; readonly reason: string };

/** The host's caching stub resolver. */
export interface NameResolver {
  /** Numeric addresses resolve to themselves; names go through hosts file, cache, then the name servers. */
  resolve(name: string, family?: IpFamily, signal?: AbortSignal): Promise<Resolution>;
  /** The name of an address, or undefined when there is none (also on failure). */
  reverse(address: IpAddress, signal?: AbortSignal): Promise<string | undefined>;
  readonly nameservers: readonly IpAddress[];
  readonly searchDomain: string;
  flushCache(): void;
}

/** The host's small in-memory file system; paths are absolute, relative ones are taken from `/root`. Writing throws `FileError`. */
export interface HostFiles {
  read(path: string): Uint8Array | undefined;
  write(path: string, bytes: Uint8Array): void;
  append(path: string, bytes: Uint8Array): void;
  remove(path: string): boolean;
  /** Sorted names of all files. */
  list(): readonly string[];
}

/** A file that cannot be read or written, in the words that tools print. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

export type ParsedOptions = Readonly<Record<string, string | number | boolean | undefined>>;

export interface OptionDefinition {
  /** Short form without dash, such as `c`; absent when there is only a long form. */
  readonly short?: string;
  readonly long?: string;
  /** Key in `CommandContext.options`. */
  readonly key: string;
  /** Flag: takes no value. The others take one and are checked; a duration in seconds may have fractions. */
  readonly type: 'flag' | 'text' | 'integer' | 'seconds' | 'port' | 'address';
  readonly minimum?: number;
  readonly maximum?: number;
  /** May be given several times: a text's values are joined by line feeds, a flag is counted (`-vv` is 2). */
  readonly repeated?: boolean;
  /** Name of the value in help, such as `COUNT`. */
  readonly value?: string;
  readonly description: string;
}

export interface OperandDefinition {
  readonly name: string;
  /** What completion offers: host names, file names, interfaces, commands, or nothing. */
  readonly kind: 'host' | 'file' | 'interface' | 'command' | 'text';
  readonly optional?: boolean;
  readonly repeated?: boolean;
}

export interface CommandDefinition {
  readonly name: string;
  /** One line for `help`. */
  readonly summary: string;
  /** Paragraphs for `man`. */
  readonly description: readonly string[];
  readonly options: readonly OptionDefinition[];
  readonly operands: readonly OperandDefinition[];
  /**
   * For commands such as `ip` and `tcpdump` whose words are a language of their own: option parsing stops at the
   * first operand and the command parses the rest. `words` then feeds completion.
   */
  readonly stopAtOperand?: boolean;
  readonly words?: readonly string[];
  /** Everything but a lone `--help` is an operand: for `echo`, `kill`, `time`, whose dashes are their own affair. */
  readonly rawArguments?: boolean;
  /** Key of the option that `-5` sets to 5, as `head` and `tail` take it. */
  readonly numericOption?: string;
  /**
   * The command lives on for a moment when it is interrupted, to print its statistics, and its own status counts
   * (`ping`, `tcpdump`). The others get no more output through and end with 130.
   */
  readonly catchesInterrupt?: boolean;
  readonly examples?: readonly { readonly line: string; readonly what: string }[];
  /** Resolves with the exit status. Throwing anything but `BrokenPipe` is a bug, shown as status 70. */
  run(context: CommandContext): Promise<number>;
}
