// Slow start (RFC 5681 section 3.1): common to all algorithms. Every byte acknowledged counts, as on Linux, also when one
// ACK stands for many segments (RFC 3465 would count two; receivers that join segments would starve the sender).
import type { ControlBlock } from '../control-block.ts';

/** Grows the window towards ssthresh; returns the bytes acknowledged that were not used up on the way. */
export function slowStart(block: ControlBlock, bytes: number): number {
  const growth = Math.min(bytes, Math.max(block.ssthresh - block.cwnd, 0));
  block.cwnd += growth;
  return bytes - growth;
}
