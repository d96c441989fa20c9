// Sending what may be sent: lost segments first, then new data as far as the receive window, the congestion window and
// Nagle allow. RFC 9293 section 3.8.6, RFC 5681 section 3 and 4.1, RFC 6675 section 5 (pipe).
import { tcpFlag } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import { isWorthSending } from './nagle.ts';
import { segmentMark } from './retransmission-queue.ts';
import { optionBytes, sendAck, transmitSegment } from './segment.ts';
import { seqAdd, seqBefore, seqDiff } from './sequence.ts';
import { timerKind } from './timers.ts';

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
  return connection.rtt.rtoMs(fields.rtoMinMs, fields.rtoMaxMs);
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
    resendLost(connection);
    sendNew(connection);
  }
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
  const flags = tcpFlag.ack | (isLast ? tcpFlag.psh : 0) | (hasFin ? tcpFlag.fin : 0);
  connection.lastDataSentMs = nowMs;
  transmitSegment(connection, sent.start(index), flags, length - (hasFin ? 1 : 0));
  if (index === 0 || !timers.isSet(timerKind.retransmit)) timers.set(timerKind.retransmit, rtoMs(connection));
  if (seqBefore(block.sndNxt, sent.end(index))) block.sndNxt = sent.end(index);
}

function sendNew(connection: Connection): void {
  const { block } = connection;
  let unsent = unsentBytes(connection);
  if (unsent === 0 && (!block.finWanted || block.finSent)) return;
  restartAfterIdle(connection);
  connection.cwndLimited = false;
  for (;;) {
    const room = segmentBytes(connection);
    const windowLeft = Math.max(seqDiff(seqAdd(block.sndUna, block.sndWnd), block.sndNxt), 0);
    const length = Math.min(unsent, room, windowLeft);
    if (unsent > 0 && !isWorthSending(connection, length, unsent, room)) break;
    const withFin = block.finWanted && !block.finSent && length === unsent && length < windowLeft;
    if (length === 0 && !withFin) break;
    const flight = bytesInFlight(connection);
    if (flight > 0 && flight + length > block.cwnd) {
      connection.cwndLimited = true;
      break;
    }
    sendOne(connection, length, withFin, length === unsent);
    unsent = unsentBytes(connection);
  }
  armPersist(connection);
}

/** Sends `length` new bytes, and FIN with them if asked. */
export function sendOne(connection: Connection, length: number, withFin: boolean, isLast: boolean): void {
  const { services, block, sent, timers } = connection;
  const start = block.sndNxt;
  const end = seqAdd(start, length + (withFin ? 1 : 0));
  const nowMs = services.clock.now();
  sent.push(start, end, nowMs, withFin ? segmentMark.fin : 0);
  if (length < segmentBytes(connection)) block.smallSentTo = end;
  connection.recovery.prrOut += length;
  connection.lastDataSentMs = nowMs;
  if (withFin) block.finSent = true;
  const flags = tcpFlag.ack | (isLast ? tcpFlag.psh : 0) | (withFin ? tcpFlag.fin : 0);
  block.sndNxt = end;
  transmitSegment(connection, start, flags, length);
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
    recovery.phase === 'open' &&
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
