// The stack's settings by Linux's sysctl names: tables of definitions, and one stack's values of them.
// Each protocol brings its own table; `Knobs` joins them.
import { assert, present } from '../base/assert.ts';
import { disposable, type Disposable } from '../base/dispose.ts';

interface KnobDescription {
  /** As in sysctl(8), such as `net.ipv4.ip_default_ttl`. */
  readonly name: string;
  /** What it does, with its unit. */
  readonly doc: string;
}

export type KnobDefinition = KnobDescription &
  (
    | { readonly type: 'integer'; readonly default: number; readonly minimum: number; readonly maximum: number }
    /** Several integers in ascending order, such as a port range. */
    | {
        readonly type: 'integers';
        readonly default: readonly number[];
        readonly minimum: number;
        readonly maximum: number;
      }
    | { readonly type: 'choice'; readonly default: string; readonly choices: readonly string[] }
  );

/** What a protocol needs of the knobs: values, and word of their changes. */
export interface KnobReader {
  /** The value of an integer knob (of an `integers` knob: the first). */
  number(name: string): number;
  numbers(name: string): readonly number[];
  choice(name: string): string;
  /** Calls `listener` at once and after each change of `name`: for values that a hot path keeps in a field. */
  watch(name: string, listener: (value: number) => void): Disposable;
}

type KnobValue = readonly number[] | string;

/** The values of one stack. Asking for a knob that no table defines is a bug; reading text by name is not. */
export class Knobs implements KnobReader {
  readonly #definitions = new Map<string, KnobDefinition>();
  readonly #values = new Map<string, KnobValue>();
  readonly #listeners = new Map<string, Set<(value: number) => void>>();

  constructor(...tables: readonly (readonly KnobDefinition[])[]) {
    for (const definition of tables.flat()) {
      assert(!this.#definitions.has(definition.name), `two tables define ${definition.name}`);
      this.#definitions.set(definition.name, definition);
      this.#values.set(
        definition.name,
        typeof definition.default === 'number' ? [definition.default] : definition.default,
      );
    }
  }

  number(name: string): number {
    return present(this.numbers(name)[0], `${name} has no value`);
  }

  numbers(name: string): readonly number[] {
    const value = this.#values.get(name);
    assert(typeof value === 'object', `${name} is not a knob of numbers`);
    return value;
  }

  choice(name: string): string {
    const value = this.#values.get(name);
    assert(typeof value === 'string', `${name} is not a knob of choices`);
    return value;
  }

  watch(name: string, listener: (value: number) => void): Disposable {
    listener(this.number(name));
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return disposable(() => listeners.delete(listener));
  }

  names(): readonly string[] {
    return Array.from(this.#definitions.keys()).sort();
  }

  definition(name: string): KnobDefinition | undefined {
    return this.#definitions.get(name);
  }

  /** As sysctl prints it: integers separated by tabs. Undefined: no such knob. */
  read(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'object' ? value.join('\t') : value;
  }

  /** A sentence that says why not, or undefined when it was set. */
  write(name: string, text: string): string | undefined {
    const definition = this.#definitions.get(name);
    if (definition === undefined) return `there is no knob ${name}`;
    if (definition.type === 'choice') {
      const choice = text.trim();
      if (!definition.choices.includes(choice)) return `${name} must be one of ${definition.choices.join(', ')}`;
      this.#values.set(name, choice);
      return undefined;
    }
    const numbers = text.trim().split(/\s+/).map(parseInteger);
    const count = definition.type === 'integer' ? 1 : definition.default.length;
    const { minimum, maximum } = definition;
    if (numbers.length !== count || !numbers.every((value) => value >= minimum && value <= maximum)) {
      return `${name} must be ${count === 1 ? 'a whole number' : `${count} whole numbers`} from ${minimum} to ${maximum}`;
    }
    if (numbers.some((value, index) => index > 0 && value < (numbers[index - 1] as number))) {
      return `the numbers of ${name} must ascend`;
    }
    this.#values.set(name, numbers);
    for (const listener of this.#listeners.get(name) ?? []) listener(numbers[0] as number);
    return undefined;
  }
}

function parseInteger(text: string): number {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}
