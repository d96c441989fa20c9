// The RFCs around TCP: congestion control, loss recovery, options, attacks. Requirements in our own words.
import { requirementsOf, type Requirement } from './requirement.ts';

export const tcpExtensions: readonly Requirement[] = [
  ...requirementsOf(
    6298,
    `
2.1 | M | 2.1 | before the first sample RTO is one second
2.2 | M | 2.2 | the first sample R: SRTT = R, RTTVAR = R/2
2.3 | M | 2.3 | further samples: RTTVAR, then SRTT
2.4 | S | 2.4 | RTO is at least one second ~ Linux's 200 ms above SRTT, by the knob tcp_rto_min_ms
3-a | M | 3   | Karn: what was sent twice is no sample
5.3 | S | 5.3 | an ACK of new data starts the timer over
5.5 | M | 5.5 | the timer doubles
`,
  ),
  ...requirementsOf(
    5681,
    `
3.1-a | M | 3.1 | a lost SYN leaves an initial window of one segment
3.1-b | M | 3.1 | a timeout leaves one segment, and ssthresh of half the flight
3.1-c | M | 3.1 | slow start
3.1-d | M | 3.1 | ssthresh is at least two segments
3.1-e | M | 3.1 | congestion avoidance: one segment a round trip
3.1-f | M | 3.1 | a loss halves the flight
3.2-a | S | 3.2 | the third duplicate ACK sends again
4.1-a | S | 4.1 | after an idle RTO the window starts again
4.2-a | S | 4.2 | out of order: an ACK at once, and when the hole is filled
`,
  ),
  ...requirementsOf(6582, '3.2-a | S | 3.2 | a partial ACK sends the next hole (NewReno)'),
  ...requirementsOf(3042, '2-a | S | 2 | the first two duplicate ACKs let new data out (limited transmit)'),
  ...requirementsOf(6928, '2-a | O | 2 | the initial window is ten segments'),
  ...requirementsOf(
    9438,
    `
4.2-a | M | 4.2 | the window as a cubic function of time
4.6-a | M | 4.6 | a loss takes 30 per cent
4.7-a | S | 4.7 | fast convergence
`,
  ),
  ...requirementsOf(
    2018,
    `
2-a | M | 2 | no SACK without permission
4-a | M | 4 | the newest block comes first
8-a | M | 8 | a receiver may take blocks back, and nothing is lost
`,
  ),
  ...requirementsOf(2883, '4.1-a | M | 4.1 | a duplicate is reported in the first block (D-SACK)'),
  ...requirementsOf(6675, '5-a | M | 5 | exactly the holes are sent again'),
  ...requirementsOf(
    8985,
    `
6.2-a | S | 6.2 | RACK: a retransmission that is lost again is found by time
7.2-a | S | 7.2 | a lost tail is probed
`,
  ),
  ...requirementsOf(9937, '5-a | S | 5 | proportional rate reduction: one segment out for each delivered'),
  ...requirementsOf(3522, '3.2-a | S | 3.2 | a spurious timeout is found by the echo and undone (Eifel)'),
  ...requirementsOf(
    7323,
    `
2.2-a | M | 2.2 | windows scale when both offer it, never in a SYN
2.3-a | M | 2.3 | a shift above 14 counts as 14
2.3-b | S | 2.3 | the shift expresses the buffer
3.2-a | M | 3.2 | once agreed, timestamps are on every segment
3.2-b | S | 3.2 | a segment without them is dropped
4.3-a | M | 4.3 | which timestamp is echoed
5.3-a | M | 5.3 | PAWS
5.3-b | M | 5.3 | not for RST
`,
  ),
  ...requirementsOf(
    3168,
    `
5.3   | M | 5.3   | fragments: no mark is lost, none invented
6.1.1 | M | 6.1.1 | the handshake agrees on ECN; a mirrored flag does not
6.1.2 | M | 6.1.2 | the sender slows down once a window and says CWR
6.1.3 | M | 6.1.3 | the receiver echoes a mark until CWR
6.1.5 | M | 6.1.5 | retransmissions and pure ACKs are not ECN-capable
`,
  ),
  ...requirementsOf(
    4987,
    `
3.6-a | O | 3.6 | SYN cookies: a SYN is answered without being remembered
3.6-b | O | 3.6 | a cookie is good for a short time, and for its four-tuple
`,
  ),
  ...requirementsOf(
    5961,
    `
3.2-a | M | 3.2 | RST at RCV.NXT resets
3.2-b | M | 3.2 | RST elsewhere in the window is challenged
3.2-c | M | 3.2 | RST outside is dropped
4.2-a | M | 4.2 | SYN is challenged
5.2-a | M | 5.2 | an ACK of what was never sent is challenged
5.2-b | M | 5.2 | so is one that is too old
7     | S | 7   | challenges are limited
`,
  ),
  ...requirementsOf(6528, '3 | S | 3 | initial sequence numbers: a clock and a keyed hash'),
  ...requirementsOf(6056, '3.3.3 | S | 3.3.3 | ephemeral ports: a keyed offset for each destination'),
  ...requirementsOf(
    6191,
    `
2-a | S | 2 | a later SYN takes over from TIME_WAIT
2-b | S | 2 | an older one does not
2-c | S | 2 | timestamps decide
`,
  ),
  ...requirementsOf(1337, '3-a | O | 3 | RST in TIME_WAIT can be ignored'),
  ...requirementsOf(
    5482,
    `
3.1-a | O | 3.1 | a user timeout bounds how long data stays unacknowledged
3.2-a | O | 3.2 | the peer may be told of it ~ the option is not sent, as in Linux
`,
  ),
  ...requirementsOf(
    1191,
    `
3-a   | M | 3   | "fragmentation needed" lowers the path MTU
6.3-a | M | 6.3 | which is forgotten after ten minutes
6.4-a | M | 6.4 | what was too large is sent again in pieces
`,
  ),
  ...requirementsOf(5461, '4.1-a | O | 4.1 | an unreachable destination ends an attempt to connect'),
  ...requirementsOf(5927, '4.1-a | S | 4.1 | an ICMP error that quotes nothing in flight is not believed'),
  ...requirementsOf(6633, '3-a | M | 3 | source quench is ignored'),
];
