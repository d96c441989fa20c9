// The largest segment that fits a packet: RFC 9293 section 3.7.1, RFC 6691 (options are not subtracted here).
import { ipv4HeaderLength } from '../wire/ipv4.ts';
import type { IpFamily } from '../wire/ip-address.ts';
import { tcpHeaderBytes } from '../wire/tcp.ts';

const ipv6HeaderLength = 40;
/** The MSS option has 16 bits, and an IPv4 packet ends there as well. */
const fieldMaximum = 65_535;

/** The data and options that a packet of `mtu` bytes has room for. */
export function mssForMtu(family: IpFamily, mtu: number): number {
  const headers = (family === 4 ? ipv4HeaderLength : ipv6HeaderLength) + tcpHeaderBytes;
  return Math.min(mtu, fieldMaximum) - headers;
}
