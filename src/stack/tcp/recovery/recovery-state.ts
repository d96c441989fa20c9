// What loss recovery remembers between two ACKs: the phase, the recovery point, proportional rate reduction (RFC 6937),
// the tail loss probe (RFC 8985 section 7) and what a spurious reduction would have to give back (RFC 3522).
import { seqOf, type Seq } from '../sequence.ts';

/**
 * open: no loss known; cwr: slower because a router has marked, nothing lost (RFC 3168); recovery: repairing without a
 * timeout; loss: after a timeout, slow start again.
 */
export type RecoveryPhase = 'open' | 'cwr' | 'recovery' | 'loss';

export class RecoveryState {
  phase: RecoveryPhase = 'open';
  /** RecoveryPoint (RFC 6675): SND.NXT when the phase began; acknowledged, it ends. */
  point: Seq = seqOf(0);
  /** Duplicate ACKs from a peer without SACK. */
  duplicateAcks = 0;

  // RFC 6937 section 3, bytes.
  prrDelivered = 0;
  prrOut = 0;
  recoverFlight = 0;

  /** End of the probe's segment while its answer is awaited; whether it was a retransmission. */
  probeEnd: Seq | undefined = undefined;
  probeWasResent = false;

  // Before the reduction, and the timestamp of the first retransmission after it (undefined: cannot be undone).
  priorCwnd = 0;
  priorSsthresh = 0;
  firstResendTimestamp: number | undefined = undefined;
}
