// The user timeout (RFC 9293 section 3.9.1, RFC 5482 section 3.1: the local part; the option that tells the peer is left
// out): how long sent data, a window probe or a keep-alive probe may stay unanswered, in place of counting retries.
import type { Connection } from './connection.ts';

/** Ms until the user's patience ends for what has been unanswered since `sinceMs`; Infinity when no timeout is set. */
export function patienceLeftMs(connection: Connection, sinceMs: number): number {
  if (connection.userTimeoutMs === undefined) return Infinity;
  return connection.userTimeoutMs - (connection.services.clock.now() - sinceMs);
}

/** When what is unacknowledged was first sent or last moved, ms. */
function unansweredSinceMs(connection: Connection): number {
  const { state } = connection.block;
  const isOpening = state === 'SYN_SENT' || state === 'SYN_RCVD';
  return isOpening ? connection.synSentAtMs : connection.unackedSinceMs;
}

/** True when the retransmission timer should give up: by the user's timeout if there is one, else after `limit` retries. */
export function isOutOfPatience(connection: Connection, limit: number): boolean {
  if (connection.userTimeoutMs === undefined) return connection.retries >= limit;
  return patienceLeftMs(connection, unansweredSinceMs(connection)) <= 0;
}

/** `rtoMs`, or less when the user's timeout comes first. */
export function boundedByUser(connection: Connection, rtoMs: number): number {
  const { userTimeoutMs, block } = connection;
  if (userTimeoutMs === undefined || block.flightSize === 0) return rtoMs;
  return Math.min(rtoMs, Math.max(patienceLeftMs(connection, unansweredSinceMs(connection)), 1));
}
