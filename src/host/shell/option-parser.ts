// From arguments to options and operands by a command's table, with getopt_long's rules and the messages of Linux tools.
import { parseIp } from '../../stack/wire/ip-address.ts';
import type { CommandDefinition, OptionDefinition, ParsedOptions } from './command.ts';

export type ParsedArguments =
  | { readonly kind: 'parsed'; readonly options: ParsedOptions; readonly operands: readonly string[] }
  | { readonly kind: 'help' }
  /** One or more lines without the final line feed; the exit status is 2. */
  | { readonly kind: 'error'; readonly message: string };

type MutableOptions = Record<string, string | number | boolean | undefined>;

class UsageError extends Error {}

/** Parses what follows the command's name. */
export function parseArguments(definition: CommandDefinition, words: readonly string[]): ParsedArguments {
  if (definition.rawArguments === true) {
    if (words.length === 1 && words[0] === '--help') return { kind: 'help' };
    return { kind: 'parsed', options: {}, operands: words };
  }
  try {
    return new ArgumentParser(definition, words).run();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const hint = `Try '${definition.name} --help' for more information.`;
    return { kind: 'error', message: `${definition.name}: ${error.message}\n${hint}` };
  }
}

class ArgumentParser {
  readonly #definition: CommandDefinition;
  readonly #words: readonly string[];
  readonly #options: MutableOptions = {};
  readonly #operands: string[] = [];
  #at = 0;

  constructor(definition: CommandDefinition, words: readonly string[]) {
    this.#definition = definition;
    this.#words = words;
  }

  run(): ParsedArguments {
    while (this.#at < this.#words.length) {
      const word = this.#words[this.#at] ?? '';
      if (word === '--') {
        this.#operands.push(...this.#words.slice(this.#at + 1));
        break;
      }
      if (!word.startsWith('-') || word === '-') {
        if (this.#definition.stopAtOperand === true) {
          this.#operands.push(...this.#words.slice(this.#at));
          break;
        }
        this.#operands.push(word);
        this.#at += 1;
        continue;
      }
      this.#at += 1;
      if (word === '--help') return { kind: 'help' };
      if (word.startsWith('--')) this.#long(word);
      else this.#cluster(word);
    }
    this.#countOperands();
    return { kind: 'parsed', options: this.#options, operands: this.#operands };
  }

  #long(word: string): void {
    const [name = '', ...values] = word.slice(2).split('=');
    const given = values.length > 0 ? values.join('=') : undefined;
    const exact = this.#definition.options.find((option) => option.long === name);
    const similar = this.#definition.options.filter((option) => option.long?.startsWith(name) === true);
    const option = exact ?? (similar.length === 1 ? similar[0] : undefined);
    if (option === undefined && similar.length > 1) {
      const possible = similar.map(({ long }) => `'--${long ?? ''}'`).join(' ');
      throw new UsageError(`option '--${name}' is ambiguous; possibilities: ${possible}`);
    }
    if (option === undefined) throw new UsageError(`unrecognized option '--${name}'`);
    const label = `--${option.long ?? name}`;
    if (option.type === 'flag') {
      if (given !== undefined) throw new UsageError(`option '${label}' doesn't allow an argument`);
      this.#set(option, undefined);
    } else {
      this.#set(option, given ?? this.#nextWord(`option '${label}' requires an argument`));
    }
  }

  #cluster(word: string): void {
    const numeric = this.#definition.numericOption;
    if (numeric !== undefined && /^-\d+$/.test(word)) {
      this.#options[numeric] = Number(word.slice(1));
      return;
    }
    const letters = Array.from(word.slice(1));
    for (let index = 0; index < letters.length; index += 1) {
      const letter = letters[index] ?? '';
      const option = this.#definition.options.find(({ short }) => short === letter);
      if (option === undefined) throw new UsageError(`invalid option -- '${letter}'`);
      if (option.type === 'flag') {
        this.#set(option, undefined);
        continue;
      }
      const attached = letters.slice(index + 1).join('');
      this.#set(option, attached !== '' ? attached : this.#nextWord(`option requires an argument -- '${letter}'`));
      return;
    }
  }

  #nextWord(complaint: string): string {
    const word = this.#words[this.#at];
    if (word === undefined) throw new UsageError(complaint);
    this.#at += 1;
    return word;
  }

  #set(option: OptionDefinition, value: string | undefined): void {
    const before = this.#options[option.key];
    if (option.type === 'flag' && option.repeated === true) {
      this.#options[option.key] = Number(before ?? 0) + 1;
      return;
    }
    const parsed = value === undefined ? true : optionValue(option, value);
    const isMore = option.repeated === true && typeof before === 'string';
    this.#options[option.key] = isMore ? `${before}\n${String(parsed)}` : parsed;
  }

  #countOperands(): void {
    const { operands, stopAtOperand } = this.#definition;
    const needed = operands.filter(({ optional }) => optional !== true);
    const missing = needed[this.#operands.length];
    if (missing !== undefined) throw new UsageError(`missing operand: ${missing.name}`);
    const extra = this.#operands[operands.length];
    const open = stopAtOperand === true || operands.some(({ repeated }) => repeated === true);
    if (extra !== undefined && !open) throw new UsageError(`extra operand '${extra}'`);
  }
}

function optionValue(option: OptionDefinition, value: string): string | number {
  const invalid = new UsageError(`invalid argument: '${value}'`);
  switch (option.type) {
    case 'flag':
    case 'text':
      return value;
    case 'address':
      if (parseIp(value) === undefined) throw new UsageError(`invalid address: '${value}'`);
      return value;
    case 'integer':
      if (!/^[-+]?\d{1,15}$/.test(value)) throw invalid;
      return inRange(option, value, option.minimum ?? 0, option.maximum ?? 2_147_483_647);
    case 'port':
      if (!/^\d{1,15}$/.test(value)) throw new UsageError(`invalid port: '${value}'`);
      return inRange(option, value, option.minimum ?? 1, option.maximum ?? 65_535);
    case 'seconds':
      if (!/^(\d+(\.\d*)?|\.\d+)$/.test(value)) throw invalid;
      return inRange(option, value, option.minimum ?? 0, option.maximum ?? 1e6);
  }
}

function inRange(option: OptionDefinition, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (value >= minimum && value <= maximum) return value;
  const name = (option.value ?? 'value').toLowerCase();
  throw new UsageError(`invalid argument: '${text}': out of range: ${minimum} <= ${name} <= ${maximum}`);
}
