// xterm as the screen of a shared terminal: draws bytes, keeps the shared size, and answers none of a program's queries.
import { FitAddon } from '@xterm/addon-fit';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { Screen } from '../../client/terminal-stream.ts';
import { fontSizeFor } from './select-terminal.ts';

/** Pixels, when the size is ours. */
const baseFontSize = 14;

export class PageScreen implements Screen {
  readonly terminal = new Terminal({
    fontFamily: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", "Noto Sans Mono CJK KR", monospace',
    fontSize: baseFontSize,
    lineHeight: 1.15,
    scrollback: 2_000,
    minimumContrastRatio: 4.5,
    cursorBlink: true,
  });
  readonly #fit = new FitAddon();
  readonly #sizeChanged: (columns: number, rows: number) => void;
  #observer: ResizeObserver | undefined;

  /** `sizeChanged`: what would fit into the window at the usual font. */
  constructor(sizeChanged: (columns: number, rows: number) => void) {
    this.#sizeChanged = sizeChanged;
    this.terminal.loadAddon(this.#fit);
    this.terminal.loadAddon(new WebLinksAddon());
    swallowQueries(this.terminal);
  }

  open(element: HTMLElement): void {
    this.terminal.open(element);
    this.#observer = new ResizeObserver(() => this.#scale());
    this.#observer.observe(element);
  }

  restart(columns: number, rows: number, data: string, parsed: () => void): void {
    // What was written before is still being parsed: the reset waits its turn.
    this.terminal.write('', () => {
      this.terminal.reset();
      this.#take(columns, rows);
    });
    this.terminal.write(data, parsed);
  }

  write(bytes: Uint8Array, parsed: () => void): void {
    this.terminal.write(bytes, parsed);
  }

  resize(columns: number, rows: number): void {
    this.terminal.write('', () => this.#take(columns, rows));
  }

  dispose(): void {
    this.#observer?.disconnect();
    this.terminal.dispose();
  }

  #take(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
    this.#scale();
  }

  #scale(): void {
    const now = this.#fit.proposeDimensions();
    const size = this.terminal.options.fontSize ?? baseFontSize;
    if (now === undefined || !Number.isFinite(now.cols) || !Number.isFinite(now.rows)) return;
    const columns = Math.max(2, Math.floor((now.cols * size) / baseFontSize));
    const rows = Math.max(1, Math.floor((now.rows * size) / baseFontSize));
    this.#sizeChanged(columns, rows);
    const wanted = fontSizeFor(
      baseFontSize,
      { columns, rows },
      { columns: this.terminal.cols, rows: this.terminal.rows },
    );
    if (wanted !== size) this.terminal.options.fontSize = wanted;
  }
}

/** The server's own mirror answers: an answer from every page would be typed into the shell once per viewer. */
function swallowQueries(terminal: Terminal): void {
  const swallow = (): boolean => true;
  for (const prefix of ['', '>', '=']) terminal.parser.registerCsiHandler({ prefix, final: 'c' }, swallow); // DA1-3
  for (const prefix of ['', '?']) {
    terminal.parser.registerCsiHandler({ prefix, final: 'n' }, swallow); // DSR, CPR
    terminal.parser.registerCsiHandler({ prefix, intermediates: '$', final: 'p' }, swallow); // DECRQM
  }
  terminal.parser.registerCsiHandler({ prefix: '>', final: 'q' }, swallow); // XTVERSION
  terminal.parser.registerCsiHandler({ final: 't' }, swallow); // window reports
  terminal.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, swallow); // DECRQSS
  for (const code of [4, 10, 11, 12]) terminal.parser.registerOscHandler(code, (data) => data.includes('?'));
}
