// pgrep and pkill: programs by name instead of by number, as procps has them.
import type { CommandContext, CommandDefinition, HostProcess } from '../command.ts';

const options: CommandDefinition['options'] = [
  { short: 'x', long: 'exact', key: 'exact', type: 'flag', description: 'the whole name, not only a part of it' },
  { short: 'f', long: 'full', key: 'full', type: 'flag', description: 'look at the arguments as well' },
];

/** The programs that PATTERN means, itself not among them; undefined when it is no regular expression. */
function found({ host, operands, options: given }: CommandContext, self: string): readonly HostProcess[] | undefined {
  const [pattern = ''] = operands;
  let expression: RegExp;
  try {
    expression = new RegExp(given['exact'] === true ? `^(?:${pattern})$` : pattern);
  } catch {
    return undefined;
  }
  return host.processes.list().filter(({ command }) => {
    const [name = ''] = command.split(/\s+/);
    return name !== self && expression.test(given['full'] === true ? command : name);
  });
}

async function complain({ stderr, operands }: CommandContext, self: string): Promise<number> {
  await stderr.write(`${self}: '${operands[0] ?? ''}' is not a regular expression\n`);
  return 2;
}

const pgrep: CommandDefinition = {
  name: 'pgrep',
  summary: 'find the process ids of programs by name',
  description: ['Prints the ids of the programs whose name matches PATTERN. The exit status is 1 when there is none.'],
  options,
  operands: [{ name: 'PATTERN', kind: 'text' }],
  examples: [{ line: 'pgrep httpd', what: 'is the web server running?' }],
  async run(context) {
    const programs = found(context, 'pgrep');
    if (programs === undefined) return complain(context, 'pgrep');
    await context.stdout.write(programs.map(({ pid }) => `${pid}\n`).join(''));
    return programs.length > 0 ? 0 : 1;
  },
};

const pkill: CommandDefinition = {
  name: 'pkill',
  summary: 'end programs by name',
  description: ['Ends the programs whose name matches PATTERN. The exit status is 1 when there is none.'],
  options,
  operands: [{ name: 'PATTERN', kind: 'text' }],
  examples: [{ line: 'pkill radvd', what: 'this router stops advertising' }],
  async run(context) {
    const programs = found(context, 'pkill');
    if (programs === undefined) return complain(context, 'pkill');
    for (const { pid } of programs) context.host.processes.kill(pid, 'TERM');
    return programs.length > 0 ? 0 : 1;
  },
};

export const processCommands: readonly CommandDefinition[] = [pgrep, pkill];
