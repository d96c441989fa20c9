// The one road of every acceptable ACK: what it delivers, what that says about loss, and what it does to the windows.
// RFC 9293 section 3.10.7.4 (ESTABLISHED, ACK), RFC 5681 section 3, RFC 6675 section 5, RFC 8985.
import type { TcpSegmentView } from '../../wire/tcp.ts';
import { tcpFlag } from '../../wire/tcp.ts';
import { news, type Connection } from '../connection.ts';
import { isWindowUsed, rtoMs, scheduleLossProbe, unsentBytes } from '../send.ts';
import { seqAfter, seqAdd, seqBefore, seqMin, seqOf, type Seq } from '../sequence.ts';
import { timerKind } from '../timers.ts';
import {
  congestionEchoed,
  detectLoss,
  enterRecovery,
  hasReachedPoint,
  leaveRecovery,
  undoIfSpurious,
} from './fast-retransmit.ts';
import { updatePrr } from './prr.ts';
import { deliverCumulative, deliverSelective, delivery, takeRttSample } from './sack-scoreboard.ts';
import { noteProbeAnswer } from './tail-loss-probe.ts';

/** Takes SEG.ACK, SEG.WND and the SACK blocks of a segment whose ACK is plausible. */
export function acknowledge(connection: Connection, segment: TcpSegmentView): void {
  const { block, recovery } = connection;
  const ack = seqOf(segment.acknowledgment);
  if (seqBefore(ack, block.sndUna)) return takeOldAck(connection, ack, segment);
  const advanced = seqAfter(ack, block.sndUna);
  const isDuplicate = !advanced && isDuplicateAck(connection, segment);
  updateSendWindow(connection, segment, ack);
  if (advanced) advance(connection, ack);
  deliverCumulative(connection, ack, segment);
  deliverSelective(connection, ack, segment);
  takeRttSample(connection, advanced, segment);
  if (delivery.duplicate) {
    connection.services.counters.TcpExtTCPDSACKRecv += 1;
    connection.tally.duplicatesReported += 1;
    connection.rack.duplicateReported(ack, block.sndNxt);
  }
  if (!block.sackPermitted) countDuplicates(connection, advanced, isDuplicate);
  if (advanced && recovery.phase !== 'open') undoIfSpurious(connection, segment);
  if (recovery.phase !== 'open' && hasReachedPoint(connection)) leaveRecovery(connection);
  if (connection.ecn.agreed && (segment.flags & tcpFlag.ece) !== 0) congestionEchoed(connection);
  const selective = segment.options.sackBlockCount > 0;
  noteProbeAnswer(connection, ack, { advanced, duplicate: delivery.duplicate, selective });
  if (delivery.bytes > 0 || advanced || isDuplicate) repair(connection, delivery.bytes, advanced);
  rearm(connection, advanced);
}

/** An ACK that was overtaken: only its SACK blocks can be news (RFC 2018 section 5 does not ask for order). */
function takeOldAck(connection: Connection, ack: Seq, segment: TcpSegmentView): void {
  if (segment.options.sackBlockCount === 0) return;
  deliverCumulative(connection, ack, segment);
  deliverSelective(connection, ack, segment);
  if (delivery.bytes > 0) repair(connection, delivery.bytes, false);
}

/** SND.UNA moves: free the buffer, forget the back-off of what was acknowledged. */
function advance(connection: Connection, ack: Seq): void {
  const { block, sendBuffer } = connection;
  if (seqAfter(ack, block.sndNxt)) block.sndNxt = ack; // the peer has taken a window probe's byte
  block.sndUna = ack;
  if (seqBefore(block.probedTo, ack)) block.probedTo = ack;
  if (seqBefore(block.smallSentTo, ack)) block.smallSentTo = ack;
  connection.retries = 0;
  connection.unackedSinceMs = connection.services.clock.now();
  connection.softError = undefined;
  const freed = sendBuffer.acknowledge(seqMin(ack, sendBuffer.end));
  if (freed && connection.wantsSpace) {
    connection.wantsSpace = false;
    connection.note(news.writable);
  }
}

/** RFC 5681 section 2: no data, no news about the window, and something is outstanding. */
function isDuplicateAck(connection: Connection, segment: TcpSegmentView): boolean {
  const { block } = connection;
  return (
    segment.dataLength === 0 &&
    (segment.flags & (tcpFlag.syn | tcpFlag.fin)) === 0 &&
    block.flightSize > 0 &&
    segment.window << block.sndWindShift === block.sndWnd
  );
}

/**
 * Without SACK each duplicate ACK stands for one segment that has left the network (RFC 6582, RFC 6937 section 3.1); the
 * ACK that covers these segments later must not count them again.
 */
function countDuplicates(connection: Connection, advanced: boolean, isDuplicate: boolean): void {
  const { recovery, block } = connection;
  const before = recovery.duplicateAcks;
  if (isDuplicate) {
    recovery.duplicateAcks += 1;
    delivery.bytes = block.sndMss;
  } else if (advanced) {
    const covered = recovery.phase === 'open' ? before : Math.min(before, Math.max(delivery.segments - 1, 0));
    recovery.duplicateAcks -= covered;
    delivery.bytes = Math.max(delivery.bytes - covered * block.sndMss, 0);
  }
}

/** RFC 9293 section 3.10.7.4: SND.WND from a segment newer than the one that gave it. */
export function updateSendWindow(connection: Connection, segment: TcpSegmentView, ack: Seq): void {
  const { block, timers } = connection;
  const seq = seqOf(segment.sequence);
  const isNewer =
    seqBefore(block.sndWl1, seq) ||
    (block.sndWl1 === seq && !seqAfter(block.sndWl2, ack)) ||
    seqAfter(ack, block.sndUna);
  connection.persistProbes = 0; // the peer lives (RFC 1122 section 4.2.2.17)
  if (!isNewer) return;
  const window = segment.window << ((segment.flags & tcpFlag.syn) === 0 ? block.sndWindShift : 0);
  block.sndWnd = window;
  block.sndWl1 = seq;
  block.sndWl2 = ack;
  if (window > block.maxSndWnd) block.maxSndWnd = window;
  if (window === 0) connection.retries = 0;
  if (!seqAfter(seqAdd(ack, window), block.sndNxt)) return;
  connection.persistBackOff = 0;
  timers.clear(timerKind.persist);
}

/** Losses, and the congestion window. */
function repair(connection: Connection, delivered: number, advanced: boolean): void {
  const { services, block, recovery, sent } = connection;
  const lostBefore = sent.lostBytes;
  detectLoss(connection);
  const isWorse = sent.lostBytes > lostBefore;
  const isWhole = recovery.phase === 'open' || recovery.phase === 'cwr';
  if (isWhole && sent.lostBytes > 0) enterRecovery(connection);
  if (recovery.phase === 'recovery' || recovery.phase === 'cwr') {
    updatePrr(connection, delivered, { isSafe: advanced && !isWorse, isPartial: advanced && !block.sackPermitted });
  } else if (
    delivered > 0 &&
    advanced && // a duplicate ACK never opens the window (RFC 3042 section 2)
    (isWindowUsed(connection) || recovery.phase === 'loss')
  ) {
    connection.congestion.acknowledged(block, delivered, services.clock.now(), connection.rtt.srttMs ?? 0);
  }
}

/** RFC 6298 section 5.2 and 5.3: the retransmission timer after an ACK. */
function rearm(connection: Connection, advanced: boolean): void {
  const { block, timers } = connection;
  if (block.flightSize === 0) {
    timers.clear(timerKind.retransmit);
    timers.clear(timerKind.lossProbe);
    timers.clear(timerKind.reorder);
    return;
  }
  if (!advanced) return;
  timers.set(timerKind.retransmit, rtoMs(connection));
  const { phase } = connection.recovery;
  if (unsentBytes(connection) === 0 || phase === 'open' || phase === 'cwr') scheduleLossProbe(connection);
}
