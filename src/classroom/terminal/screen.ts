// A terminal's mirror without a display: what is on the screen now, as a keyframe for those who come later.
import { SerializeAddon } from '@xterm/addon-serialize';
import headless from '@xterm/headless';
import { DisposeStack, type Disposable } from '../../base/dispose.ts';
import { SequenceBoundary } from './sequence-boundary.ts';
import { TerminalModes } from './terminal-modes.ts';

/** Lines above the screen in a keyframe: 200 take about 2 ms to write down; 2,000 would hold up everybody for 85 ms. */
export const keyframeScrollbackLines = 200;

/** A screen as output that draws it on an empty terminal of this size; the stream goes on at `offset`. */
export interface Keyframe {
  readonly offset: number;
  readonly columns: number;
  readonly rows: number;
  readonly data: string;
}

/** Mirrors one terminal. It also gives the one answer to the questions that programs ask their terminal (DA, DSR). */
export class Screen implements Disposable {
  readonly #terminal: headless.Terminal;
  readonly #serializer = new SerializeAddon();
  readonly #modes: TerminalModes;
  readonly #boundary = new SequenceBoundary();
  readonly #owned = new DisposeStack();
  #parsedOffset = 0;
  #backlogBytes = 0;
  #disposed = false;
  #pendingKeyframe: Promise<Keyframe> | undefined;

  constructor(columns: number, rows: number, answer: (text: string) => void) {
    this.#terminal = new headless.Terminal({
      cols: columns,
      rows,
      scrollback: keyframeScrollbackLines,
      allowProposedApi: true,
    });
    this.#terminal.loadAddon(this.#serializer);
    this.#modes = this.#owned.add(new TerminalModes(this.#terminal));
    this.#owned.add(this.#terminal.onData(answer));
    this.#owned.add({ dispose: () => this.#terminal.dispose() });
  }

  /** Bytes that were written and not parsed yet. */
  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  /** Takes output, in order; `parsed` is called when the mirror shows it. */
  write(bytes: Uint8Array, parsed: () => void = () => undefined): void {
    this.#backlogBytes += bytes.length;
    this.#terminal.write(bytes, () => {
      this.#boundary.advance(bytes);
      this.#parsedOffset += bytes.length;
      this.#backlogBytes -= bytes.length;
      parsed();
    });
  }

  /** Resizes after all that was written before. */
  resize(columns: number, rows: number): void {
    this.#terminal.write('', () => {
      this.#terminal.resize(columns, rows);
      this.#modes.handleResize();
    });
  }

  /**
   * The screen after everything that was written before the call. Its offset lies before a sequence that is not
   * finished, so that who goes on from there sees all of it.
   */
  keyframe(): Promise<Keyframe> {
    this.#pendingKeyframe ??= new Promise((resolve) => {
      this.#terminal.write('', () => {
        this.#pendingKeyframe = undefined;
        if (this.#disposed) return; // and nobody waits any longer
        resolve({
          offset: this.#parsedOffset - this.#boundary.pendingBytes,
          columns: this.#terminal.cols,
          rows: this.#terminal.rows,
          data: this.#serialize() + this.#modes.write(),
        });
      });
    });
    return this.#pendingKeyframe;
  }

  #serialize(): string {
    const text = this.#serializer.serialize({ scrollback: keyframeScrollbackLines });
    // The serializer writes the alternate screen as if no colour were set, after it has set the cursor's colours.
    return text.replace('\u001b[?1049h\u001b[H', '\u001b[?1049h\u001b[H\u001b[0m');
  }

  dispose(): void {
    this.#disposed = true;
    this.#owned.dispose();
  }
}
