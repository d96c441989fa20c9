// Small commands: echo, sleep, seq, yes, true, false, hostname, date, clear, sysctl.
import { formatIp } from '../../../stack/wire/ip-address.ts';
import type { CommandContext, CommandDefinition } from '../command.ts';

const echo: CommandDefinition = {
  name: 'echo',
  summary: 'print words',
  description: [
    'Prints its arguments, separated by blanks. -n leaves out the line feed; -e gives \\n, \\t, \\r, \\\\, \\e and \\xHH their meaning.',
  ],
  options: [],
  operands: [{ name: '[-ne] WORD', kind: 'text', optional: true, repeated: true }],
  rawArguments: true,
  examples: [
    { line: "echo -e 'a\\tb'", what: 'a and b with a tab between them' },
    { line: 'echo $?', what: 'the status of the command before' },
  ],
  async run({ operands, stdout }) {
    const words = Array.from(operands);
    let [feed, escapes] = [true, false];
    while (/^-[neE]+$/.test(words[0] ?? '')) {
      const flags = words.shift() ?? '';
      if (flags.includes('n')) feed = false;
      if (flags.includes('e')) escapes = true;
    }
    const text = words.join(' ');
    await stdout.write(`${escapes ? unescape(text) : text}${feed ? '\n' : ''}`);
    return 0;
  },
};

function unescape(text: string): string {
  const single: Readonly<Record<string, string>> = {
    n: '\n',
    t: '\t',
    r: '\r',
    e: '\x1b',
    a: '\x07',
    b: '\b',
    '\\': '\\',
  };
  return text.replaceAll(
    /\\(?:x([0-9a-fA-F]{1,2})|0([0-7]{1,3})|(.))/gs,
    (whole, hex?: string, octal?: string, letter?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return single[letter ?? ''] ?? whole;
    },
  );
}

const sleep: CommandDefinition = {
  name: 'sleep',
  summary: 'wait for some time',
  description: ['Waits for the given time: seconds, or with a suffix m minutes, h hours. Several times are added up.'],
  options: [],
  operands: [{ name: 'SECONDS', kind: 'text', repeated: true }],
  examples: [{ line: 'sleep 0.5', what: 'half a second' }],
  async run(context) {
    let totalMs = 0;
    for (const word of context.operands) {
      const match = /^(\d+(?:\.\d*)?|\.\d+)([smh])?$/.exec(word);
      if (match === null) {
        await context.stderr.write(`sleep: invalid time interval '${word}'\n`);
        return 1;
      }
      totalMs += Number(match[1]) * (({ s: 1, m: 60, h: 3600 } as Record<string, number>)[match[2] ?? 's'] ?? 1) * 1000;
    }
    await context.host.sleep(totalMs, context.signal);
    return 0;
  },
};

/** `seq` writes this many numbers at a time. */
const numbersPerWrite = 500;

const seq: CommandDefinition = {
  name: 'seq',
  summary: 'print a sequence of numbers',
  description: ['Prints the numbers from FIRST (default 1) to LAST in steps of INCREMENT (default 1), one a line.'],
  options: [
    {
      short: 's',
      long: 'separator',
      key: 'separator',
      type: 'text',
      value: 'TEXT',
      description: 'print TEXT between them',
    },
  ],
  operands: [{ name: 'FIRST [INCREMENT] LAST', kind: 'text', repeated: true }],
  rawArguments: true,
  examples: [
    { line: 'seq 3', what: '1, 2, 3' },
    { line: 'seq -s , 2 2 6', what: '2,4,6' },
  ],
  async run(context) {
    const words = Array.from(context.operands);
    const [, attached] = /^(?:-s|--separator=)(.*)$/s.exec(words[0] ?? '') ?? [];
    if (attached !== undefined) words.shift();
    const separator = attached === '' ? (words.shift() ?? '\n') : (attached ?? '\n');
    const numbers = words.map(Number);
    if (words.length < 1 || words.length > 3 || words.some((word) => !/^[-+]?(\d+\.?\d*|\.\d+)$/.test(word))) {
      await context.stderr.write(`seq: invalid arguments: ${words.join(' ')}\nUsage: seq [FIRST [INCREMENT]] LAST\n`);
      return 1;
    }
    const last = numbers.at(-1) ?? 0;
    const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1;
    const step = numbers.length > 2 ? (numbers[1] ?? 1) : 1;
    if (step === 0) {
      await context.stderr.write("seq: invalid Zero increment value: '0'\n");
      return 1;
    }
    const places = Math.max(...words.map((word) => (word.split('.')[1] ?? '').length));
    const count = Math.floor((last - first) / step + 1e-9) + 1;
    for (let start = 0; start < count; start += numbersPerWrite) {
      const end = Math.min(count, start + numbersPerWrite);
      const texts = Array.from({ length: end - start }, (_, index) => (first + (start + index) * step).toFixed(places));
      await context.stdout.write(texts.join(separator) + (end < count ? separator : '\n'));
    }
    return 0;
  },
};

/** `yes` writes this many bytes at a time, as GNU's does. */
const yesPieceBytes = 8 * 1024;

const yes: CommandDefinition = {
  name: 'yes',
  summary: 'print a line again and again',
  description: ['Prints its arguments, or y, until it is ended: a flood to try Ctrl-C and pipes with.'],
  options: [],
  operands: [{ name: 'WORD', kind: 'text', optional: true, repeated: true }],
  rawArguments: true,
  examples: [{ line: 'yes | head -n 2', what: 'y, twice' }],
  async run({ operands, stdout, signal }) {
    const line = `${operands.length === 0 ? 'y' : operands.join(' ')}\n`;
    const piece = line.repeat(Math.max(1, Math.floor(yesPieceBytes / line.length)));
    while (!signal.aborted) await stdout.write(piece);
    return 0;
  },
};

const alwaysTrue: CommandDefinition = {
  name: 'true',
  summary: 'do nothing, successfully',
  description: ['Ends with status 0.'],
  options: [],
  operands: [],
  rawArguments: true,
  examples: [{ line: 'true && echo yes', what: 'prints yes' }],
  run: async () => 0,
};

const alwaysFalse: CommandDefinition = {
  name: 'false',
  summary: 'do nothing, unsuccessfully',
  description: ['Ends with status 1.'],
  options: [],
  operands: [],
  rawArguments: true,
  examples: [{ line: 'false || echo no', what: 'prints no' }],
  run: async () => 1,
};

const hostname: CommandDefinition = {
  name: 'hostname',
  summary: 'print the name of this host',
  description: ['Prints the name of this host, or with -I its addresses.'],
  options: [
    { short: 'I', long: 'all-ip-addresses', key: 'addresses', type: 'flag', description: 'print all addresses' },
  ],
  operands: [],
  examples: [{ line: 'hostname -I', what: 'the addresses of this host' }],
  async run({ host, options, stdout }) {
    const addresses = host.stack.interfaces.filter(({ loopback }) => !loopback).flatMap((one) => one.addresses);
    const text = addresses.map(({ address }) => formatIp(address)).join(' ');
    await stdout.write(`${options['addresses'] === true ? text : host.name}\n`);
    return 0;
  },
};

const date: CommandDefinition = {
  name: 'date',
  summary: 'print date and time',
  description: ['Prints the date and time of this host in UTC; +%s prints the seconds since 1970.'],
  options: [{ short: 'u', long: 'utc', key: 'utc', type: 'flag', description: 'UTC, which it is anyway' }],
  operands: [{ name: '+FORMAT', kind: 'text', optional: true }],
  examples: [{ line: 'date +%s', what: 'seconds since 1970' }],
  async run(context) {
    const now = new Date(context.host.clock.wallClock());
    await context.stdout.write(
      `${formatDate(now, context.operands[0]?.replace(/^\+/, '') ?? '%a %b %e %H:%M:%S UTC %Y')}\n`,
    );
    return 0;
  },
};

function formatDate(date: Date, format: string): string {
  const iso = date.toISOString();
  const names = date.toUTCString();
  const parts: Readonly<Record<string, string>> = {
    a: names.slice(0, 3),
    b: names.slice(8, 11),
    d: iso.slice(8, 10),
    e: String(date.getUTCDate()).padStart(2),
    F: iso.slice(0, 10),
    H: iso.slice(11, 13),
    m: iso.slice(5, 7),
    M: iso.slice(14, 16),
    N: `${iso.slice(20, 23)}000000`,
    s: String(Math.floor(date.getTime() / 1000)),
    S: iso.slice(17, 19),
    T: iso.slice(11, 19),
    Y: iso.slice(0, 4),
    '%': '%',
  };
  return format.replaceAll(/%(.)/gs, (whole, letter: string) => parts[letter] ?? whole);
}

const clear: CommandDefinition = {
  name: 'clear',
  summary: 'clear the screen',
  description: ['Clears the terminal’s screen and what was scrolled off it.'],
  options: [],
  operands: [],
  examples: [{ line: 'clear', what: 'an empty screen' }],
  async run({ stdout }) {
    await stdout.write('\x1b[H\x1b[2J\x1b[3J');
    return 0;
  },
};

const sysctl: CommandDefinition = {
  name: 'sysctl',
  summary: 'read and set the knobs of the network stack',
  description: [
    'Prints NAME = VALUE for each name; NAME=VALUE sets a knob (-w is allowed and changes nothing). -a prints all. Names are Linux’s.',
  ],
  options: [
    { short: 'a', long: 'all', key: 'all', type: 'flag', description: 'print all knobs' },
    { short: 'n', long: 'values', key: 'values', type: 'flag', description: 'print only values' },
    { short: 'w', long: 'write', key: 'write', type: 'flag', description: 'set' },
  ],
  operands: [{ name: 'NAME[=VALUE]', kind: 'text', optional: true, repeated: true }],
  examples: [{ line: 'sysctl net.ipv4.ip_forward=1', what: 'forward packets' }],
  async run(context) {
    const { stack } = context.host;
    const words = context.options['all'] === true ? stack.knobNames() : context.operands;
    if (words.length === 0) {
      await context.stderr.write("sysctl: no variables specified\nTry 'sysctl --help' for more information.\n");
      return 1;
    }
    let status = 0;
    for (const word of words) if (!(await oneKnob(context, word))) status = 1;
    return status;
  },
};

async function oneKnob(context: CommandContext, word: string): Promise<boolean> {
  const { stack } = context.host;
  const equals = word.indexOf('=');
  const name = (equals < 0 ? word : word.slice(0, equals)).trim().replaceAll('/', '.');
  if (stack.readKnob(name) === undefined) {
    const path = name.replaceAll('.', '/');
    await context.stderr.write(`sysctl: cannot stat /proc/sys/${path}: No such file or directory\n`);
    return false;
  }
  if (equals >= 0) {
    const why = stack.writeKnob(name, word.slice(equals + 1).trim());
    if (why !== undefined) {
      await context.stderr.write(`sysctl: setting key "${name}": ${why}\n`);
      return false;
    }
  }
  const value = stack.readKnob(name) ?? '';
  await context.stdout.write(context.options['values'] === true ? `${value}\n` : `${name} = ${value}\n`);
  return true;
}

export const basicCommands: readonly CommandDefinition[] = [
  echo,
  sleep,
  seq,
  yes,
  alwaysTrue,
  alwaysFalse,
  hostname,
  date,
  clear,
  sysctl,
];
