// From a terminal's input bytes to keys: UTF-8 text, control characters, escape sequences, bracketed paste.
// Sequences as xterm sends them (XTerm Control Sequences, "PC-Style Function Keys", "Bracketed Paste Mode").

export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'delete'
  | 'word-left'
  | 'word-right'
  | 'word-delete'
  | 'word-erase'
  | 'ignored';

export type Key =
  | { readonly kind: 'text'; readonly text: string }
  /** A C0 control character or DEL, by its letter: Ctrl-C is `c`, Enter `m`, Tab `i`, Backspace `?`. */
  | { readonly kind: 'control'; readonly letter: string }
  | { readonly kind: 'named'; readonly name: KeyName }
  | { readonly kind: 'paste'; readonly text: string };

const sequences: Readonly<Record<string, KeyName>> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  '[H': 'home',
  '[F': 'end',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[7~': 'home',
  '[4~': 'end',
  '[8~': 'end',
  '[3~': 'delete',
  '[1;5C': 'word-right',
  '[1;5D': 'word-left',
  '[1;3C': 'word-right',
  '[1;3D': 'word-left',
  b: 'word-left',
  f: 'word-right',
  d: 'word-delete',
  '\x7f': 'word-erase',
};

/** A paste longer than this many characters is cut: nobody pastes a megabyte into a prompt on purpose. */
const maximumPaste = 64 * 1024;
const pasteEnd = '\x1b[201~';

/** Remembers incomplete UTF-8, escape sequences and pastes from one piece of input to the next. */
export class KeyDecoder {
  readonly #decoder = new TextDecoder();
  #pending = '';
  #paste: string | undefined;

  /** The keys that `bytes` complete, in order. */
  decode(bytes: Uint8Array): Key[] {
    this.#pending += this.#decoder.decode(bytes, { stream: true });
    const keys: Key[] = [];
    for (;;) {
      const key = this.#paste === undefined ? this.#nextKey() : this.#nextPaste();
      if (key === undefined) return keys;
      if (key !== 'more') keys.push(key);
    }
  }

  #nextPaste(): Key | undefined {
    const end = this.#pending.indexOf(pasteEnd);
    const safe = end >= 0 ? end : Math.max(0, this.#pending.length - pasteEnd.length + 1);
    this.#paste = ((this.#paste ?? '') + this.#pending.slice(0, safe)).slice(0, maximumPaste);
    if (end < 0) {
      this.#pending = this.#pending.slice(safe);
      return undefined;
    }
    const text = this.#paste;
    this.#paste = undefined;
    this.#pending = this.#pending.slice(end + pasteEnd.length);
    return { kind: 'paste', text };
  }

  #nextKey(): Key | 'more' | undefined {
    const text = this.#pending;
    if (text === '') return undefined;
    const code = text.charCodeAt(0);
    if (code === 0x1b) return this.#nextSequence();
    if (code < 0x20 || code === 0x7f) {
      this.#pending = text.slice(1);
      return { kind: 'control', letter: code === 0x7f ? '?' : String.fromCharCode(code + 0x40).toLowerCase() };
    }
    // eslint-disable-next-line no-control-regex -- control characters are what ends text
    const length = text.search(/[\x00-\x1f\x7f]/);
    const run = length < 0 ? text : text.slice(0, length);
    this.#pending = text.slice(run.length);
    return { kind: 'text', text: run };
  }

  #nextSequence(): Key | 'more' | undefined {
    const rest = this.#pending.slice(1);
    if (rest === '') return undefined; // a lone ESC waits for what follows: no key of this editor is ESC itself
    // eslint-disable-next-line no-control-regex -- ECMA-48: parameters, intermediates, final byte
    const match = /^(?:\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|O[\x40-\x7e]|[^[O])/.exec(rest);
    if (match === null) {
      // eslint-disable-next-line no-control-regex -- as above, unfinished
      if (/^(?:\[[\x20-\x3f]{0,30}|O)$/.test(rest)) return undefined;
      this.#pending = rest.slice(1);
      return 'more';
    }
    const sequence = match[0];
    if (sequence === '\x1b') {
      this.#pending = rest; // ESC ESC: the first one meant nothing
      return 'more';
    }
    this.#pending = rest.slice(sequence.length);
    if (sequence === '[200~') {
      this.#paste = '';
      return 'more';
    }
    return { kind: 'named', name: sequences[sequence] ?? 'ignored' };
  }
}
