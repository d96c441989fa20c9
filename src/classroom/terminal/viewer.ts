// One person at a shared terminal: fed from the output log as far as their credit reaches, or by a keyframe later.
import { creditBytes, maximumLagBytes } from '../../messages/terminal.ts';
import type { PlayerId } from '../../messages/ids.ts';
import type { OutputLog } from './output-log.ts';
import type { Keyframe } from './screen.ts';

/** Bytes in one message: large enough to be cheap, small enough that a keystroke's echo never waits long behind one. */
const maximumMessageBytes = 32 * 1024;

/** Where what a viewer is told goes. None of these may throw. */
export interface ViewerSink {
  keyframe(keyframe: Keyframe): void;
  output(offset: number, bytes: Uint8Array): void;
  size(columns: number, rows: number): void;
  viewers(viewers: readonly { readonly player: PlayerId; readonly name: string; readonly typing: boolean }[]): void;
  closed(reason: string): void;
}

export interface ViewerIdentity {
  readonly player: PlayerId;
  readonly name: string;
}

/** `current`: gets output. `behind`: gets nothing until it has parsed what it has, then a keyframe. */
type ViewerState = 'current' | 'behind' | 'awaiting-keyframe' | 'gone';

export class Viewer {
  readonly identity: ViewerIdentity;
  readonly sink: ViewerSink;
  readonly #log: OutputLog;
  readonly #takeKeyframe: () => Promise<Keyframe>;
  #state: ViewerState = 'behind';
  #sentOffset = 0;
  #acknowledgedOffset = 0;
  #keyframes = 0;

  constructor(identity: ViewerIdentity, sink: ViewerSink, log: OutputLog, takeKeyframe: () => Promise<Keyframe>) {
    this.identity = identity;
    this.sink = sink;
    this.#log = log;
    this.#takeKeyframe = takeKeyframe;
  }

  /** Bytes of output that this viewer has not parsed yet; 0 for one that waits for a keyframe. */
  get lagBytes(): number {
    return this.#state === 'current' ? this.#log.endOffset - this.#acknowledgedOffset : 0;
  }

  get acknowledgedOffset(): number {
    return this.#acknowledgedOffset;
  }

  /** How many keyframes were sent: 1 after an ordinary start, more when it fell behind. */
  get keyframes(): number {
    return this.#keyframes;
  }

  /** Begins with a keyframe, or where the viewer's copy of the stream ends if the log still reaches back to it. */
  start(lastOffset: number | undefined): void {
    const resumable =
      lastOffset !== undefined && lastOffset >= this.#log.startOffset && lastOffset <= this.#log.endOffset;
    if (resumable && this.#log.endOffset - lastOffset <= maximumLagBytes) {
      this.#state = 'current';
      this.#sentOffset = lastOffset;
      this.#acknowledgedOffset = lastOffset;
    }
    this.pump();
  }

  /** Sends what may be sent. */
  pump(): void {
    if (this.#state === 'current' && this.#log.endOffset - this.#sentOffset > maximumLagBytes) this.#state = 'behind';
    if (this.#state === 'behind' && this.#acknowledgedOffset === this.#sentOffset) void this.#sendKeyframe();
    while (this.#state === 'current') {
      const allowance = Math.min(this.#acknowledgedOffset + creditBytes, this.#log.endOffset) - this.#sentOffset;
      if (allowance <= 0) return;
      const bytes = this.#log.read(this.#sentOffset, Math.min(allowance, maximumMessageBytes));
      const offset = this.#sentOffset;
      this.#sentOffset += bytes.length;
      this.sink.output(offset, bytes);
    }
  }

  /** Everything before `offset` was parsed. What can not be true, or is no news, is ignored. */
  acknowledge(offset: number): void {
    if (offset <= this.#acknowledgedOffset || offset > this.#sentOffset) return;
    this.#acknowledgedOffset = offset;
    this.pump();
  }

  /** The viewer does not keep up and nobody waits for it any longer. */
  fallBehind(): void {
    if (this.#state === 'current') this.#state = 'behind';
  }

  leave(): void {
    this.#state = 'gone';
  }

  async #sendKeyframe(): Promise<void> {
    this.#state = 'awaiting-keyframe';
    const keyframe = await this.#takeKeyframe();
    if (this.#state !== 'awaiting-keyframe') return; // it left meanwhile
    this.#sentOffset = keyframe.offset;
    this.#acknowledgedOffset = keyframe.offset;
    this.#keyframes += 1;
    this.#state = 'current';
    this.sink.keyframe(keyframe);
    this.pump(); // what came while the mirror wrote it down may already be too much: then the next one is due
  }
}
