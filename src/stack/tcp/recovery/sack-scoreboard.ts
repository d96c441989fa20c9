// What an ACK says has been delivered: cumulatively and by SACK blocks. RFC 2018 section 5, RFC 6675 section 3,
// RFC 2883 section 5 (recognising D-SACK), RFC 7323 section 4.1 and RFC 6298 section 3 (which round-trip samples to take).
import type { TcpSegmentView } from '../../wire/tcp.ts';
import type { Connection } from '../connection.ts';
import { segmentMark } from '../retransmission-queue.ts';
import { timestampNow } from '../segment.ts';
import { seqAfter, seqBefore, seqOf, type Seq } from '../sequence.ts';

/** The findings of one ACK; one object, refilled. */
export class Delivery {
  /** Sequence numbers newly acknowledged or newly selectively acknowledged. */
  bytes = 0;
  /** Segments that left the queue by the cumulative ACK. */
  segments = 0;
  /** Ms, of the segment sent last among those sent once; undefined: there is none. */
  rttMs: number | undefined = undefined;
  /** A segment that was sent more than once is among them. */
  resent = false;
  /** It was, and the echoed timestamp is of an earlier copy: RTT, or RTT and the wait for a lost ACK? */
  ambiguous = false;
  /** A D-SACK was seen. */
  duplicate = false;
}

export const delivery = new Delivery();

/** Removes what `ack` covers from the retransmission queue; fills `delivery`. */
export function deliverCumulative(connection: Connection, ack: Seq, segment: TcpSegmentView): void {
  const { sent } = connection;
  delivery.bytes = 0;
  delivery.segments = 0;
  delivery.rttMs = undefined;
  delivery.resent = false;
  delivery.ambiguous = false;
  delivery.duplicate = false;
  while (sent.count > 0 && !seqAfter(sent.end(0), ack)) {
    if ((sent.marks(0) & segmentMark.sacked) === 0) countDelivered(connection, 0, segment);
    delivery.segments += 1;
    sent.shift();
  }
  if (sent.count > 0 && seqAfter(ack, sent.start(0))) {
    if ((sent.marks(0) & segmentMark.sacked) === 0) delivery.bytes += (ack - sent.start(0)) >>> 0;
    sent.trim(ack);
  }
}

/** Marks what the SACK blocks cover. Blocks that name what was never sent, or only old data, mark nothing. */
export function deliverSelective(connection: Connection, ack: Seq, segment: TcpSegmentView): void {
  const { options } = segment;
  const { block } = connection;
  if (!block.sackPermitted || options.sackBlockCount === 0) return;
  for (let index = 0; index < options.sackBlockCount; index += 1) {
    const left = options.sackEdges[2 * index] as Seq; // 32 bits from the wire: a Seq by type of array
    const right = options.sackEdges[2 * index + 1] as Seq;
    if (!seqBefore(left, right)) continue;
    if (index === 0 && isDuplicateReport(ack, left, right, options.sackBlockCount, options.sackEdges)) {
      delivery.duplicate = true;
      continue;
    }
    if (seqAfter(right, block.sndNxt) || seqBefore(left, ack)) continue;
    markCovered(connection, left, right, segment);
  }
}

/** RFC 2883 section 4: the first block lies below the ACK, or inside the second one. */
function isDuplicateReport(ack: Seq, left: Seq, right: Seq, count: number, edges: Uint32Array): boolean {
  if (!seqAfter(right, ack)) return true;
  if (count < 2) return false;
  return !seqBefore(left, seqOf(edges[2] as number)) && !seqAfter(right, seqOf(edges[3] as number));
}

function markCovered(connection: Connection, left: Seq, right: Seq, segment: TcpSegmentView): void {
  const { sent } = connection;
  for (let index = 0; index < sent.count; index += 1) {
    if (!seqBefore(sent.start(index), right)) return;
    if (seqBefore(sent.start(index), left) || seqAfter(sent.end(index), right)) continue;
    if ((sent.marks(index) & segmentMark.sacked) !== 0) continue;
    countDelivered(connection, index, segment);
    sent.markSacked(index);
  }
}

function countDelivered(connection: Connection, index: number, segment: TcpSegmentView): void {
  const { sent, rtt, rack, block, services } = connection;
  const nowMs = services.clock.now();
  const sentAtMs = sent.sentAtMs(index);
  delivery.bytes += sent.length(index);
  connection.tally.delivered += 1;
  const sampleMs = nowMs - sentAtMs;
  const isEarlier = echoesEarlier(connection, segment, sentAtMs);
  if ((sent.marks(index) & segmentMark.everResent) !== 0) {
    delivery.resent = true;
    delivery.ambiguous ||= isEarlier;
  } else if (delivery.rttMs === undefined || sampleMs < delivery.rttMs) {
    delivery.rttMs = sampleMs;
  }
  if (!block.sackPermitted) return;
  rack.delivered(sent, index, nowMs, rtt.minimumMs, isEarlier);
}

/** True when the echoed timestamp is older than the sending at `sentAtMs`. */
function echoesEarlier(connection: Connection, segment: TcpSegmentView, sentAtMs: number): boolean {
  const { block } = connection;
  if (!block.timestampsOn || !segment.options.hasTimestamps) return false;
  return ((segment.options.timestampEcho - (Math.floor(sentAtMs) + block.tsOffset)) | 0) < 0;
}

/** Takes the round-trip sample of this ACK, if it has one: of its own segment, or by the echoed timestamp. */
export function takeRttSample(connection: Connection, advanced: boolean, segment: TcpSegmentView): void {
  const { rtt, block } = connection;
  // Karn's rule, strictly: an ACK that also covers a retransmission may have waited for it.
  if (delivery.rttMs !== undefined && !delivery.resent) {
    rtt.sample(delivery.rttMs);
    return;
  }
  const { options } = segment;
  // The ACK of a duplicate echoes an older segment's timestamp (RFC 7323 section 4.3): it would measure the silence.
  if (
    !advanced ||
    delivery.duplicate ||
    delivery.ambiguous ||
    !block.timestampsOn ||
    !options.hasTimestamps ||
    options.timestampEcho === 0
  )
    return;
  const echoedMs = (timestampNow(connection) - options.timestampEcho) | 0;
  if (echoedMs >= 0) rtt.sample(echoedMs);
}
