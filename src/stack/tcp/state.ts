// The eleven states of a TCP connection (RFC 9293 section 3.3.2), spelled as the guides and `ss` spell them.

export const tcpStates = [
  'CLOSED',
  'LISTEN',
  'SYN_SENT',
  'SYN_RCVD',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
  'TIME_WAIT',
] as const;

export type TcpState = (typeof tcpStates)[number];

/** What moves a connection on: calls of the user, segments, and time. */
export const tcpEvents = [
  'active-open',
  'passive-open',
  'syn-arrives',
  'syn-ack-arrives',
  'ack-of-syn',
  'finish',
  'fin-arrives',
  'ack-of-fin',
  'two-msl',
  'reset',
  'delete',
] as const;

export type TcpEvent = (typeof tcpEvents)[number];

export interface TcpTransition {
  readonly from: TcpState;
  readonly event: TcpEvent;
  readonly to: TcpState;
  /** Where RFC 9293 says so. */
  readonly section: string;
}

function row(from: TcpState, event: TcpEvent, to: TcpState, section: string): TcpTransition {
  return { from, event, to, section };
}

/**
 * The state diagram as data (RFC 9293 section 3.3.2, figure 5, and the text that overrules it). `reset` is any failure:
 * a RST in either direction, ETIMEDOUT, an ICMP error; `delete` is the end of an orphan's patience or the user's close
 * before anything was sent. Three arrows of figure 5 are walked in two steps here: a FIN in SYN_RCVD, by the user or the
 * peer, waits for ESTABLISHED; a segment with both the ACK of our FIN and the peer's passes through FIN_WAIT_2.
 */
export const tcpTransitions: readonly TcpTransition[] = [
  row('CLOSED', 'passive-open', 'LISTEN', '3.10.1'),
  row('CLOSED', 'active-open', 'SYN_SENT', '3.10.1'),
  row('CLOSED', 'syn-arrives', 'SYN_RCVD', '3.10.7.2'), // a listener's child: the listener itself stays in LISTEN
  row('LISTEN', 'delete', 'CLOSED', '3.10.4'),
  row('SYN_SENT', 'syn-arrives', 'SYN_RCVD', '3.10.7.3'),
  row('SYN_SENT', 'syn-ack-arrives', 'ESTABLISHED', '3.10.7.3'),
  row('SYN_SENT', 'reset', 'CLOSED', '3.10.7.3'),
  row('SYN_SENT', 'delete', 'CLOSED', '3.10.4'),
  row('SYN_RCVD', 'ack-of-syn', 'ESTABLISHED', '3.10.7.4'),
  row('SYN_RCVD', 'reset', 'CLOSED', '3.10.7.4'),
  row('ESTABLISHED', 'finish', 'FIN_WAIT_1', '3.10.4'),
  row('ESTABLISHED', 'fin-arrives', 'CLOSE_WAIT', '3.10.7.4'),
  row('ESTABLISHED', 'reset', 'CLOSED', '3.10.7.4'),
  row('FIN_WAIT_1', 'ack-of-fin', 'FIN_WAIT_2', '3.10.7.4'),
  row('FIN_WAIT_1', 'fin-arrives', 'CLOSING', '3.10.7.4'),
  row('FIN_WAIT_1', 'reset', 'CLOSED', '3.10.7.4'),
  row('FIN_WAIT_2', 'fin-arrives', 'TIME_WAIT', '3.10.7.4'),
  row('FIN_WAIT_2', 'reset', 'CLOSED', '3.10.7.4'),
  row('FIN_WAIT_2', 'delete', 'CLOSED', '3.10.7.4'),
  row('CLOSE_WAIT', 'finish', 'LAST_ACK', '3.10.4'),
  row('CLOSE_WAIT', 'reset', 'CLOSED', '3.10.7.4'),
  row('CLOSING', 'ack-of-fin', 'TIME_WAIT', '3.10.7.4'),
  row('CLOSING', 'reset', 'CLOSED', '3.10.7.4'),
  row('LAST_ACK', 'ack-of-fin', 'CLOSED', '3.10.7.4'),
  row('LAST_ACK', 'reset', 'CLOSED', '3.10.7.4'),
  row('TIME_WAIT', 'two-msl', 'CLOSED', '3.10.8'),
  row('TIME_WAIT', 'reset', 'CLOSED', '3.10.7.4'),
];

const nextStates: ReadonlyMap<string, TcpState> = new Map(
  tcpTransitions.map(({ from, event, to }) => [`${from} ${event}`, to]),
);

/** Where `event` leads from `from`; undefined when the table does not know it. */
export function nextTcpState(from: TcpState, event: TcpEvent): TcpState | undefined {
  return nextStates.get(`${from} ${event}`);
}
