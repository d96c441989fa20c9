// How TCP's packets leave: never fragmented, since path MTU discovery (RFC 1191) finds what fits; with the application's
// differentiated services codepoint (RFC 9293 section 3.9.1.2, MUST-48); data may be ECN-capable (RFC 3168).
import type { TransmitOptions } from '../ip/internet-layer.ts';

/** ECT(0): what senders use (RFC 3168 section 5). */
const ect0 = 2;
const dscpMask = 0xfc;

export const wholePacket: TransmitOptions = { dontFragment: true };
/** The same for data that a router may mark instead of dropping it. */
export const markablePacket: TransmitOptions = { dontFragment: true, trafficClass: ect0 };

/** The two kinds of packets for a traffic class of the application's; the ECN bits in it are TCP's and not taken. */
export function packetOptions(trafficClass: number): readonly [whole: TransmitOptions, markable: TransmitOptions] {
  const dscp = trafficClass & dscpMask;
  if (dscp === 0) return [wholePacket, markablePacket];
  return [
    { dontFragment: true, trafficClass: dscp },
    { dontFragment: true, trafficClass: dscp | ect0 },
  ];
}
