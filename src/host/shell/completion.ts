// What Tab offers: command names, options, host names, interfaces, files, and the words of commands with a language of their own.
import { absolutePath } from '../files.ts';
import type { CommandDefinition, HostServices, OperandDefinition } from './command.ts';
import { deviceNames } from './file-streams.ts';
import type { Completion } from './line-editor.ts';

export interface CompletionSource {
  readonly commands: readonly CommandDefinition[];
  readonly host: HostServices;
  readonly variables: ReadonlyMap<string, string>;
}

/** Candidates for the word that ends at `cursor` (UTF-16 units into `line`). */
export function complete(line: string, cursor: number, source: CompletionSource): Completion {
  const head = line.slice(0, cursor);
  const current = lastCommand(head);
  const word = /(?:\\.|[^\s\\])*$/s.exec(current)?.[0] ?? '';
  const offered = candidatesFor(current, word, source);
  const candidates = Array.from(new Set(offered.filter((candidate) => candidate.startsWith(word)))).sort();
  const single = candidates.length === 1 && !/[/=]$/.test(candidates[0] ?? '');
  return { replaced: word.length, candidates: single ? [`${candidates[0] ?? ''} `] : candidates };
}

/** The part of the line behind the last unquoted `|`, `;`, `&`. */
function lastCommand(head: string): string {
  let start = 0;
  let quote = '';
  for (let at = 0; at < head.length; at += 1) {
    const character = head.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '\\') at += 1;
    else if ('|;&'.includes(character)) start = at + 1;
  }
  return head.slice(start).trimStart();
}

function candidatesFor(current: string, word: string, source: CompletionSource): readonly string[] {
  if (word.startsWith('$')) return Array.from(source.variables.keys(), (name) => `$${name}`);
  const before = current.slice(0, current.length - word.length).trim();
  if (/[<>]$/.test(before)) return fileNames(word, source.host);
  const words = before === '' ? [] : before.split(/\s+/);
  const names = source.commands.map(({ name }) => name);
  if (words[0] === 'time') words.shift();
  const [name] = words;
  if (name === undefined) return names;
  const definition = source.commands.find((command) => command.name === name);
  if (definition === undefined) return fileNames(word, source.host);
  if (word.startsWith('-')) {
    return [...definition.options.flatMap((option) => optionNames(option)), '--help'];
  }
  const operandIndex = words.slice(1).filter((text) => !text.startsWith('-')).length;
  const operand =
    definition.operands[operandIndex] ?? definition.operands.findLast(({ repeated }) => repeated === true);
  return [...(definition.words ?? []), ...operandNames(operand, word, source, names)];
}

function optionNames(option: { readonly short?: string; readonly long?: string; readonly type: string }): string[] {
  const long = option.long === undefined ? [] : [`--${option.long}${option.type === 'flag' ? '' : '='}`];
  return option.short === undefined ? long : [`-${option.short}`, ...long];
}

function operandNames(
  operand: OperandDefinition | undefined,
  word: string,
  source: CompletionSource,
  commands: readonly string[],
): readonly string[] {
  switch (operand?.kind) {
    case 'host':
      return hostNames(source.host);
    case 'file':
      return fileNames(word, source.host);
    case 'interface':
      return source.host.stack.interfaces.map(({ name }) => name);
    case 'command':
      return commands;
    case 'text':
    case undefined:
      return [];
  }
}

/** Names of the hosts file: what the lab says exists. */
function hostNames(host: HostServices): string[] {
  const text = new TextDecoder().decode(host.files.read('/etc/hosts') ?? new Uint8Array(0));
  return text.split('\n').flatMap((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1));
}

/** Files and directories whose path starts as `word` does, one level at a time, written as `word` writes them. */
function fileNames(word: string, host: HostServices): string[] {
  const typedDirectory = word.slice(0, word.lastIndexOf('/') + 1);
  const directory = absolutePath(typedDirectory === '' ? '.' : typedDirectory);
  const prefix = directory === '/' ? '/' : `${directory}/`;
  return [...host.files.list(), ...deviceNames]
    .filter((name) => name.startsWith(prefix))
    .map((name) => {
      const rest = name.slice(prefix.length);
      const slash = rest.indexOf('/');
      return typedDirectory + (slash < 0 ? rest : rest.slice(0, slash + 1));
    });
}
