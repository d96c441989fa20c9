// TCP_INFO: a connection's numbers as a snapshot, for programs, people and packet scripts. Reads only.
import type { TcpInfo } from '../sockets.ts';
import type { Connection } from './connection.ts';
import { segmentMark } from './retransmission-queue.ts';
import { rtoMs, unsentBytes } from './send.ts';
import { tcpOptionBytes } from '../wire/tcp-options.ts';

/** What a snapshot of `connection` says now. */
export function tcpInfo(connection: Connection): TcpInfo {
  const { block, rtt, services, rack } = connection;
  const nowMs = services.clock.now();
  const optionBytes = block.timestampsOn ? tcpOptionBytes.timestamps : 0;
  const route = services.internet.route(connection.remote.address, connection.local.address);
  return {
    state: block.state,
    phase: phaseOf(connection),
    retries: connection.retries,
    backOff: rtt.backOff,
    probes: Math.max(connection.persistProbes, connection.keepAliveProbes),
    totalRetransmits: connection.totalRetransmits,
    timestamps: block.timestampsOn,
    sack: block.sackPermitted,
    ecn: connection.ecn.agreed,
    windowScale: connection.peerScales ? { send: block.sndWindShift, receive: block.rcvWindShift } : undefined,
    segmentBytes: block.sndMss - optionBytes,
    advertisedSegmentBytes: block.rcvMss - optionBytes,
    receivedSegmentBytes: connection.largestSegment,
    pathMtu: route?.mtu ?? 0,
    rtoMs: rtoMs(connection),
    srttMs: rtt.srttMs,
    rttvarMs: rtt.srttMs === undefined ? undefined : rtt.rttvarMs,
    minimumRttMs: rtt.minimumMs === Infinity ? undefined : rtt.minimumMs,
    cwndBytes: block.cwnd,
    ssthreshBytes: block.ssthresh === Infinity ? undefined : block.ssthresh,
    sendWindowBytes: block.sndWnd,
    receiveWindowBytes: block.rcvWnd,
    ...countSegments(connection),
    reorderingSegments: rack.reorderingSegments(block.sndMss - optionBytes),
    reorderings: rack.reorderings,
    bytesAcked: (block.sndUna - block.iss - (block.finSent && block.sndUna === block.sndNxt ? 1 : 0)) >>> 0,
    bytesReceived: block.irs === block.rcvNxt ? 0 : (block.rcvNxt - block.irs - (block.finReceived ? 2 : 1)) >>> 0,
    unsentBytes: unsentBytes(connection),
    ...connection.tally,
    busyMs: connection.chronograph.busyMs(nowMs),
    windowLimitedMs: connection.chronograph.windowMs(nowMs),
    sinceDataSentMs: nowMs - connection.lastDataSentMs,
    sinceDataReceivedMs: nowMs - connection.lastDataReceivedMs,
    sinceAckReceivedMs: nowMs - connection.lastArrivalMs,
  };
}

/** Linux calls it disorder when something was delivered out of order and nothing counts as lost yet. */
function phaseOf(connection: Connection): TcpInfo['phase'] {
  const { recovery, sent } = connection;
  if (recovery.phase !== 'open') return recovery.phase;
  return sent.sackedCount > 0 || recovery.duplicateAcks > 0 ? 'disorder' : 'open';
}

function countSegments(
  connection: Connection,
): Pick<TcpInfo, 'unackedSegments' | 'sackedSegments' | 'lostSegments' | 'resentSegments'> {
  const { sent, block, recovery } = connection;
  let lost = 0;
  let resent = 0;
  for (let index = 0; index < sent.count; index += 1) {
    const marks = sent.marks(index);
    if ((marks & (segmentMark.lost | segmentMark.inAgain)) !== 0) lost += 1;
    if ((marks & segmentMark.inAgain) !== 0) resent += 1;
  }
  return {
    unackedSegments: sent.count,
    sackedSegments: block.sackPermitted ? sent.sackedCount : recovery.duplicateAcks,
    lostSegments: lost,
    resentSegments: resent,
  };
}
