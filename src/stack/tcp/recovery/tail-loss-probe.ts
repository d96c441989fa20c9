// Tail loss probe: RFC 8985 section 7. When nothing has come back for two round trips, send one segment so that the
// answer shows what is missing, instead of waiting for the timeout.
import type { Connection } from '../connection.ts';
import { resend, rtoMs, segmentBytes, sendOne, unsentBytes } from '../send.ts';
import { seqAdd, seqBefore, seqDiff, type Seq } from '../sequence.ts';
import { timerKind } from '../timers.ts';
import { updatePrr } from './prr.ts';
import { enterRecovery } from './fast-retransmit.ts';

/** The probe timer is due. */
export function lossProbeTimerDue(connection: Connection): void {
  const { services, block, sent, recovery, timers } = connection;
  if (sent.count === 0 || recovery.phase === 'recovery' || recovery.phase === 'loss') return;
  services.counters.TcpExtTCPLossProbes += 1;
  const unsent = unsentBytes(connection);
  const windowLeft = seqDiff(seqAdd(block.sndUna, block.sndWnd), block.sndNxt);
  const length = Math.min(unsent, segmentBytes(connection));
  if (length > 0 && length <= windowLeft) {
    recovery.probeWasResent = false;
    recovery.probeEnd = seqAdd(block.sndNxt, length);
    sendOne(connection, length, false, length === unsent);
  } else {
    recovery.probeWasResent = true;
    recovery.probeEnd = block.sndNxt;
    resend(connection, sent.count - 1, 'probe');
    recovery.probeEnd = sent.end(sent.count - 1);
  }
  timers.set(timerKind.retransmit, rtoMs(connection));
}

/** RFC 8985 section 7.4.2: what an ACK says about the probe. */
export function noteProbeAnswer(
  connection: Connection,
  ack: Seq,
  seen: { readonly advanced: boolean; readonly duplicate: boolean; readonly selective: boolean },
): void {
  const { recovery } = connection;
  const end = recovery.probeEnd;
  if (end === undefined || seqBefore(ack, end)) return;
  if (!recovery.probeWasResent || seen.duplicate) {
    recovery.probeEnd = undefined; // new data, or both copies arrived: nothing was lost
  } else if (seqDiff(ack, end) > 0) {
    recovery.probeEnd = undefined;
    reduceForRepairedLoss(connection);
  } else if (!seen.advanced && !seen.selective) {
    recovery.probeEnd = undefined; // a bare duplicate ACK: the answer to the second copy
  }
}

/** The probe itself repaired the loss: that is congestion all the same. */
function reduceForRepairedLoss(connection: Connection): void {
  if (connection.recovery.phase === 'recovery' || connection.recovery.phase === 'loss') return;
  enterRecovery(connection);
  updatePrr(connection, 0);
}
