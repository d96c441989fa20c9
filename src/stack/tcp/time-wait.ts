// TIME_WAIT: RFC 9293 section 3.6.1 and 3.10.8, RFC 6191 (a new connection may take over), RFC 1337.
import { tcpFlag, type TcpSegmentView } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import { seqAfter, seqOf } from './sequence.ts';
import { timerKind } from './timers.ts';

/** The last FIN has been acknowledged or received: only the four-tuple and the last ACK are still ours. */
export function enterTimeWait(connection: Connection, event: 'fin-arrives' | 'ack-of-fin'): void {
  const { timers, services } = connection;
  connection.move(event);
  services.counters.TcpExtTW += 1;
  timers.clearAll();
  connection.sendBuffer.release();
  connection.sent.clear();
  startTwoMsl(connection);
  connection.tellClosed(undefined);
}

/** Starts, or starts over, the wait of 2 MSL. */
export function startTwoMsl(connection: Connection): void {
  connection.timers.set(timerKind.timeWait, connection.services.fields.timeWaitMs);
}

/** RFC 6191: a SYN whose timestamp, or without timestamps its sequence number, is beyond the old connection's. */
export function mayReopen(connection: Connection, segment: TcpSegmentView): boolean {
  const { block } = connection;
  if (block.state !== 'TIME_WAIT') return false;
  if ((segment.flags & (tcpFlag.syn | tcpFlag.ack | tcpFlag.rst)) !== tcpFlag.syn) return false;
  const { options } = segment;
  if (block.timestampsOn && options.hasTimestamps) {
    const newer = (options.timestampValue - block.tsRecent) | 0;
    if (newer !== 0) return newer > 0;
  }
  return seqAfter(seqOf(segment.sequence), block.rcvNxt);
}
