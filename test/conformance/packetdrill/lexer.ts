// Words of a packetdrill script: google/packetdrill's lexer in our terms, with line and column for every token.

export interface Place {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

export type TokenKind =
  | 'integer'
  | 'hex'
  | 'float'
  | 'word'
  | 'string'
  | 'command'
  | 'code'
  | 'option'
  | 'ellipsis'
  | 'ip'
  | 'punctuation'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of strings, commands, code and options what is between the marks. */
  readonly text: string;
  readonly place: Place;
  /** True when no space stands before it: `S.` is one flag word. */
  readonly touchesPrevious: boolean;
}

/** A script that cannot be read: where, and what was expected. */
export class ScriptSyntaxError extends Error {
  override readonly name = 'ScriptSyntaxError';
  readonly place: Place;

  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}

/** In the order in which equally long matches win; the longest match wins first (as in flex). */
const rules: readonly { readonly kind: TokenKind; readonly pattern: RegExp }[] = [
  { kind: 'ellipsis', pattern: /\.\.\./y },
  { kind: 'option', pattern: /--([a-zA-Z0-9_]+)/y },
  { kind: 'float', pattern: /-?[0-9]*\.[0-9]+/y },
  { kind: 'hex', pattern: /0x[0-9a-fA-F]+/y },
  { kind: 'integer', pattern: /-?[0-9]+/y },
  { kind: 'word', pattern: /sequence#|[a-zA-Z0-9_]+/y },
  { kind: 'string', pattern: /"((?:\\.|[^"\\])*)"/y },
  { kind: 'command', pattern: /`((?:\\[\s\S]|[^`\\])*)`/y },
  { kind: 'code', pattern: /%\{([\s\S]*?)\}%/y },
  { kind: 'ip', pattern: /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/y },
  { kind: 'ip', pattern: /(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*)?::(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*)?/y },
  { kind: 'ip', pattern: /[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){7}/y },
];

const space = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;

/** The tokens of a script, the last one of kind `end`. Throws `ScriptSyntaxError` for what no token begins with. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const lineStarts = lineStartsOf(text);
  let at = 0;
  let line = 1;
  for (;;) {
    space.lastIndex = at;
    const touchesPrevious = !space.test(text);
    if (!touchesPrevious) at = space.lastIndex;
    while (line < lineStarts.length && (lineStarts[line] as number) <= at) line += 1;
    const place = { line, column: at - (lineStarts[line - 1] as number) + 1 };
    if (at >= text.length) {
      tokens.push({ kind: 'end', text: '', place, touchesPrevious });
      return tokens;
    }
    const best = longestMatch(text, at);
    if (best === undefined) {
      const mark = text[at] as string;
      if (mark === '"' || mark === '`') throw new ScriptSyntaxError(place, `this ${mark} is never closed`);
      tokens.push({ kind: 'punctuation', text: mark, place, touchesPrevious });
      at += 1;
    } else {
      tokens.push({ kind: best.kind, text: best.text, place, touchesPrevious });
      at += best.length;
    }
  }
}

function longestMatch(text: string, at: number): { kind: TokenKind; text: string; length: number } | undefined {
  let best: { kind: TokenKind; text: string; length: number } | undefined;
  for (const { kind, pattern } of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null || match[0].length <= (best?.length ?? 0)) continue;
    best = { kind, text: match[1] ?? match[0], length: match[0].length };
  }
  return best;
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
