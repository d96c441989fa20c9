// Display filters in Wireshark's syntax, for the fields that exist (tree/fields.ts): `tcp.flags.syn == 1 && !(ip.src == 10.0.1.0/24)`.
// Left out: layer operators (`ip.addr#1`), arithmetic, macros, raw fields (`@ip`).
import { equalBytes } from '../../base/bytes.ts';
import { prefixContains, type IpAddress } from '../../stack/wire/ip-address.ts';
import type { Dissection } from '../tree/dissector.ts';
import type { FieldValue } from '../tree/tree.ts';
import { lexFilter, type FilterFault } from './lex.ts';
import { parseTokens, type Comparison, type Expression, type Operand, type ValueRange } from './parse.ts';
import type { FilterValue } from './value.ts';

export type CompiledFilter =
  | { readonly ok: true; readonly matches: (dissection: Dissection) => boolean }
  | { readonly ok: false; readonly fault: FilterFault };

/** The filter as a test; the empty text lets everything pass. */
export function compileFilter(text: string): CompiledFilter {
  if (text.trim() === '') return { ok: true, matches: () => true };
  const tokens = lexFilter(text);
  if ('message' in tokens) return { ok: false, fault: tokens };
  const parsed = parseTokens(tokens);
  return parsed.ok ? { ok: true, matches: compile(parsed.expression) } : parsed;
}

type Test = (dissection: Dissection) => boolean;

function compile(expression: Expression): Test {
  switch (expression.kind) {
    case 'or': {
      const [left, right] = [compile(expression.left), compile(expression.right)];
      return (dissection) => left(dissection) || right(dissection);
    }
    case 'and': {
      const [left, right] = [compile(expression.left), compile(expression.right)];
      return (dissection) => left(dissection) && right(dissection);
    }
    case 'xor': {
      const [left, right] = [compile(expression.left), compile(expression.right)];
      return (dissection) => left(dissection) !== right(dissection);
    }
    case 'not': {
      const inner = compile(expression.inner);
      return (dissection) => !inner(dissection);
    }
    case 'exists': {
      const { names } = expression.operand;
      return (dissection) => names.some((name) => dissection.has(name));
    }
    case 'in': {
      const { operand, ranges } = expression;
      return (dissection) =>
        valuesOf(dissection, operand).some((value) => ranges.some((range) => within(value, range)));
    }
    case 'compare':
      return compileComparison(expression.operand, expression.operator, expression.value);
  }
}

/** Wireshark 4: `==` is true of any value, `!=` of all; `===` wants all equal, `!==` any that differs. */
function compileComparison(operand: Operand, operator: Comparison, value: FilterValue | Operand): Test {
  const others = (dissection: Dissection): readonly FilterValue[] =>
    'names' in value ? valuesOf(dissection, value).map(asFilterValue) : [value];
  return (dissection) => {
    const own =
      operator === 'contains' && operand.kind === 'protocol'
        ? wholeOf(dissection, operand)
        : valuesOf(dissection, operand);
    const wanted = others(dissection);
    if (own.length === 0 || wanted.length === 0) return false;
    const isEqual = (one: FieldValue): boolean => wanted.some((other) => equal(one, other));
    switch (operator) {
      case '==':
        return own.some(isEqual);
      case '===':
        return own.every(isEqual);
      case '!=':
        return !own.some(isEqual);
      case '!==':
        return !own.every(isEqual);
      case 'contains':
        return own.some((one) => wanted.some((other) => contains(one, other)));
      case 'matches':
        return own.some((one) => wanted.some((other) => other.kind === 'pattern' && other.value.test(textOf(one))));
      default:
        return own.some((one) => wanted.some((other) => ordered(operator, order(one, other))));
    }
  };
}

function wholeOf(dissection: Dissection, operand: Operand): readonly FieldValue[] {
  return operand.names.flatMap((name) => dissection.bytesOf(name));
}

function valuesOf(dissection: Dissection, operand: Operand): readonly FieldValue[] {
  const { names, slice, mask } = operand;
  let values = names.flatMap((name): readonly FieldValue[] =>
    slice === undefined ? dissection.valuesOf(name) : dissection.bytesOf(name),
  );
  if (slice !== undefined) {
    values = values
      .map((value) => (value instanceof Uint8Array ? value.subarray(slice.from, slice.to) : value))
      .filter((value) => value instanceof Uint8Array && value.length > 0);
  }
  if (mask !== undefined) values = values.map((value) => Number(value) & mask);
  switch (operand.function) {
    case 'len':
      return values.map((value) => (typeof value === 'string' || value instanceof Uint8Array ? value.length : 0));
    case 'count':
      return [values.length];
    case 'upper':
      return values.map((value) => textOf(value).toUpperCase());
    case 'lower':
      return values.map((value) => textOf(value).toLowerCase());
    case undefined:
      return values;
  }
}

function asFilterValue(value: FieldValue): FilterValue {
  if (value instanceof Uint8Array) return { kind: 'bytes', value };
  if (typeof value === 'number') return { kind: 'number', value };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  return { kind: 'text', value };
}

function equal(value: FieldValue, other: FilterValue): boolean {
  switch (other.kind) {
    case 'prefix':
      // Fields of kind ipv4 and ipv6 only are compared with prefixes (value.ts); those values are addresses.
      return prefixContains(other.value, value as IpAddress);
    case 'bytes':
      return value instanceof Uint8Array && equalBytes(value, other.value);
    case 'boolean':
      return Boolean(value) === other.value;
    case 'number':
      return Number(value) === other.value;
    case 'text':
      return textOf(value) === other.value;
    case 'pattern':
      return false;
  }
}

/** Negative, zero or positive; undefined when the two have no order. */
function order(value: FieldValue, other: FilterValue): number | undefined {
  if (other.kind === 'prefix') {
    return typeof value === 'number' && typeof other.value.address === 'number'
      ? value - other.value.address
      : undefined;
  }
  if (other.kind === 'text') return textOf(value) < other.value ? -1 : Number(textOf(value) > other.value);
  if (other.kind === 'number' || other.kind === 'boolean') return Number(value) - Number(other.value);
  return undefined;
}

function ordered(operator: '>' | '<' | '>=' | '<=', difference: number | undefined): boolean {
  if (difference === undefined) return false;
  switch (operator) {
    case '>':
      return difference > 0;
    case '<':
      return difference < 0;
    case '>=':
      return difference >= 0;
    case '<=':
      return difference <= 0;
  }
}

function within(value: FieldValue, { from, to }: ValueRange): boolean {
  if (to === undefined) return equal(value, from);
  const [low, high] = [order(value, from), order(value, to)];
  return low !== undefined && high !== undefined && low >= 0 && high <= 0;
}

function contains(value: FieldValue, other: FilterValue): boolean {
  if (other.kind === 'text') return textOf(value).includes(other.value);
  if (other.kind !== 'bytes' || !(value instanceof Uint8Array)) return false;
  const [hay, needle] = [value, other.value];
  for (let at = 0; at + needle.length <= hay.length; at += 1) {
    if (equalBytes(hay.subarray(at, at + needle.length), needle)) return true;
  }
  return needle.length === 0;
}

function textOf(value: FieldValue): string {
  return value instanceof Uint8Array ? String.fromCharCode(...value) : String(value);
}
