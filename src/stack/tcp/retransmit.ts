// The retransmission timer: RFC 6298 section 5, RFC 5681 section 3.1 (loss window), RFC 8985 section 6.3, giving up by
// RFC 9293 section 3.8.3. SYN and SYN-ACK are sent again from here as well.
import { tcpFlag } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import { noteReduction } from './ecn.ts';
import { isOrphan, timedOut } from './give-up.ts';
import { mssForMtu } from './mss.ts';
import { rememberForUndo, reorderWindowMs } from './recovery/fast-retransmit.ts';
import { segmentMark } from './retransmission-queue.ts';
import { transmitSegment } from './segment.ts';
import { output, resend, rtoMs, segmentBytes } from './send.ts';
import { timerKind } from './timers.ts';
import { isOutOfPatience } from './user-timeout.ts';

/** Linux: TCP_THIN_LINEAR_RETRIES. */
const thinRetries = 6;

/** The retransmission timer is due. */
export function retransmitTimerDue(connection: Connection): void {
  const { block, services } = connection;
  if (block.state === 'SYN_SENT') return resendSyn(connection, tcpFlag.syn, services.fields.synRetries);
  if (block.state === 'SYN_RCVD') {
    return resendSyn(connection, tcpFlag.syn | tcpFlag.ack, services.fields.synAckRetries);
  }
  if (block.flightSize === 0) return;
  const { fields } = services;
  if (isOutOfPatience(connection, isOrphan(connection) ? fields.orphanRetries : fields.retries2)) {
    return timedOut(connection);
  }
  followPath(connection); // another connection may have learned of a smaller MTU: then ours never left
  services.counters.TcpExtTCPTimeouts += 1;
  connection.retries += 1;
  if (connection.retries === fields.retries1) services.internet.doubt(connection.remote.address);
  connection.rtt.backOff = isThin(connection) ? 0 : connection.rtt.backOff + 1;
  startOver(connection);
  if (connection.sent.count > 0) resend(connection, 0, 'timeout');
  connection.timers.set(timerKind.retransmit, rtoMs(connection));
  output(connection);
}

/** The window falls to one segment; what is overdue counts as lost. */
function startOver(connection: Connection): void {
  const { block, sent, recovery, timers, services } = connection;
  if (recovery.phase !== 'loss') {
    if (recovery.phase === 'open') rememberForUndo(connection);
    block.ssthresh = connection.congestion.reduce(block, block.flightSize);
    recovery.phase = 'loss';
    noteReduction(connection);
  }
  recovery.point = block.sndNxt;
  recovery.duplicateAcks = 0;
  recovery.probeEnd = undefined;
  block.cwnd = block.sndMss;
  connection.congestion.restart();
  timers.clear(timerKind.lossProbe);
  timers.clear(timerKind.reorder);
  if (sent.count > 0 && (sent.marks(0) & segmentMark.sacked) !== 0) sent.unmarkSacked(); // reneging: RFC 2018 section 8
  if (block.sackPermitted) {
    connection.rack.detectOnTimeout(sent, services.clock.now(), reorderWindowMs(connection));
    return;
  }
  for (let index = 0; index < sent.count; index += 1) sent.markLost(index);
}

/** Linux's thin streams: too few segments in flight for anything but the timer to find a loss. */
function isThin(connection: Connection): boolean {
  if (connection.services.fields.thinLinearTimeouts === 0) return false;
  return connection.retries <= thinRetries && connection.block.flightSize < 4 * connection.block.sndMss;
}

function resendSyn(connection: Connection, flags: number, limit: number): void {
  const { services, block, timers } = connection;
  if (isOutOfPatience(connection, limit)) return timedOut(connection);
  connection.retries += 1;
  connection.totalRetransmits += 1;
  connection.rtt.backOff += 1;
  services.counters.TcpRetransSegs += 1;
  services.counters.TcpExtTCPTimeouts += 1;
  services.onEvent({ kind: 'tcp-retransmit', local: connection.local, remote: connection.remote, cause: 'timeout' });
  transmitSegment(connection, block.iss, flags, 0);
  timers.set(timerKind.retransmit, rtoMs(connection));
}

/** ICMP has said that the path takes less than we send (RFC 1191 section 6.4): again what was too large, in pieces. */
export function pathHasShrunk(connection: Connection): void {
  followPath(connection);
  output(connection);
}

/** Makes segments small enough for the route as it is now; those in flight that are too large count as lost. */
function followPath(connection: Connection): void {
  const { block, sent, services } = connection;
  const route = services.internet.route(connection.remote.address, connection.local.address);
  if (route === undefined) return;
  const mssBytes = Math.max(mssForMtu(connection.family, route.mtu), services.fields.mssFloorBytes);
  if (mssBytes >= block.sndMss) return;
  block.sndMss = mssBytes;
  const room = segmentBytes(connection);
  for (let index = 0; index < sent.count; index += 1) {
    const isTooLarge = sent.length(index) > room;
    if (isTooLarge && (sent.marks(index) & segmentMark.sacked) === 0) sent.markLost(index);
  }
}
