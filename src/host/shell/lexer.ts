// From a command line to words and operators: quotes, escapes, variables, comments (POSIX.1-2024, Shell Command Language, 2.2 and 2.3).

/** A piece of a word: text as typed, or a variable to be replaced. */
export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'variable'; readonly name: string; readonly quoted: boolean };

export interface Word {
  readonly parts: readonly WordPart[];
  /** True when any quote or escape was used: `""` is a word, and a quoted `*` is no pattern. */
  readonly quoted: boolean;
}

export const operators = [
  '&&',
  '||',
  '2>&1',
  '1>&2',
  '>&2',
  '&>',
  '2>>',
  '2>',
  '>>',
  '1>',
  '>',
  '<',
  '|',
  '&',
  ';',
] as const;
export type Operator = (typeof operators)[number];

export type Token =
  | { readonly kind: 'word'; readonly word: Word; readonly start: number; readonly end: number }
  | { readonly kind: 'operator'; readonly operator: Operator; readonly start: number; readonly end: number };

export type LexResult =
  { readonly kind: 'tokens'; readonly tokens: readonly Token[] } | { readonly kind: 'error'; readonly message: string };

class LexError extends Error {}

/** Splits a line into tokens; line feeds count as `;`. */
export function lex(line: string): LexResult {
  try {
    return { kind: 'tokens', tokens: new Lexer(line).run() };
  } catch (error) {
    if (error instanceof LexError) return { kind: 'error', message: error.message };
    throw error;
  }
}

class Lexer {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  run(): Token[] {
    const tokens: Token[] = [];
    for (;;) {
      while (this.#peek() === ' ' || this.#peek() === '\t' || this.#line.startsWith('\\\n', this.#at)) {
        this.#at += this.#peek() === '\\' ? 2 : 1;
      }
      const start = this.#at;
      const character = this.#peek();
      if (character === '') return tokens;
      if (character === '#') {
        while (this.#peek() !== '' && this.#peek() !== '\n') this.#at += 1;
        continue;
      }
      const operator = character === '\n' ? ';' : operators.find((text) => this.#line.startsWith(text, start));
      if (operator !== undefined) {
        this.#at += character === '\n' ? 1 : operator.length;
        tokens.push({ kind: 'operator', operator, start, end: this.#at });
      } else {
        tokens.push({ kind: 'word', word: this.#word(), start, end: this.#at });
      }
    }
  }

  #peek(): string {
    return this.#line.charAt(this.#at);
  }

  #word(): Word {
    const parts: WordPart[] = [];
    let quoted = false;
    for (let character = this.#peek(); !/^[\s|&;<>]?$/.test(character); character = this.#peek()) {
      if (character === '(' || character === ')' || character === '`') {
        throw new LexError(
          `syntax error near '${character}': groups and command substitution are not part of this shell`,
        );
      }
      if (character === "'") {
        quoted = true;
        parts.push({ kind: 'text', text: this.#singleQuoted(), quoted: true });
      } else if (character === '"') {
        quoted = true;
        parts.push(...this.#doubleQuoted());
      } else if (character === '\\') {
        quoted = true;
        this.#at += 2;
        const escaped = this.#line.charAt(this.#at - 1);
        if (escaped !== '\n') parts.push({ kind: 'text', text: escaped === '' ? '\\' : escaped, quoted: true });
      } else if (character === '$') {
        parts.push(this.#variable(false));
      } else {
        this.#at += 1;
        parts.push({ kind: 'text', text: character, quoted: false });
      }
    }
    return { parts: joinText(parts), quoted };
  }

  #singleQuoted(): string {
    const end = this.#line.indexOf("'", this.#at + 1);
    if (end < 0) throw new LexError("unexpected end of line while looking for the matching '''");
    const text = this.#line.slice(this.#at + 1, end);
    this.#at = end + 1;
    return text;
  }

  #doubleQuoted(): WordPart[] {
    const parts: WordPart[] = [{ kind: 'text', text: '', quoted: true }];
    this.#at += 1;
    for (;;) {
      const character = this.#peek();
      if (character === '') throw new LexError("unexpected end of line while looking for the matching '\"'");
      if (character === '"') break;
      if (character === '$') {
        parts.push(this.#variable(true));
        continue;
      }
      const next = this.#line.charAt(this.#at + 1);
      const escapes = character === '\\' && next !== '' && '$`"\\\n'.includes(next);
      if (!escapes) parts.push({ kind: 'text', text: character, quoted: true });
      else if (next !== '\n') parts.push({ kind: 'text', text: next, quoted: true });
      this.#at += escapes ? 2 : 1;
    }
    this.#at += 1;
    return parts;
  }

  #variable(quoted: boolean): WordPart {
    const rest = this.#line.slice(this.#at + 1);
    if (rest.startsWith('(')) throw new LexError('$( ): command substitution is not part of this shell');
    const match = /^(?:\{([A-Za-z_]\w*|[?$!#])\}|([A-Za-z_]\w*|[?$!#]))/.exec(rest);
    if (match === null) {
      if (rest.startsWith('{')) throw new LexError('${...}: bad substitution');
      this.#at += 1;
      return { kind: 'text', text: '$', quoted };
    }
    this.#at += 1 + match[0].length;
    return { kind: 'variable', name: match[1] ?? match[2] ?? '', quoted };
  }
}

function joinText(parts: readonly WordPart[]): WordPart[] {
  const joined: WordPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === 'text' && last?.kind === 'text' && last.quoted === part.quoted) {
      joined[joined.length - 1] = { kind: 'text', text: last.text + part.text, quoted: part.quoted };
    } else {
      joined.push(part);
    }
  }
  return joined;
}
