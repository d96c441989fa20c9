// `tcp_info` as Linux's getsockopt fills it, from what our connection tells of itself. Names without the prefix `tcpi_`.
import type { TcpInfo } from '../../../src/stack/sockets.ts';

const states: Readonly<Record<string, number>> = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RCVD: 3,
  FIN_WAIT_1: 4,
  FIN_WAIT_2: 5,
  TIME_WAIT: 6,
  CLOSED: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
};

const phases: Readonly<Record<TcpInfo['phase'], number>> = { open: 0, disorder: 1, cwr: 2, recovery: 3, loss: 4 };
const noSample = 0xffff_ffff;
const infinite = 0x7fff_ffff;

/** Undefined: a field that our connection has no number for. */
export function tcpInfoField(info: TcpInfo, name: string): number | undefined {
  const segments = (bytes: number): number => Math.floor(bytes / info.segmentBytes + 1e-9);
  const usecs = (ms: number): number => Math.round(ms * 1000);
  const fields: Readonly<Record<string, () => number>> = {
    state: () => states[info.state] ?? 0,
    ca_state: () => phases[info.phase],
    retransmits: () => info.retries,
    probes: () => info.probes,
    backoff: () => info.backOff,
    options: () => (info.timestamps ? 1 : 0) | (info.sack ? 2 : 0) | (info.windowScale === undefined ? 0 : 4),
    snd_wscale: () => info.windowScale?.send ?? 0,
    rcv_wscale: () => info.windowScale?.receive ?? 0,
    rto: () => usecs(info.rtoMs),
    snd_mss: () => info.segmentBytes,
    rcv_mss: () => info.receivedSegmentBytes,
    advmss: () => info.advertisedSegmentBytes,
    pmtu: () => info.pathMtu,
    unacked: () => info.unackedSegments,
    sacked: () => info.sackedSegments,
    lost: () => info.lostSegments,
    retrans: () => info.resentSegments,
    segs_out: () => info.segmentsSent,
    segs_in: () => info.segmentsReceived,
    data_segs_out: () => info.dataSegmentsSent,
    data_segs_in: () => info.dataSegmentsReceived,
    bytes_sent: () => info.bytesSent,
    bytes_retrans: () => info.bytesResent,
    delivered: () => info.delivered,
    dsack_dups: () => info.duplicatesReported,
    rcv_ooopack: () => info.outOfOrder,
    reord_seen: () => info.reorderings,
    busy_time: () => usecs(info.busyMs),
    rwnd_limited: () => usecs(info.windowLimitedMs),
    last_data_sent: () => Math.floor(info.sinceDataSentMs),
    last_data_recv: () => Math.floor(info.sinceDataReceivedMs),
    last_ack_recv: () => Math.floor(info.sinceAckReceivedMs),
    rtt: () => usecs(info.srttMs ?? 0),
    rttvar: () => usecs(info.rttvarMs ?? 0),
    min_rtt: () => (info.minimumRttMs === undefined ? noSample : usecs(info.minimumRttMs)),
    snd_ssthresh: () => (info.ssthreshBytes === undefined ? infinite : segments(info.ssthreshBytes)),
    snd_cwnd: () => segments(info.cwndBytes),
    snd_wnd: () => info.sendWindowBytes,
    rcv_wnd: () => info.receiveWindowBytes,
    reordering: () => info.reorderingSegments,
    total_retrans: () => info.totalRetransmits,
    bytes_acked: () => info.bytesAcked,
    bytes_received: () => info.bytesReceived,
    notsent_bytes: () => info.unsentBytes,
  };
  return fields[name]?.();
}
