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
