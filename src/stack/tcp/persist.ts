// Zero-window probes: RFC 9293 section 3.8.6.1, RFC 1122 section 4.2.2.17. One byte beyond the window, by a timer that
// backs off like the RTO, for as long as the peer answers. The byte is not counted as sent unless the peer takes it.
import { tcpFlag } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import { isOrphan, timedOut } from './give-up.ts';
import { transmitSegment } from './segment.ts';
import { bytesInFlight, maySendData, output, sendOne, unsentBytes, segmentBytes } from './send.ts';
import { seqAdd, seqDiff } from './sequence.ts';
import { timerKind } from './timers.ts';
import { patienceLeftMs } from './user-timeout.ts';

/** The persist timer is due. */
export function persistTimerDue(connection: Connection): void {
  const { services, block, timers, rtt } = connection;
  const { fields } = services;
  if (!maySendData(connection) || bytesInFlight(connection) > 0) return;
  const unsent = unsentBytes(connection);
  const hasFin = block.finWanted && !block.finSent;
  if (unsent === 0 && !hasFin) return;
  const limit = isOrphan(connection) ? fields.orphanRetries : fields.retries2;
  if (connection.persistProbes === 0) connection.probingSinceMs = services.clock.now();
  const isOver =
    connection.userTimeoutMs === undefined
      ? connection.persistProbes >= limit
      : patienceLeftMs(connection, connection.probingSinceMs) <= 0;
  if (isOver) return timedOut(connection);
  const windowLeft = seqDiff(seqAdd(block.sndUna, block.sndWnd), block.sndNxt);
  if (windowLeft > 0) {
    connection.moreFollows = false;
    // Silly window avoidance held it back; this timer is its override (RFC 9293 section 3.8.6.2.1).
    const length = Math.min(unsent, windowLeft, segmentBytes(connection));
    sendOne(connection, length, hasFin && length === unsent && length < windowLeft, length === unsent);
    return output(connection);
  }
  services.counters.TcpExtTCPWinProbe += 1;
  connection.persistProbes += 1;
  connection.persistBackOff += 1;
  if (unsent > 0 && fields.windowProbeBytes > 0) {
    block.probedTo = seqAdd(block.sndNxt, 1);
    transmitSegment(connection, block.sndNxt, tcpFlag.ack | tcpFlag.psh, 1);
  } else {
    transmitSegment(connection, seqAdd(block.sndUna, -1), tcpFlag.ack, 0);
  }
  const floorMs = rtt.baseRtoMs(fields.rtoMinMs, fields.rtoMaxMs);
  timers.set(timerKind.persist, Math.min(floorMs * 2 ** Math.min(connection.persistBackOff, 30), fields.rtoMaxMs));
}
