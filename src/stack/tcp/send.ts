// Sending what may be sent: lost segments first, then new data as far as the receive window, the congestion window and
// Nagle allow. RFC 9293 section 3.8.6, RFC 5681 section 3 and 4.1, RFC 6675 section 5 (pipe).
import { tcpFlag } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import { noteAnswer } from './delayed-ack.ts';
import { takeCwr } from './ecn.ts';
import { isWorthSending } from './nagle.ts';
import { segmentMark } from './retransmission-queue.ts';
import { optionBytes, sendAck, transmitSegment } from './segment.ts';
import { seqAdd, seqBefore, seqDiff } from './sequence.ts';
import { timerKind } from './timers.ts';
import { boundedByUser } from './user-timeout.ts';

/** Pipe (RFC 6675 section 5): bytes that are believed to be in the network. */
export function bytesInFlight(connection: Connection): number {
  const { block, sent, recovery } = connection;
  const delivered = block.sackPermitted ? sent.sackedBytes : recovery.duplicateAcks * block.sndMss;
  return Math.max(block.flightSize - delivered - sent.lostBytes, 0);
}

/** Bytes queued and never sent. */
export function unsentBytes(connection: Connection): number {
  const { block, sendBuffer } = connection;
  return block.finSent ? 0 : Math.max(seqDiff(sendBuffer.end, block.sndNxt), 0);
}

/** Bytes of data that fit into one segment now. */
export function segmentBytes(connection: Connection): number {
  return Math.max(connection.block.sndMss - optionBytes(connection), 1);
}

/** RTO in ms, with back-off. */
export function rtoMs(connection: Connection): number {
  const { fields } = connection.services;
  return boundedByUser(connection, connection.rtt.rtoMs(fields.rtoMinMs, fields.rtoMaxMs));
}

export function maySendData(connection: Connection): boolean {
  switch (connection.block.state) {
    case 'ESTABLISHED':
    case 'CLOSE_WAIT':
    case 'FIN_WAIT_1':
    case 'CLOSING':
    case 'LAST_ACK':
      return true;
    default:
      return false;
  }
}

/** Sends all that may be sent, and the ACK that is owed if nothing else carried it. */
export function output(connection: Connection): void {
  if (maySendData(connection)) {
    connection.windowBlocked = false;
    resendLost(connection);
    sendNew(connection);
  }
  const phase = connection.sendBuffer.length === 0 ? 'idle' : connection.windowBlocked ? 'window' : 'busy';
  const { chronograph } = connection;
  if (phase !== chronograph.phase) chronograph.begin(phase, connection.services.clock.now());
  if (connection.ackNow) sendAck(connection);
}

/** Sends lost segments again as far as the congestion window allows; one always when nothing is in flight. */
function resendLost(connection: Connection): void {
  const { block, sent } = connection;
  for (let index = sent.nextLost(); index >= 0; index = sent.nextLost(index + 1)) {
    const flight = bytesInFlight(connection);
    if (flight > 0 && flight + Math.min(sent.length(index), block.sndMss) > block.cwnd) return;
    resend(connection, index, connection.recovery.phase === 'loss' ? 'timeout' : 'fast');
  }
}

/** Sends the segment at `index` again, in a smaller one when the path has shrunk; the rest stays as it is. */
export function resend(connection: Connection, index: number, cause: 'timeout' | 'fast' | 'probe'): void {
  const { services, block, sent, timers, recovery } = connection;
  const room = segmentBytes(connection);
  const isFin = (sent.marks(index) & segmentMark.fin) !== 0;
  if (sent.length(index) - (isFin ? 1 : 0) > room) sent.split(index, seqAdd(sent.start(index), room));
  const hasFin = (sent.marks(index) & segmentMark.fin) !== 0;
  const length = sent.length(index);
  const nowMs = services.clock.now();
  sent.markResent(index, nowMs);
  recovery.prrOut += length;
  services.counters.TcpRetransSegs += 1;
  if (cause === 'fast') services.counters.TcpExtTCPFastRetrans += 1;
  connection.totalRetransmits += 1;
  services.onEvent({ kind: 'tcp-retransmit', local: connection.local, remote: connection.remote, cause });
  const isLast = !seqBefore(sent.end(index), connection.sendBuffer.end);
  const dataLength = length - (hasFin ? 1 : 0);
  const flags = tcpFlag.ack | (isLast && dataLength > 0 ? tcpFlag.psh : 0) | (hasFin ? tcpFlag.fin : 0);
  connection.lastDataSentMs = nowMs;
  connection.tally.bytesResent += dataLength;
  transmitSegment(connection, sent.start(index), flags, dataLength);
  if (index === 0 || !timers.isSet(timerKind.retransmit)) timers.set(timerKind.retransmit, rtoMs(connection));
  if (seqBefore(block.sndNxt, sent.end(index))) block.sndNxt = sent.end(index);
}

function sendNew(connection: Connection): void {
  const { block } = connection;
  let unsent = unsentBytes(connection);
  if (unsent === 0 && (!block.finWanted || block.finSent)) return;
  restartAfterIdle(connection);
  let isLimited = false;
  for (;;) {
    const room = segmentBytes(connection);
    const windowLeft = Math.max(seqDiff(seqAdd(block.sndUna, block.sndWnd), block.sndNxt), 0);
    const recordLeft = bytesToRecordEnd(connection);
    const length = Math.min(unsent, room, windowLeft, recordLeft);
    const endsRecord = length === recordLeft && length < unsent; // later bytes cannot fill it up
    if (unsent > 0 && !endsRecord && !isWorthSending(connection, length, unsent, room)) {
      connection.windowBlocked = windowLeft < Math.min(unsent, room);
      break;
    }
    const withFin = block.finWanted && !block.finSent && length === unsent && length < windowLeft;
    if (length === 0 && !withFin) break;
    const flight = bytesInFlight(connection);
    if (flight > 0 && flight + length > block.cwnd) {
      isLimited = true;
      break;
    }
    sendOne(connection, length, withFin, length === unsent || endsRecord);
    unsent = unsentBytes(connection);
  }
  noteWindowUse(connection, isLimited || bytesInFlight(connection) >= block.cwnd);
  armPersist(connection);
}

/** RFC 7661 section 4.1 as Linux has it: per window of data, was cwnd ever the limit, and how much was in flight at most. */
function noteWindowUse(connection: Connection, isLimited: boolean): void {
  const { block } = connection;
  const isNewWindow = !seqBefore(block.sndUna, connection.windowUseEnd);
  const isMore = !connection.cwndLimited && block.flightSize > connection.mostInFlightBytes;
  if (!isNewWindow && !isLimited && !isMore) return;
  connection.cwndLimited = isLimited;
  connection.mostInFlightBytes = block.flightSize;
  connection.windowUseEnd = block.sndNxt;
}

/** True when cwnd is what limits sending, so that a larger one would be used; in slow start a half-used one may double. */
export function isWindowUsed(connection: Connection): boolean {
  const { block } = connection;
  if (connection.cwndLimited) return true;
  return block.cwnd < block.ssthresh && block.cwnd < 2 * connection.mostInFlightBytes;
}

/** Bytes from SND.NXT to where the present record ends (MSG_EOR); more than any buffer holds when no end is known. */
function bytesToRecordEnd(connection: Connection): number {
  const { recordEnds, block } = connection;
  while (recordEnds[0] !== undefined && !seqBefore(block.sndNxt, recordEnds[0])) recordEnds.shift();
  return recordEnds[0] === undefined ? 0x7fff_ffff : seqDiff(recordEnds[0], block.sndNxt);
}

/** Sends `length` new bytes, and FIN with them if asked; `isLast`: nothing queued is to follow at once. */
export function sendOne(connection: Connection, length: number, withFin: boolean, isLast: boolean): void {
  const { services, block, sent, timers } = connection;
  const start = block.sndNxt;
  const end = seqAdd(start, length + (withFin ? 1 : 0));
  const nowMs = services.clock.now();
  sent.push(start, end, nowMs, withFin ? segmentMark.fin : 0);
  if (length < segmentBytes(connection)) block.smallSentTo = end;
  connection.recovery.prrOut += length;
  connection.lastDataSentMs = nowMs;
  if (start === block.sndUna) connection.unackedSinceMs = nowMs;
  if (withFin) block.finSent = true;
  const pushes = isLast && length > 0 && (!connection.moreFollows || withFin); // nothing to push in a bare FIN
  const flags = tcpFlag.ack | (pushes ? tcpFlag.psh : 0) | (withFin ? tcpFlag.fin : 0);
  block.sndNxt = end;
  if (length > 0) noteAnswer(connection);
  if (connection.ecn.agreed && length > 0) {
    transmitSegment(connection, start, flags | takeCwr(connection), length, connection.markableOptions);
  } else transmitSegment(connection, start, flags, length);
  if (!timers.isSet(timerKind.retransmit)) timers.set(timerKind.retransmit, rtoMs(connection));
  timers.clear(timerKind.persist);
  scheduleLossProbe(connection);
}

/** RFC 5681 section 4.1: after an idle RTO the old window says nothing; start again from the initial one. */
function restartAfterIdle(connection: Connection): void {
  const { services, block, rtt } = connection;
  const { fields } = services;
  if (fields.slowStartAfterIdle === 0 || block.flightSize > 0) return;
  const idleMs = services.clock.now() - connection.lastDataSentMs;
  if (idleMs <= rtt.baseRtoMs(fields.rtoMinMs, fields.rtoMaxMs)) return;
  block.cwnd = Math.min(block.cwnd, fields.initialWindowSegments * block.sndMss);
  connection.congestion.restart();
}

/** The peer's window keeps us from sending and nothing is in flight that would bring an ACK: probe it now and then. */
export function armPersist(connection: Connection): void {
  const { block, timers } = connection;
  const isBlocked = block.flightSize === 0 && (unsentBytes(connection) > 0 || (block.finWanted && !block.finSent));
  if (!isBlocked) timers.clear(timerKind.persist);
  else if (!timers.isSet(timerKind.persist)) timers.set(timerKind.persist, rtoMs(connection));
}

/** RFC 8985 section 7.2: when to probe for a loss at the tail, in place of a timeout. */
export function scheduleLossProbe(connection: Connection): void {
  const { services, block, sent, rtt, recovery, timers } = connection;
  const mayProbe =
    block.sackPermitted &&
    services.fields.earlyLossProbes > 0 &&
    (recovery.phase === 'open' || recovery.phase === 'cwr') &&
    recovery.probeEnd === undefined &&
    sent.sackedCount === 0 &&
    block.flightSize > 0 &&
    block.state !== 'SYN_RCVD';
  if (!mayProbe) {
    timers.clear(timerKind.lossProbe);
    return;
  }
  const slack = block.flightSize <= block.sndMss ? services.fields.rtoMinMs : 2;
  const probeMs = rtt.srttMs === undefined ? 1000 : 2 * rtt.srttMs + slack;
  timers.set(timerKind.lossProbe, Math.min(probeMs, Math.max(timers.leftMs(timerKind.retransmit), 0)));
}
