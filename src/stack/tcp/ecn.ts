// Explicit congestion notification: RFC 3168 section 6.1. Both sides agree by SYN and SYN-ACK; data is sent ECN-capable; a
// receiver echoes a router's mark until the sender says that it has slowed down.
// Not ECN-capable, by section 6.1: SYNs, pure ACKs, retransmissions, window probes.
// Left out: accurate ECN (RFC 9768), data-centre TCP (RFC 8257).
import { tcpFlag, type TcpSegmentView } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';

/** Values of `net.ipv4.tcp_ecn`. */
const mode = { off: 0, ask: 1 } as const;

const both = tcpFlag.ece | tcpFlag.cwr;

export class EcnState {
  /** Both sides have agreed. */
  agreed = false;
  /** Our last SYN has asked. */
  asked = false;
  /** A mark has come: every ACK carries ECE until the peer's CWR. */
  echoing = false;
  /** The window was reduced: the next new data carries CWR. */
  cwrDue = false;
  /** A packet with ECT or CE has come (`ecnseen` in ss). */
  seen = false;
}

/** The flags that a SYN or SYN-ACK adds. A SYN that is sent again does not ask: something on the way may drop it (RFC 3168 6.1.1.1). */
export function ecnFlagsOfSyn(connection: Connection, flags: number): number {
  const { ecn, services } = connection;
  if ((flags & tcpFlag.ack) !== 0) return ecn.agreed ? tcpFlag.ece : 0;
  const fallsBack = connection.retries > 0 && services.fields.ecnFallback === 1;
  ecn.asked = services.fields.ecn === mode.ask && !fallsBack;
  return ecn.asked ? both : 0;
}

/** The peer's SYN, for a listener: an ECN-setup SYN has both flags. */
export function takeEcnOfSyn(connection: Connection, segment: TcpSegmentView): void {
  const { ecn, services } = connection;
  ecn.agreed = services.fields.ecn !== mode.off && (segment.flags & both) === both;
}

/** The SYN-ACK: an ECN-setup one has ECE alone, so that who mirrors our flags has not agreed. */
export function takeEcnOfSynAck(connection: Connection, segment: TcpSegmentView): void {
  const { ecn } = connection;
  ecn.agreed = ecn.asked && (segment.flags & both) === tcpFlag.ece;
}

/** Flags that an established connection adds to a segment with ACK. */
export function echoFlag({ ecn }: Connection): number {
  return ecn.echoing ? tcpFlag.ece : 0;
}

/** The flag for new data, once after each reduction (section 6.1.2). */
export function takeCwr({ ecn }: Connection): number {
  if (!ecn.cwrDue) return 0;
  ecn.cwrDue = false;
  return tcpFlag.cwr;
}

/** Data inside the window has come: the peer's CWR ends the echo, a mark on the packet begins it (section 6.1.3). */
export function takeMark(connection: Connection, segment: TcpSegmentView, trafficClass: number): void {
  const { ecn } = connection;
  const codepoint = trafficClass & 3;
  if ((segment.flags & tcpFlag.cwr) !== 0) {
    ecn.echoing = false;
    connection.ackNow = true; // its window may be down to one segment: do not keep it waiting
  }
  if (codepoint !== 0) ecn.seen = true;
  if (codepoint !== 3) return;
  if (!ecn.echoing) connection.ackNow = true; // the sender is to hear it soon
  ecn.echoing = true;
}

/** The window has been reduced, for whatever reason. */
export function noteReduction({ ecn }: Connection): void {
  ecn.cwrDue = ecn.agreed;
}
