// Opening: what a SYN agrees on, and segments in SYN_SENT and for a listener.
// RFC 9293 section 3.10.1, 3.10.7.2, 3.10.7.3, 3.7.1 (MSS); RFC 7323 section 2.2 and 3.2; RFC 2018 section 2.
import type { Route } from '../ip/internet-layer.ts';
import type { IpFamily } from '../wire/ip-address.ts';
import { tcpFlag, TcpSegmentView } from '../wire/tcp.ts';
import { tcpOptionBytes } from '../wire/tcp-options.ts';
import { beginFinish } from './close.ts';
import { news, type Connection } from './connection.ts';
import { takeEcnOfSyn, takeEcnOfSynAck } from './ecn.ts';
import { armKeepAlive } from './keep-alive.ts';
import { mssForMtu } from './mss.ts';
import { sendAck, transmitSegment } from './segment.ts';
import { rtoMs } from './send.ts';
import { seqAdd, seqAfter, seqOf } from './sequence.ts';
import { decodeOptions, encodeOptions } from './syn-cookies.ts';
import { timerKind } from './timers.ts';
import { takeWindowField } from './window.ts';

/** RFC 9293 section 3.7.1 (MUST-15): what a peer takes that does not say. */
const defaultMssBytes: Readonly<Record<IpFamily, number>> = { 4: 536, 6: 1220 };

/** Active open: sends SYN. */
export function openActively(connection: Connection, route: Route): void {
  const { services } = connection;
  takeRoute(connection, route);
  connection.move('active-open');
  services.counters.TcpActiveOpens += 1;
  sendSyn(connection, tcpFlag.syn);
}

/**
 * Answers a SYN with a SYN-ACK that carries a cookie (syn-cookies.ts). `ghost` lives only as long as this takes: its ISS is
 * the cookie.
 */
export function answerWithCookie(ghost: Connection, segment: TcpSegmentView, route: Route): void {
  const { block, services, ecn } = ghost;
  takeRoute(ghost, route);
  takeSyn(ghost, segment);
  takeEcnOfSyn(ghost, segment);
  if (block.timestampsOn) {
    const now = Math.floor(services.clock.now());
    const windowScale = ghost.peerScales ? block.sndWindShift : undefined;
    const encoded = encodeOptions(now >>> 0, { windowScale, sack: block.sackPermitted, ecn: ecn.agreed });
    block.tsOffset = (block.tsOffset + encoded - now) >>> 0;
  } else {
    block.sackPermitted = false; // there is no room to remember it
    ghost.peerScales = false;
    ecn.agreed = false;
  }
  block.sndNxt = seqAdd(block.iss, 1);
  transmitSegment(ghost, block.iss, tcpFlag.syn | tcpFlag.ack, 0);
}

/** The ACK of a cookie has come: `connection` becomes what it would have been, had its SYN been remembered. */
export function openFromCookie(connection: Connection, ack: TcpSegmentView, route: Route, peerMssBytes: number): void {
  const { block, ecn } = connection;
  const syn = new TcpSegmentView();
  syn.sequence = (ack.sequence - 1) >>> 0;
  syn.window = ack.window;
  syn.options.maximumSegmentSize = peerMssBytes;
  if (ack.options.hasTimestamps) {
    const agreed = decodeOptions((ack.options.timestampEcho - block.tsOffset) >>> 0);
    syn.options.hasTimestamps = true;
    syn.options.timestampValue = ack.options.timestampValue;
    syn.options.sackPermitted = agreed.sack;
    syn.options.windowScale = agreed.windowScale;
    ecn.agreed = agreed.ecn;
  }
  takeRoute(connection, route);
  connection.move('syn-arrives');
  takeSyn(connection, syn);
  block.sndNxt = seqAdd(block.iss, 1);
  block.probedTo = block.sndNxt;
  block.smallSentTo = block.sndNxt;
  connection.fromCookie = true;
  takeWindowField(connection, true); // the window that the SYN-ACK has announced
}

/** Passive open: a listener's child answers the SYN in `segment` with SYN-ACK. */
export function openPassively(connection: Connection, segment: TcpSegmentView, route: Route): void {
  takeRoute(connection, route);
  connection.move('syn-arrives');
  takeSyn(connection, segment);
  takeEcnOfSyn(connection, segment);
  sendSyn(connection, tcpFlag.syn | tcpFlag.ack);
}

/**
 * We announce what our link takes, not what the path to the peer was found to take (RFC 9293 section 3.7.1: the MSS is of
 * what we can receive); what we send keeps to the path as well.
 */
function takeRoute(connection: Connection, route: Route): void {
  const { block, family, maximumSegmentBytes } = connection;
  block.rcvMss = Math.min(mssForMtu(family, route.interface.mtu), maximumSegmentBytes);
  block.sndMss = Math.min(block.rcvMss, mssForMtu(family, route.mtu));
}

/** The first of its kind, or both together in a simultaneous open. */
function sendSyn(connection: Connection, flags: number): void {
  const { block, timers, services } = connection;
  if (block.sndNxt === block.iss) block.sndNxt = seqAdd(block.iss, 1);
  block.probedTo = block.sndNxt;
  block.smallSentTo = block.sndNxt;
  connection.synSentAtMs = services.clock.now();
  transmitSegment(connection, block.iss, flags, 0);
  timers.set(timerKind.retransmit, rtoMs(connection));
}

/** What the peer's SYN says: where its stream begins, and its options where we offer (or would offer) the same. */
function takeSyn(connection: Connection, segment: TcpSegmentView): void {
  const { block, services, receiveBuffer } = connection;
  const { fields } = services;
  const { options } = segment;
  const announced = block.rcvWnd;
  block.irs = seqOf(segment.sequence);
  block.rcvNxt = seqAdd(block.irs, 1);
  block.rcvAdv = seqAdd(block.rcvNxt, announced);
  block.lastAckSent = block.rcvNxt;
  receiveBuffer.start(block.rcvNxt);
  const named = options.maximumSegmentSize ?? 0;
  block.peerMss = named === 0 ? defaultMssBytes[connection.family] : Math.max(named, fields.mssFloorBytes);
  block.sndMss = Math.min(block.peerMss, block.sndMss);
  block.sackPermitted = options.sackPermitted && fields.sack === 1;
  block.timestampsOn = options.hasTimestamps && fields.timestamps === 1;
  if (block.timestampsOn) {
    block.tsRecent = options.timestampValue;
    block.tsRecentAtMs = services.clock.now();
  }
  connection.peerScales = options.windowScale !== undefined && fields.windowScaling === 1;
  block.sndWindShift = connection.peerScales ? (options.windowScale ?? 0) : 0;
  block.rcvWindShift = connection.peerScales ? connection.offeredShift : 0;
  block.sndWnd = segment.window; // RFC 7323 section 2.2: a SYN's window is never scaled
  block.maxSndWnd = segment.window;
  block.sndWl1 = seqOf(segment.sequence);
  block.sndWl2 = seqOf(segment.acknowledgment);
}

/** RFC 9293 section 3.10.7.3. Returns 'reset' when the segment must be answered with RST. */
export function arriveInSynSent(
  connection: Connection,
  segment: TcpSegmentView,
  interfaceName: string,
): 'done' | 'reset' {
  const { block, services } = connection;
  const { flags } = segment;
  const ack = seqOf(segment.acknowledgment);
  const hasAck = (flags & tcpFlag.ack) !== 0;
  if (hasAck && (!seqAfter(ack, block.iss) || seqAfter(ack, block.sndNxt))) {
    services.drop('tcp-ack-invalid', interfaceName);
    return (flags & tcpFlag.rst) === 0 ? 'reset' : 'done';
  }
  if ((flags & tcpFlag.rst) !== 0) {
    if (hasAck) connection.fail('ECONNREFUSED', 'the peer refuses the connection');
    else services.drop('tcp-rst-invalid', interfaceName);
    return 'done';
  }
  if ((flags & tcpFlag.syn) === 0) {
    services.drop(hasAck ? 'tcp-ack-invalid' : 'tcp-no-ack', interfaceName);
    return 'done';
  }
  takeSyn(connection, segment);
  if (!hasAck) {
    connection.move('syn-arrives'); // simultaneous open
    sendSyn(connection, tcpFlag.syn | tcpFlag.ack);
    return 'done';
  }
  takeEcnOfSynAck(connection, segment);
  block.sndUna = ack;
  connection.move('syn-ack-arrives');
  establish(connection);
  sendAck(connection);
  return 'done';
}

/** The handshake is complete: timers, first window, and the application. */
export function establish(connection: Connection): void {
  const { services, block, timers, rtt } = connection;
  timers.clear(timerKind.retransmit);
  const nowMs = services.clock.now();
  // Karn's rule; not even a timestamp tells whether the answer to a repeated SYN was itself repeated.
  if (connection.retries === 0 && !connection.fromCookie) rtt.sample(nowMs - connection.synSentAtMs);
  rtt.backOff = 0;
  const mss = Math.max(block.sndMss - (block.timestampsOn ? tcpOptionBytes.timestamps : 0), 1);
  // RFC 5681 section 3.1: a lost SYN leaves a window of one segment (Linux: only the second loss).
  block.cwnd = (connection.retries === 0 ? services.fields.initialWindowSegments : 1) * mss;
  if (connection.retries > 0) rtt.synWasLost();
  connection.retries = 0;
  connection.lastDataSentMs = nowMs;
  connection.lastDataReceivedMs = nowMs;
  connection.note(news.established);
  armKeepAlive(connection);
  beginFinish(connection);
}
