// Whether a segment is worth sending now: silly window avoidance of the sender (RFC 9293 section 3.8.6.2.1) and Nagle's
// rule (RFC 896) in Minshall's form, as in Linux: only one segment smaller than the MSS may be unacknowledged. A cork
// (TCP_CORK) holds back every small segment until FIN.
import type { Connection } from './connection.ts';
import { seqAfter } from './sequence.ts';

/** `length` bytes could be sent, of `unsent` queued, in segments of at most `segmentBytes`. */
export function isWorthSending(connection: Connection, length: number, unsent: number, segmentBytes: number): boolean {
  const { block } = connection;
  if (length >= segmentBytes) return true;
  if (length === unsent && connection.corked && !block.finWanted) return false;
  if (length === unsent) return connection.noDelay || block.finWanted || !hasSmallSegmentOut(connection);
  return length > 0 && length >= block.maxSndWnd / 2;
}

function hasSmallSegmentOut(connection: Connection): boolean {
  const { block } = connection;
  return block.flightSize > 0 && seqAfter(block.smallSentTo, block.sndUna);
}
