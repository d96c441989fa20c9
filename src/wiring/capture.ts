// The record of a frame at one place, and where records go.
import type { Milliseconds } from '../base/clock.ts';

/** One frame as one interface sent or received it. The bytes are the frame itself, not a copy. */
export interface FrameRecord {
  readonly interface: string;
  readonly direction: 'in' | 'out';
  /** The capturing clock's time, ms. */
  readonly atMs: Milliseconds;
  readonly frame: Uint8Array;
}

export type FrameRecorder = (record: FrameRecord) => void;
