// What a segment means within its conversation, as Wireshark's analysis says it: retransmission, duplicate ACK, zero
// window... Seen from one place of capture; "suspected" is said for good reason.
import type { RoundTrip, TcpSide } from './conversations.ts';
import type { FieldName } from './fields.ts';

export interface AnalysedSegment {
  readonly sequence: number;
  readonly acknowledgment: number;
  /** Bytes of data. */
  readonly length: number;
  readonly window: number;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly reset: boolean;
  readonly ack: boolean;
  readonly timeSeconds: number;
}

export interface Remark {
  readonly name: FieldName;
  readonly value: number | true;
}

/** A retransmission this soon after the third duplicate ACK was caused by it. */
const fastSeconds = 0.02;
/** A gap that closes within a round trip was reordering: nobody could have noticed the loss yet. When that is unknown: */
const reorderSeconds = 0.003;

/** a - b in sequence space: negative when a comes before b (RFC 9293 section 3.4). */
const distance = (a: number, b: number): number => (a - b) | 0;

/** Remarks on a segment; afterwards `sender` knows of it. */
export function analyse(
  segment: AnalysedSegment,
  sender: TcpSide,
  receiver: TcpSide,
  roundTrip: RoundTrip,
): readonly Remark[] {
  const remarks: Remark[] = [];
  const remark = (name: FieldName, value: number | true = true): void => void remarks.push({ name, value });
  measureHandshake(segment, roundTrip);
  const isKeepAlive = judgeSequence(segment, sender, receiver, roundTrip, remark);
  if (segment.ack) judgeAcknowledgment(segment, sender, receiver, remark);
  remember(segment, sender, receiver, isKeepAlive);
  if (segment.length > 0 && receiver.lastAcknowledgment !== undefined && sender.next !== undefined) {
    const inFlight = distance(sender.next, receiver.lastAcknowledgment);
    if (inFlight > 0) remark('tcp.analysis.bytes_in_flight', inFlight);
  }
  return remarks;
}

function measureHandshake(segment: AnalysedSegment, roundTrip: RoundTrip): void {
  const { syn, ack, timeSeconds } = segment;
  if (syn && !ack) roundTrip.synAt = timeSeconds;
  else if (!syn && ack && roundTrip.synAt !== undefined) roundTrip.seconds ??= timeSeconds - roundTrip.synAt;
}

type Note = (name: FieldName, value?: number | true) => void;

const isProbe = (segment: AnalysedSegment, sender: TcpSide, receiver: TcpSide): boolean =>
  segment.length === 1 && segment.sequence === sender.next && receiver.window === 0;

/** True when the segment is a keep-alive. */
function judgeSequence(
  segment: AnalysedSegment,
  sender: TcpSide,
  receiver: TcpSide,
  roundTrip: RoundTrip,
  remark: Note,
): boolean {
  const { sequence, length, syn, fin, reset } = segment;
  const isControl = syn || fin || reset;
  if (segment.window === 0 && !isControl) remark('tcp.analysis.zero_window');
  if (sender.next === undefined) return false;
  if (isProbe(segment, sender, receiver)) {
    remark('tcp.analysis.zero_window_probe');
    return false;
  }
  const ahead = distance(sequence, sender.next);
  if (ahead > 0 && !reset) remark('tcp.analysis.lost_segment');
  if (length <= 1 && ahead === -1 && !isControl) {
    remark('tcp.analysis.keep_alive');
    return true;
  }
  const limit = windowOf(receiver);
  if (length > 0 && !isControl && limit !== undefined && receiver.lastAcknowledgment !== undefined) {
    if (distance(sequence + length, receiver.lastAcknowledgment) === limit) remark('tcp.analysis.window_full');
  }
  if (ahead < 0 && (length > 0 || syn || fin)) judgeRepetition(segment, sender, receiver, roundTrip, remark);
  return false;
}

function judgeRepetition(
  segment: AnalysedSegment,
  sender: TcpSide,
  receiver: TcpSide,
  roundTrip: RoundTrip,
  remark: Note,
): void {
  const { sequence, length, timeSeconds } = segment;
  const acknowledged = receiver.lastAcknowledgment;
  if (acknowledged !== undefined && length > 0 && distance(sequence + length, acknowledged) <= 0) {
    remark('tcp.analysis.spurious_retransmission');
    remark('tcp.analysis.retransmission');
  } else if (
    receiver.duplicateAcknowledgments >= 2 &&
    acknowledged === sequence &&
    timeSeconds - receiver.acknowledgedAt < fastSeconds
  ) {
    remark('tcp.analysis.fast_retransmission');
    remark('tcp.analysis.retransmission');
  } else if (
    timeSeconds - sender.advancedAt < (roundTrip.seconds ?? reorderSeconds) &&
    sender.next !== sequence + length
  ) {
    remark('tcp.analysis.out_of_order');
  } else remark('tcp.analysis.retransmission');
}

function judgeAcknowledgment(segment: AnalysedSegment, sender: TcpSide, receiver: TcpSide, remark: Note): void {
  const { acknowledgment, length, window, syn, fin, reset } = segment;
  if (receiver.next !== undefined && distance(acknowledgment, receiver.next) > 0)
    remark('tcp.analysis.ack_lost_segment');
  const saysNothingNew =
    length === 0 &&
    !(syn || fin || reset) &&
    segment.sequence === sender.next &&
    acknowledgment === sender.lastAcknowledgment;
  if (!saysNothingNew) {
    sender.duplicateAcknowledgments = 0;
    return;
  }
  if (receiver.lastWas === 'keep-alive') remark('tcp.analysis.keep_alive_ack');
  else if (receiver.lastWas === 'zero-window-probe' && window === 0) remark('tcp.analysis.zero_window_probe_ack');
  else if (window !== sender.window) {
    if (window !== 0) remark('tcp.analysis.window_update');
  } else if (window !== 0) {
    sender.duplicateAcknowledgments += 1;
    remark('tcp.analysis.duplicate_ack');
    remark('tcp.analysis.duplicate_ack_num', sender.duplicateAcknowledgments);
  }
}

function windowOf(side: TcpSide): number | undefined {
  return side.window === undefined ? undefined : side.window * 2 ** (side.windowShift ?? 0);
}

function remember(segment: AnalysedSegment, sender: TcpSide, receiver: TcpSide, isKeepAlive: boolean): void {
  const { sequence, length, syn, fin, ack, timeSeconds } = segment;
  sender.lastWas = isKeepAlive ? 'keep-alive' : isProbe(segment, sender, receiver) ? 'zero-window-probe' : 'other';
  const next = (sequence + length + Number(syn) + Number(fin)) >>> 0;
  const isProbeData = sender.lastWas === 'zero-window-probe'; // it will be sent again
  if (!isProbeData && (sender.next === undefined || distance(next, sender.next) > 0)) {
    sender.next = next;
    sender.advancedAt = timeSeconds;
  }
  sender.window = segment.window;
  if (ack) {
    sender.lastAcknowledgment = segment.acknowledgment;
    sender.acknowledgedAt = timeSeconds;
  }
}
