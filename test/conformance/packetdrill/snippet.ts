// The Python of `%{ ... }%` snippets, as far as scripts use it: assert, print, assignment, if/elif/else; comparisons
// (chained, `in`), arithmetic, and/or/not, tuples, strings with %, and a few functions. Variables live on in a script.
import { parseExpressionText, SnippetError, truth, type SnippetValue } from './snippet-expression.ts';

/** An assertion of the script that does not hold. */
export class SnippetAssertion extends Error {
  override readonly name = 'SnippetAssertion';
}

export interface SnippetWorld {
  /** What a name stands for that the script has not assigned itself: tcpi_... and constants. */
  lookup(name: string): SnippetValue | undefined;
  print(text: string): void;
}

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** Runs snippets one after the other; variables stay. */
export class SnippetRunner {
  readonly #world: SnippetWorld;
  readonly #variables = new Map<string, SnippetValue>();

  constructor(world: SnippetWorld) {
    this.#world = world;
  }

  /** Throws `SnippetAssertion` or `SnippetError`. */
  run(text: string): void {
    const lines = splitLines(text);
    this.#runBlock(lines, 0, lines.length);
  }

  #runBlock(lines: readonly Line[], from: number, to: number): void {
    let at = from;
    while (at < to) {
      const line = lines[at] as Line; // at < to <= length
      const isIf = /^if\b/.test(line.text);
      at = isIf ? this.#runIf(lines, at, to) : at + 1;
      if (!isIf) this.#runStatements(line.text);
    }
  }

  /** if, elif and else in turn; returns where the whole of it ends. */
  #runIf(lines: readonly Line[], start: number, to: number): number {
    let at = start;
    let decided = false;
    const { indent } = lines[start] as Line;
    for (;;) {
      const line = lines[at] as Line;
      const match = /^(if|elif|else)\b([\s\S]*?):([^:]*)$/.exec(line.text);
      if (match === null) throw new SnippetError(`cannot read \`${line.text}\``);
      const [, keyword = '', condition = '', rest = ''] = match;
      const isTaken: boolean = !decided && (keyword === 'else' || truth(this.#evaluate(condition)));
      decided ||= isTaken;
      let end = at + 1;
      while (end < to && (lines[end] as Line).indent > indent) end += 1;
      if (isTaken && rest.trim() !== '') this.#runStatements(rest);
      if (isTaken) this.#runBlock(lines, at + 1, end);
      at = end;
      const next = lines[at];
      if (next === undefined || at >= to || next.indent !== indent || !/^(elif|else)\b/.test(next.text)) return at;
    }
  }

  #runStatements(text: string): void {
    for (const statement of splitOutside(text, ';')) {
      if (statement.trim() !== '') this.#runStatement(statement.trim());
    }
  }

  #runStatement(text: string): void {
    if (text === 'pass' || /^(import|from)\s/.test(text)) return;
    if (/^assert\b/.test(text)) return this.#assert(text.slice('assert'.length).trim());
    if (/^print\b/.test(text)) {
      const value = this.#evaluate(text.slice('print'.length).trim() || "''");
      return this.#world.print(Array.isArray(value) ? value.map(show).join(' ') : show(value));
    }
    const match = /^([A-Za-z_]\w*)\s*(\+|-|\*|\/\/|\/|%)?=(?!=)\s*([\s\S]+)$/.exec(text);
    if (match === null) {
      this.#evaluate(text);
      return;
    }
    const [, name = '', operator, source = ''] = match;
    const value = operator === undefined ? this.#evaluate(source) : this.#evaluate(`${name} ${operator} (${source})`);
    this.#variables.set(name, value);
  }

  #assert(text: string): void {
    const [condition = '', ...message] = splitOutside(text, ',');
    if (truth(this.#evaluate(condition))) return;
    const said = message.length === 0 ? '' : ` (${show(this.#evaluate(message.join(',')))})`;
    throw new SnippetAssertion(`assert ${condition.trim()} does not hold${said}`);
  }

  #evaluate(text: string): SnippetValue {
    return parseExpressionText(text.trim(), (name) => {
      const value = this.#variables.get(name) ?? this.#world.lookup(name);
      if (value === undefined) throw new SnippetError(`name '${name}' is not defined`);
      return value;
    });
  }
}

function show(value: SnippetValue): string {
  if (Array.isArray(value)) return `(${value.map(show).join(', ')})`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

/** Logical lines: comments gone, lines within parentheses joined. */
function splitLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let pending = '';
  for (const raw of text.split('\n')) {
    const code = splitOutside(raw, '#')[0] ?? '';
    const joined = pending === '' ? code : `${pending} ${code.trim()}`;
    if (joined.trim() === '') continue;
    const isContinued = /\\\s*$/.test(joined);
    if (isContinued || depthOf(joined) > 0) {
      pending = joined.replace(/\\\s*$/, '');
      continue;
    }
    pending = '';
    lines.push({ indent: joined.length - joined.trimStart().length, text: joined.trim() });
  }
  if (depthOf(pending) > 0) throw new SnippetError(`\`${pending.trim()}\` never ends`);
  if (pending.trim() !== '') lines.push({ indent: 0, text: pending.trim() });
  const least = Math.min(...lines.slice(1).map((line) => line.indent));
  // The first line stands beside the `%{`: its own indentation says nothing.
  return lines.map((line, index) => (index === 0 ? { ...line, indent: least === Infinity ? 0 : least } : line));
}

function depthOf(text: string): number {
  let depth = 0;
  forOutside(text, (mark) => {
    if ('([{'.includes(mark)) depth += 1;
    else if (')]}'.includes(mark)) depth -= 1;
  });
  return depth;
}

/** Splits at `separator` where it stands outside of strings and parentheses. */
export function splitOutside(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  forOutside(text, (mark, at) => {
    if ('([{'.includes(mark)) depth += 1;
    else if (')]}'.includes(mark)) depth -= 1;
    else if (mark === separator && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  });
  parts.push(text.slice(start));
  return parts;
}

function forOutside(text: string, visit: (mark: string, at: number) => void): void {
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at] as string; // at < length
    if (quote !== '') {
      if (mark === '\\') at += 1;
      else if (mark === quote) quote = '';
    } else if (mark === '"' || mark === "'") {
      quote = mark;
    } else {
      visit(mark, at);
    }
  }
}
