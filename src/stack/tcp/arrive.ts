// A segment arrives for a connection in a synchronized state or SYN_RCVD: RFC 9293 section 3.10.7.4 as a list of steps
// in its order, with the checks that RFC 5961 and RFC 7323 put between them. Each step says whether to go on.
import { tcpFlag, type TcpSegmentView } from '../wire/tcp.ts';
import { isAckPlausible, isAcceptable, isInWindow, isTimestampOld, rememberTimestamp } from './acceptance.ts';
import { finRepeated, ourFinAcknowledged, peerFinArrived } from './close.ts';
import type { Connection } from './connection.ts';
import { establish } from './open.ts';
import { receiveText, reportOldData } from './receive.ts';
import { acknowledge, updateSendWindow } from './recovery/acknowledgment.ts';
import { sendAck, sendChallengeAck, transmitSegment } from './segment.ts';
import { seqAdd, seqAfter, seqBefore, seqOf } from './sequence.ts';
import { takeUrgentPointer } from './urgent.ts';

/** `next`: on to the following step; `done`: this segment has had its effect; `reset`: answer it with RST. */
export type StepResult = 'next' | 'done' | 'reset';

type Step = (connection: Connection, segment: TcpSegmentView, interfaceName: string) => StepResult;

/** The order of RFC 9293; its third step (security) has no content today. */
export const arrivalSteps: readonly Step[] = [
  acceptRepeatedSyn,
  checkTimestamp,
  checkSequence,
  checkReset,
  checkSyn,
  checkAck,
  takeTimestamp,
  processAck,
  refuseForOrphan,
  processText,
  processFin,
];

/** Walks the list. `reset` is for the caller to answer: it has the packet. */
export function arriveSynchronized(connection: Connection, segment: TcpSegmentView, interfaceName: string): StepResult {
  for (const step of arrivalSteps) {
    const result = step(connection, segment, interfaceName);
    if (result !== 'next') return result;
  }
  return 'done';
}

/**
 * The peer's SYN again while we are in SYN_RCVD: our SYN-ACK was lost, or this is the SYN-ACK of a simultaneous open,
 * whose SYN is old but whose ACK counts (RFC 9293 section 3.5, figure 8).
 */
function acceptRepeatedSyn(connection: Connection, segment: TcpSegmentView): StepResult {
  const { block } = connection;
  const isOurs = (segment.flags & (tcpFlag.syn | tcpFlag.rst)) === tcpFlag.syn && segment.sequence === block.irs;
  if (block.state !== 'SYN_RCVD' || !isOurs) return 'next';
  if ((segment.flags & tcpFlag.ack) === 0) {
    transmitSegment(connection, block.iss, tcpFlag.syn | tcpFlag.ack, 0);
    return 'done';
  }
  segment.flags &= ~tcpFlag.syn;
  segment.sequence = seqAdd(block.irs, 1);
  connection.ackNow = true;
  return 'next';
}

/** RFC 7323 section 5.3, R1: before the sequence check. */
function checkTimestamp(connection: Connection, segment: TcpSegmentView, interfaceName: string): StepResult {
  const { block, services } = connection;
  if (!block.timestampsOn || (segment.flags & tcpFlag.rst) !== 0) return 'next';
  const { options } = segment;
  if (!options.hasTimestamps) {
    if (services.fields.timestampsRequired === 0) return 'next';
    services.drop('tcp-paws', interfaceName); // section 3.2: silently
    return 'done';
  }
  if (!isTimestampOld(block, options.timestampValue, services.clock.now())) return 'next';
  services.counters.TcpExtPAWSEstab += 1;
  services.drop('tcp-paws', interfaceName);
  reportOldData(connection, segment);
  answerInvalid(connection, segment);
  return 'done';
}

/** First step: is it in the window? */
function checkSequence(connection: Connection, segment: TcpSegmentView, interfaceName: string): StepResult {
  const { block, services } = connection;
  const seq = seqOf(segment.sequence);
  if (isAcceptable(block, seq, segment.sequenceLength)) return 'next';
  if ((segment.flags & tcpFlag.rst) !== 0) {
    services.drop('tcp-rst-invalid', interfaceName);
    return 'done';
  }
  const isOld = seqBefore(seq, block.rcvNxt);
  services.drop(isOld && segment.dataLength > 0 ? 'tcp-duplicate' : 'tcp-out-of-window', interfaceName);
  if (isOld && (segment.flags & tcpFlag.fin) !== 0 && block.finReceived) finRepeated(connection);
  reportOldData(connection, segment);
  takeAckOfUnacceptable(connection, segment);
  answerInvalid(connection, segment);
  return 'done';
}

/**
 * A zero window, or a retransmission of what we have, must not keep a valid ACK from being used: section 3.10.7.4 asks
 * for it with a zero window; both sides probing each other's zero window would be stuck otherwise.
 */
function takeAckOfUnacceptable(connection: Connection, segment: TcpSegmentView): void {
  const { block } = connection;
  const isNear = seqOf(segment.sequence) === block.rcvNxt || seqAdd(seqOf(segment.sequence), 1) === block.rcvNxt;
  const mayUse = (segment.flags & (tcpFlag.ack | tcpFlag.syn)) === tcpFlag.ack && isNear && block.state !== 'SYN_RCVD';
  if (!mayUse || !isAckPlausible(block, seqOf(segment.acknowledgment))) return;
  processAck(connection, segment, '');
  takeUrgentPointer(connection, segment); // MUST-66: with a zero window, too
}

/** An ACK in answer to a segment that cannot be taken; empty ones are answered at a limited rate (no ACK wars). */
function answerInvalid(connection: Connection, segment: TcpSegmentView): void {
  const { services, block } = connection;
  if (block.state === 'CLOSED') return;
  const nowMs = services.clock.now();
  const isEmpty = segment.dataLength === 0 && (segment.flags & tcpFlag.fin) === 0;
  if (isEmpty && seqAdd(seqOf(segment.sequence), 1) !== block.rcvNxt) {
    if (nowMs - connection.lastInvalidAnswerMs < services.fields.invalidRateLimitMs) return;
    connection.lastInvalidAnswerMs = nowMs;
  }
  sendAck(connection);
}

/** Second step, with RFC 5961 section 3.2: only an exact RST resets. */
function checkReset(connection: Connection, segment: TcpSegmentView, interfaceName: string): StepResult {
  if ((segment.flags & tcpFlag.rst) === 0) return 'next';
  const { block, services } = connection;
  if (seqOf(segment.sequence) !== block.rcvNxt) {
    services.drop('tcp-rst-invalid', interfaceName);
    if (isInWindow(block, seqOf(segment.sequence))) sendChallengeAck(connection);
    return 'done';
  }
  switch (block.state) {
    case 'SYN_RCVD':
      connection.fail('ECONNREFUSED', 'the peer refuses the connection');
      return 'done';
    case 'TIME_WAIT':
      if (services.fields.rfc1337 === 0) connection.end('reset', undefined);
      return 'done';
    case 'CLOSING':
    case 'LAST_ACK':
      connection.end('reset', undefined);
      return 'done';
    default:
      connection.fail('ECONNRESET', 'the peer has reset the connection');
      return 'done';
  }
}

/** Fourth step, with RFC 5961 section 4.2: a SYN never resets, it is challenged. */
function checkSyn(connection: Connection, segment: TcpSegmentView, interfaceName: string): StepResult {
  if ((segment.flags & tcpFlag.syn) === 0) return 'next';
  connection.services.drop('tcp-syn-in-window', interfaceName);
  connection.services.counters.TcpExtTCPSYNChallenge += 1;
  sendChallengeAck(connection);
  return 'done';
}

/** Fifth step: nothing without ACK; the ACK of our SYN; RFC 5961 section 5.2. */
function checkAck(connection: Connection, segment: TcpSegmentView, interfaceName: string): StepResult {
  const { block, services } = connection;
  if ((segment.flags & tcpFlag.ack) === 0) {
    services.drop('tcp-no-ack', interfaceName);
    return 'done';
  }
  const ack = seqOf(segment.acknowledgment);
  if (block.state === 'SYN_RCVD') {
    if (!seqAfter(ack, block.sndUna) || seqAfter(ack, block.sndNxt)) {
      services.drop('tcp-ack-invalid', interfaceName);
      return 'reset';
    }
    if (connection.parent?.mayEstablish() === false) {
      services.counters.TcpExtListenOverflows += 1;
      services.counters.TcpExtListenDrops += 1;
      services.drop('tcp-backlog-full', interfaceName);
      if (services.fields.abortOnOverflow === 0) return 'done';
      services.counters.TcpExtTCPAbortOnOverflow += 1;
      connection.end('reset', undefined);
      return 'reset';
    }
    block.sndUna = ack;
    connection.move('ack-of-syn');
    updateSendWindow(connection, segment, ack);
    establish(connection);
    connection.parent?.established(connection);
    return 'next';
  }
  if (isAckPlausible(block, ack)) return 'next';
  services.drop('tcp-ack-invalid', interfaceName);
  sendChallengeAck(connection);
  return 'done';
}

/** RFC 7323 section 4.3 (2), but only once the ACK has shown that the segment is not made up (as Linux does). */
function takeTimestamp(connection: Connection, segment: TcpSegmentView): StepResult {
  const { block, services } = connection;
  if (block.timestampsOn && segment.options.hasTimestamps) {
    rememberTimestamp(block, seqOf(segment.sequence), segment.options.timestampValue, services.clock.now());
  }
  return 'next';
}

/** Fifth step, continued: what the ACK says, and the end of our FIN. */
function processAck(connection: Connection, segment: TcpSegmentView, _interfaceName: string): StepResult {
  const { block } = connection;
  if (block.state === 'TIME_WAIT') return 'next';
  acknowledge(connection, segment);
  if (!block.finSent || block.sndUna !== block.sndNxt) return 'next';
  return ourFinAcknowledged(connection) ? 'next' : 'done';
}

/** RFC 1122 section 4.2.2.13: new data for an application that has closed is answered with RST. */
function refuseForOrphan(connection: Connection, segment: TcpSegmentView, interfaceName: string): StepResult {
  const { block, services } = connection;
  if (!connection.readingClosed || segment.dataLength === 0 || block.state === 'TIME_WAIT') return 'next';
  if (!seqAfter(seqAdd(seqOf(segment.sequence), segment.dataLength), block.rcvNxt)) return 'next';
  services.drop('tcp-after-close', interfaceName);
  services.counters.TcpExtTCPAbortOnData += 1;
  connection.fail('ECONNABORTED', 'data came after this side had closed');
  return 'reset'; // as from a closed port (section 3.10.7.1): there is nobody here any more
}

/** Sixth step (urgent.ts) and seventh. */
function processText(connection: Connection, segment: TcpSegmentView, interfaceName: string): StepResult {
  switch (connection.block.state) {
    case 'ESTABLISHED':
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
      takeUrgentPointer(connection, segment);
      receiveText(connection, segment, interfaceName);
      return 'next';
    default:
      return 'next'; // after the peer's FIN there is nothing to take
  }
}

/** Eighth step: the FIN counts once everything before it has come. */
function processFin(connection: Connection, segment: TcpSegmentView): StepResult {
  const { block } = connection;
  if (block.finReceived) {
    if ((segment.flags & tcpFlag.fin) !== 0) finRepeated(connection);
  } else if (connection.peerFinSeq === block.rcvNxt) {
    peerFinArrived(connection);
  }
  return 'done';
}
