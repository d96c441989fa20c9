// Closing: the user's CLOSE and ABORT (RFC 9293 section 3.10.4 and 3.10.5), the peer's FIN (section 3.10.7.4, eighth
// step) and the ACK of ours (fifth step).
import { SocketError } from '../sockets.ts';
import { news, type Connection } from './connection.ts';
import { sendReset } from './segment.ts';
import { output } from './send.ts';
import { seqAdd } from './sequence.ts';
import { enterTimeWait, startTwoMsl } from './time-wait.ts';
import { timerKind } from './timers.ts';

/** FIN after everything queued. Before the handshake is complete it only queues. */
export function finish(connection: Connection): void {
  const { block } = connection;
  if (block.finWanted) return;
  block.finWanted = true;
  beginFinish(connection);
  output(connection);
}

/** Moves on for a FIN that is wanted, once the state allows it (after ESTABLISHED was reached, too). */
export function beginFinish(connection: Connection): void {
  const { state } = connection.block;
  if (!connection.block.finWanted) return;
  if (state === 'ESTABLISHED' || state === 'CLOSE_WAIT') connection.move('finish');
}

/** Closes both directions. Unread data makes it a RST (RFC 1122 section 4.2.2.13): the peer must know it was lost. */
export function close(connection: Connection): void {
  const { block, receiveBuffer } = connection;
  if (connection.readingClosed) return;
  connection.readingClosed = true;
  if (block.state === 'CLOSED' || block.state === 'TIME_WAIT') return receiveBuffer.release();
  if (block.state === 'SYN_SENT') return connection.end('delete', undefined);
  if (receiveBuffer.readable > 0) {
    connection.services.counters.TcpExtTCPAbortOnData += 1;
    sendReset(connection);
    return connection.end('reset', undefined);
  }
  finish(connection);
  limitFinWait2(connection);
}

/** Sends RST where the peer knows of us, and forgets everything. */
export function abort(connection: Connection): void {
  const { state } = connection.block;
  if (state === 'CLOSED') return;
  if (state === 'TIME_WAIT') return connection.end('two-msl', undefined);
  connection.readingClosed = true;
  if (state !== 'SYN_SENT') sendReset(connection);
  connection.end('reset', new SocketError('ECONNABORTED', 'this side gave the connection up'));
}

/** An orphan waits for the peer's FIN for a while only (tcp_fin_timeout). */
export function limitFinWait2(connection: Connection): void {
  if (connection.block.state !== 'FIN_WAIT_2' || !connection.readingClosed) return;
  connection.timers.set(timerKind.finWait2, connection.services.fields.finTimeoutSeconds * 1000);
}

/** Our FIN has been acknowledged. False when that was the end of the connection. */
export function ourFinAcknowledged(connection: Connection): boolean {
  switch (connection.block.state) {
    case 'FIN_WAIT_1':
      connection.move('ack-of-fin');
      limitFinWait2(connection);
      return true;
    case 'CLOSING':
      enterTimeWait(connection, 'ack-of-fin');
      return true;
    case 'LAST_ACK':
      connection.end('ack-of-fin', undefined);
      return false;
    default:
      return true;
  }
}

/** Everything up to the peer's FIN has come. */
export function peerFinArrived(connection: Connection): void {
  const { block } = connection;
  block.rcvNxt = seqAdd(block.rcvNxt, 1);
  if ((block.rcvAdv - block.rcvNxt) >> 31 !== 0) block.rcvAdv = block.rcvNxt;
  block.finReceived = true;
  connection.dsackStart = undefined; // nothing more will come: what came twice no longer matters
  connection.ackNow = true;
  connection.note(news.peerFinished);
  switch (block.state) {
    case 'SYN_RCVD':
    case 'ESTABLISHED':
      return connection.move('fin-arrives');
    case 'FIN_WAIT_1':
      return connection.move('fin-arrives');
    case 'FIN_WAIT_2':
      return enterTimeWait(connection, 'fin-arrives');
    default:
  }
}

/** A FIN that was received before comes again: our ACK was lost (RFC 9293 section 3.10.7.4, TIME-WAIT). */
export function finRepeated(connection: Connection): void {
  connection.ackNow = true;
  if (connection.block.state === 'TIME_WAIT') startTwoMsl(connection);
}
