// The one table of commands: everything that help, man and completion say is there, and what they say is accepted.
import { expect, describe, test } from 'vitest';
import type { CommandDefinition, OptionDefinition } from '../../../src/host/shell/command.ts';
import { hostCommands } from '../../../src/host/shell/commands/index.ts';
import { networkCommands } from '../../../src/host/shell/commands/net/index.ts';
import { complete } from '../../../src/host/shell/completion.ts';
import { expandWords } from '../../../src/host/shell/expansion.ts';
import { parseLine } from '../../../src/host/shell/grammar.ts';
import { helpText, manualPage } from '../../../src/host/shell/manual.ts';
import { parseArguments } from '../../../src/host/shell/option-parser.ts';
import { smallLab } from '../../support/net-world.ts';

const commands = [...hostCommands, ...networkCommands];
const byName = commands.map((command) => [command.name, command] as const);

/** What an option of that type takes. */
function sampleOf({ type, minimum }: OptionDefinition): string {
  switch (type) {
    case 'flag':
    case 'text':
      return 'word';
    case 'address':
      return '10.0.0.1';
    case 'port':
      return '80';
    case 'integer':
    case 'seconds':
      return String(Math.max(1, minimum ?? 1));
  }
}

/** Every way to write an option, as arguments. */
function spellings(option: OptionDefinition): string[][] {
  const value = sampleOf(option);
  const isFlag = option.type === 'flag';
  const short = option.short === undefined ? [] : isFlag ? [[`-${option.short}`]] : [[`-${option.short}`, value]];
  const long = option.long === undefined ? [] : [[`--${option.long}${isFlag ? '' : `=${value}`}`]];
  const apart = option.long === undefined || isFlag ? [] : [[`--${option.long}`, value]];
  return [...short, ...long, ...apart];
}

const needed = ({ operands }: CommandDefinition): string[] =>
  operands.filter(({ optional }) => optional !== true).map(() => 'word');

test('no two commands have one name', () => {
  expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length);
});

describe.each(byName)('%s', (name, command) => {
  test('is described', () => {
    expect(command.summary).toMatch(/^\S.{4,70}[^.\s]$/);
    expect(command.description.join('')).toMatch(/\.$/);
    expect(command.examples ?? []).not.toEqual([]);
    for (const option of command.options) expect(option.description).toMatch(/\S{2,}/);
  });

  test('help and man name every option, operand and example', () => {
    const help = helpText(command);
    const manual = manualPage(command, 200);
    for (const text of [help, manual]) {
      for (const { short, long } of command.options) {
        if (short !== undefined) expect(text).toMatch(new RegExp(`^ *-${short}\\b`, 'm'));
        if (long !== undefined) expect(text).toContain(`--${long}`);
      }
      for (const operand of command.operands) expect(text).toContain(operand.name);
      for (const { line, what } of command.examples ?? []) {
        expect(text).toContain(line);
        expect(text).toContain(what);
      }
    }
  });

  test('every option is accepted in every spelling, and is no other option', () => {
    if (command.rawArguments === true) return;
    for (const option of command.options) {
      for (const words of spellings(option)) {
        const parsed = parseArguments(command, [...words, ...needed(command)]);
        expect(parsed, words.join(' ')).toMatchObject({ kind: 'parsed' });
        if (parsed.kind === 'parsed') expect(Object.keys(parsed.options)).toEqual([option.key]);
      }
    }
    expect(parseArguments(command, ['--no-such-option'])).toMatchObject({ kind: 'error' });
  });

  test('every example is a line of commands that there are, with arguments that they take', () => {
    for (const { line } of command.examples ?? []) {
      const parsed = parseLine(line);
      if (parsed.kind === 'error') throw new Error(`${line}: ${parsed.message}`);
      const simple = parsed.items
        .flatMap(({ first, rest }) => [first, ...rest.map(({ pipeline }) => pipeline)])
        .flatMap((pipeline) => pipeline.commands);
      const used = simple.map(({ words }) => expandWords(words, { variable: () => '', files: () => [] }));
      expect(used.map(([first]) => first)).toContain(name);
      for (const [first, ...rest] of used) {
        const definition = commands.find((each) => each.name === first);
        if (definition === undefined) throw new Error(`${line}: no ${String(first)}`);
        expect(parseArguments(definition, rest), line).toMatchObject({ kind: 'parsed' });
      }
    }
  });
});

test('--help, help and man of every command work on a host, and Tab offers every option', async () => {
  const lab = await smallLab();
  const host = lab.client.host.services;
  for (const command of commands) {
    const { name } = command;
    const help = await lab.client.run(`${name} --help`);
    expect(help).toEqual({ status: 0, stdout: helpText(command), stderr: '' });
    expect((await lab.client.run(`help ${name}`)).stdout).toBe(helpText(command));
    expect((await lab.client.run(`man ${name}`)).stdout).toContain(`${name} - ${command.summary}`);
    const line = `${name} -`;
    const { candidates } = complete(line, line.length, { commands, host, variables: new Map() });
    const wanted = command.options.flatMap(({ short, long, type }) => [
      ...(short === undefined ? [] : [`-${short}`]),
      ...(long === undefined ? [] : [`--${long}${type === 'flag' ? '' : '='}`]),
    ]);
    expect(candidates.map((candidate) => candidate.trimEnd())).toEqual(expect.arrayContaining(wanted));
  }
  expect(await lab.world.end()).toEqual([]);
});
