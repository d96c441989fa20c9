// RACK: a segment is lost when one sent sufficiently later has been delivered (RFC 8985 section 6). Works for
// retransmissions too, which is what keeps heavy loss from costing timeouts. Needs SACK.
import { segmentMark, type RetransmissionQueue } from '../retransmission-queue.ts';
import { seqAfter, seqBefore, seqDiff, seqOf, type Seq } from '../sequence.ts';

const settled = segmentMark.sacked | segmentMark.lost;
/** RFC 8985 section 6.2 step 4: recoveries after which a widened reordering window shrinks back. */
const persistRounds = 16;

export class Rack {
  /** RACK.xmit_ts, end_seq, rtt: of the segment sent last among those delivered. */
  #sentAtMs = -Infinity;
  #end: Seq = seqOf(0);
  rttMs = 0;
  /** The largest distance below RACK.fack at which something sent once was delivered, bytes. */
  #reorderedBytes = 0;
  /** Times that this has happened. */
  reorderings = 0;
  /** RACK.fack: the highest sequence number delivered. */
  #forward: Seq | undefined;
  #reorderingSeen = false;
  /** RACK.reo_wnd_mult and persist (D-SACKs widen the window). */
  #multiplier = 1;
  #persist = 0;
  #duplicateRound: Seq | undefined;

  /** A segment that was in flight has been delivered. `echoedBefore`: the timestamp shows that an earlier copy was. */
  delivered(
    sent: RetransmissionQueue,
    index: number,
    nowMs: number,
    minimumRttMs: number,
    echoedBefore: boolean,
  ): void {
    const end = sent.end(index);
    const wasResent = (sent.marks(index) & segmentMark.everResent) !== 0;
    if (this.#forward === undefined || seqAfter(end, this.#forward)) this.#forward = end;
    else if (seqBefore(end, this.#forward) && !wasResent) {
      this.#reorderingSeen = true;
      this.reorderings += 1;
      this.#reorderedBytes = Math.max(this.#reorderedBytes, seqDiff(this.#forward, sent.start(index)));
    }
    const sentAtMs = sent.sentAtMs(index);
    if (wasResent && (echoedBefore || nowMs - sentAtMs < minimumRttMs)) return; // which copy arrived is not known
    this.rttMs = nowMs - sentAtMs;
    if (sentAtMs > this.#sentAtMs || (sentAtMs === this.#sentAtMs && seqAfter(end, this.#end))) {
      this.#sentAtMs = sentAtMs;
      this.#end = end;
    }
  }

  /** A D-SACK came: something was sent again in vain, so wait longer (once per round trip). */
  duplicateReported(sndUna: Seq, sndNxt: Seq): void {
    if (this.#duplicateRound !== undefined && seqBefore(sndUna, this.#duplicateRound)) return;
    this.#duplicateRound = sndNxt;
    this.#multiplier = Math.min(this.#multiplier + 1, 64);
    this.#persist = persistRounds;
  }

  /** A recovery ended. */
  recovered(): void {
    if (this.#persist > 0 && (this.#persist -= 1) === 0) this.#multiplier = 1;
  }

  /** Segments of `segmentBytes` by which the path has been seen to reorder, as Linux counts: at least 3. */
  reorderingSegments(segmentBytes: number): number {
    return Math.max(3, Math.floor(this.#reorderedBytes / segmentBytes));
  }

  /** RACK.reo_wnd in ms. */
  windowMs(minimumRttMs: number, srttMs: number, inRecovery: boolean, sackedCount: number): number {
    if (!this.#reorderingSeen && (inRecovery || sackedCount >= 3)) return 0;
    if (minimumRttMs === Infinity) return 0;
    return Math.min((this.#multiplier * minimumRttMs) / 4, srttMs);
  }

  /** Marks what is lost; returns ms until the next segment would be, 0 when none is waiting. */
  detect(sent: RetransmissionQueue, nowMs: number, windowMs: number): number {
    let waitMs = 0;
    for (let index = 0; index < sent.count; index += 1) {
      if ((sent.marks(index) & settled) !== 0) continue;
      const sentAtMs = sent.sentAtMs(index);
      const isLater =
        sentAtMs > this.#sentAtMs || (sentAtMs === this.#sentAtMs && !seqBefore(sent.end(index), this.#end));
      if (isLater) {
        if (sent.inOrderOfSending) break; // so are all behind it: without a loss, one look per ACK
        continue;
      }
      const leftMs = sentAtMs + this.rttMs + windowMs - nowMs;
      if (leftMs <= 0) sent.markLost(index);
      else if (leftMs > waitMs) waitMs = leftMs;
    }
    return waitMs;
  }

  /** At a timeout: the oldest, and all that are overdue (RFC 8985 section 6.3). */
  detectOnTimeout(sent: RetransmissionQueue, nowMs: number, windowMs: number): void {
    for (let index = 0; index < sent.count; index += 1) {
      if ((sent.marks(index) & settled) !== 0) continue;
      if (index === 0 || sent.sentAtMs(index) + this.rttMs + windowMs - nowMs <= 0) sent.markLost(index);
    }
  }
}
