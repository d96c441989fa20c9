// Arguments by getopt_long's rules.
import { describe, expect, test } from 'vitest';
import type { CommandDefinition } from '../../../src/host/shell/command.ts';
import { helpText, manualPage } from '../../../src/host/shell/manual.ts';
import { parseArguments } from '../../../src/host/shell/option-parser.ts';

const probe: CommandDefinition = {
  name: 'probe',
  summary: 'send probes',
  description: ['Sends probes to DESTINATION.', 'A second paragraph.'],
  options: [
    {
      short: 'c',
      long: 'count',
      key: 'count',
      type: 'integer',
      minimum: 1,
      maximum: 10,
      value: 'COUNT',
      description: 'stop after COUNT probes',
    },
    {
      short: 'i',
      long: 'interval',
      key: 'interval',
      type: 'seconds',
      value: 'SECONDS',
      description: 'wait between probes',
    },
    { short: 'n', long: 'numeric', key: 'numeric', type: 'flag', description: 'no names' },
    { short: 'q', long: 'quiet', key: 'quiet', type: 'flag', description: 'only the summary' },
    { short: 'p', long: 'port', key: 'port', type: 'port', description: 'port' },
    { long: 'source', key: 'source', type: 'address', description: 'source address' },
    { long: 'sort', key: 'sort', type: 'text', description: 'order' },
  ],
  operands: [
    { name: 'DESTINATION', kind: 'host' },
    { name: 'SIZE', kind: 'text', optional: true },
  ],
  run: async () => 0,
};

const parse = (line: string): ReturnType<typeof parseArguments> => parseArguments(probe, line.split(' '));

describe('accepted', () => {
  const cases: readonly (readonly [line: string, options: object, operands: readonly string[]])[] = [
    ['host', {}, ['host']],
    ['-c 3 host', { count: 3 }, ['host']],
    ['-c3 host', { count: 3 }, ['host']],
    ['host -nqc 3', { numeric: true, quiet: true, count: 3 }, ['host']],
    ['--count=3 --interval 0.2 host', { count: 3, interval: 0.2 }, ['host']],
    ['--cou 3 --num host', { count: 3, numeric: true }, ['host']],
    ['-n -- -c', { numeric: true }, ['-c']],
    ['- 5', {}, ['-', '5']],
    ['-p 65535 --source fd00::1 host', { port: 65535, source: 'fd00::1' }, ['host']],
  ];
  test.each(cases)('%s', (line, options, operands) => {
    expect(parse(line)).toEqual({ kind: 'parsed', options, operands });
  });

  test('--help anywhere asks for help, but not behind --', () => {
    expect(parse('-c 3 --help')).toEqual({ kind: 'help' });
    expect(parse('-- --help')).toMatchObject({ operands: ['--help'] });
  });

  test('parsing stops at the first operand where the words are a language', () => {
    const stopped = parseArguments({ ...probe, stopAtOperand: true }, ['-n', 'addr', '-c', 'x', 'y']);
    expect(stopped).toMatchObject({ options: { numeric: true }, operands: ['addr', '-c', 'x', 'y'] });
  });

  test('-5 is a number where the table says so', () => {
    expect(parseArguments({ ...probe, numericOption: 'count' }, ['-5', 'h'])).toMatchObject({ options: { count: 5 } });
  });
});

describe('refused', () => {
  const cases: readonly (readonly [line: string, message: string])[] = [
    ['-z host', "invalid option -- 'z'"],
    ['-nz host', "invalid option -- 'z'"],
    ['host -c', "option requires an argument -- 'c'"],
    ['--zap host', "unrecognized option '--zap'"],
    ['--so x host', "option '--so' is ambiguous; possibilities: '--source' '--sort'"],
    ['host --count', "option '--count' requires an argument"],
    ['--numeric=1 host', "option '--numeric' doesn't allow an argument"],
    ['-c x host', "invalid argument: 'x'"],
    ['-c 0 host', "invalid argument: '0': out of range: 1 <= count <= 10"],
    ['-i -1 host', "invalid argument: '-1'"],
    ['-p 65536 host', "invalid argument: '65536': out of range: 1 <= value <= 65535"],
    ['-p http host', "invalid port: 'http'"],
    ['--source 10.0.0 host', "invalid address: '10.0.0'"],
    ['-n', 'missing operand: DESTINATION'],
    ['a b c', "extra operand 'c'"],
  ];
  test.each(cases)('%s', (line, message) => {
    expect(parse(line)).toEqual({
      kind: 'error',
      message: `probe: ${message}\nTry 'probe --help' for more information.`,
    });
  });
});

test('help and manual come from the table', () => {
  const help = helpText(probe);
  expect(help).toContain('Usage: probe [OPTION]... DESTINATION [SIZE]\nsend probes\n');
  expect(help).toMatch(/^ {2}-c, --count=COUNT {2,}stop after COUNT probes$/m);
  expect(help).toMatch(/^ {6}--source=ADDRESS {2,}source address$/m);
  const page = manualPage(probe, 60);
  expect(page.split('\n').every((line) => line.length <= 62)).toBe(true);
  for (const part of ['NAME\n       probe - send probes', 'SYNOPSIS', '       A second paragraph.', 'OPTIONS']) {
    expect(page).toContain(part);
  }
});
