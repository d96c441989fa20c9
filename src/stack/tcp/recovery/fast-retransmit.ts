// Loss without a timeout: how it is noticed (RACK with SACK, else three duplicate ACKs as in NewReno), how recovery
// begins and ends. RFC 8985 section 6, RFC 6675 section 5, RFC 6582 section 3.2, RFC 3042 (limited transmit: duplicate
// ACKs take from the pipe, so that new data follows by itself), RFC 3522 (undoing a reduction that was for nothing).
import type { TcpSegmentView } from '../../wire/tcp.ts';
import type { Connection } from '../connection.ts';
import { noteReduction } from '../ecn.ts';
import { segmentMark } from '../retransmission-queue.ts';
import { timestampNow } from '../segment.ts';
import { bytesInFlight } from '../send.ts';
import { seqBefore } from '../sequence.ts';
import { timerKind } from '../timers.ts';
import { startPrr, updatePrr } from './prr.ts';

/** Duplicate ACKs that mean a loss (RFC 5681 section 3.2). */
const duplicateThreshold = 3;

/** Marks what must count as lost now; sets the reordering timer when something may soon. */
export function detectLoss(connection: Connection): void {
  const { block, sent, timers } = connection;
  if (!block.sackPermitted) return detectByDuplicates(connection);
  const waitMs = connection.rack.detect(sent, connection.services.clock.now(), reorderWindowMs(connection));
  if (waitMs > 0) timers.set(timerKind.reorder, waitMs);
  else timers.clear(timerKind.reorder);
}

export function reorderWindowMs(connection: Connection): number {
  const { rack, rtt, recovery, sent } = connection;
  const isRepairing = recovery.phase === 'recovery' || recovery.phase === 'loss';
  return rack.windowMs(rtt.minimumMs, rtt.srttMs ?? 0, isRepairing, sent.sackedCount);
}

/** NewReno: the third duplicate, and then each partial ACK, condemn the oldest segment. */
function detectByDuplicates(connection: Connection): void {
  const { sent, recovery } = connection;
  if (sent.count === 0) return;
  const isLost = recovery.phase === 'recovery' || recovery.duplicateAcks >= duplicateThreshold;
  const untouched = (sent.marks(0) & (segmentMark.inAgain | segmentMark.lost)) === 0;
  if (isLost && untouched && recovery.phase !== 'loss') sent.markLost(0);
}

/** The first loss of a window: reduce, and repair until what is outstanding now has been acknowledged. */
export function enterRecovery(connection: Connection): void {
  const { services, block, recovery, timers } = connection;
  if (block.sackPermitted) services.counters.TcpExtTCPSackRecovery += 1;
  else services.counters.TcpExtTCPRenoRecovery += 1;
  timers.clear(timerKind.lossProbe);
  if (recovery.phase === 'cwr') {
    recovery.phase = 'recovery'; // this window has been reduced already
    recovery.point = block.sndNxt;
    return;
  }
  rememberForUndo(connection);
  slowDown(connection, 'recovery');
}

/** A router has marked what we sent: as for a loss, but there is nothing to repair (RFC 3168 section 6.1.2). */
export function congestionEchoed(connection: Connection): void {
  if (connection.recovery.phase !== 'open') return; // once per window of data
  connection.recovery.firstResendTimestamp = undefined; // and nothing to take back
  slowDown(connection, 'cwr');
}

function slowDown(connection: Connection, phase: 'recovery' | 'cwr'): void {
  const { block, recovery } = connection;
  const flightBytes = block.flightSize;
  block.ssthresh = connection.congestion.reduce(block, flightBytes);
  recovery.phase = phase;
  recovery.point = block.sndNxt;
  startPrr(connection, flightBytes);
  noteReduction(connection);
}

/** Notes what a reduction takes, so that it can be given back. */
export function rememberForUndo(connection: Connection): void {
  const { block, recovery } = connection;
  recovery.priorCwnd = block.cwnd;
  recovery.priorSsthresh = block.ssthresh;
  recovery.firstResendTimestamp = block.timestampsOn ? timestampNow(connection) : undefined;
}

/** The Eifel test: the ACK that ends the silence echoes a time before the first retransmission. */
export function undoIfSpurious(connection: Connection, segment: TcpSegmentView): void {
  const { services, block, recovery, sent } = connection;
  const resentAt = recovery.firstResendTimestamp;
  if (resentAt === undefined || !segment.options.hasTimestamps) return;
  recovery.firstResendTimestamp = undefined; // only the first ACK can tell
  if (((segment.options.timestampEcho - resentAt) | 0) >= 0 || segment.options.timestampEcho === 0) return;
  if (recovery.phase === 'loss') services.counters.TcpExtTCPSpuriousRTOs += 1;
  block.cwnd = Math.max(block.cwnd, Math.min(recovery.priorCwnd, bytesInFlight(connection) + block.sndMss));
  block.cwnd = Math.max(block.cwnd, recovery.priorCwnd / 2);
  block.ssthresh = recovery.priorSsthresh;
  recovery.phase = 'open';
  sent.unmarkLost();
}

/** SND.UNA has reached the recovery point. */
export function leaveRecovery(connection: Connection): void {
  const { block, recovery, rack } = connection;
  if (recovery.phase !== 'loss') block.cwnd = Math.max(block.ssthresh, block.sndMss);
  recovery.phase = 'open';
  recovery.duplicateAcks = 0;
  recovery.firstResendTimestamp = undefined;
  rack.recovered();
}

/** The reordering timer is due: what was given the benefit of the doubt is lost. */
export function reorderTimerDue(connection: Connection): void {
  detectLoss(connection);
  if (connection.sent.lostBytes === 0) return;
  if (connection.recovery.phase === 'open' || connection.recovery.phase === 'cwr') enterRecovery(connection);
  if (connection.recovery.phase === 'recovery') updatePrr(connection, 0);
}

/** True when the phase is over at `sndUna`. */
export function hasReachedPoint(connection: Connection): boolean {
  return !seqBefore(connection.block.sndUna, connection.recovery.point);
}
