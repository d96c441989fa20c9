// The modes of a terminal that the serializer loses: scroll region, hidden cursor, mouse encoding, cursor style, line
// drawing; and the cursor's place, which it misses in origin mode. DEC STD 070; xterm's ctlseqs for the mouse encodings.
// Left out: tab stops, saved cursors, and the scroll region of the normal screen while the alternate one shows.
import type headless from '@xterm/headless';
import { DisposeStack, type Disposable } from '../../base/dispose.ts';

type Parameters = (number | number[])[];

interface Region {
  /** Counted from 1, inclusive. */
  readonly top: number;
  readonly bottom: number;
}

const mouseEncodings: readonly number[] = [1006, 1016];
const cursorVisible = 25;
const alternateScreens: readonly number[] = [47, 1047, 1049];

/** Listens to a terminal's parser beside its own handlers. */
export class TerminalModes implements Disposable {
  readonly #terminal: headless.Terminal;
  readonly #owned = new DisposeStack();
  readonly #regions: Record<'normal' | 'alternate', Region | undefined> = { normal: undefined, alternate: undefined };
  #cursorHidden = false;
  #mouseEncoding: number | undefined;
  #cursorStyle = 0;
  #lineDrawing = false;

  constructor(terminal: headless.Terminal) {
    this.#terminal = terminal;
    const { parser } = terminal;
    // `false` lets the terminal's own handler run as well.
    const listen = (run: (parameters: Parameters) => void) => (parameters: Parameters) => {
      run(parameters);
      return false;
    };
    this.#owned.add(
      parser.registerCsiHandler(
        { prefix: '?', final: 'h' },
        listen((modes) => this.#set(modes, true)),
      ),
    );
    this.#owned.add(
      parser.registerCsiHandler(
        { prefix: '?', final: 'l' },
        listen((modes) => this.#set(modes, false)),
      ),
    );
    this.#owned.add(
      parser.registerCsiHandler(
        { final: 'r' },
        listen((edges) => this.#setRegion(edges)),
      ),
    );
    this.#owned.add(
      parser.registerCsiHandler(
        { intermediates: ' ', final: 'q' },
        listen(([style]) => {
          this.#cursorStyle = typeof style === 'number' ? style : 0;
        }),
      ),
    );
    this.#owned.add(
      parser.registerCsiHandler(
        { intermediates: '!', final: 'p' },
        listen(() => this.#resetSoftly()),
      ),
    );
    this.#owned.add(parser.registerEscHandler({ final: 'c' }, () => this.#resetFully()));
    this.#owned.add(parser.registerEscHandler({ intermediates: '(', final: '0' }, () => this.#draw(true)));
    this.#owned.add(parser.registerEscHandler({ intermediates: '(', final: 'B' }, () => this.#draw(false)));
  }

  /** Resizing gives every screen its whole height as scroll region. */
  handleResize(): void {
    this.#regions.normal = undefined;
    this.#regions.alternate = undefined;
  }

  /** What to send after the serialized screen. */
  write(): string {
    const region = this.#regions[this.#terminal.buffer.active.type];
    let text = '';
    if (region !== undefined) text += `\u001b[${region.top};${region.bottom}r`;
    if (region !== undefined || this.#terminal.modes.originMode) text += this.#cursorPosition(region);
    if (this.#lineDrawing) text += '\u001b(0';
    if (this.#mouseEncoding !== undefined) text += `\u001b[?${this.#mouseEncoding}h`;
    if (this.#cursorStyle !== 0) text += `\u001b[${this.#cursorStyle} q`;
    if (this.#cursorHidden) text += '\u001b[?25l';
    return text;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #cursorPosition(region: Region | undefined): string {
    const { cursorX, cursorY } = this.#terminal.buffer.active;
    const firstRow = this.#terminal.modes.originMode ? (region?.top ?? 1) - 1 : 0;
    return `\u001b[${cursorY - firstRow + 1};${Math.min(cursorX, this.#terminal.cols - 1) + 1}H`;
  }

  #set(modes: Parameters, on: boolean): void {
    for (const mode of modes) {
      if (typeof mode !== 'number') continue;
      if (mode === cursorVisible) this.#cursorHidden = !on;
      if (mouseEncodings.includes(mode)) this.#mouseEncoding = on ? mode : undefined;
      if (alternateScreens.includes(mode)) this.#regions.alternate = undefined;
    }
  }

  #setRegion([top, bottom]: Parameters): void {
    const rows = this.#terminal.rows;
    const first = typeof top === 'number' && top > 0 ? top : 1;
    const last = typeof bottom === 'number' && bottom > 0 ? Math.min(bottom, rows) : rows;
    if (last <= first) return; // the terminal ignores it too
    this.#regions[this.#terminal.buffer.active.type] =
      first === 1 && last === rows ? undefined : { top: first, bottom: last };
  }

  #resetSoftly(): void {
    this.#regions[this.#terminal.buffer.active.type] = undefined;
    this.#cursorHidden = false;
    this.#lineDrawing = false;
  }

  #resetFully(): boolean {
    this.handleResize();
    this.#cursorHidden = false;
    this.#mouseEncoding = undefined;
    this.#cursorStyle = 0;
    this.#lineDrawing = false;
    return false;
  }

  #draw(on: boolean): boolean {
    this.#lineDrawing = on;
    return false;
  }
}
