// The stack's own socket API: small, event-driven, no Node names. `host/node-net` dresses it as `node:net`.
// RFC 9293 section 3.9 (user/TCP interface), RFC 1122 sections 4.1.4 and 4.2.4 (what the application must be told).
import type { IpAddress } from './wire/ip-address.ts';
import type { TcpState } from './tcp/state.ts';

/** An address and a port (0 .. 65535). */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
}

/** Failures in errno's words, because that is what every tool prints. */
export const socketErrorCodes = [
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EINVAL',
  'EISCONN',
  'EMSGSIZE',
  'ENOBUFS',
  'ENOTCONN',
  'EPIPE',
  'EPROTO',
  'ETIMEDOUT',
  'EACCES',
] as const;
export type SocketErrorCode = (typeof socketErrorCodes)[number];

/** Thrown by socket calls that fail at once, and handed to `closed` handlers. */
export class SocketError extends Error {
  override readonly name = 'SocketError';
  readonly code: SocketErrorCode;

  constructor(code: SocketErrorCode, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** An ICMP error that concerns a socket, with enough to print what ping and traceroute print. */
export interface IcmpErrorReport {
  readonly kind:
    'unreachable' | 'time-exceeded' | 'fragmentation-needed' | 'parameter-problem' | 'source-quench' | 'redirect';
  /** ICMP type and code as on the wire. */
  readonly type: number;
  readonly code: number;
  /** Who sent the ICMP message. */
  readonly from: IpAddress;
  /** Next-hop MTU in bytes of "fragmentation needed" (0 when the router did not say). */
  readonly mtu: number;
  /** Where the packet that failed was going; port 0 when the protocol has none. */
  readonly destination: Endpoint;
}

/** What happens to a TCP socket; every handler is optional, none is called from inside one of the socket's methods. */
export interface TcpSocketHandlers {
  /** The handshake is complete. */
  established?(): void;
  /** Bytes have become readable where there were none. */
  readable?(): void;
  /** Urgent data is ahead of what was read (RFC 9293 section 3.8.5); `urgentBytes` says how much. */
  urgent?(): void;
  /** Send space has become available after `send` took less than it was given. */
  writable?(): void;
  /** The peer has sent FIN and everything before it has been received (it may not have been read yet). */
  peerFinished?(): void;
  /**
   * The connection is over for the application, once: undefined after a close that both sides wanted (also when
   * TIME_WAIT still holds the four-tuple), else why it failed.
   */
  closed?(reason: SocketError | undefined): void;
  /** A soft error (RFC 1122 section 4.2.3.9): the connection goes on. */
  softError?(report: IcmpErrorReport): void;
}

/** How the application hands bytes over (send(2)'s flags). */
export interface TcpSendOptions {
  /** MSG_MORE: more follows soon, so a last segment that is not full may wait for it. */
  readonly more?: boolean;
  /** MSG_OOB: everything up to the end of these bytes is urgent (RFC 6093: still in line, and better not used). */
  readonly urgent?: boolean;
  /** MSG_EOR: later bytes do not share a segment with these. */
  readonly endOfRecord?: boolean;
}

/**
 * A connection's inside as Linux's TCP_INFO shows it, in plain data. Times in ms, sizes in bytes, and "segments" are those
 * of the retransmission queue.
 */
export interface TcpInfo {
  readonly state: TcpState;
  /** Where loss recovery stands: Linux's TCP_CA_ states. */
  readonly phase: 'open' | 'disorder' | 'cwr' | 'recovery' | 'loss';
  /** Retransmissions of the oldest segment, doublings of the RTO, unanswered probes (of a window, or keep-alive). */
  readonly retries: number;
  readonly backOff: number;
  readonly probes: number;
  readonly totalRetransmits: number;
  /** What the handshake has agreed on; undefined: no window scaling. */
  readonly timestamps: boolean;
  readonly sack: boolean;
  readonly ecn: boolean;
  readonly windowScale: { readonly send: number; readonly receive: number } | undefined;
  /** Data per full segment, with the options that every segment carries taken off. */
  readonly segmentBytes: number;
  /** MSS that our SYN has named, less the same options. */
  readonly advertisedSegmentBytes: number;
  /** The largest segment that has come (at first 536), as delayed ACKs count. */
  readonly receivedSegmentBytes: number;
  readonly pathMtu: number;
  readonly rtoMs: number;
  /** Undefined before the first sample. */
  readonly srttMs: number | undefined;
  readonly rttvarMs: number | undefined;
  readonly minimumRttMs: number | undefined;
  readonly cwndBytes: number;
  /** Undefined: no loss yet. */
  readonly ssthreshBytes: number | undefined;
  readonly sendWindowBytes: number;
  readonly receiveWindowBytes: number;
  readonly unackedSegments: number;
  readonly sackedSegments: number;
  /** Lost as far as is known, also when sent again since. */
  readonly lostSegments: number;
  /** Sent again, and the answer is still out. */
  readonly resentSegments: number;
  /** The largest distance, in segments, by which the path was seen to reorder (at least 3). */
  readonly reorderingSegments: number;
  readonly bytesAcked: number;
  readonly bytesReceived: number;
  readonly unsentBytes: number;
  /** Segments and bytes so far, see tcp/tally.ts. */
  readonly segmentsSent: number;
  readonly segmentsReceived: number;
  readonly dataSegmentsSent: number;
  readonly dataSegmentsReceived: number;
  readonly bytesSent: number;
  readonly bytesResent: number;
  readonly delivered: number;
  readonly duplicatesReported: number;
  readonly outOfOrder: number;
  /** Times that the path was seen to reorder. */
  readonly reorderings: number;
  /** Time with something to send, and how much of it the peer's window held it back. */
  readonly busyMs: number;
  readonly windowLimitedMs: number;
  readonly sinceDataSentMs: number;
  readonly sinceDataReceivedMs: number;
  readonly sinceAckReceivedMs: number;
}

/** One TCP connection as the application holds it. */
export interface TcpSocket {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly state: TcpState;
  handlers: TcpSocketHandlers;
  /** Bytes that `send` would take now. */
  readonly sendSpace: number;
  /** Bytes sent or queued that the peer has not acknowledged. */
  readonly sendQueued: number;
  /** Bytes that `receive` would return now. */
  readonly receivable: number;
  /** Bytes that are still to be read up to the end of urgent data; 0: none is ahead. */
  readonly urgentBytes: number;
  /** True when the peer has finished and all bytes were read. */
  readonly endOfStream: boolean;
  /** Copies as many bytes as fit into the send buffer and says how many. Throws `SocketError` EPIPE after `finish`, ENOTCONN when closed. */
  send(bytes: Uint8Array, options?: TcpSendOptions): number;
  /** Takes up to `maximumBytes` in-order bytes; undefined when there are none now. The caller owns the result. */
  receive(maximumBytes?: number): Uint8Array | undefined;
  /**
   * Copies as many in-order bytes as are there and fit to the start of `target`, which stays the caller's; returns how
   * many, 0 when there are none now. For readers that use their memory again: `receive` allocates for each call.
   */
  receiveInto(target: Uint8Array): number;
  /** Sends FIN after everything queued; receiving goes on (half-close). */
  finish(): void;
  /** Closes both directions: FIN after what is queued; unread received bytes make it a RST (RFC 1122 section 4.2.2.13). */
  close(): void;
  /** Sends RST and forgets everything. */
  abort(): void;
  /** The byte with DSCP and ECN, of which the DSCP (upper six bits) is used from the next segment on (IP_TOS). */
  setTrafficClass(trafficClass: number): void;
  setNoDelay(on: boolean): void;
  /** TCP_CORK: while on, segments that are not full wait (at most an RTO). */
  setCork(on: boolean): void;
  /** Keep-alive (RFC 9293 section 3.8.4): idle time before the first probe in ms; undefined turns it off. */
  setKeepAlive(idleMs: number | undefined): void;
  /** TCP_USER_TIMEOUT (RFC 5482): ms that sent data may stay unacknowledged before ETIMEDOUT; undefined: count retries. */
  setUserTimeout(timeoutMs: number | undefined): void;
  /** A snapshot for people and tests. */
  info(): TcpInfo;
}

/** A passive open. */
export interface TcpListener {
  readonly local: Endpoint;
  /** Established connections nobody has taken yet. */
  readonly pending: number;
  /** The next established connection, or undefined. */
  accept(): TcpSocket | undefined;
  close(): void;
}

export interface TcpConnectOptions {
  readonly localAddress?: IpAddress;
  /** 0 or absent: an ephemeral port. */
  readonly localPort?: number;
  readonly handlers?: TcpSocketHandlers;
  /** Bytes; the defaults are the stack's knobs. */
  readonly sendBufferBytes?: number;
  readonly receiveBufferBytes?: number;
  /** TCP_MAXSEG: the largest MSS that this side announces and uses. */
  readonly maximumSegmentBytes?: number;
  /** As `TcpSocket.setTrafficClass`, from the SYN on. */
  readonly trafficClass?: number;
  readonly noDelay?: boolean;
}

export interface TcpListenOptions {
  /** Absent or `::`: every local address of both families; 0.0.0.0: of IPv4. */
  readonly address?: IpAddress;
  /** IPV6_V6ONLY: with `::`, no IPv4. */
  readonly ipv6Only?: boolean;
  /** 0: an ephemeral port. */
  readonly port: number;
  /** Accept queue length; at least 1, default 128. */
  readonly backlog?: number;
  /** A connection is waiting in the accept queue. */
  acceptable(): void;
  readonly sendBufferBytes?: number;
  readonly receiveBufferBytes?: number;
  /** TCP_MAXSEG of the connections. */
  readonly maximumSegmentBytes?: number;
}

export interface UdpDatagram {
  readonly payload: Uint8Array;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** TTL or hop limit on arrival. */
  readonly ttl: number;
}

export interface UdpSocketOptions {
  /** Absent or `::`: every local address of both families; 0.0.0.0: of IPv4. */
  readonly address?: IpAddress;
  /** IPV6_V6ONLY: with `::`, no IPv4. */
  readonly ipv6Only?: boolean;
  /** 0 or absent: an ephemeral port. */
  readonly port?: number;
  received?(datagram: UdpDatagram): void;
  /** An ICMP error answered something this socket sent. */
  icmpError?(report: IcmpErrorReport): void;
}

export interface UdpSendOptions {
  readonly ttl?: number;
  readonly dontFragment?: boolean;
  /** The byte with DSCP and ECN. */
  readonly trafficClass?: number;
}

export interface UdpSocket {
  readonly local: Endpoint;
  readonly remote: Endpoint | undefined;
  /** Fixes the peer: only its datagrams and errors arrive, and `send` needs no destination. */
  connect(remote: Endpoint): void;
  /** Throws `SocketError`: ENETUNREACH (no route), EMSGSIZE, EINVAL (no destination), EACCES (broadcast). */
  send(payload: Uint8Array, destination?: Endpoint, options?: UdpSendOptions): void;
  close(): void;
}

export interface EchoReply {
  readonly from: IpAddress;
  readonly destination: IpAddress;
  readonly identifier: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly ttl: number;
}

export interface PingSocketOptions {
  /** 0 or absent: one that no other ping socket uses. */
  readonly identifier?: number;
  reply?(reply: EchoReply): void;
  /** An ICMP error answered an echo request of this socket. */
  icmpError?(report: IcmpErrorReport & { readonly sequence: number }): void;
}

export interface PingSendOptions extends UdpSendOptions {
  readonly source?: IpAddress;
}

/** ICMP echo as an application sees it (Linux's "ping socket"). */
export interface PingSocket {
  readonly identifier: number;
  /** Throws `SocketError` ENETUNREACH, EMSGSIZE, EADDRNOTAVAIL. `sequence` is 0 .. 65535. */
  send(destination: IpAddress, sequence: number, payload: Uint8Array, options?: PingSendOptions): void;
  close(): void;
}
