// When to acknowledge data: RFC 9293 section 3.8.6.3, RFC 5681 section 4.2. At least every second full-sized segment,
// otherwise after a short while; at once when something is out of order, fills a hole, or was sent before. As on Linux,
// the first segments of a burst are acknowledged one by one (a sender in slow start lives on ACKs), unless the two sides
// are seen to take turns: then the answer will carry the ACK.
import type { Connection } from './connection.ts';
import { sendAck } from './segment.ts';
import { timerKind } from './timers.ts';

/** `length` bytes of new in-order data have come. */
export function owesAck(connection: Connection, length: number): void {
  const { timers, services, block } = connection;
  const { fields } = services;
  const sizeBytes = Math.min(length, block.rcvMss); // a super-frame is not a segment
  if (sizeBytes > connection.largestSegment) connection.largestSegment = sizeBytes;
  const nowMs = services.clock.now();
  const rtoMs = connection.rtt.rtoMs(fields.rtoMinMs, fields.rtoMaxMs);
  if (nowMs - (connection.lastInOrderMs ?? -Infinity) > rtoMs) beginQuickAcks(connection);
  connection.lastInOrderMs = nowMs;
  connection.unackedBytes += length;
  const isQuick = connection.quickAcks > 0 && !connection.takesTurns;
  if (isQuick || connection.unackedBytes >= 2 * connection.largestSegment || fields.delayedAckMs === 0) {
    connection.ackNow = true;
  } else if (!timers.isSet(timerKind.delayedAck)) {
    timers.set(timerKind.delayedAck, fields.delayedAckMs);
  }
}

/** The sender is starting, or starting again: no ACK waits for a while. At most half the window's segments. */
function beginQuickAcks(connection: Connection): void {
  const { block, services } = connection;
  const halfWindow = Math.max(Math.floor(block.rcvWnd / (2 * connection.largestSegment)), 2);
  connection.quickAcks = Math.max(connection.quickAcks, Math.min(halfWindow, services.fields.maximumQuickAcks));
}

/** Something came out of order or twice: the sender repairs, and needs every ACK. */
export function leaveTurns(connection: Connection): void {
  connection.takesTurns = false;
  beginQuickAcks(connection);
}

/** New data leaves: soon after data has come, it is an answer, and its like will carry the next ACKs. */
export function noteAnswer(connection: Connection): void {
  const { services } = connection;
  const sinceMs = services.clock.now() - (connection.lastInOrderMs ?? -Infinity);
  if (sinceMs < services.fields.delayedAckMs) connection.takesTurns = true;
}

export function delayedAckTimerDue(connection: Connection): void {
  connection.services.counters.TcpExtDelayedACKs += 1;
  connection.takesTurns = false; // no answer came to carry it
  sendAck(connection);
}
