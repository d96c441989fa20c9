// Is a segment acceptable, and is its ACK? RFC 9293 section 3.4 and 3.10.7.4, RFC 5961 section 5.2, RFC 7323 section 5.
import type { ControlBlock } from './control-block.ts';
import { seqAdd, seqAfter, seqBefore, seqDiff, seqMax, type Seq } from './sequence.ts';

/** RFC 7323 section 5.5: TS.Recent of a connection idle for longer is no longer comparable. */
const timestampLifetimeMs = 24 * 24 * 3600 * 1000;

/** The four cases of RFC 9293 table 6. `length` is SEG.LEN. */
export function isAcceptable(block: ControlBlock, seq: Seq, length: number): boolean {
  const { rcvNxt, rcvWnd } = block;
  if (length === 0) return rcvWnd === 0 ? seq === rcvNxt : isInWindow(block, seq);
  if (rcvWnd === 0) return false;
  return isInWindow(block, seq) || isInWindow(block, seqAdd(seq, length - 1));
}

/** RCV.NXT =< seq < RCV.NXT + RCV.WND. */
export function isInWindow(block: ControlBlock, seq: Seq): boolean {
  const distance = seqDiff(seq, block.rcvNxt);
  return distance >= 0 && distance < block.rcvWnd;
}

/** RFC 5961 section 5.2: neither older than the largest window ago nor beyond what was sent. */
export function isAckPlausible(block: ControlBlock, ack: Seq): boolean {
  if (seqAfter(ack, seqMax(block.sndNxt, block.probedTo))) return false;
  return !seqBefore(ack, seqAdd(block.sndUna, -block.maxSndWnd));
}

/** PAWS: true when the timestamp says that the segment is an old duplicate (RFC 7323 section 5.3, R1). */
export function isTimestampOld(block: ControlBlock, value: number, nowMs: number): boolean {
  if (((value - block.tsRecent) | 0) >= 0) return false;
  return nowMs - block.tsRecentAtMs < timestampLifetimeMs;
}

/** RFC 7323 section 4.3 (2): remembers the timestamp to echo, of a segment that spans Last.ACK.sent. */
export function rememberTimestamp(block: ControlBlock, seq: Seq, value: number, nowMs: number): void {
  if (seqAfter(seq, block.lastAckSent)) return;
  block.tsRecent = value;
  block.tsRecentAtMs = nowMs;
}
