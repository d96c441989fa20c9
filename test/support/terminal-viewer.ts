// A viewer as the page is one: a terminal without display that acknowledges what it has parsed, or stops doing so.
import headless from '@xterm/headless';
import type { PlayerId } from '../../src/messages/ids.ts';
import type { Keyframe } from '../../src/classroom/terminal/screen.ts';
import type { Attachment } from '../../src/classroom/terminal/shared-terminal.ts';
import type { ViewerSink } from '../../src/classroom/terminal/viewer.ts';

export class TestViewer implements ViewerSink {
  readonly terminal: headless.Terminal;
  readonly keyframes: Keyframe[] = [];
  readonly told: string[] = [];
  readonly #changed = new Set<() => void>();
  attachment: Attachment | undefined;
  /** Where this copy of the stream ends. */
  offset = -1;
  receivedBytes = 0;
  parsedOffset = 0;
  /** False: parses, but tells nobody, like a page whose machine is too slow. */
  acknowledges = true;
  gaps = 0;

  constructor(columns = 80, rows = 24) {
    this.terminal = new headless.Terminal({ cols: columns, rows, scrollback: 200, allowProposedApi: true });
  }

  keyframe(keyframe: Keyframe): void {
    this.keyframes.push(keyframe);
    this.terminal.reset();
    this.terminal.resize(keyframe.columns, keyframe.rows);
    this.offset = keyframe.offset;
    this.terminal.write(keyframe.data, () => this.#parsed(keyframe.offset));
  }

  output(offset: number, bytes: Uint8Array): void {
    if (this.offset !== -1 && offset !== this.offset) this.gaps += 1;
    this.offset = offset + bytes.length;
    this.receivedBytes += bytes.length;
    const end = this.offset;
    this.terminal.write(bytes, () => this.#parsed(end));
  }

  size(columns: number, rows: number): void {
    this.told.push(`size ${columns}x${rows}`);
    this.terminal.write('', () => this.terminal.resize(columns, rows));
  }

  viewers(viewers: readonly { readonly player: PlayerId; readonly name: string; readonly typing: boolean }[]): void {
    this.told.push(viewers.map((viewer) => `${viewer.name}${viewer.typing ? '*' : ''}`).join(' '));
  }

  closed(reason: string): void {
    this.told.push(`closed: ${reason}`);
  }

  /** Acknowledges all that was parsed while `acknowledges` was false, and whatever comes. */
  catchUp(): void {
    this.acknowledges = true;
    this.attachment?.acknowledge(this.parsedOffset);
  }

  /** Resolves when everything before `offset` is on the screen. */
  async reach(offset: number): Promise<void> {
    while (this.parsedOffset < offset) await new Promise<void>((resolve) => this.#changed.add(resolve));
  }

  /** The screen as text, the cursor, and what a program would find switched on. */
  look(): unknown {
    const { active } = this.terminal.buffer;
    const cells = Array.from({ length: this.terminal.rows }, (_, row) => {
      const line = active.getLine(active.baseY + row);
      return Array.from({ length: this.terminal.cols }, (_unused, column) => {
        const cell = line?.getCell(column);
        if (cell === undefined) return '';
        const style = [
          cell.getFgColor(),
          cell.getBgColor(),
          cell.isBold(),
          cell.isInverse(),
          cell.isUnderline(),
        ].join();
        return `${cell.getChars() || ' '}${style === '-1,-1,0,0,0' ? '' : `{${style}}`}`;
      }).join('');
    });
    return { type: active.type, cells, cursor: [active.cursorX, active.cursorY], modes: { ...this.terminal.modes } };
  }

  #parsed(offset: number): void {
    this.parsedOffset = Math.max(this.parsedOffset, offset);
    if (this.acknowledges) this.attachment?.acknowledge(offset);
    for (const tell of this.#changed) tell();
    this.#changed.clear();
  }
}
