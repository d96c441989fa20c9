// The arguments and results of system calls: numbers, words, `A|B`, arrays, and structures such as `{events=..., fd=4}`.
import type { Expression } from './script.ts';
import type { TokenStream } from './token-stream.ts';

/** Reads one expression; `a|b|c` joins to the left. */
export function parseExpression(tokens: TokenStream): Expression {
  let left = parseOperand(tokens);
  while (tokens.accept('|')) left = { kind: 'or', left, right: parseOperand(tokens) };
  return left;
}

/** `(a, b, ...)`. */
export function parseArguments(tokens: TokenStream): readonly Expression[] {
  tokens.expect('(');
  if (tokens.accept(')')) return [];
  const items = parseItems(tokens);
  tokens.expect(')');
  return items;
}

function parseItems(tokens: TokenStream): readonly Expression[] {
  const items = [parseExpression(tokens)];
  while (tokens.accept(',')) items.push(parseExpression(tokens));
  return items;
}

function parseOperand(tokens: TokenStream): Expression {
  const token = tokens.peek();
  switch (token.kind) {
    case 'ellipsis':
      tokens.next();
      return { kind: 'ellipsis' };
    case 'integer':
    case 'hex':
      tokens.next();
      return { kind: 'integer', value: Number(token.text) };
    case 'string':
      return parseStrings(tokens);
    case 'word':
      return parseWord(tokens);
    default:
  }
  if (tokens.accept('[')) {
    if (tokens.accept(']')) return { kind: 'list', items: [] };
    const items = parseItems(tokens);
    tokens.expect(']');
    return { kind: 'list', items };
  }
  if (tokens.isAt('{')) return parseStruct(tokens);
  return tokens.fail('an argument');
}

/** Neighboring strings are one; `"..."...` stands for a string that begins so. */
function parseStrings(tokens: TokenStream): Expression {
  let text = '';
  while (tokens.isKind('string')) text += tokens.next().text;
  if (tokens.isKind('ellipsis') && tokens.peek().touchesPrevious) tokens.next();
  return { kind: 'string', text };
}

function parseWord(tokens: TokenStream): Expression {
  const { text } = tokens.next();
  if (tokens.isAt('(') && tokens.peek().touchesPrevious) {
    tokens.next();
    const argument = parseExpression(tokens);
    tokens.expect(')');
    return { kind: 'call', name: text, argument };
  }
  if (tokens.accept('=')) return { kind: 'assign', name: text, value: parseExpression(tokens) };
  return { kind: 'word', text };
}

function parseStruct(tokens: TokenStream): Expression {
  tokens.expect('{');
  const fields = new Map<string, Expression>();
  const items: Expression[] = [];
  while (!tokens.accept('}')) {
    const isCounted = tokens.isKind('word') && tokens.isAt('(', 1) && tokens.peek().text.startsWith('msg_');
    if (isCounted) {
      const name = tokens.next().text; // msg_name(...)=..., msg_iov(2)=[...]
      tokens.expect('(');
      parseExpression(tokens);
      tokens.expect(')');
      tokens.expect('=');
      fields.set(name, parseExpression(tokens));
    } else {
      const item = parseExpression(tokens);
      if (item.kind === 'assign') fields.set(item.name, item.value);
      else items.push(item);
    }
    if (!tokens.isAt('}')) tokens.expect(',');
  }
  return { kind: 'struct', fields, items };
}
