// The data of a segment: cut to the window, put where it belongs, acknowledged by the rules of delayed-ack.ts.
// RFC 9293 section 3.10.7.4 (seventh and eighth step). Urgent data is delivered in line (RFC 6093); see urgent.ts.
import { tcpFlag, type TcpSegmentView } from '../wire/tcp.ts';
import { news, type Connection } from './connection.ts';
import { leaveTurns, owesAck } from './delayed-ack.ts';
import { takeMark } from './ecn.ts';
import { seqAdd, seqAfter, seqBefore, seqDiff, seqMin, seqOf, type Seq } from './sequence.ts';

/** Takes the data, and remembers a FIN. */
export function receiveText(connection: Connection, segment: TcpSegmentView, interfaceName: string): void {
  const { block, services, receiveBuffer } = connection;
  if ((segment.flags & tcpFlag.fin) !== 0) noteFin(connection, segment);
  if (segment.dataLength === 0) return;
  connection.lastDataReceivedMs = services.clock.now();
  let start = seqOf(segment.sequence);
  let end = seqAdd(start, segment.dataLength);
  if (!seqAfter(end, block.rcvNxt)) {
    noteDuplicate(connection, start, end);
    services.drop('tcp-duplicate', interfaceName);
    return;
  }
  if (seqBefore(start, block.rcvNxt)) {
    noteDuplicate(connection, start, block.rcvNxt);
    start = block.rcvNxt;
  }
  if (seqAfter(end, block.rcvAdv)) end = block.rcvAdv;
  const fin = connection.peerFinSeq;
  if (fin !== undefined && seqAfter(end, fin)) end = fin; // nothing comes after a FIN
  const length = seqDiff(end, start);
  if (length <= 0) {
    connection.ackNow = true;
    services.drop('tcp-out-of-window', interfaceName);
    return;
  }
  if (connection.ecn.agreed) takeMark(connection, segment, connection.arrivedClass);
  const isInOrder = start === block.rcvNxt;
  const hadHoles = !receiveBuffer.outOfOrder.isEmpty;
  if (hadHoles) noteOverlap(connection, start, end, isInOrder);
  const offset = segment.dataOffset + seqDiff(start, seqOf(segment.sequence));
  const reached = receiveBuffer.insert(block.rcvNxt, start, segment.bytes, offset, length);
  if (reached === undefined) {
    connection.ackNow = true;
    services.drop('tcp-memory', interfaceName);
    return;
  }
  if (!isInOrder) {
    services.counters.TcpExtTCPOFOQueue += 1;
    connection.tally.outOfOrder += 1;
  }
  const gained = seqDiff(reached, block.rcvNxt);
  block.rcvNxt = reached;
  if (gained > 0) {
    if (receiveBuffer.readable === gained) connection.note(news.readable);
    owesAck(connection, Math.min(gained, segment.dataLength));
  }
  if (!isInOrder || hadHoles) connection.ackNow = true; // RFC 5681 section 4.2: show the hole, or that it is filled
  if (!isInOrder) leaveTurns(connection);
}

/** Remembers where the peer's FIN is, when it lies in the window; it counts once everything before it has come. */
function noteFin(connection: Connection, segment: TcpSegmentView): void {
  const { block } = connection;
  const at = seqAdd(seqOf(segment.sequence), segment.dataLength);
  if (seqBefore(at, block.rcvNxt) || !seqBefore(at, block.rcvAdv)) return;
  connection.peerFinSeq ??= at;
}

/** What was held out of order comes again: all of it, or the first range that an in-order segment runs over. */
function noteOverlap(connection: Connection, start: Seq, end: Seq, isInOrder: boolean): void {
  const { outOfOrder } = connection.receiveBuffer;
  if (!isInOrder) {
    if (outOfOrder.holds(start, end)) noteDuplicate(connection, start, end);
    return;
  }
  const first = outOfOrder.first;
  if (first === undefined || !seqBefore(first.start, end)) return;
  noteDuplicate(connection, first.start, seqMin(first.end, end));
}

/** Something came twice: answer at once, and say what (RFC 2883). */
function noteDuplicate(connection: Connection, start: Seq, end: Seq): void {
  const { services, block } = connection;
  connection.ackNow = true;
  leaveTurns(connection);
  if (!block.sackPermitted || services.fields.dsack === 0) return;
  connection.dsackStart = start;
  connection.dsackEnd = end;
  services.counters.TcpExtTCPDSACKOldSent += 1;
}

/** An unacceptable segment that carries data once received is reported as duplicate, too. */
export function reportOldData(connection: Connection, segment: TcpSegmentView): void {
  const start = seqOf(segment.sequence);
  const end = seqAdd(start, segment.dataLength);
  if (segment.dataLength > 0 && !seqAfter(end, connection.block.rcvNxt)) noteDuplicate(connection, start, end);
}
