// A cursor over the tokens of a script, with the questions that a recursive-descent parser asks.
import { ScriptSyntaxError, tokenize, type Token, type TokenKind } from './lexer.ts';

export class TokenStream {
  readonly #tokens: readonly Token[];
  readonly #meanings = new Map<string, Token>();
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  peek(ahead = 0): Token {
    const index = Math.min(this.#at + ahead, this.#tokens.length - 1);
    const token = this.#tokens[index] as Token; // the list ends with an `end` token
    const meaning = token.kind === 'word' ? this.#meanings.get(token.text) : undefined;
    return meaning === undefined ? token : { ...meaning, place: token.place, touchesPrevious: token.touchesPrevious };
  }

  /** From here on the word `name` stands for `value`: a word, a number, or a quoted string or command. */
  define(name: string, value: string): void {
    const [meaning] = tokenize(value);
    if (meaning !== undefined) this.#meanings.set(name, meaning);
  }

  next(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  /** Takes the token when it is that word or mark. */
  accept(text: string): boolean {
    if (!this.isAt(text)) return false;
    this.#at += 1;
    return true;
  }

  isAt(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.text === text && (token.kind === 'punctuation' || token.kind === 'word' || token.kind === 'ellipsis');
  }

  isKind(kind: TokenKind, ahead = 0): boolean {
    return this.peek(ahead).kind === kind;
  }

  expect(text: string): Token {
    if (!this.isAt(text)) this.fail(`\`${text}\``);
    return this.next();
  }

  expectKind(kind: TokenKind, what: string): Token {
    if (!this.isKind(kind)) this.fail(what);
    return this.next();
  }

  /** A decimal number of 0 .. `maximum`. */
  expectNumber(what: string, maximum = 0xffff_ffff): number {
    const token = this.expectKind('integer', what);
    const value = Number(token.text);
    if (value < 0 || value > maximum) throw new ScriptSyntaxError(token.place, `${what} is 0 .. ${maximum}`);
    return value;
  }

  /** Throws at the present token. */
  fail(expected: string): never {
    const token = this.peek();
    const found = token.kind === 'end' ? 'the end of the script' : `\`${token.text.slice(0, 40)}\``;
    throw new ScriptSyntaxError(token.place, `expected ${expected}, found ${found}`);
  }
}
