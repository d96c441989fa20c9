// RFC 9293 (TCP): its own list of requirements, appendix B, and further rules of section 3 that are worth a row.
import { requirementsOf, type Requirement } from './requirement.ts';

const refusesSourceRoutes =
  'source routes are refused on arrival and never sent, as the internet does by now (RFC 7126 section 4.3)';

export const rfc9293: readonly Requirement[] = requirementsOf(
  9293,
  `
MAY-16   | O | 3.9.1   | data that is not pushed may wait to be joined ~ there is no PUSH of the application: everything is sent as soon as it may be
SHLD-27  | S | 3.9.1   | successive PSH bits are joined when data is put into segments
MAY-15   | O | 3.9.1   | SEND may have a PUSH flag ~ it has none: what is queued is pushed
MUST-60  | M | 3.9.1   | without a PUSH flag, data is not kept back for ever
MUST-61  | M | 3.9.1   | without a PUSH flag, the last queued segment carries PSH
MAY-17   | O | 3.9.1   | a received PSH may be shown to the application ~ the application is told of every byte at once
SHLD-28  | S | 3.9.1   | segments of the largest size are sent when there is enough
MUST-1   | M | 3.1     | the window field is unsigned
REC-1    | S | 3.1     | windows are kept in 32 bits
SHLD-14  | S | 3.8.6   | a receiver does not take window back
SHLD-15  | S | 3.8.6   | when the peer does, nothing new is sent
SHLD-16  | S | 3.8.6   | what the smaller window still covers is sent again as usual
SHLD-17  | S | 3.8.6   | what lies beyond it does not end the connection
MUST-34  | M | 3.8.6   | a window that shrinks does no harm
MAY-8    | O | 3.8.6.1 | a receiver may keep its window closed for ever ~ a right of the application, which reads when it likes
MUST-35  | M | 3.8.6.1 | a zero window is probed
MUST-36  | M | 3.8.6.1 | probing a zero window is supported
SHLD-29  | S | 3.8.6.1 | the first probe leaves after an RTO
SHLD-30  | S | 3.8.6.1 | the time between probes grows exponentially
MUST-37  | M | 3.8.6.1 | as long as probes are answered the connection stays
MAY-7    | O | 3.8.6   | old data beyond the window may be sent again ~ it is, by the retransmission timer; nothing depends on it
MUST-66  | M | 3.10.7.4 | RST and URG count although our window is zero
MUST-30  | M | 3.8.5   | the urgent mechanism is there
MUST-62  | M | 3.8.5   | the urgent pointer names the byte behind the urgent data
MUST-31  | M | 3.8.5   | urgent data has any length
MUST-32  | M | 3.8.5   | the application is told when urgent data comes
MUST-33  | M | 3.8.5   | and can learn how much is still to be read
SHLD-13  | S | 3.8.5   | new applications do not use it ~ none of ours does
MUST-4   | M | 3.2     | end of list, no-operation and MSS are supported
MUST-5   | M | 3.1     | options are taken in any segment
MUST-6   | M | 3.1     | unknown options are ignored
MUST-68  | M | 3.1     | every option but EOL and NOP has a length
MUST-7   | M | 3.1     | impossible option lengths do no harm
MUST-64  | M | 3.1     | options are read wherever they begin
MUST-14  | M | 3.7.1   | the MSS option is sent and understood
SHLD-5   | S | 3.7.1   | it is sent unless our MSS is the default
MAY-3    | O | 3.7.1   | it may be sent always
MUST-15  | M | 3.7.1   | without it the peer takes 536 bytes, by IPv6 1220
MUST-16  | M | 3.7.1   | the effective MSS is the least of what peer and path take, less options
SHLD-6   | S | 3.7.1   | the MSS follows the MTU of the path
MUST-65  | M | 3.7.1   | no MSS option without SYN
MUST-67  | M | 3.7.1   | its value is what we can receive
MUST-69  | M | 3.1     | behind the options the header is zero
MUST-2   | M | 3.1     | every segment is sent with its checksum
MUST-3   | M | 3.1     | every checksum is verified
MUST-8   | M | 3.4.1   | initial sequence numbers follow a clock
SHLD-1   | S | 3.4.1   | and a keyed hash of the four-tuple
MUST-9   | M | 3.4.1   | which nobody outside can compute
MUST-10  | M | 3.5     | both sides may open at once
MUST-11  | M | 3.5     | SYN_RCVD knows whether it came from LISTEN
MUST-41  | M | 3.9.1.1 | a passive open does not disturb other connections
MUST-42  | M | 3.9.1.1 | one may listen on a port while another connection of it is being opened
MUST-43  | M | 3.9.1.1 | OPEN takes a local address
MUST-44  | M | 3.9.1.1 | without one, IP chooses
MUST-45  | M | 3.9.1.1 | and the connection keeps it
MUST-46  | M | 3.9.1.1 | OPEN to a group or to nobody is refused
MUST-57  | M | 3.9.2.3 | segments to a group are dropped without a word
MUST-63  | M | 3.9.2.3 | segments from impossible addresses are dropped
SHLD-2   | S | 3.5.2   | a RST may carry data
MUST-12  | M | 3.6     | the application is told of an abort
MAY-1    | O | 3.6.1   | one direction may be closed alone
SHLD-3   | S | 3.6.1   | closing with unread data sends RST
MUST-13  | M | 3.6.1   | TIME_WAIT lasts 2 MSL
MAY-2    | O | 3.6.1   | a SYN may open TIME_WAIT again
SHLD-4   | S | 3.6.1   | timestamps shorten TIME_WAIT
MUST-19  | M | 3.8.2   | back-off, slow start and congestion avoidance
MAY-4    | O | 3.8.1   | a retransmission may have the same IP identification ~ every packet has its own
MUST-18  | M | 3.8.1   | RTO by RFC 6298, with Karn's algorithm
MUST-58  | M | 3.10.7.4 | ACKs are joined where possible
SHLD-31  | S | 3.10.7.4 | what comes out of order is kept
MUST-59  | M | 3.10.7.4 | everything that waits is taken before an ACK is sent
MAY-13   | O | 3.10.7.4 | what comes out of order may be acknowledged at once
SHLD-18  | S | 3.8.6.3 | ACKs are delayed
MUST-40  | M | 3.8.6.3 | by less than half a second
SHLD-19  | S | 3.8.6.3 | and not beyond every second full segment
MUST-39  | M | 3.8.6.2.2 | the receiver avoids silly windows
MUST-49  | M | 3.9.2   | the TTL can be set
MUST-38  | M | 3.8.6.2.1 | the sender avoids silly segments
SHLD-7   | S | 3.7.4   | Nagle's algorithm
MUST-17  | M | 3.7.4   | which an application can turn off
MUST-20  | M | 3.8.3   | R1 retransmissions: IP is asked whether the way is good; R2: the connection is closed
MUST-21  | M | 3.8.3   | an application can set R2
SHLD-9   | S | 3.8.3   | the application is told between R1 and R2 ~ not done: it hears of soft errors and of the end
SHLD-10  | S | 3.8.3   | R1 is at least three retransmissions
SHLD-11  | S | 3.8.3   | R2 is at least 100 seconds
MUST-22  | M | 3.8.3   | SYNs are tried again in the same way
MUST-23  | M | 3.8.3   | for at least three minutes (tcp_syn_retries; its default is Linux's, 127 s)
MAY-5    | O | 3.8.4   | keep-alive may be there
MUST-24  | M | 3.8.4   | the application turns it on
MUST-25  | M | 3.8.4   | it is off by default
MUST-26  | M | 3.8.4   | it probes only a connection that has been idle
MUST-27  | M | 3.8.4   | for an interval that can be set
MUST-28  | M | 3.8.4   | of two hours by default
MUST-29  | M | 3.8.4   | one unanswered probe does not end a connection
SHLD-12  | S | 3.8.4   | probes carry no data
MAY-6    | O | 3.8.4   | or a byte of garbage ~ for peers of forty years ago
MUST-50  | M | 3.9.2   | IP options that TCP does not know are ignored
MAY-10   | O | 3.9.2   | IP timestamps may be supported ~ they are carried along and not acted on
MAY-11   | O | 3.9.2   | record route may be supported ~ it is carried along and not acted on
MUST-51  | M | 3.9.2.1 | an application can name a source route ~ ${refusesSourceRoutes}
MUST-52  | M | 3.9.2.1 | which goes before the one that came ~ ${refusesSourceRoutes}
MUST-53  | M | 3.9.2.1 | the return route of a passive open is that of the SYN ~ ${refusesSourceRoutes}
SHLD-24  | S | 3.9.2.1 | a later source route replaces it ~ ${refusesSourceRoutes}
MUST-54  | M | 3.9.2.2 | ICMP errors are acted on
SHLD-25  | S | 3.9.2.2 | unreachable with code 0, 1 or 5 is told to the application
MUST-56  | M | 3.9.2.2 | it, time exceeded and parameter problem do not end a connection
SHLD-26  | S | 3.9.2.2 | unreachable with code 2, 3 or 4 ends it ~ only while it is being opened, as in Linux: RFC 5461 section 4.1 says why
MUST-55  | M | 3.9.2.2 | source quench is dropped
MUST-47  | M | 3.9.1.8 | soft errors are reported
SHLD-20  | S | 3.9.1.8 | an application may not want to hear of them
MUST-48  | M | 3.9.1.9 | the application sets the DSCP
SHLD-21  | S | 3.9.1.9 | also later
SHLD-22  | S | 3.9.1.9 | IP gets it as it is
SHLD-23  | S | 3.9.1.9 | applications do not change it without need ~ none of ours does
MAY-9    | O | 3.9.1.9 | the DSCP that came may be shown ~ it is not
MAY-14   | O | 3.9.1.10 | a FLUSH call ~ close and abort are enough
MAY-12   | O | 3.10.7.4 | blind data injection is made hard (RFC 5961)
SHLD-8   | S | 3.8.2   | ECN (RFC 3168)
MAY-18   | O | 3.8.2   | other congestion controls that conform
3.3.2-a  | M | 3.3.2   | the state diagram: every state, one successor for each event
3.4-a    | M | 3.4     | sequence numbers compare modulo 2^32
3.5-a    | M | 3.5     | the three-way handshake
3.5-b    | M | 3.5     | simultaneous open
3.6-a    | M | 3.6     | closing first: FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT, CLOSED
3.6-b    | M | 3.6     | FIN and the ACK of ours in one segment
3.6-c    | M | 3.6     | simultaneous close
3.6-d    | M | 3.6     | half-close
3.6-e    | M | 3.6     | closing second: CLOSE_WAIT, LAST_ACK, CLOSED
3.7.1-a  | M | 3.7.1   | a named MSS bounds our segments
3.7.1-b  | M | 3.7.1   | our MSS is of our link, our segments are of the path
3.7.4-a  | M | 3.7.4   | TCP_NODELAY
3.8.3-a  | M | 3.8.3   | giving up after R2
3.8.4-a  | M | 3.8.4   | no keep-alive unasked
3.8.4-b  | M | 3.8.4   | keep-alive probes with an old number
3.8.4-c  | M | 3.8.4   | unanswered probes end the connection
3.8.6.1-a | M | 3.8.6.1 | zero-window probes
3.8.6.2.1-a | M | 3.8.6.2.1 | a small window is not filled with small segments
3.8.6.2.1-b | M | 3.8.6.2.1 | but in the end it is used
3.8.6.3-a | M | 3.8.6.3 | delayed ACKs
3.10.4-a | M | 3.10.4  | CLOSE in SYN_SENT
3.10.5-a | M | 3.10.5  | ABORT
3.10.7.1-a | M | 3.10.7.1 | CLOSED: a SYN is answered with RST and its ACK
3.10.7.1-b | M | 3.10.7.1 | CLOSED: an ACK is answered with RST at its number
3.10.7.2-a | M | 3.10.7.2 | LISTEN: a SYN
3.10.7.2-b | M | 3.10.7.2 | LISTEN: an ACK is answered with RST
3.10.7.2-c | M | 3.10.7.2 | LISTEN: RST and others are dropped
3.10.7.3-a | M | 3.10.7.3 | SYN_SENT: an impossible ACK is answered with RST
3.10.7.3-b | M | 3.10.7.3 | SYN_SENT: an acceptable RST refuses
3.10.7.3-c | M | 3.10.7.3 | SYN_SENT: a RST without ACK is dropped
3.10.7.4-a | M | 3.10.7.4 | SYN_RCVD: a wrong ACK is answered with RST
3.10.7.4-b | M | 3.10.7.4 | beyond the window: an ACK, and dropped
3.10.7.4-c | M | 3.10.7.4 | before the window: an ACK, and dropped
3.10.7.4-d | M | 3.10.7.4 | without ACK: dropped
3.10.7.4-e | M | 3.10.7.4 | an old window update does not count
3.10.7.4-t | M | 3.10.7.4 | TIME_WAIT: a repeated FIN starts the wait over
`,
);
