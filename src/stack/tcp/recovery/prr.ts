// Proportional rate reduction: RFC 6937 with the slow-start reduction bound. During recovery the congestion window
// follows what is delivered, so that sending never stops and comes down to ssthresh by the end.
import type { Connection } from '../connection.ts';
import { bytesInFlight } from '../send.ts';

/** Recovery begins with `flightBytes` outstanding. */
export function startPrr(connection: Connection, flightBytes: number): void {
  const { recovery } = connection;
  recovery.prrDelivered = 0;
  recovery.prrOut = 0;
  recovery.recoverFlight = Math.max(flightBytes, connection.block.sndMss);
}

/** `delivered` bytes have arrived at the peer: sets the window for what may follow. */
export function updatePrr(connection: Connection, delivered: number): void {
  const { block, recovery } = connection;
  const pipe = bytesInFlight(connection);
  recovery.prrDelivered += delivered;
  let allowed: number;
  if (pipe > block.ssthresh) {
    allowed = Math.ceil((recovery.prrDelivered * block.ssthresh) / recovery.recoverFlight) - recovery.prrOut;
  } else {
    const limit = Math.max(recovery.prrDelivered - recovery.prrOut, delivered) + block.sndMss;
    allowed = Math.min(block.ssthresh - pipe, limit);
  }
  if (recovery.prrOut === 0) allowed = Math.max(allowed, block.sndMss); // the fast retransmit itself
  block.cwnd = Math.max(pipe + Math.max(allowed, 0), block.sndMss);
}
