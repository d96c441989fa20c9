// Runs one command of the table as a program: arguments, streams, signals, and the exit status that results.
import type { OwnedProcess } from '../processes.ts';
import { BrokenPipe, FileError, signalNumbers, Terminated, type CommandContext } from './command.ts';
import { helpText } from './manual.ts';
import { parseArguments } from './option-parser.ts';
import type { Shell, ShellEnvironment } from './shell.ts';
import { ProgramStreams, type Streams } from './streams.ts';

export interface ProgramSetting {
  readonly streams: Streams;
  readonly process: OwnedProcess;
  readonly environment: ShellEnvironment;
  readonly shell: Shell;
  readonly columns: number;
}

/** `ended`: by a signal that the command does not live through. */
export interface ProgramOutcome {
  readonly status: number;
  readonly ended: boolean;
}

/** Status of a command that is not in the table, of one used wrongly, and of one with a bug (sysexits(3) EX_SOFTWARE). */
const [notFound, misused, buggy] = [127, 2, 70];

/** Runs `words[0]` with the rest as arguments; never throws. */
export async function runCommand(words: readonly string[], setting: ProgramSetting): Promise<ProgramOutcome> {
  const { process, environment } = setting;
  const { signal } = process;
  const name = (words[0] ?? '').replace(/^\/(usr\/)?s?bin\//, '');
  const definition = environment.commands.find((command) => command.name === name);
  const isCutOff = (): boolean =>
    !(
      definition?.catchesInterrupt === true &&
      signal.reason instanceof Terminated &&
      signal.reason.signalName === 'INT'
    );
  const own = new ProgramStreams(environment.services, signal, isCutOff);
  const stderr = own.sink(setting.streams.stderr);
  const complain = async (message: string, status: number): Promise<number> => {
    await stderr.write(`${message}\n`);
    return status;
  };
  const run = async (): Promise<number> => {
    if (definition === undefined) return complain(`${name}: command not found`, notFound);
    const parsed = parseArguments(definition, words.slice(1));
    if (parsed.kind === 'error') return complain(parsed.message, misused);
    const stdout = own.sink(setting.streams.stdout);
    if (parsed.kind === 'help') {
      await stdout.write(helpText(definition));
      return 0;
    }
    const context: CommandContext = {
      options: parsed.options,
      operands: parsed.operands,
      stdin: own.source(setting.streams.stdin(signal)),
      stdout,
      stderr,
      signal,
      isTerminal: setting.streams.isTerminal,
      columns: setting.columns,
      host: environment.services,
      shell: setting.shell,
    };
    return definition.run(context);
  };
  let status: number;
  try {
    status = await run();
  } catch (error) {
    status = await statusOfError(error, name, setting, complain);
  }
  const ended = signal.aborted && isCutOff();
  return { status: ended && signal.reason instanceof Terminated ? signal.reason.status : status, ended };
}

async function statusOfError(
  error: unknown,
  name: string,
  { environment, process }: ProgramSetting,
  complain: (message: string, status: number) => Promise<number>,
): Promise<number> {
  if (error instanceof BrokenPipe) return 128 + signalNumbers.PIPE;
  if (error instanceof FileError) return complain(`${name}: ${error.message}`, 1).catch(() => 1);
  if (error instanceof Terminated || process.signal.aborted) return 128 + signalNumbers.INT;
  environment.bug(error, process.command);
  const text = error instanceof Error ? error.message : String(error);
  return complain(`${name}: internal error: ${text}`, buggy).catch(() => buggy);
}
