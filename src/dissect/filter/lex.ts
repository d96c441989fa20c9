// Display filter text to tokens, each with its place.

export type Token =
  /** A field, a number, an address: whatever has no quotes; what it is shows where it stands. */
  | { readonly kind: 'word'; readonly text: string; readonly column: number }
  | { readonly kind: 'string'; readonly text: string; readonly column: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly column: number }
  | { readonly kind: 'end'; readonly text: ''; readonly column: number };

export interface FilterFault {
  readonly message: string;
  /** From 1. */
  readonly column: number;
}

/** Longest first: the first one that fits is taken. */
const symbols = [
  '===',
  '!==',
  '==',
  '!=',
  '>=',
  '<=',
  '&&',
  '||',
  '^^',
  '..',
  '>',
  '<',
  '!',
  '~',
  '&',
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  ',',
] as const;

/** Letters, digits and what fields, addresses and prefixes have inside. */
const wordPattern = /^[A-Za-z0-9_][A-Za-z0-9_.:/-]*|^::[A-Za-z0-9:./]*/;

export function lexFilter(text: string): readonly Token[] | FilterFault {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const column = at + 1;
    const space = /^\s+/.exec(rest)?.[0];
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    if (rest.startsWith('"')) {
      const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(rest);
      if (quoted === null) return { message: 'this string has no closing quote', column };
      tokens.push({ kind: 'string', text: unescape(quoted[1] ?? ''), column });
      at += quoted[0].length;
      continue;
    }
    const word = readWord(rest);
    if (word !== undefined) {
      tokens.push({ kind: 'word', text: word, column });
      at += word.length;
      continue;
    }
    const symbol = symbols.find((one) => rest.startsWith(one));
    if (symbol === undefined) return { message: `'${rest.charAt(0)}' has no meaning here`, column };
    tokens.push({ kind: 'symbol', text: symbol, column });
    at += symbol.length;
  }
  tokens.push({ kind: 'end', text: '', column: text.length + 1 });
  return tokens;
}

/** A word ends before `..`, which makes a range of numbers. */
function readWord(rest: string): string | undefined {
  const word = wordPattern.exec(rest)?.[0];
  const range = word?.indexOf('..') ?? -1;
  return range > 0 ? word?.slice(0, range) : word;
}

function unescape(text: string): string {
  const named: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return text.replaceAll(/\\(x[0-9a-fA-F]{2}|.)/g, (_all, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (named[code] ?? code),
  );
}
