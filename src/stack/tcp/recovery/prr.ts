// Proportional rate reduction: RFC 9937 (which replaces RFC 6937). During recovery the congestion window follows what is
// delivered, so that sending never stops and comes down to ssthresh by the end.
import type { Connection } from '../connection.ts';
import { bytesInFlight } from '../send.ts';

/** Recovery begins with `flightBytes` outstanding. */
export function startPrr(connection: Connection, flightBytes: number): void {
  const { recovery } = connection;
  recovery.prrDelivered = 0;
  recovery.prrOut = 0;
  recovery.recoverFlight = Math.max(flightBytes, connection.block.sndMss);
}

/** What else the ACK says. */
export interface PrrHints {
  /** RFC 9937's SafeACK: it moves SND.UNA and shows no further loss, so the window may grow by a segment. */
  readonly isSafe: boolean;
  /** A partial ACK of NewReno: the next segment goes out again whatever the window (RFC 6582 section 3.2, step 3). */
  readonly isPartial: boolean;
}

/** `delivered` bytes have arrived at the peer: sets the window for what may follow. */
export function updatePrr(connection: Connection, delivered: number, hints?: PrrHints): void {
  const { block, recovery } = connection;
  const pipe = bytesInFlight(connection);
  recovery.prrDelivered += delivered;
  let allowed: number;
  if (pipe > block.ssthresh) {
    allowed = Math.ceil((recovery.prrDelivered * block.ssthresh) / recovery.recoverFlight) - recovery.prrOut;
  } else {
    const limit =
      Math.max(recovery.prrDelivered - recovery.prrOut, delivered) + (hints?.isSafe === true ? block.sndMss : 0);
    allowed = Math.min(block.ssthresh - pipe, limit);
  }
  if (recovery.prrOut === 0 || hints?.isPartial === true) allowed = Math.max(allowed, block.sndMss); // the fast retransmit itself
  block.cwnd = Math.max(pipe + Math.max(allowed, 0), block.sndMss);
}
