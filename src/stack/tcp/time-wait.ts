// TIME_WAIT: RFC 9293 section 3.6.1 and 3.10.8, RFC 6191 (a new connection may take over, from either side), RFC 1337.
import { isLoopbackIp } from '../wire/ip-address.ts';
import { tcpFlag, type TcpSegmentView } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import { sendAck } from './segment.ts';
import { seqAdd, seqAfter, seqOf, type Seq } from './sequence.ts';
import { timerKind } from './timers.ts';

/** The last FIN has been acknowledged or received: only the four-tuple and the last ACK are still ours. */
export function enterTimeWait(connection: Connection, event: 'fin-arrives' | 'ack-of-fin'): void {
  const { timers, services } = connection;
  connection.move(event);
  services.timeWaits.count += 1;
  if (services.timeWaits.count > services.fields.maximumTimeWaits) {
    services.counters.TcpExtTCPTimeWaitOverflow += 1;
    if (event === 'fin-arrives') sendAck(connection); // the last word, which nobody will be here to repeat
    return connection.end('two-msl', undefined);
  }
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

/** An old timestamp is older by at least this much, in ms: Linux's reuse waits for it, too. */
const timestampStepMs = 1000;

/**
 * tcp_tw_reuse: true when our own new connection may take over the four-tuple. Timestamps tell its segments from those that
 * are still on their way (RFC 6191 section 2, the other way round).
 */
export function mayTakeOver(connection: Connection, nowMs: number): boolean {
  const { block, services, remote } = connection;
  const { timeWaitReuse } = services.fields;
  const isAllowed = timeWaitReuse === 1 || (timeWaitReuse === 2 && isLoopbackIp(remote.address));
  return isAllowed && block.state === 'TIME_WAIT' && block.timestampsOn && nowMs - block.tsRecentAtMs > timestampStepMs;
}

/** A first sequence number beyond whatever the old connection has sent or was allowed to send. */
export function issAfter(old: Connection, wanted: Seq): Seq {
  const least = seqAdd(old.block.sndNxt, 65_537);
  return seqAfter(wanted, least) ? wanted : least;
}
