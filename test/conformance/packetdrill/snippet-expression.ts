// Expressions of snippets, evaluated while they are read, with Python's precedence. Numbers are JavaScript's: TCP's
// counters stay below 2^53. `and` and `or` evaluate both sides, which no script can tell apart.

/** A snippet that Python would refuse, or that uses what is left out here. */
export class SnippetError extends Error {
  override readonly name = 'SnippetError';
}

export type SnippetValue = number | string | boolean | readonly SnippetValue[];
type Lookup = (name: string) => SnippetValue;

const tokenPattern =
  /\s*(?:(0x[0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)[Ll]?|([A-Za-z_][\w.]*)|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(\*\*|\/\/|<<|>>|<=|>=|==|!=|<>|[-+*/%<>()[\],&|^~]))/y;

interface Word {
  readonly kind: 'number' | 'name' | 'string' | 'mark';
  readonly text: string;
}

/** Evaluates the whole of `text`. Throws `SnippetError`. */
export function parseExpressionText(text: string, lookup: Lookup): SnippetValue {
  return new Evaluator(split(text), lookup).all(text);
}

export function truth(value: SnippetValue): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function split(text: string): readonly Word[] {
  const words: Word[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(text);
    if (match === null) throw new SnippetError(`cannot read \`${text.slice(at).trim()}\``);
    const [, number, name, string, mark] = match;
    if (number !== undefined) words.push({ kind: 'number', text: number });
    else if (name !== undefined) words.push({ kind: 'name', text: name });
    else if (string !== undefined) words.push({ kind: 'string', text: string.slice(1, -1) });
    else words.push({ kind: 'mark', text: mark ?? '' });
    at = tokenPattern.lastIndex;
  }
  return words;
}

type Binary = (left: number, right: number) => number;
/** From loose to tight: `|` ... `*`. */
const levels: readonly Readonly<Record<string, Binary>>[] = [
  { '|': (a, b) => a | b },
  { '^': (a, b) => a ^ b },
  { '&': (a, b) => a & b },
  { '<<': (a, b) => a * 2 ** b, '>>': (a, b) => Math.floor(a / 2 ** b) },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  {
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '//': (a, b) => Math.floor(a / b),
    '%': (a, b) => a - b * Math.floor(a / b),
  },
];

const comparisons: Readonly<Record<string, (left: SnippetValue, right: SnippetValue) => boolean>> = {
  '==': isEqual,
  '!=': (a, b) => !isEqual(a, b),
  '<>': (a, b) => !isEqual(a, b),
  '<': (a, b) => order(a, b) < 0,
  '<=': (a, b) => order(a, b) <= 0,
  '>': (a, b) => order(a, b) > 0,
  '>=': (a, b) => order(a, b) >= 0,
};

const functions: Readonly<Record<string, (values: readonly SnippetValue[]) => SnippetValue>> = {
  abs: ([value = 0]) => Math.abs(asNumber(value)),
  int: ([value = 0]) => Math.trunc(Number(value)),
  float: ([value = 0]) => Number(value),
  str: ([value = '']) => String(value),
  round: ([value = 0]) => Math.round(asNumber(value)),
  bool: ([value = 0]) => truth(value),
  len: ([value = '']) => (typeof value === 'string' || Array.isArray(value) ? value.length : 0),
  min: (values) => Math.min(...spread(values)),
  max: (values) => Math.max(...spread(values)),
};

class Evaluator {
  readonly #words: readonly Word[];
  readonly #lookup: Lookup;
  #at = 0;

  constructor(words: readonly Word[], lookup: Lookup) {
    this.#words = words;
    this.#lookup = lookup;
  }

  all(text: string): SnippetValue {
    const value = this.#tuple();
    if (this.#at < this.#words.length) throw new SnippetError(`cannot read the end of \`${text}\``);
    return value;
  }

  #tuple(): SnippetValue {
    const first = this.#conditional();
    if (!this.#isMark(',')) return first;
    const items = [first];
    while (this.#take(',')) {
      if (this.#at >= this.#words.length || this.#isMark(')') || this.#isMark(']')) break;
      items.push(this.#conditional());
    }
    return items;
  }

  #conditional(): SnippetValue {
    const value = this.#or();
    if (!this.#take('if')) return value;
    const condition = truth(this.#or());
    if (!this.#take('else')) throw new SnippetError('an `if` within an expression needs `else`');
    const otherwise = this.#conditional();
    return condition ? value : otherwise;
  }

  #or(): SnippetValue {
    let left = this.#and();
    while (this.#take('or')) {
      const right = this.#and();
      left = truth(left) ? left : right;
    }
    return left;
  }

  #and(): SnippetValue {
    let left = this.#not();
    while (this.#take('and')) {
      const right = this.#not();
      left = truth(left) ? right : left;
    }
    return left;
  }

  #not(): SnippetValue {
    return this.#take('not') ? !truth(this.#not()) : this.#comparison();
  }

  #comparison(): SnippetValue {
    let left = this.#binary(0);
    let result: boolean | undefined;
    for (;;) {
      const isNotIn = this.#isMark('not') && this.#words[this.#at + 1]?.text === 'in';
      const operator = this.#words[this.#at]?.text ?? '';
      if (isNotIn) this.#at += 2;
      else if (operator === 'in' || (this.#isOperator() && operator in comparisons)) this.#at += 1;
      else return result ?? left;
      const right = this.#binary(0);
      const compare = comparisons[operator];
      const isIn = (): boolean => Array.isArray(right) && right.some((item) => isEqual(left, item));
      const holds = compare === undefined ? isIn() !== isNotIn : compare(left, right);
      result = (result ?? true) && holds;
      left = right;
    }
  }

  #binary(level: number): SnippetValue {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = this.#words[this.#at]?.text ?? '';
      const apply = this.#isOperator() ? operators[operator] : undefined;
      if (apply === undefined) return left;
      this.#at += 1;
      const right = this.#binary(level + 1);
      if (operator === '%' && typeof left === 'string') left = fill(left, Array.isArray(right) ? right : [right]);
      else if (operator === '+' && typeof left === 'string') left += String(right);
      else if ((operator === '/' || operator === '//' || operator === '%') && asNumber(right) === 0) {
        throw new SnippetError('division by zero');
      } else left = apply(asNumber(left), asNumber(right));
    }
  }

  #unary(): SnippetValue {
    if (this.#take('-')) return -asNumber(this.#unary());
    if (this.#take('+')) return asNumber(this.#unary());
    if (this.#take('~')) return ~asNumber(this.#unary());
    const base = this.#primary();
    return this.#take('**') ? asNumber(base) ** asNumber(this.#unary()) : base;
  }

  #primary(): SnippetValue {
    const word = this.#words[this.#at];
    if (word === undefined) throw new SnippetError('an expression ends too early');
    this.#at += 1;
    if (word.kind === 'number') return Number(word.text);
    if (word.kind === 'string') return word.text.replaceAll(/\\(.)/g, '$1');
    if (word.kind === 'name') return this.#named(word.text);
    if (word.text === '(' || word.text === '[') {
      const close = word.text === '(' ? ')' : ']';
      const value = this.#isMark(close) ? [] : this.#tuple();
      if (!this.#take(close)) throw new SnippetError(`a \`${word.text}\` is never closed`);
      return close === ']' && !Array.isArray(value) ? [value] : value;
    }
    throw new SnippetError(`\`${word.text}\` is out of place`);
  }

  #named(name: string): SnippetValue {
    if (name === 'True' || name === 'False') return name === 'True';
    const call = functions[name.replace(/^math\./, '')];
    if (call === undefined || !this.#isMark('(')) return this.#lookup(name);
    this.#at += 1;
    const value = this.#isMark(')') ? [] : this.#tuple();
    if (!this.#take(')')) throw new SnippetError(`the call of ${name} is never closed`);
    return call(Array.isArray(value) ? value : [value]);
  }

  #isMark(text: string): boolean {
    const word = this.#words[this.#at];
    return word !== undefined && word.kind !== 'string' && word.text === text;
  }

  #isOperator(): boolean {
    return this.#words[this.#at]?.kind === 'mark';
  }

  #take(text: string): boolean {
    if (!this.#isMark(text)) return false;
    this.#at += 1;
    return true;
  }
}

/** `'%d segments' % n`. */
function fill(format: string, values: readonly SnippetValue[]): string {
  let index = 0;
  return format.replaceAll(/%[-+0-9.]*[a-z%]/g, (mark) => (mark === '%%' ? '%' : String(values[index++] ?? '')));
}

function asNumber(value: SnippetValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw new SnippetError(`${JSON.stringify(value)} is not a number`);
}

function spread(values: readonly SnippetValue[]): readonly number[] {
  return values.flat().map((value) => asNumber(value as SnippetValue)); // one level is all that Python's min takes
}

function isEqual(left: SnippetValue, right: SnippetValue): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index] as SnippetValue));
  }
  if (typeof left === 'string' || typeof right === 'string') return left === right;
  return Array.isArray(left) || Array.isArray(right) ? false : asNumber(left) === asNumber(right);
}

function order(left: SnippetValue, right: SnippetValue): number {
  return asNumber(left) - asNumber(right);
}
