// The urgent mechanism: RFC 9293 section 3.8.5 and 3.10.7.4 (sixth step), RFC 6093 (what is left of it: in line, and the
// pointer names the first byte that is not urgent). New applications should not use it (SHLD-13).
import { write16 } from '../wire/field.ts';
import { tcpFlag, tcpOffset, type TcpSegmentView } from '../wire/tcp.ts';
import { news, type Connection } from './connection.ts';
import { seqAdd, seqAfter, seqBefore, seqDiff, seqMax, seqOf, type Seq } from './sequence.ts';

const fieldMaximum = 65_535;

/** Everything queued so far is urgent: SND.UP moves to its end. */
export function markUrgent(connection: Connection): void {
  connection.sndUp = connection.sendBuffer.end;
}

/** True when a segment that starts at `seq` is to say that urgent data is on its way. */
export function isUrgent({ sndUp }: Connection, seq: Seq): boolean {
  return sndUp !== undefined && seqBefore(seq, sndUp);
}

/** Sets URG and the pointer in the header at `at`; a pointer beyond its field says "at least that far". */
export function writeUrgent({ sndUp }: Connection, bytes: Uint8Array, at: number, seq: Seq): void {
  if (sndUp === undefined) return;
  bytes[at + tcpOffset.flags] = (bytes[at + tcpOffset.flags] as number) | tcpFlag.urg;
  write16(bytes, at + tcpOffset.urgentPointer, Math.min(seqDiff(sndUp, seq), fieldMaximum));
}

/** Sixth step: RCV.UP never moves back; the application is told when urgent data is ahead of what it has read. */
export function takeUrgentPointer(connection: Connection, segment: TcpSegmentView): void {
  if ((segment.flags & tcpFlag.urg) === 0) return;
  const end = seqAdd(seqOf(segment.sequence), segment.urgentPointer);
  const before = connection.rcvUp;
  if (before !== undefined && !seqAfter(end, before)) return;
  connection.rcvUp = before === undefined ? end : seqMax(before, end);
  if (urgentBytes(connection) > 0) connection.note(news.urgent);
}

/** Bytes from where the application reads to the end of the urgent data; 0: none is ahead. */
export function urgentBytes({ rcvUp, block, receiveBuffer }: Connection): number {
  if (rcvUp === undefined) return 0;
  return Math.max(seqDiff(rcvUp, block.rcvNxt) + receiveBuffer.readable, 0);
}
