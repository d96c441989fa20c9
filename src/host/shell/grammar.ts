// From tokens to what is to be run: lists of pipelines of simple commands with redirections (POSIX.1-2024, Shell Command Language, 2.9).
import { lex, type Operator, type Token, type Word } from './lexer.ts';

export type Redirection =
  | { readonly kind: 'input'; readonly file: Word }
  | {
      readonly kind: 'output';
      readonly stream: 'out' | 'error' | 'both';
      readonly append: boolean;
      readonly file: Word;
    }
  /** `2>&1` sends errors to where output goes now; `>&2` the reverse. */
  | { readonly kind: 'join'; readonly from: 'out' | 'error' };

export interface SimpleCommand {
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
  /** As typed, for `ps`. */
  readonly text: string;
}

export interface Pipeline {
  readonly negated: boolean;
  readonly commands: readonly SimpleCommand[];
}

export interface ListItem {
  readonly first: Pipeline;
  readonly rest: readonly { readonly operator: '&&' | '||'; readonly pipeline: Pipeline }[];
  readonly background: boolean;
  /** As typed, for `jobs`. */
  readonly text: string;
}

export type ParseResult =
  { readonly kind: 'list'; readonly items: readonly ListItem[] } | { readonly kind: 'error'; readonly message: string };

class GrammarError extends Error {}

/** Reads a command line; an empty one is an empty list. */
export function parseLine(line: string): ParseResult {
  const lexed = lex(line);
  if (lexed.kind === 'error') return lexed;
  try {
    return { kind: 'list', items: new Parser(line, lexed.tokens).list() };
  } catch (error) {
    if (error instanceof GrammarError) return { kind: 'error', message: error.message };
    throw error;
  }
}

class Parser {
  readonly #line: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(line: string, tokens: readonly Token[]) {
    this.#line = line;
    this.#tokens = tokens;
  }

  list(): ListItem[] {
    const items: ListItem[] = [];
    while (this.#at < this.#tokens.length) {
      if (this.#line.charAt(this.#tokens[this.#at]?.start ?? 0) === '\n') {
        this.#at += 1; // an empty line
        continue;
      }
      const startToken = this.#at;
      const first = this.#pipeline();
      const rest: { operator: '&&' | '||'; pipeline: Pipeline }[] = [];
      for (let operator = this.#operator(); operator === '&&' || operator === '||'; operator = this.#operator()) {
        this.#at += 1;
        while (this.#line.charAt(this.#tokens[this.#at]?.start ?? 0) === '\n') this.#at += 1;
        rest.push({ operator, pipeline: this.#pipeline() });
      }
      const text = this.#text(startToken);
      const terminator = this.#operator();
      if (terminator === ';' || terminator === '&') this.#at += 1;
      else if (this.#at < this.#tokens.length) this.#unexpected();
      items.push({ first, rest, background: terminator === '&', text });
    }
    return items;
  }

  #pipeline(): Pipeline {
    let negated = false;
    for (let token = this.#tokens[this.#at]; isBareWord(token, '!'); token = this.#tokens[this.#at]) {
      negated = !negated;
      this.#at += 1;
    }
    const commands = [this.#command()];
    while (this.#operator() === '|') {
      this.#at += 1;
      commands.push(this.#command());
    }
    return { negated, commands };
  }

  #command(): SimpleCommand {
    const startToken = this.#at;
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (let token = this.#tokens[this.#at]; token !== undefined; token = this.#tokens[this.#at]) {
      if (token.kind === 'word') {
        this.#at += 1;
        const assignment = words.length === 0 ? asAssignment(token.word) : undefined;
        if (assignment === undefined) words.push(token.word);
        else assignments.push(assignment);
        continue;
      }
      const redirection = this.#redirection(token.operator);
      if (redirection === undefined) break;
      redirections.push(redirection);
    }
    if (this.#at === startToken) this.#unexpected();
    return { assignments, words, redirections, text: this.#text(startToken) };
  }

  #redirection(operator: Operator): Redirection | undefined {
    if (operator === '2>&1') return this.#taken({ kind: 'join', from: 'error' });
    if (operator === '>&2' || operator === '1>&2') return this.#taken({ kind: 'join', from: 'out' });
    if (operator === '<') return { kind: 'input', file: this.#fileName() };
    if (operator === '&>') return { kind: 'output', stream: 'both', append: false, file: this.#fileName() };
    if (operator === '2>' || operator === '2>>') {
      return { kind: 'output', stream: 'error', append: operator === '2>>', file: this.#fileName() };
    }
    if (operator === '>' || operator === '1>' || operator === '>>') {
      return { kind: 'output', stream: 'out', append: operator === '>>', file: this.#fileName() };
    }
    return undefined;
  }

  #taken(redirection: Redirection): Redirection {
    this.#at += 1;
    return redirection;
  }

  #fileName(): Word {
    this.#at += 1;
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word') return this.#unexpected();
    this.#at += 1;
    return token.word;
  }

  #operator(): Operator | undefined {
    const token = this.#tokens[this.#at];
    return token?.kind === 'operator' ? token.operator : undefined;
  }

  #text(startToken: number): string {
    const start = this.#tokens[startToken]?.start ?? 0;
    return this.#line.slice(start, this.#tokens[this.#at - 1]?.end ?? start);
  }

  #unexpected(): never {
    const token = this.#tokens[this.#at];
    const text = token === undefined ? 'newline' : this.#line.slice(token.start, token.end).replace('\n', 'newline');
    throw new GrammarError(`syntax error near unexpected token '${text}'`);
  }
}

function isBareWord(token: Token | undefined, text: string): boolean {
  if (token?.kind !== 'word' || token.word.quoted) return false;
  const [only, ...others] = token.word.parts;
  return others.length === 0 && only?.kind === 'text' && only.text === text;
}

function asAssignment(word: Word): { name: string; value: Word } | undefined {
  const first = word.parts[0];
  if (first?.kind !== 'text' || first.quoted) return undefined;
  const match = /^([A-Za-z_]\w*)=/.exec(first.text);
  if (match?.[1] === undefined) return undefined;
  const rest = first.text.slice(match[0].length);
  const parts = rest === '' ? word.parts.slice(1) : [{ ...first, text: rest }, ...word.parts.slice(1)];
  return { name: match[1], value: { parts, quoted: word.quoted } };
}
