// Commands that pass text through or pick from it: cat, grep, head, tail, tee.
import type { ByteSource, CommandContext, CommandDefinition } from '../command.ts';
import { openSink } from '../file-streams.ts';
import { readLines } from '../pipe.ts';
import { eachInput } from './inputs.ts';

const files = [{ name: 'FILE', kind: 'file', optional: true, repeated: true }] as const;

const cat: CommandDefinition = {
  name: 'cat',
  summary: 'copy files, or standard input, to standard output',
  description: [
    'Copies each FILE in turn; without FILE, or for -, standard input. On a terminal, Ctrl-D ends the input.',
  ],
  options: [{ short: 'n', long: 'number', key: 'number', type: 'flag', description: 'number the lines' }],
  operands: files,
  examples: [{ line: 'cat /etc/hosts', what: 'show the hosts of the lab' }],
  async run(context) {
    let line = 0;
    return eachInput(context, 'cat', context.operands, async ({ source }) => {
      if (context.options['number'] !== true) {
        for (let bytes = await source.read(); bytes !== undefined; bytes = await source.read()) {
          await context.stdout.write(bytes);
        }
        return;
      }
      for await (const text of readLines(source)) {
        line += 1;
        await context.stdout.write(`${String(line).padStart(6)}\t${text}\n`);
      }
    });
  },
};

const grep: CommandDefinition = {
  name: 'grep',
  summary: 'print the lines that match a pattern',
  description: [
    'Prints each line in which PATTERN is found. Without -E, the characters + ? | ( ) { } stand for themselves, as in basic regular expressions; with a backslash before them they have their meaning. The status is 0 when something matched, 1 when nothing did.',
  ],
  options: [
    {
      short: 'i',
      long: 'ignore-case',
      key: 'ignoreCase',
      type: 'flag',
      description: 'treat upper and lower case alike',
    },
    { short: 'v', long: 'invert-match', key: 'invert', type: 'flag', description: 'print the lines that do not match' },
    { short: 'c', long: 'count', key: 'count', type: 'flag', description: 'print only how many lines matched' },
    {
      short: 'n',
      long: 'line-number',
      key: 'number',
      type: 'flag',
      description: 'put the line number before each line',
    },
    {
      short: 'E',
      long: 'extended-regexp',
      key: 'extended',
      type: 'flag',
      description: 'use extended regular expressions',
    },
    { short: 'F', long: 'fixed-strings', key: 'fixed', type: 'flag', description: 'take the pattern literally' },
    { short: 'q', long: 'quiet', key: 'quiet', type: 'flag', description: 'print nothing; the status tells' },
    { short: 'o', long: 'only-matching', key: 'only', type: 'flag', description: 'print only what matched' },
    {
      short: 'm',
      long: 'max-count',
      key: 'limit',
      type: 'integer',
      value: 'COUNT',
      description: 'stop after COUNT lines',
    },
  ],
  operands: [{ name: 'PATTERN', kind: 'text' }, ...files],
  examples: [{ line: 'ss -t | grep ESTAB', what: 'only the established connections' }],
  async run(context) {
    const [pattern = '', ...names] = context.operands;
    const { options } = context;
    let matcher: RegExp;
    try {
      matcher = grepPattern(
        pattern,
        options['fixed'] === true,
        options['extended'] === true,
        options['ignoreCase'] === true,
      );
    } catch {
      await context.stderr.write(`grep: invalid regular expression: ${pattern}\n`);
      return 2;
    }
    let matched = false;
    const failed = await eachInput(context, 'grep', names, async ({ name, source }) => {
      const prefix = names.length > 1 ? `${name}:` : '';
      const count = await grepOne(context, source, matcher, prefix);
      if (options['count'] === true && options['quiet'] !== true) await context.stdout.write(`${prefix}${count}\n`);
      if (count > 0) matched = true;
    });
    if (failed !== 0) return 2;
    return matched ? 0 : 1;
  },
};

async function grepOne(context: CommandContext, source: ByteSource, matcher: RegExp, prefix: string): Promise<number> {
  const { options, stdout } = context;
  const limit = typeof options['limit'] === 'number' ? options['limit'] : Infinity;
  const silent = options['count'] === true || options['quiet'] === true;
  let [count, number] = [0, 0];
  for await (const line of readLines(source)) {
    number += 1;
    matcher.lastIndex = 0;
    if (count >= limit) break;
    if (matcher.test(line) === (options['invert'] === true)) continue;
    count += 1;
    if (silent) continue;
    const place = prefix + (options['number'] === true ? `${number}:` : '');
    const texts = options['only'] === true && options['invert'] !== true ? matchesOf(line, matcher) : [line];
    for (const text of texts) await stdout.write(`${place}${text}\n`);
  }
  return count;
}

function matchesOf(line: string, matcher: RegExp): string[] {
  matcher.lastIndex = 0;
  return Array.from(line.matchAll(matcher), ([text]) => text).filter((text) => text !== '');
}

/** POSIX expressions in JavaScript's: brackets and anchors agree, basic ones swap the meaning of escaped characters. */
export function grepPattern(pattern: string, fixed: boolean, extended: boolean, ignoreCase: boolean): RegExp {
  const classes: Readonly<Record<string, string>> = {
    '[:digit:]': '0-9',
    '[:alpha:]': 'A-Za-z',
    '[:alnum:]': 'A-Za-z0-9',
    '[:space:]': '\\s',
    '[:upper:]': 'A-Z',
    '[:lower:]': 'a-z',
    '[:xdigit:]': '0-9A-Fa-f',
  };
  let source = pattern.replaceAll(/\[:\w+:\]/g, (name) => classes[name] ?? name);
  if (fixed) source = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  else if (!extended) {
    source = source.replaceAll(/\\[+?|(){}]|[+?|(){}]/g, (token) =>
      token.length === 2 ? token.slice(1) : `\\${token}`,
    );
  }
  return new RegExp(source, ignoreCase ? 'gi' : 'g');
}

const lineCount = {
  short: 'n',
  long: 'lines',
  key: 'lines',
  type: 'integer',
  value: 'COUNT',
  description: 'how many lines; default 10',
} as const;

const head: CommandDefinition = {
  name: 'head',
  summary: 'print the first lines of files or of standard input',
  description: ['Prints the first 10 lines, or as many as -n says; -5 is short for -n 5. With -c, bytes instead.'],
  options: [
    lineCount,
    { short: 'c', long: 'bytes', key: 'bytes', type: 'integer', value: 'COUNT', description: 'print this many bytes' },
  ],
  operands: files,
  numericOption: 'lines',
  examples: [{ line: 'seq 100 | head -n 3', what: 'the first three lines' }],
  async run(context) {
    const byBytes = context.options['bytes'] !== undefined;
    const wanted = Number(context.options['bytes'] ?? context.options['lines'] ?? 10);
    return eachInput(context, 'head', context.operands, async ({ name, source }, index) => {
      if (context.operands.length > 1) await context.stdout.write(`${index > 0 ? '\n' : ''}==> ${name} <==\n`);
      let left = wanted;
      while (left > 0) {
        const bytes = await source.read();
        if (bytes === undefined) break;
        const length = byBytes ? Math.min(left, bytes.length) : endOfLines(bytes, left);
        await context.stdout.write(bytes.subarray(0, length));
        left -= byBytes ? length : lineFeeds(bytes.subarray(0, length));
      }
    });
  },
};

function lineFeeds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

/** How many bytes the first `lines` lines take; all, when there are fewer. */
function endOfLines(bytes: Uint8Array, lines: number): number {
  let end = 0;
  for (let line = 0; line < lines; line += 1) {
    const feed = bytes.indexOf(0x0a, end);
    if (feed < 0) return bytes.length;
    end = feed + 1;
  }
  return end;
}

const tail: CommandDefinition = {
  name: 'tail',
  summary: 'print the last lines of files or of standard input',
  description: [
    'Prints the last 10 lines, or as many as -n says; -5 is short for -n 5. With -f, goes on as the file grows.',
  ],
  options: [
    lineCount,
    { short: 'f', long: 'follow', key: 'follow', type: 'flag', description: 'go on as the file grows' },
  ],
  operands: files,
  numericOption: 'lines',
  examples: [{ line: 'tail -f /tmp/log', what: 'what is added, until Ctrl-C' }],
  async run(context) {
    const wanted = Number(context.options['lines'] ?? 10);
    const status = await eachInput(context, 'tail', context.operands, async ({ name, source }, index) => {
      if (context.operands.length > 1) await context.stdout.write(`${index > 0 ? '\n' : ''}==> ${name} <==\n`);
      const last: string[] = [];
      for await (const line of readLines(source)) {
        last.push(line);
        if (last.length > wanted) last.shift();
      }
      if (last.length > 0) await context.stdout.write(`${last.join('\n')}\n`);
    });
    const [name] = context.operands;
    if (context.options['follow'] === true && name !== undefined && status === 0) await follow(context, name);
    return status;
  },
};

/** How often a followed file is looked at, in ms: as tail(1) does without inotify. */
const followEveryMs = 1000;

async function follow(context: CommandContext, name: string): Promise<void> {
  const { files: fileSystem } = context.host;
  let seen = fileSystem.read(name)?.length ?? 0;
  while (!context.signal.aborted) {
    await context.host.sleep(followEveryMs, context.signal);
    const bytes = fileSystem.read(name) ?? new Uint8Array(0);
    if (bytes.length < seen) seen = 0; // it was made anew
    if (bytes.length > seen) await context.stdout.write(bytes.subarray(seen));
    seen = bytes.length;
  }
}

const tee: CommandDefinition = {
  name: 'tee',
  summary: 'copy standard input to standard output and to files',
  description: ['Copies standard input to standard output and to each FILE.'],
  options: [
    {
      short: 'a',
      long: 'append',
      key: 'append',
      type: 'flag',
      description: 'add to the files instead of replacing them',
    },
  ],
  operands: files,
  examples: [{ line: 'seq 3 | tee /tmp/numbers', what: 'on the screen and in the file' }],
  async run(context) {
    const append = context.options['append'] === true;
    const sinks = context.operands.map((name) => openSink(context.host, name, append));
    for (let bytes = await context.stdin.read(); bytes !== undefined; bytes = await context.stdin.read()) {
      for (const sink of [...sinks, context.stdout]) await sink.write(bytes);
    }
    return 0;
  },
};

export const textCommands: readonly CommandDefinition[] = [cat, grep, head, tail, tee];
