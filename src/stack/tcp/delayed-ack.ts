// When to acknowledge data: RFC 9293 section 3.8.6.3, RFC 5681 section 4.2. At least every second full-sized segment,
// otherwise after a short while; at once when something is out of order, fills a hole, or was sent before.
import type { Connection } from './connection.ts';
import { sendAck } from './segment.ts';
import { timerKind } from './timers.ts';

/** `length` bytes of new in-order data have come. */
export function owesAck(connection: Connection, length: number): void {
  const { timers, services } = connection;
  if (length > connection.largestSegment) connection.largestSegment = length;
  connection.unackedBytes += length;
  if (connection.unackedBytes >= 2 * connection.largestSegment || services.fields.delayedAckMs === 0) {
    connection.ackNow = true;
  } else if (!timers.isSet(timerKind.delayedAck)) {
    timers.set(timerKind.delayedAck, services.fields.delayedAckMs);
  }
}

export function delayedAckTimerDue(connection: Connection): void {
  connection.services.counters.TcpExtDelayedACKs += 1;
  sendAck(connection);
}
