// Round-trip time and retransmission timeout: RFC 6298, with Linux's floor (RTO = SRTT + max(floor, 4 RTTVAR)).
// Whether a sample may be taken at all (Karn's rule, timestamps) is the caller's business.

/** RFC 6298 section 2.1: before any sample. */
const initialRtoMs = 1000;
/** RFC 6298 section 5.7: when data follows a SYN that had to be sent again and gave no sample. */
const rtoAfterLostSynMs = 3000;

export class RttEstimator {
  /** Smoothed RTT and its mean deviation in ms; undefined before the first sample. */
  srttMs: number | undefined = undefined;
  rttvarMs = 0;
  /** The least RTT seen, ms; Infinity before the first sample. */
  minimumMs = Infinity;
  /** Times the RTO has been doubled since the last sample (RFC 6298 section 5.5). */
  backOff = 0;
  #initialMs = initialRtoMs;

  /** One measurement, in ms; ends any back-off (RFC 6298 section 5: "once a new sample..."). */
  sample(rttMs: number): void {
    if (rttMs < this.minimumMs) this.minimumMs = rttMs;
    this.backOff = 0;
    if (this.srttMs === undefined) {
      this.srttMs = rttMs;
      this.rttvarMs = rttMs / 2;
      return;
    }
    this.rttvarMs += (Math.abs(this.srttMs - rttMs) - this.rttvarMs) / 4;
    this.srttMs += (rttMs - this.srttMs) / 8;
  }

  /** The handshake is over and had to be repeated. */
  synWasLost(): void {
    this.#initialMs = rtoAfterLostSynMs;
  }

  /** RTO in ms without back-off. */
  baseRtoMs(floorMs: number, ceilingMs: number): number {
    if (this.srttMs === undefined) return Math.min(this.#initialMs, ceilingMs);
    return Math.min(this.srttMs + Math.max(floorMs, 4 * this.rttvarMs), ceilingMs);
  }

  /** RTO in ms with back-off. */
  rtoMs(floorMs: number, ceilingMs: number): number {
    const baseMs = this.baseRtoMs(floorMs, ceilingMs);
    return this.backOff === 0 ? baseMs : Math.min(baseMs * 2 ** Math.min(this.backOff, 30), ceilingMs);
  }
}
