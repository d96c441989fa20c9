// The lines that were typed, and walking through them with a line that is still being written.

const maximumLines = 1000;

export class History {
  readonly #lines: string[] = [];
  /** Lines as changed while walking; forgotten when a line is accepted. */
  readonly #drafts = new Map<number, string>();
  #position = 0;

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Adds an accepted line; blank ones, repetitions and those that start with a blank are not kept (HISTCONTROL=ignoreboth). */
  add(line: string): void {
    this.#drafts.clear();
    if (line.trim() !== '' && !line.startsWith(' ') && line !== this.#lines.at(-1)) this.#lines.push(line);
    if (this.#lines.length > maximumLines) this.#lines.shift();
    this.#position = this.#lines.length;
  }

  clear(): void {
    this.#lines.length = 0;
    this.#drafts.clear();
    this.#position = 0;
  }

  /** The line `step` further (-1 is older), or undefined at either end; `current` is what the editor shows now. */
  walk(step: -1 | 1, current: string): string | undefined {
    const position = this.#position + step;
    if (position < 0 || position > this.#lines.length) return undefined;
    this.#drafts.set(this.#position, current);
    this.#position = position;
    return this.#drafts.get(position) ?? this.#lines[position] ?? '';
  }

  /** The newest line older than `before` that contains `text`, with its position. */
  search(text: string, before: number): { readonly line: string; readonly position: number } | undefined {
    for (let position = Math.min(before, this.#lines.length) - 1; position >= 0; position -= 1) {
      const line = this.#lines[position];
      if (line?.includes(text) === true) return { line, position };
    }
    return undefined;
  }
}
