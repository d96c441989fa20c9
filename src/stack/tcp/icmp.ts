// ICMP errors about our segments: RFC 9293 section 3.9.2.2, RFC 5927 (believe only what quotes something in flight),
// RFC 5461 (in SYN_SENT and SYN_RCVD an unreachable destination ends the attempt, as in Linux; later it is soft).
import { SocketError, type IcmpErrorReport } from '../sockets.ts';
import type { Connection } from './connection.ts';
import { pathHasShrunk } from './retransmit.ts';
import { seqAfter, seqBefore, type Seq } from './sequence.ts';

/** `quotedSeq`: SEG.SEQ of the segment that failed. False when the report cannot be about this connection. */
export function icmpErrorArrived(connection: Connection, report: IcmpErrorReport, quotedSeq: Seq): boolean {
  const { block } = connection;
  if (seqBefore(quotedSeq, block.sndUna) || seqAfter(quotedSeq, block.sndNxt)) return false;
  if (report.kind === 'source-quench' || report.kind === 'redirect') return true; // RFC 6633; redirects are IP's
  if (report.kind === 'fragmentation-needed') {
    pathHasShrunk(connection); // the internet layer has taken the report into the route's MTU
    return true;
  }
  const error = errorOf(report);
  if (block.state === 'SYN_SENT' || block.state === 'SYN_RCVD') {
    if (report.kind === 'unreachable' || report.kind === 'parameter-problem') connection.end('reset', error);
    else connection.noteSoftError(report, error);
  } else {
    connection.noteSoftError(report, error);
  }
  return true;
}

/** errno for an ICMP error, as Linux maps it (RFC 1122 section 3.2.2.1). */
function errorOf(report: IcmpErrorReport): SocketError {
  if (report.kind === 'time-exceeded') return new SocketError('EHOSTUNREACH', 'a TTL ran out on the way');
  if (report.kind === 'parameter-problem') return new SocketError('EPROTO', 'a router objects to the packet');
  const isIpv4 = typeof report.destination.address === 'number';
  const code = isIpv4 ? (ipv4Codes[report.code] ?? 'EHOSTUNREACH') : (ipv6Codes[report.code] ?? 'EHOSTUNREACH');
  return new SocketError(code, `a router or the host reports the destination unreachable (code ${report.code})`);
}

/** By code of ICMP type 3. */
const ipv4Codes: readonly SocketError['code'][] = [
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EPROTO',
  'ECONNREFUSED',
  'EMSGSIZE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
];

/** By code of ICMPv6 type 1. */
const ipv6Codes: readonly SocketError['code'][] = [
  'ENETUNREACH',
  'EACCES',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
  'ECONNREFUSED',
  'EACCES',
  'EACCES',
];
