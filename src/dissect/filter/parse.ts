// Display filter tokens to an expression whose fields exist and whose values fit them.
//
//   or    := xor (('or' | '||') xor)*          xor := and (('xor' | '^^') and)*        and := not (('and' | '&&') not)*
//   not   := ('not' | '!') not | '(' or ')' | relation
//   relation := operand [operator operand | 'in' '{' value ('..' value)? , ... '}']    operand := field ['[' slice ']'] ['&' number] | function '(' field ')'
import { closestWord } from '../../base/closest-word.ts';
import { fieldAliases, fields, fieldsOf, type FieldKind, type FieldName } from '../tree/fields.ts';
import type { FilterFault, Token } from './lex.ts';
import { parseValue, type FilterValue } from './value.ts';

export type Comparison = '==' | '!=' | '===' | '!==' | '>' | '<' | '>=' | '<=' | 'contains' | 'matches';

/** The values of a field (of several, for an alias), possibly cut, masked or measured. */
export interface Operand {
  readonly names: readonly FieldName[];
  readonly kind: FieldKind;
  /** Bytes from .. to before; of the bytes that the field stands for. */
  readonly slice?: { readonly from: number; readonly to: number };
  readonly mask?: number;
  readonly function?: 'len' | 'count' | 'upper' | 'lower';
}

export interface ValueRange {
  readonly from: FilterValue;
  /** Absent: that one value. */
  readonly to?: FilterValue;
}

export type Expression =
  | { readonly kind: 'or' | 'and' | 'xor'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly inner: Expression }
  | { readonly kind: 'exists'; readonly operand: Operand }
  | {
      readonly kind: 'compare';
      readonly operand: Operand;
      readonly operator: Comparison;
      readonly value: FilterValue | Operand;
    }
  | { readonly kind: 'in'; readonly operand: Operand; readonly ranges: readonly ValueRange[] };

export type ParsedFilter =
  { readonly ok: true; readonly expression: Expression } | { readonly ok: false; readonly fault: FilterFault };

const operatorWords: Readonly<Record<string, Comparison>> = {
  eq: '==',
  any_eq: '==',
  ne: '!=',
  all_ne: '!=',
  all_eq: '===',
  any_ne: '!==',
  gt: '>',
  lt: '<',
  ge: '>=',
  le: '<=',
  contains: 'contains',
  matches: 'matches',
  '~': 'matches',
};
const operators: ReadonlySet<string> = new Set(['==', '!=', '===', '!==', '>', '<', '>=', '<=']);
const functions: ReadonlySet<string> = new Set(['len', 'count', 'upper', 'lower']);
/** As deep as anybody nests; keeps the parser's stack in bounds. */
const deepest = 100;

class FilterError extends Error {
  readonly fault: FilterFault;

  constructor(message: string, column: number) {
    super(message);
    this.fault = { message, column };
  }
}

export function parseTokens(tokens: readonly Token[]): ParsedFilter {
  try {
    return { ok: true, expression: new FilterParser(tokens).parse() };
  } catch (error) {
    if (error instanceof FilterError) return { ok: false, fault: error.fault };
    throw error;
  }
}

class FilterParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expression {
    const expression = this.#or();
    const left = this.#next;
    if (left.kind !== 'end') throw new FilterError(`'${left.text}' was not expected here`, left.column);
    return expression;
  }

  get #next(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error('the tokens end with an end');
    return token;
  }

  #take(): Token {
    const token = this.#next;
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  /** Takes the next token when it is one of these. */
  #accept(...texts: readonly string[]): boolean {
    const { kind, text } = this.#next;
    if (kind === 'string' || !texts.includes(text)) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw new FilterError(`'${text}' is missing`, this.#next.column);
  }

  #or(): Expression {
    this.#depth += 1;
    if (this.#depth > deepest) throw new FilterError('this is nested too deeply', this.#next.column);
    let left = this.#xor();
    while (this.#accept('or', '||')) left = { kind: 'or', left, right: this.#xor() };
    this.#depth -= 1;
    return left;
  }

  #xor(): Expression {
    let left = this.#and();
    while (this.#accept('xor', '^^')) left = { kind: 'xor', left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#accept('and', '&&')) left = { kind: 'and', left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    let isNegated = false;
    while (this.#accept('not', '!')) isNegated = !isNegated;
    const inner = this.#primary();
    return isNegated ? { kind: 'not', inner } : inner;
  }

  #primary(): Expression {
    if (this.#accept('(')) {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    const operand = this.#operand();
    if (this.#accept('in')) return { kind: 'in', operand, ranges: this.#set(operand) };
    const operator = this.#operator();
    if (operator === undefined) return existence(operand);
    const { column } = this.#next;
    if (operand.kind === 'protocol' && operand.slice === undefined && operator !== 'contains')
      throw new FilterError(`a protocol is there or not: it can not be compared`, column);
    return { kind: 'compare', operand, operator, value: this.#value(operand, operator) };
  }

  #operator(): Comparison | undefined {
    const { kind, text } = this.#next;
    if (kind === 'string' || kind === 'end') return undefined;
    const found = operators.has(text) ? (text as Comparison) : operatorWords[text]; // the set holds comparisons only
    if (found !== undefined) this.#at += 1;
    return found;
  }

  #operand(): Operand {
    const token = this.#take();
    if (token.kind === 'end') throw new FilterError('something is missing at the end', token.column);
    if (token.kind !== 'word') throw new FilterError(`a field was expected, not '${token.text}'`, token.column);
    if (functions.has(token.text) && this.#next.text === '(') {
      this.#expect('(');
      const inner = this.#operand();
      this.#expect(')');
      const called = token.text as 'len' | 'count' | 'upper' | 'lower'; // the set holds these only
      return { ...inner, function: called, kind: called === 'len' || called === 'count' ? 'number' : 'text' };
    }
    const names = fieldsOf(token.text);
    if (names === undefined) throw new FilterError(unknownField(token.text), token.column);
    const [first] = names;
    let operand: Operand = { names, kind: first === undefined ? 'mark' : fields[first].kind };
    if (this.#accept('[')) operand = { ...operand, kind: 'bytes', slice: this.#slice() };
    if (this.#accept('&')) operand = { ...operand, mask: this.#mask() };
    return operand;
  }

  /** `[2]`, `[0:3]`, `[0-2]`, `[3:]`, `[:3]`: from and length, or from and last. */
  #slice(): { from: number; to: number } {
    const start = this.#next.column;
    let text = '';
    while (!this.#accept(']')) {
      const token = this.#take();
      if (token.kind === 'end') throw new FilterError(`']' is missing`, token.column);
      text += token.text;
    }
    const match = /^(\d*)(?:([:-])(\d*))?$/.exec(text);
    if (match === null || text === '') throw new FilterError(`'${text}' is no slice: write [0:3] or [2]`, start);
    const from = Number(match[1] ?? '');
    if (match[2] === undefined) return { from, to: from + 1 };
    const last = match[3] === undefined || match[3] === '' ? undefined : Number(match[3]);
    if (last === undefined) return { from, to: Number.MAX_SAFE_INTEGER };
    return { from, to: match[2] === ':' ? from + last : last + 1 };
  }

  #mask(): number {
    const token = this.#take();
    const mask = token.kind === 'word' ? Number(token.text) : Number.NaN;
    if (!Number.isInteger(mask)) throw new FilterError(`a number was expected after '&'`, token.column);
    return mask;
  }

  #value(operand: Operand, operator: Comparison): FilterValue | Operand {
    const token = this.#next;
    if (token.kind === 'word' && isComparable(token.text)) return this.#operand();
    this.#take();
    if (operator === 'matches') return pattern(token);
    const kind = operator === 'contains' && operand.kind === 'protocol' ? 'bytes' : operand.kind;
    return valueOf(token, operator === 'contains' && kind !== 'bytes' ? 'text' : kind);
  }

  #set(operand: Operand): readonly ValueRange[] {
    this.#expect('{');
    const ranges: ValueRange[] = [];
    do {
      const from = valueOf(this.#take(), operand.kind);
      ranges.push(this.#accept('..') ? { from, to: valueOf(this.#take(), operand.kind) } : { from });
      this.#accept(',');
    } while (!this.#accept('}'));
    return ranges;
  }
}

/** A field alone asks whether it is there, whatever its value; masked bits alone ask whether one is set. */
function existence(operand: Operand): Expression {
  if (operand.mask !== undefined)
    return { kind: 'compare', operand, operator: '!=', value: { kind: 'number', value: 0 } };
  return { kind: 'exists', operand };
}

/** A field whose values something can be compared with. */
function isComparable(name: string): boolean {
  const [first] = fieldsOf(name) ?? [];
  return first !== undefined && fields[first].kind !== 'protocol';
}

function valueOf(token: Token, kind: FieldKind): FilterValue {
  if (token.kind === 'end') throw new FilterError('a value is missing at the end', token.column);
  if (token.kind === 'symbol') throw new FilterError(`a value was expected, not '${token.text}'`, token.column);
  const parsed = parseValue(token.text, token.kind === 'string', kind);
  if (typeof parsed === 'string') throw new FilterError(parsed, token.column);
  return parsed;
}

function pattern(token: Token): FilterValue {
  if (token.kind !== 'string') throw new FilterError('a pattern was expected, in quotes', token.column);
  try {
    return { kind: 'pattern', value: new RegExp(token.text, 'i') };
  } catch {
    throw new FilterError(`"${token.text}" is not a regular expression`, token.column);
  }
}

function unknownField(name: string): string {
  const meant = closestWord(name, [...Object.keys(fields), ...Object.keys(fieldAliases)]);
  return `there is no field '${name}'${meant === undefined ? '' : `: did you mean '${meant}'?`}`;
}
