// Keep-alive: RFC 9293 section 3.8.4. Off unless asked for; a probe is an ACK for something already acknowledged, which
// a living peer answers and a restarted one resets.
import { tcpFlag } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import { timedOut } from './give-up.ts';
import { transmitSegment } from './segment.ts';
import { seqAdd } from './sequence.ts';
import { timerKind } from './timers.ts';
import { patienceLeftMs } from './user-timeout.ts';

/** Starts, moves or stops the timer after the setting has changed or the connection was established. */
export function armKeepAlive(connection: Connection): void {
  const { timers, keepAliveMs, block } = connection;
  if (keepAliveMs === undefined || block.state === 'SYN_SENT' || block.state === 'SYN_RCVD') {
    timers.clear(timerKind.keepAlive);
    return;
  }
  timers.set(timerKind.keepAlive, keepAliveMs);
}

/** The timer is due: it is moved lazily, so look at the silence first. */
export function keepAliveTimerDue(connection: Connection): void {
  const { services, block, timers, keepAliveMs } = connection;
  if (keepAliveMs === undefined || block.state === 'TIME_WAIT') return;
  const { fields } = services;
  const silentMs = services.clock.now() - Math.max(connection.lastArrivalMs, connection.lastDataSentMs);
  if (block.flightSize > 0 || (connection.keepAliveProbes === 0 && silentMs < keepAliveMs)) {
    timers.set(timerKind.keepAlive, Math.max(keepAliveMs - silentMs, 1)); // data in flight has its own timer
    if (block.flightSize > 0) timers.set(timerKind.keepAlive, keepAliveMs);
    return;
  }
  const patienceMs = patienceLeftMs(connection, services.clock.now() - silentMs);
  const isOver =
    connection.userTimeoutMs === undefined
      ? connection.keepAliveProbes >= fields.keepAliveProbes
      : connection.keepAliveProbes > 0 && patienceMs <= 0;
  if (isOver) return timedOut(connection);
  connection.keepAliveProbes += 1;
  services.counters.TcpExtTCPKeepAlive += 1;
  transmitSegment(connection, seqAdd(block.sndNxt, -1), tcpFlag.ack, 0);
  timers.set(timerKind.keepAlive, fields.keepAliveIntervalSeconds * 1000);
}
