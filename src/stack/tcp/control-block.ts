// The transmission control block: the variables of RFC 9293 section 3.3.1 and of the RFCs that added to it, by their
// names. Nothing else lives here, and nothing here decides anything.
import type { TcpState } from './state.ts';
import { seqOf, type Seq } from './sequence.ts';

const zero = seqOf(0);

export class ControlBlock {
  state: TcpState = 'CLOSED';

  // Send sequence variables.
  /** SND.UNA: oldest unacknowledged. */
  sndUna: Seq = zero;
  /** SND.NXT: next to be sent. */
  sndNxt: Seq = zero;
  /** SND.WND in bytes, already scaled. */
  sndWnd = 0;
  /** SND.WL1, SND.WL2: sequence and acknowledgment of the segment that gave SND.WND. */
  sndWl1: Seq = zero;
  sndWl2: Seq = zero;
  iss: Seq = zero;
  /** Max(SND.WND): the largest window the peer has offered (RFC 9293 section 3.8.6.2.1). */
  maxSndWnd = 0;
  /** Up to where a window probe has shown the peer a byte beyond SND.NXT: what it may acknowledge. */
  probedTo: Seq = zero;
  /** End of the last segment sent that was smaller than the MSS (Nagle in Minshall's form). */
  smallSentTo: Seq = zero;

  // Receive sequence variables.
  rcvNxt: Seq = zero;
  /** RCV.NXT + RCV.WND as announced: the right edge, which never moves left. */
  rcvAdv: Seq = zero;
  irs: Seq = zero;

  // Negotiated (RFC 9293 section 3.7.1, RFC 7323, RFC 2018).
  /** Eff.snd.MSS without options: bytes of data and options that the peer and the path take. */
  sndMss = 536;
  /** MSS that the peer's SYN named (536 when it did not). */
  peerMss = 536;
  /** MSS that our SYN names. */
  rcvMss = 536;
  sndWindShift = 0;
  rcvWindShift = 0;
  sackPermitted = false;
  timestampsOn = false;

  // Timestamps (RFC 7323 section 4.3 and 5).
  /** TS.Recent and the clock's ms when it was set. */
  tsRecent = 0;
  tsRecentAtMs = 0;
  /** Last.ACK.sent. */
  lastAckSent: Seq = zero;
  /** Added to the clock's ms, so that values tell nothing and still ascend per four-tuple (RFC 7323 section 7.1). */
  tsOffset = 0;

  // Congestion control (RFC 5681), in bytes.
  cwnd = 0;
  ssthresh = Infinity;

  // FIN.
  /** The user has finished: FIN goes out after the last queued byte. */
  finWanted = false;
  finSent = false;
  /** The peer's FIN has been received in order. */
  finReceived = false;

  /** RCV.WND in bytes. */
  get rcvWnd(): number {
    const window = (this.rcvAdv - this.rcvNxt) | 0;
    return window > 0 ? window : 0;
  }

  /** FlightSize: sequence numbers sent and not acknowledged. */
  get flightSize(): number {
    return (this.sndNxt - this.sndUna) >>> 0;
  }
}
