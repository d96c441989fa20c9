// Expressions of a script as numbers, addresses and counts.
import { parseIpv4Address, type Ipv4Address } from '../../../src/stack/wire/ip-address.ts';
import { constantNamed } from './constants.ts';
import { Unsupported } from './kernel-socket.ts';
import type { Expression } from './script.ts';

const ellipsis: Expression = { kind: 'ellipsis' };

/** Argument `index`; a missing one counts as `...`. */
export function argument(args: readonly Expression[], index: number): Expression {
  return args[index] ?? ellipsis;
}

export function isEllipsis(expression: Expression): boolean {
  return expression.kind === 'ellipsis';
}

/** A number, a named constant, or several joined by `|`; of a list its first. Throws `Unsupported` for anything else. */
export function numberOf(expression: Expression): number {
  switch (expression.kind) {
    case 'integer':
      return expression.value;
    case 'word': {
      const value = constantNamed(expression.text);
      if (value === undefined) throw new Unsupported(`the name ${expression.text}`);
      return value;
    }
    case 'or':
      return (numberOf(expression.left) | numberOf(expression.right)) >>> 0;
    case 'list':
      return numberOf(expression.items[0] ?? ellipsis);
    case 'call':
      if (expression.name === 'htons' || expression.name === 'htonl') return numberOf(expression.argument);
      break;
    case 'assign':
      return numberOf(expression.value);
    default:
  }
  throw new Unsupported(`an argument of kind ${expression.kind} where a number is needed`);
}

/** Name of a word, `undefined` of anything else. */
export function wordOf(expression: Expression): string | undefined {
  return expression.kind === 'word' ? expression.text : undefined;
}

/** `{sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("192.0.2.1")}`; `...`: undefined. */
export function socketAddressOf(
  expression: Expression,
): { readonly address: Ipv4Address; readonly port: number } | undefined {
  if (expression.kind !== 'struct') return undefined;
  if (wordOf(expression.fields.get('sa_family') ?? ellipsis) !== 'AF_INET') throw new Unsupported('IPv6 addresses');
  const address = expression.fields.get('sin_addr');
  const text = address?.kind === 'call' && address.argument.kind === 'string' ? address.argument.text : '';
  const parsed = parseIpv4Address(text);
  if (parsed === undefined) throw new Unsupported(`the address \`${text}\``);
  return { address: parsed, port: numberOf(expression.fields.get('sin_port') ?? ellipsis) };
}

/** Bytes of `[{..., 1000}, {..., 500}]`. */
export function vectorBytes(expression: Expression): number {
  if (expression.kind !== 'list') throw new Unsupported('an I/O vector that is not a list');
  let total = 0;
  for (const item of expression.items) {
    const length = item.kind === 'struct' ? item.items[1] : undefined;
    if (length === undefined) throw new Unsupported('an element of an I/O vector that is not {..., bytes}');
    total += numberOf(length);
  }
  return total;
}

export function fieldOf(expression: Expression, name: string): Expression | undefined {
  return expression.kind === 'struct' ? expression.fields.get(name) : undefined;
}
