// Writing segments: header, options, data and checksum straight into the frame that leaves.
// RFC 9293 section 3.1, RFC 7323 section 3.2 (timestamps on every segment once agreed), RFC 2018 and 2883 (SACK blocks).
import type { ArrivedPacket, TransmitOptions } from '../ip/internet-layer.ts';
import { checksum, pseudoHeaderSum } from '../wire/checksum.ts';
import { write16 } from '../wire/field.ts';
import type { IpAddress, IpFamily } from '../wire/ip-address.ts';
import { tcpFlag, tcpHeaderBytes, tcpOffset, tcpProtocol, writeTcpHeader, type TcpSegmentView } from '../wire/tcp.ts';
import {
  sackBlocksMaximum,
  tcpOptionBytes,
  writeMaximumSegmentSize,
  writeSack,
  fillWithSackPermitted,
  writeSackPermitted,
  writeTimestamps,
  writeWindowScale,
} from '../wire/tcp-options.ts';
import type { Connection } from './connection.ts';
import { ecnFlagsOfSyn, echoFlag } from './ecn.ts';
import { wholePacket } from './packet-options.ts';
import { seqAdd, seqOf, type Seq } from './sequence.ts';
import type { ConnectionServices } from './services.ts';
import { timerKind } from './timers.ts';
import { isUrgent, writeUrgent } from './urgent.ts';
import { takeWindowField } from './window.ts';

const edges = new Uint32Array(2 * sackBlocksMaximum);

/** The timestamp clock: ms, with the connection's offset (RFC 7323 section 5.4: 1 ms is within the allowed range). */
export function timestampNow(connection: Connection): number {
  return (Math.floor(connection.services.clock.now()) + connection.block.tsOffset) >>> 0;
}

/** Bytes of options that a segment with ACK carries now. */
export function optionBytes(connection: Connection): number {
  const { block } = connection;
  const timestamps = block.timestampsOn ? tcpOptionBytes.timestamps : 0;
  if (!block.sackPermitted) return timestamps;
  const hasBlocks = connection.dsackStart !== undefined || !connection.receiveBuffer.outOfOrder.isEmpty;
  if (!hasBlocks) return timestamps;
  return timestamps + tcpOptionBytes.sackHeader + tcpOptionBytes.sackBlock * collectBlocks(connection);
}

/** Sends one segment of the connection: `dataLength` bytes of the send buffer from `seq`, and whatever ACK is due. */
export function transmitSegment(
  connection: Connection,
  seq: Seq,
  wantedFlags: number,
  dataLength: number,
  how: TransmitOptions = connection.packetOptions,
): void {
  const { services, block, local, remote } = connection;
  const isSyn = (wantedFlags & tcpFlag.syn) !== 0;
  const flags = wantedFlags | (isSyn ? ecnFlagsOfSyn(connection, wantedFlags) : echoFlag(connection));
  const options = isSyn ? synOptionBytes(connection, flags) : optionBytes(connection);
  const headerLength = tcpHeaderBytes + options;
  const packet = services.internet.allocate(connection.family, headerLength + dataLength);
  const { bytes, transportOffset: at } = packet;
  const ack = (flags & tcpFlag.ack) === 0 ? 0 : block.rcvNxt;
  const window = (flags & tcpFlag.rst) === 0 ? takeWindowField(connection, isSyn) : 0;
  writeTcpHeader(bytes, at, connection.ports, seq, ack, headerLength, flags, window);
  if (isUrgent(connection, seq)) writeUrgent(connection, bytes, at, seq);
  if (isSyn) writeSynOptions(connection, flags, bytes, at + tcpHeaderBytes);
  else if (options > 0) writeOptions(connection, bytes, at + tcpHeaderBytes, options);
  if (dataLength > 0) connection.sendBuffer.copyTo(seq, bytes, at + headerLength, dataLength);
  finishChecksum(connection.family, local.address, remote.address, bytes, at, headerLength + dataLength);
  services.counters.TcpOutSegs += 1;
  const { tally } = connection;
  tally.segmentsSent += 1;
  if (dataLength > 0) {
    tally.dataSegmentsSent += 1;
    tally.bytesSent += dataLength;
  }
  if ((flags & tcpFlag.ack) !== 0) acknowledged(connection);
  services.internet.transmit(packet, tcpProtocol, local.address, remote.address, how);
}

/** An ACK without data: <SEQ=SND.NXT><ACK=RCV.NXT>. */
export function sendAck(connection: Connection): void {
  transmitSegment(connection, connection.block.sndNxt, tcpFlag.ack, 0);
}

/** Answers an offending segment with an ACK, within the host's budget (RFC 5961 section 7). */
export function sendChallengeAck(connection: Connection): void {
  if (!connection.services.mayChallenge()) return;
  connection.services.counters.TcpExtTCPChallengeACK += 1;
  sendAck(connection);
}

/** <SEQ=SND.NXT><CTL=RST,ACK>: the user aborts, or what came cannot be taken. */
export function sendReset(connection: Connection): void {
  connection.services.counters.TcpOutRsts += 1;
  transmitSegment(connection, connection.block.sndNxt, tcpFlag.rst | tcpFlag.ack, 0);
}

/** The answer of RFC 9293 section 3.10.7.1 to a segment that belongs to no connection; nothing for a RST or to a group. */
export function sendResetFor(services: ConnectionServices, packet: ArrivedPacket, segment: TcpSegmentView): void {
  if ((segment.flags & tcpFlag.rst) !== 0 || packet.toGroup) return;
  const hasAck = (segment.flags & tcpFlag.ack) !== 0;
  const reply = services.internet.allocate(packet.family, tcpHeaderBytes);
  const ports = { source: segment.destinationPort, destination: segment.sourcePort };
  const seq = hasAck ? segment.acknowledgment : 0;
  const ack = hasAck ? 0 : seqAdd(seqOf(segment.sequence), segment.sequenceLength);
  const flags = hasAck ? tcpFlag.rst : tcpFlag.rst | tcpFlag.ack;
  writeTcpHeader(reply.bytes, reply.transportOffset, ports, seq, ack, tcpHeaderBytes, flags, 0);
  finishChecksum(packet.family, packet.destination, packet.source, reply.bytes, reply.transportOffset, tcpHeaderBytes);
  services.counters.TcpOutSegs += 1;
  services.counters.TcpOutRsts += 1;
  services.internet.transmit(reply, tcpProtocol, packet.destination, packet.source, wholePacket);
}

function finishChecksum(
  family: IpFamily,
  source: IpAddress,
  destination: IpAddress,
  bytes: Uint8Array,
  at: number,
  length: number,
): void {
  const pseudo = pseudoHeaderSum(family, source, destination, tcpProtocol, length);
  write16(bytes, at + tcpOffset.checksum, checksum(bytes, at, length, pseudo));
}

/** What a segment with ACK settles. */
function acknowledged(connection: Connection): void {
  connection.ackNow = false;
  connection.unackedBytes = 0;
  if (connection.quickAcks > 0) connection.quickAcks -= 1;
  connection.dsackStart = undefined;
  connection.block.lastAckSent = connection.block.rcvNxt;
  connection.timers.clear(timerKind.delayedAck);
}

/** Fills `edges`: a D-SACK first (RFC 2883 section 4), then the latest ranges. */
function collectBlocks(connection: Connection): number {
  const maximum = connection.block.timestampsOn ? sackBlocksMaximum - 1 : sackBlocksMaximum;
  let count = 0;
  if (connection.dsackStart !== undefined) {
    edges[0] = connection.dsackStart;
    edges[1] = connection.dsackEnd;
    count = 1;
  }
  return connection.receiveBuffer.outOfOrder.writeBlocks(edges, count, maximum);
}

function writeOptions(connection: Connection, bytes: Uint8Array, start: number, length: number): void {
  const { block } = connection;
  let at = start;
  if (block.timestampsOn) at = writeTimestamps(bytes, at, timestampNow(connection), block.tsRecent);
  const left = start + length - at;
  if (left === 0) return;
  collectBlocks(connection);
  writeSack(bytes, at, edges, (left - tcpOptionBytes.sackHeader) / tcpOptionBytes.sackBlock);
}

/** Our SYN offers what the knobs allow; our SYN-ACK only what the peer's SYN offered. */
function synOffers(connection: Connection, flags: number): { sack: boolean; timestamps: boolean; scale: boolean } {
  const { block, services } = connection;
  const { fields } = services;
  if ((flags & tcpFlag.ack) === 0) {
    return { sack: fields.sack === 1, timestamps: fields.timestamps === 1, scale: fields.windowScaling === 1 };
  }
  return { sack: block.sackPermitted, timestamps: block.timestampsOn, scale: connection.peerScales };
}

function synOptionBytes(connection: Connection, flags: number): number {
  const offers = synOffers(connection, flags);
  return (
    tcpOptionBytes.maximumSegmentSize +
    (offers.sack && !offers.timestamps ? tcpOptionBytes.sackPermitted : 0) +
    (offers.timestamps ? tcpOptionBytes.timestamps : 0) +
    (offers.scale ? tcpOptionBytes.windowScale : 0)
  );
}

function writeSynOptions(connection: Connection, flags: number, bytes: Uint8Array, start: number): void {
  const { block } = connection;
  const offers = synOffers(connection, flags);
  let at = writeMaximumSegmentSize(bytes, start, block.rcvMss);
  if (offers.timestamps) {
    const word = at;
    at = writeTimestamps(bytes, word, timestampNow(connection), block.tsRecent);
    if (offers.sack) fillWithSackPermitted(bytes, word);
  } else if (offers.sack) at = writeSackPermitted(bytes, at);
  if (offers.scale) writeWindowScale(bytes, at, connection.offeredShift);
}
