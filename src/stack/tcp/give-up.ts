// When to stop trying: RFC 9293 section 3.8.3 (R2), Linux's tcp_retries2 and tcp_orphan_retries.
import { SocketError } from '../sockets.ts';
import type { Connection } from './connection.ts';

/** True when no application holds the connection any more: it deserves less patience. */
export function isOrphan(connection: Connection): boolean {
  return connection.readingClosed;
}

/** ETIMEDOUT, or what ICMP has said meanwhile (as Linux does). */
export function timedOut(connection: Connection): void {
  connection.services.counters.TcpExtTCPAbortOnTimeout += 1;
  const reason = connection.softError ?? new SocketError('ETIMEDOUT', 'the peer does not answer');
  connection.end('reset', reason);
}
