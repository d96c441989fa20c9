// The command line as a whole: every command with its options and help; errors become one sentence and a status.
import { Command, CommanderError, Option } from 'commander';
import { describeExitCodes, exitCodeOf } from './exit-codes.ts';
import { Output } from './output.ts';
import type { DownOptions } from './commands/down.ts';
import type { ExecOptions } from './commands/exec.ts';
import type { RunOptions } from './commands/run.ts';
import type { ServeOptions } from './commands/serve.ts';
import type { UpOptions } from './commands/up.ts';
import type { VerifyCommandOptions } from './commands/verify.ts';
import { parseCount, parseDuration, parsePort } from './option-values.ts';
import { logLevels, reporters, runtimeChoices, verifyRuntimes, type World } from './world.ts';

/** Each command is loaded when it is called: `ls` need not wait for the server's packages. */
const load = {
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  down: async () => (await import('./commands/down.ts')).down,
  exec: async () => (await import('./commands/exec.ts')).exec,
  ls: async () => (await import('./commands/ls.ts')).ls,
  run: async () => (await import('./commands/run.ts')).run,
  serve: async () => (await import('./commands/serve.ts')).serve,
  templateLint: async () => (await import('./commands/template.ts')).templateLint,
  templateSchema: async () => (await import('./commands/template.ts')).templateSchema,
  up: async () => (await import('./commands/up.ts')).up,
  verify: async () => (await import('./commands/verify.ts')).verify,
};

interface CommonOptions {
  readonly json?: boolean;
}

/** What `action` wants, from what a command does. */
type Wrap = <T = unknown>(
  work: (options: T & CommonOptions, output: Output, operands: readonly string[]) => Promise<number>,
) => (...given: unknown[]) => Promise<void>;

const json = (): Option => new Option('--json', 'print the result as JSON');
const runtime = (): Option =>
  new Option('--runtime <kind>', 'where labs run; auto: Docker if it answers').choices(runtimeChoices).default('auto');
const seed = (): Option => new Option('--seed <text>', 'same template and seed, same lab and same chance');
const stdin = (): Option => new Option('-i, --stdin', 'pass standard input on, up to 1 MiB');
const timeout = (): Option =>
  new Option('--timeout <time>', 'interrupt the command after this long, such as 30s').argParser(parseDuration);

/** Runs one command line (without the program's name) and resolves with its exit status; never rejects. */
export async function runCommandLine(words: readonly string[], world: World): Promise<number> {
  let status = 0;
  let output = new Output(world.streams, false);
  const wrap: Wrap =
    <T>(work: (options: T & CommonOptions, output: Output, operands: readonly string[]) => Promise<number>) =>
    async (...given) => {
      const self = given.at(-1) as Command; // commander's own convention for actions
      const options = self.optsWithGlobals<T & CommonOptions>();
      output = new Output(world.streams, options.json === true);
      status = await work(options, output, self.args);
    };
  const program = makeProgram(world);
  for (const add of [addServe, addLabCommands, addHostCommands, addTools]) add(program, world, wrap);
  try {
    await program.parseAsync(words, { from: 'user' });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) output.fault(error); // commander has spoken already
    return exitCodeOf(error);
  }
}

function makeProgram(world: World): Command {
  return new Command('ackademy')
    .description('A multiplayer virtual lab for learning how the internet works.')
    .version(world.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showHelpAfterError('Add --help to see what it takes.')
    .addHelpText('after', () => `\n${describeExitCodes()}`)
    .configureOutput({
      writeOut: (text) => void world.streams.stdout.write(text),
      writeErr: (text) => void world.streams.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'ackademy: ')),
    })
    .exitOverride();
}

function addServe(program: Command, world: World, wrap: Wrap): void {
  program
    .command('serve')
    .summary('start the lab server and print its link')
    .description('Starts the lab server and prints the instructor’s link. Ctrl-C ends its labs and stops it.')
    .option('--port <number>', 'port to listen on (default: 4747, or a free one)', parsePort)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(runtime())
    .option('--open', 'open the link in a browser')
    .option('--new-links', 'make a new key: links and cookies of earlier servers end')
    .addOption(new Option('--log <level>', 'what is logged on standard error').choices(logLevels).default('warn'))
    .action(wrap<ServeOptions>(async (options, out) => await (await load.serve())(world, out, options)));
}

function addLabCommands(program: Command, world: World, wrap: Wrap): void {
  program
    .command('ls')
    .summary('list the labs of the running server')
    .addOption(json())
    .action(wrap(async (_options, out) => await (await load.ls())(world, out)));

  program
    .command('up')
    .summary('start a lab from a template')
    .description('Starts a lab on the running server, waits until it runs, and prints its id.')
    .argument('<template>', 'a template of the catalogue, or a .yaml file')
    .addOption(runtime())
    .addOption(seed())
    .addOption(json())
    .action(
      wrap<UpOptions>(async (options, out, [template = '']) => await (await load.up())(world, out, template, options)),
    );

  program
    .command('down')
    .summary('end a lab, or everything')
    .argument('[lab]', 'the lab’s id, as ls prints it')
    .option('--all', 'end every lab and remove everything that was ever made here, images included')
    .addOption(json())
    .action(
      wrap<Omit<DownOptions, 'lab'>>(
        async (options, out, [lab]) => await (await load.down())(world, out, { ...options, lab }),
      ),
    );
}

function addHostCommands(program: Command, world: World, wrap: Wrap): void {
  program
    .command('exec')
    .summary('run a command on a host of a lab')
    .description('Runs a command on a host and ends with its status. One word is a shell line; several are its words.')
    .argument('<lab>', 'the lab’s id, as ls prints it')
    .argument('<host>')
    .argument('<command...>', 'after --, such as: -- ping -c 1 server')
    .addOption(stdin())
    .addOption(timeout())
    .addOption(json())
    .action(
      wrap<Omit<ExecOptions, 'lab' | 'host' | 'words'>>(
        async (options, out, [lab = '', host = '', ...words]) =>
          await (
            await load.exec()
          )(world, out, { ...options, lab, host, words }),
      ),
    );

  program
    .command('run')
    .summary('start a lab, run one command in it, end it')
    .description('Starts a lab in this process, runs a command on a host, ends the lab; the status is the command’s.')
    .argument('<template>', 'a template of the catalogue, or a .yaml file')
    .argument('<host>')
    .argument('<command...>', 'after --, such as: -- ping -c 1 server')
    .addOption(stdin())
    .addOption(timeout())
    .addOption(runtime())
    .addOption(seed())
    .addOption(json())
    .action(
      wrap<Omit<RunOptions, 'template' | 'host' | 'words'>>(
        async (options, out, [template = '', host = '', ...words]) =>
          await (
            await load.run()
          )(world, out, { ...options, template, host, words }),
      ),
    );
}

function addTools(program: Command, world: World, wrap: Wrap): void {
  program
    .command('doctor')
    .summary('say what works on this machine, and what would help')
    .addOption(json())
    .action(wrap(async (_options, out) => await (await load.doctor())(world, out)));

  program
    .command('verify')
    .summary('prove that the exercises of labs can be done, and only so')
    .description(
      'For every exercise: it is open at the start, wrong ways do not solve it, the solution does, and not without one of its steps.',
    )
    .argument('[labs...]', 'templates of the catalogue, or files; absent: all of the catalogue')
    .option('--all', 'every template of the catalogue')
    .addOption(
      new Option('--runtime <kind>', 'embedded: virtual time; docker: real time, in one go')
        .choices(verifyRuntimes)
        .default('embedded'),
    )
    .addOption(seed())
    .option('--repeat <times>', 'each lab this many times, with another seed', parseCount, 1)
    .option('--jobs <number>', 'labs at once', parseCount)
    .addOption(new Option('--reporter <form>', 'form of the report').choices(reporters).default('pretty'))
    .option('--artifacts <folder>', 'keep what failed here')
    .addHelpText(
      'after',
      '\nExit status: 0 all shown, 1 something refuted, 2 nothing to verify, 3 shown, with warnings',
    )
    .action(
      wrap<Omit<VerifyCommandOptions, 'labs'>>(
        async (options, out, labs) => await (await load.verify())(world, out, { ...options, labs }),
      ),
    );

  const template = program.command('template').summary('check templates');
  template
    .command('lint')
    .summary('check a template file')
    .argument('<file>')
    .addOption(json())
    .action(wrap(async (_options, out, [file = '']) => await (await load.templateLint())(world, out, file)));
  template
    .command('schema')
    .summary('print the JSON schema of template files')
    .action(wrap(async () => await (await load.templateSchema())(world)));
}
