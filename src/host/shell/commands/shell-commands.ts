// Commands about the shell and its programs: help, man, history, exit, jobs, fg, wait, kill, ps, export, set, unset, time, which.
import { signalNumbers, type CommandContext, type CommandDefinition, type SignalName } from '../command.ts';
import { jobLine } from '../jobs.ts';
import { columns, helpText, manualPage } from '../manual.ts';

const byName = (a: CommandDefinition, b: CommandDefinition): number => (a.name < b.name ? -1 : 1);

const help: CommandDefinition = {
  name: 'help',
  summary: 'list the commands of this host',
  description: ['Lists every command with one line about it; with a NAME, how that command is used.'],
  options: [],
  operands: [{ name: 'NAME', kind: 'command', optional: true }],
  examples: [
    { line: 'help', what: 'all commands' },
    { line: 'help ping', what: 'how ping is used' },
  ],
  async run(context) {
    const [name] = context.operands;
    const { commands } = context.shell;
    if (name !== undefined) return withCommand(context, 'help', name, helpText);
    const rows = commands.toSorted(byName).map((command) => [command.name, command.summary] as const);
    const shell = 'a | b   a > file   a >> file   a < file   a &   a && b   a || b   a; b   $?   "$NAME"';
    await context.stdout.write(
      `Commands of this host:\n\n${columns(rows).join('\n')}\n\nThe shell knows: ${shell}\n'man NAME' tells more; Tab completes, Ctrl-C ends a command.\n`,
    );
    return 0;
  },
};

const man: CommandDefinition = {
  name: 'man',
  summary: 'show the manual page of a command',
  description: ['Shows the manual page of NAME.'],
  options: [],
  operands: [{ name: 'NAME', kind: 'command', optional: true }],
  examples: [{ line: 'man tcpdump', what: 'the manual page of tcpdump' }],
  async run(context) {
    const [name] = context.operands;
    if (name === undefined) {
      await context.stderr.write("What manual page do you want?\nFor example, try 'man ping'.\n");
      return 1;
    }
    return withCommand(context, 'man', name, (command) => manualPage(command, context.columns));
  },
};

async function withCommand(
  context: CommandContext,
  asker: string,
  name: string,
  text: (command: CommandDefinition) => string,
): Promise<number> {
  const command = context.shell.commands.find((other) => other.name === name);
  if (command === undefined) {
    const message = asker === 'man' ? `No manual entry for ${name}` : `help: no help topics match '${name}'`;
    await context.stderr.write(`${message}\n`);
    return asker === 'man' ? 16 : 1;
  }
  await context.stdout.write(text(command));
  return 0;
}

const history: CommandDefinition = {
  name: 'history',
  summary: 'list the lines typed so far',
  description: ['Lists the lines typed in this shell. A line that starts with a blank is not kept.'],
  options: [{ short: 'c', long: 'clear', key: 'clear', type: 'flag', description: 'forget them' }],
  operands: [{ name: 'COUNT', kind: 'text', optional: true }],
  examples: [{ line: 'history 5', what: 'the last five lines' }],
  async run({ shell, options, operands, stdout, stderr }) {
    if (options['clear'] === true) {
      shell.forgetHistory();
      return 0;
    }
    const [count = '1000'] = operands;
    if (!/^\d+$/.test(count)) {
      await stderr.write(`history: ${count}: numeric argument required\n`);
      return 1;
    }
    const lines = shell.history.map((line, index) => `${String(index + 1).padStart(5)}  ${line}\n`);
    await stdout.write(Number(count) === 0 ? '' : lines.slice(-Number(count)).join(''));
    return 0;
  },
};

const exit: CommandDefinition = {
  name: 'exit',
  summary: 'end the shell',
  description: ['Ends the shell with the given status, or that of the last command. Programs in the background go on.'],
  options: [],
  operands: [{ name: 'STATUS', kind: 'text', optional: true }],
  rawArguments: true,
  examples: [{ line: 'exit', what: 'the end of this shell' }],
  async run({ shell, operands, stderr }) {
    const [word] = operands;
    if (word !== undefined && !/^-?\d+$/.test(word)) {
      await stderr.write(`exit: ${word}: numeric argument required\n`);
      shell.exit(2);
      return 2;
    }
    shell.exit(word === undefined ? shell.lastStatus : Number(word));
    return shell.lastStatus;
  },
};

const jobs: CommandDefinition = {
  name: 'jobs',
  summary: 'list the programs in the background',
  description: ['Lists the jobs that were started with & in this shell. + marks the one that fg takes.'],
  options: [{ short: 'l', key: 'long', type: 'flag', description: 'with process ids' }],
  operands: [],
  examples: [{ line: 'jobs -l', what: 'jobs with process ids' }],
  async run({ shell, options, stdout }) {
    for (const job of shell.jobs) {
      const mark = job === shell.findJob('%+') ? '+' : job === shell.findJob('%-') ? '-' : ' ';
      const line = jobLine(job, mark);
      await stdout.write(`${options['long'] === true ? line.replace(/^(\S+\s+)/, `$1${job.pid} `) : line}\n`);
    }
    return 0;
  },
};

const fg: CommandDefinition = {
  name: 'fg',
  summary: 'bring a job to the foreground',
  description: ['Waits for a job of this shell, by default the newest; Ctrl-C then ends it.'],
  options: [],
  operands: [{ name: '%JOB', kind: 'text', optional: true }],
  examples: [{ line: 'fg %1', what: 'job 1 back to the foreground' }],
  async run({ shell, operands, stdout, stderr, signal }) {
    const job = shell.findJob(operands[0]);
    if (job === undefined) {
      await stderr.write(`fg: ${operands[0] ?? 'current'}: no such job\n`);
      return 1;
    }
    shell.adoptJob(job);
    await stdout.write(`${job.text}\n`);
    signal.addEventListener('abort', () => job.kill('INT'), { once: true });
    return job.ended;
  },
  catchesInterrupt: true,
};

const wait: CommandDefinition = {
  name: 'wait',
  summary: 'wait for jobs to end',
  description: ['Waits for one job, or for all of this shell; gives the status of the last.'],
  options: [],
  operands: [{ name: '%JOB', kind: 'text', optional: true, repeated: true }],
  examples: [{ line: 'wait', what: 'until all jobs have ended' }],
  async run({ shell, operands, stderr, signal }) {
    let status = 0;
    const wanted = operands.length === 0 ? shell.jobs : operands.map((word) => jobOrPid(shell, word));
    const interrupted = new Promise<number>((resolve) => {
      signal.addEventListener('abort', () => resolve(130), { once: true });
    });
    for (const job of wanted) {
      if (job !== undefined) status = await Promise.race([job.ended, interrupted]);
      else {
        await stderr.write('wait: no such job\n');
        status = 127;
      }
    }
    return status;
  },
};

function jobOrPid(shell: CommandContext['shell'], word: string): CommandContext['shell']['jobs'][number] | undefined {
  return word.startsWith('%') ? shell.findJob(word) : shell.jobs.find(({ pid }) => pid === Number(word));
}

const kill: CommandDefinition = {
  name: 'kill',
  summary: 'end programs',
  description: [
    'Sends a signal, by default TERM, to a job (%1) or a process id. -9 or -KILL cannot be caught; -l lists the signals.',
  ],
  options: [],
  operands: [{ name: '[-SIGNAL] %JOB|PID', kind: 'text', optional: true, repeated: true }],
  rawArguments: true,
  examples: [
    { line: 'kill %1', what: 'end job 1' },
    { line: 'kill -9 12', what: 'end process 12, whatever it does' },
  ],
  async run({ shell, operands, host, stdout, stderr }) {
    const words = Array.from(operands);
    let signalName: SignalName | undefined = 'TERM';
    if (words[0] === '-l') {
      await stdout.write(
        `${Object.entries(signalNumbers)
          .map(([name, number]) => `${number}) SIG${name}`)
          .join('  ')}\n`,
      );
      return 0;
    }
    if (words[0]?.startsWith('-') === true) {
      const word = words.shift() ?? '';
      signalName = findSignal(word === '-s' ? (words.shift() ?? '') : word.slice(1));
      if (signalName === undefined) {
        await stderr.write(`kill: ${word.slice(1)}: invalid signal specification\n`);
        return 1;
      }
    }
    if (words.length === 0) {
      await stderr.write('Usage: kill [-SIGNAL] PID|%JOB...\n');
      return 2;
    }
    let status = 0;
    for (const word of words) {
      const job = word.startsWith('%') ? shell.findJob(word) : undefined;
      if (job?.state === 'running') job.kill(signalName);
      else if (word.startsWith('%') || !/^\d+$/.test(word) || !host.processes.kill(Number(word), signalName)) {
        await stderr.write(`kill: (${word}) - No such ${word.startsWith('%') ? 'job' : 'process'}\n`);
        status = 1;
      }
    }
    return status;
  },
};

function findSignal(word: string): SignalName | undefined {
  const names = Object.keys(signalNumbers) as SignalName[];
  const wanted = word.toUpperCase().replace(/^SIG/, '');
  return names.find((name) => name === wanted || String(signalNumbers[name]) === wanted);
}

const ps: CommandDefinition = {
  name: 'ps',
  summary: 'list the programs that run on this host',
  description: [
    'Lists every program with its process id, terminal and age. All options of other systems mean the same here: everything.',
  ],
  options: [],
  operands: [{ name: 'OPTION', kind: 'text', optional: true, repeated: true }],
  rawArguments: true,
  examples: [{ line: 'ps', what: 'every program' }],
  async run({ host, stdout }) {
    const rows = host.processes.list().map((process) => {
      const seconds = Math.floor((host.clock.now() - process.startedAtMs) / 1000);
      const age = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
      const text = age.map((part) => String(part).padStart(2, '0')).join(':');
      return `${String(process.pid).padStart(7)} ${(process.terminal ?? '?').padEnd(8)} ${text} ${process.command}\n`;
    });
    await stdout.write(`    PID TTY          TIME COMMAND\n${rows.join('')}`);
    return 0;
  },
};

const exportCommand: CommandDefinition = {
  name: 'export',
  summary: 'set variables',
  description: ['Sets NAME to VALUE for this shell; without arguments, lists the variables.'],
  options: [],
  operands: [{ name: 'NAME=VALUE', kind: 'text', optional: true, repeated: true }],
  rawArguments: true,
  examples: [{ line: 'export WHO=world', what: '$WHO is world from now on' }],
  async run(context) {
    for (const word of context.operands) {
      const match = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(word);
      if (match?.[1] === undefined) {
        await context.stderr.write(`export: '${word}': not a valid identifier\n`);
        return 1;
      }
      if (match[2] !== undefined) context.shell.variables.set(match[1], match[2]);
    }
    return context.operands.length === 0 ? listVariables(context) : 0;
  },
};

const set: CommandDefinition = {
  name: 'set',
  summary: 'list the variables of this shell',
  description: ['Lists the variables of this shell. NAME=VALUE, typed as a line, sets one.'],
  options: [],
  operands: [],
  examples: [{ line: 'set', what: 'all variables' }],
  run: listVariables,
};

async function listVariables({ shell, stdout }: CommandContext): Promise<number> {
  const lines = Array.from(
    shell.variables,
    ([name, value]) => `${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`,
  );
  await stdout.write(lines.sort().join(''));
  return 0;
}

const unset: CommandDefinition = {
  name: 'unset',
  summary: 'forget variables',
  description: ['Forgets each variable NAME.'],
  options: [],
  operands: [{ name: 'NAME', kind: 'text', repeated: true }],
  examples: [{ line: 'unset WHO', what: '$WHO is empty from now on' }],
  async run({ shell, operands }) {
    for (const name of operands) shell.variables.delete(name);
    return 0;
  },
};

const time: CommandDefinition = {
  name: 'time',
  summary: 'measure how long a command takes',
  description: [
    'Runs the command that follows and prints, to standard error, how long it took by the clock of the host.',
  ],
  options: [],
  operands: [{ name: 'COMMAND', kind: 'command', repeated: true }],
  rawArguments: true,
  examples: [{ line: 'time curl -s http://server/', what: 'how long the page took' }],
  catchesInterrupt: true,
  async run(context) {
    const { clock } = context.host;
    const startedAtMs = clock.now();
    const status = context.operands.length === 0 ? 0 : await context.shell.runWords(context.operands, context);
    const elapsedMs = clock.now() - startedAtMs;
    const minutes = Math.floor(elapsedMs / 60_000);
    await context.stderr.write(`\nreal\t${minutes}m${((elapsedMs % 60_000) / 1000).toFixed(3)}s\n`);
    return status;
  },
};

const which: CommandDefinition = {
  name: 'which',
  summary: 'say whether there is a command',
  description: ['Prints where each NAME would be found; the status is 1 when one is no command of this host.'],
  options: [],
  operands: [{ name: 'NAME', kind: 'command', repeated: true }],
  examples: [{ line: 'which tcpdump', what: '/usr/bin/tcpdump' }],
  async run({ shell, operands, stdout }) {
    let status = 0;
    for (const name of operands) {
      if (shell.commands.some((command) => command.name === name)) await stdout.write(`/usr/bin/${name}\n`);
      else status = 1;
    }
    return status;
  },
};

export const shellCommands: readonly CommandDefinition[] = [
  help,
  man,
  history,
  exit,
  jobs,
  fg,
  wait,
  kill,
  ps,
  exportCommand,
  set,
  unset,
  time,
  which,
];
