// The line editor of an interactive shell, with readline's Emacs keys: pure text in, bytes to draw out.
// Left out: vi mode, key files, undo, numeric arguments.
import type { History } from './history.ts';
import type { Key, KeyName } from './keys.ts';
import { layOut, type Position } from './line-layout.ts';
import { splitCharacters, textWidth } from './text-width.ts';

/** What completion offers for the word before the cursor. */
export interface Completion {
  /** Characters (UTF-16 units) before the cursor that the candidates replace. */
  readonly replaced: number;
  /** Full words; a final blank or slash is part of the candidate. */
  readonly candidates: readonly string[];
}

export interface LineEditorOptions {
  readonly prompt: string;
  readonly columns: number;
  readonly history: History;
  complete(line: string, cursor: number): Completion;
  /** Draws on the terminal. */
  write(text: string): void;
}

export type EditorEvent =
  { readonly kind: 'line'; readonly text: string } | { readonly kind: 'interrupt' } | { readonly kind: 'end' };

/** A line longer than this many characters takes no more text. */
const maximumCharacters = 16 * 1024;

/** Bracketed paste (XTerm Control Sequences): asked for while a line is edited, not while a program reads. */
const pasteOn = '\x1b[?2004h';
const pasteOff = '\x1b[?2004l';

/** Edits one line. `handleKey` gives an event when the line is finished; the editor is then done. */
export class LineEditor {
  readonly #options: LineEditorOptions;
  #columns: number;
  #characters: string[] = [];
  #cursor = 0;
  /** Row of the terminal's cursor, counted from the prompt's. */
  #shownRow = 0;
  #shown = false;
  #killed: string[] = [];
  #lastWasTab = false;
  #asksForPastes = false;
  #search: { text: string; found: { line: string; position: number } | undefined; before: string } | undefined;

  constructor(options: LineEditorOptions) {
    this.#options = options;
    this.#columns = Math.max(2, options.columns);
  }

  get line(): string {
    return this.#characters.join('');
  }

  /** Draws prompt and line at the terminal's cursor, which is in the first column. */
  show(): void {
    this.#shown = true;
    this.#shownRow = 0;
    if (!this.#asksForPastes) this.#options.write(pasteOn);
    this.#asksForPastes = true;
    this.#redraw();
  }

  /** Takes prompt and line off the screen, so that others may write; `show` brings them back. */
  hide(): void {
    if (!this.#shown) return;
    this.#options.write(`${up(this.#shownRow)}\r\x1b[J`);
    this.#shown = false;
  }

  resize(columns: number): void {
    this.#columns = Math.max(2, columns);
    if (this.#shown) this.#redraw();
  }

  handleKey(key: Key): EditorEvent | undefined {
    const wasTab = this.#lastWasTab;
    this.#lastWasTab = false;
    if (this.#search !== undefined && this.#searchKey(key)) return undefined;
    if (key.kind === 'text') this.#insert(key.text);
    else if (key.kind === 'paste') this.#insert(plainPaste(key.text));
    else if (key.kind === 'named') this.#namedKey(key.name);
    else return this.#controlKey(key.letter, wasTab);
    return undefined;
  }

  #namedKey(name: KeyName): void {
    if (name === 'up') this.#walk(-1);
    else if (name === 'down') this.#walk(1);
    else if (name === 'left') this.#moveTo(this.#cursor - 1);
    else if (name === 'right') this.#moveTo(this.#cursor + 1);
    else if (name === 'home') this.#moveTo(0);
    else if (name === 'end') this.#moveTo(this.#characters.length);
    else if (name === 'delete') this.#remove(this.#cursor, this.#cursor + 1);
    else if (name === 'word-left') this.#moveTo(this.#wordStart(/[\p{L}\p{N}]/u));
    else if (name === 'word-right') this.#moveTo(this.#wordEnd());
    else if (name === 'word-delete') this.#kill(this.#cursor, this.#wordEnd());
    else if (name === 'word-erase') this.#kill(this.#wordStart(/[\p{L}\p{N}]/u), this.#cursor);
  }

  #controlKey(letter: string, wasTab: boolean): EditorEvent | undefined {
    switch (letter) {
      case 'm':
      case 'j':
        return this.#finish({ kind: 'line', text: this.line }, '');
      case 'c':
        return this.#finish({ kind: 'interrupt' }, '^C');
      case 'd':
        if (this.#characters.length === 0) return this.#finish({ kind: 'end' }, '');
        this.#remove(this.#cursor, this.#cursor + 1);
        break;
      case 'i':
        this.#tab(wasTab);
        break;
      case 'l':
        this.#options.write('\x1b[H\x1b[2J');
        this.show();
        break;
      case 'r':
        this.#search = { text: '', found: undefined, before: this.line };
        this.#redraw();
        break;
      default:
        this.#editKey(letter);
    }
    return undefined;
  }

  #editKey(letter: string): void {
    if (letter === 'a') this.#moveTo(0);
    else if (letter === 'e') this.#moveTo(this.#characters.length);
    else if (letter === 'b') this.#moveTo(this.#cursor - 1);
    else if (letter === 'f') this.#moveTo(this.#cursor + 1);
    else if (letter === 'p') this.#walk(-1);
    else if (letter === 'n') this.#walk(1);
    else if (letter === 'h' || letter === '?') this.#remove(this.#cursor - 1, this.#cursor);
    else if (letter === 'k') this.#kill(this.#cursor, this.#characters.length);
    else if (letter === 'u') this.#kill(0, this.#cursor);
    else if (letter === 'w') this.#kill(this.#wordStart(/\S/), this.#cursor);
    else if (letter === 'y') this.#insert(this.#killed.join(''));
    else if (letter === 't') this.#transpose();
  }

  #finish(event: EditorEvent, mark: string): EditorEvent {
    this.#moveTo(this.#characters.length);
    if (this.#search !== undefined) {
      this.#search = undefined;
      this.#redraw();
    }
    this.#options.write(`${mark}${pasteOff}\r\n`);
    this.#shown = false;
    return event;
  }

  #insert(text: string): void {
    if (text === '' || this.#characters.length + text.length > maximumCharacters) return;
    const atEnd = this.#cursor === this.#characters.length;
    const before = this.#end();
    const head = this.#characters.slice(0, this.#cursor).join('') + text;
    const joined = splitCharacters(head + this.#characters.slice(this.#cursor).join(''));
    this.#cursor = splitCharacters(head).length;
    this.#characters = joined;
    const fits = before.column + textWidth(text) < this.#columns && !text.includes('\n');
    if (this.#shown && atEnd && fits && this.#search === undefined) this.#options.write(text);
    else this.#redraw();
  }

  #remove(from: number, to: number): void {
    const start = Math.max(0, from);
    if (start >= Math.min(to, this.#characters.length)) return;
    this.#characters.splice(start, to - start);
    this.#cursor = start;
    this.#redraw();
  }

  #kill(from: number, to: number): void {
    if (to > from) this.#killed = this.#characters.slice(from, to);
    this.#remove(from, to);
  }

  #transpose(): void {
    if (this.#cursor === 0 || this.#characters.length < 2) return;
    const at = Math.min(this.#cursor, this.#characters.length - 1);
    const [left, right] = [this.#characters[at - 1] ?? '', this.#characters[at] ?? ''];
    this.#characters.splice(at - 1, 2, right, left);
    this.#cursor = at + 1;
    this.#redraw();
  }

  #moveTo(cursor: number): void {
    const target = Math.max(0, Math.min(this.#characters.length, cursor));
    if (target === this.#cursor) return;
    this.#cursor = target;
    if (this.#shown) this.#options.write(this.#moves(this.#positions()));
  }

  #walk(step: -1 | 1): void {
    const line = this.#options.history.walk(step, this.line);
    if (line !== undefined) this.#replaceLine(line);
  }

  #replaceLine(line: string): void {
    this.#characters = splitCharacters(line);
    this.#cursor = this.#characters.length;
    this.#redraw();
  }

  #wordStart(inWord: RegExp): number {
    let at = this.#cursor;
    while (at > 0 && !inWord.test(this.#characters[at - 1] ?? '')) at -= 1;
    while (at > 0 && inWord.test(this.#characters[at - 1] ?? '')) at -= 1;
    return at;
  }

  #wordEnd(): number {
    const inWord = /[\p{L}\p{N}]/u;
    let at = this.#cursor;
    while (at < this.#characters.length && !inWord.test(this.#characters[at] ?? '')) at += 1;
    while (at < this.#characters.length && inWord.test(this.#characters[at] ?? '')) at += 1;
    return at;
  }

  #tab(wasTab: boolean): void {
    const head = this.#characters.slice(0, this.#cursor).join('');
    const { replaced, candidates } = this.#options.complete(this.line, head.length);
    const typed = head.slice(head.length - replaced);
    const shared = sharedStart(candidates);
    this.#lastWasTab = true;
    if (candidates.length > 0 && shared !== typed && shared.startsWith(typed)) {
      this.#insert(shared.slice(typed.length));
    } else if (candidates.length > 1 && wasTab) {
      const cursor = this.#cursor;
      this.#moveTo(this.#characters.length);
      this.#options.write(`\r\n${inColumns(candidates, this.#columns)}`);
      this.#cursor = cursor;
      this.show();
    } else if (candidates.length !== 1 || shared !== typed) {
      this.#options.write('\x07');
    }
  }

  /** True when the key was the search's own. */
  #searchKey(key: Key): boolean {
    const search = this.#search;
    if (search === undefined) return false;
    const { history } = this.#options;
    if (key.kind === 'text') search.text += key.text;
    else if (key.kind === 'control' && (key.letter === 'h' || key.letter === '?'))
      search.text = search.text.slice(0, -1);
    else if (key.kind === 'control' && key.letter === 'r') {
      search.found = history.search(search.text, search.found?.position ?? Infinity) ?? search.found;
      return this.#showSearch();
    } else {
      this.#search = undefined;
      const abandoned = key.kind === 'control' && key.letter === 'g';
      this.#replaceLine(abandoned ? search.before : this.line);
      return abandoned;
    }
    search.found = search.text === '' ? undefined : history.search(search.text, Infinity);
    return this.#showSearch();
  }

  #showSearch(): true {
    this.#replaceLine(this.#search?.found?.line ?? '');
    return true;
  }

  #promptText(): string {
    return this.#search === undefined ? this.#options.prompt : `(reverse-i-search)'${this.#search.text}': `;
  }

  #end(): Position {
    return this.#positions().at(-1) ?? { row: 0, column: 0 };
  }

  #positions(): readonly Position[] {
    return layOut(textWidth(this.#promptText()), this.#characters, this.#columns).positions;
  }

  /** From the cursor as shown to where it belongs. */
  #moves(positions: readonly Position[]): string {
    const target = positions[this.#cursor] ?? { row: 0, column: 0 };
    const rows = target.row - this.#shownRow;
    this.#shownRow = target.row;
    return `${rows < 0 ? up(-rows) : down(rows)}\r${right(target.column)}`;
  }

  #redraw(): void {
    if (!this.#shown) return;
    const prompt = this.#promptText();
    const { positions, text } = layOut(textWidth(prompt), this.#characters, this.#columns);
    const start = `${up(this.#shownRow)}\r\x1b[J${prompt}${text}`;
    this.#shownRow = positions.at(-1)?.row ?? 0;
    const atEnd = this.#cursor === this.#characters.length;
    this.#options.write(atEnd ? start : start + this.#moves(positions));
  }
}

const up = (rows: number): string => (rows > 0 ? `\x1b[${rows}A` : '');
const down = (rows: number): string => (rows > 0 ? `\x1b[${rows}B` : '');
const right = (columns: number): string => (columns > 0 ? `\x1b[${columns}C` : '');

function plainPaste(text: string): string {
  // A paste may hold anything; only text and line ends are let in.
  const clean = text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll('\t', '    ')
    .replaceAll(/(?!\n)\p{Cc}/gu, '');
  return clean.replace(/\n+$/, ''); // Enter is the person's own to press
}

function sharedStart(words: readonly string[]): string {
  let shared = words[0] ?? '';
  for (const word of words) while (!word.startsWith(shared)) shared = shared.slice(0, -1);
  return shared;
}

/** Words in as many columns as fit, sorted downwards as `ls` does, each row ended. */
export function inColumns(words: readonly string[], columns: number): string {
  const width = Math.max(...words.map(textWidth)) + 2;
  const perRow = Math.max(1, Math.floor(columns / width));
  const rows = Math.ceil(words.length / perRow);
  let text = '';
  for (let row = 0; row < rows; row += 1) {
    const cells = words.filter((_, index) => index % rows === row);
    text += `${cells
      .map((cell) => cell + ' '.repeat(width - textWidth(cell)))
      .join('')
      .trimEnd()}\r\n`;
  }
  return text;
}
