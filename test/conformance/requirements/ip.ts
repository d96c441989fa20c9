// The internet layer and UDP: the host part of RFC 1122, what of RFC 1812 applies, fragments, IPv6 and its neighbors.
import { requirementsOf, type Requirement } from './requirement.ts';

export const internetLayer: readonly Requirement[] = [
  ...requirementsOf(
    1122,
    `
2.3.2.1-a | M | 2.3.2.1 | stale ARP entries are found out
2.3.2.2-a | S | 2.3.2.2 | a packet waits while its address is resolved
3.2.1.2   | M | 3.2.1.2 | a wrong header checksum: dropped without a word
3.2.1.3   | M | 3.2.1.3 | impossible source addresses are dropped
3.2.1.7   | M | 3.2.1.7 | the TTL is never sent as zero, and can be set
3.2.1.8-a | M | 3.2.1.8 | options that are not understood are ignored
3.2.2-a   | M | 3.2.2   | no ICMP error about an ICMP error, a group, a later fragment, nobody
3.2.2-b   | M | 3.2.2   | errors quote the header and eight bytes at least
3.2.2.1-a | M | 3.2.2.1 | port unreachable, and errors are told to the transport
3.2.2.4   | M | 3.2.2.4 | time exceeded is told to the transport
3.2.2.5   | M | 3.2.2.5 | parameter problem is told to the transport
3.2.2.6-a | M | 3.2.2.6 | echo requests are answered with their data
3.2.2.6-b | M | 3.2.2.6 | one to a group may be ignored
3.3.2-a   | M | 3.3.2   | packets are put together again, up to a time limit
3.3.2-b   | M | 3.3.2   | the sender is told when the time is over and the first fragment came
3.3.4.3   | S | 3.3.4.3 | the source address is on the way of the packet
4.1.3.1   | S | 4.1.3.1 | a datagram for nobody: port unreachable
4.1.3.3   | M | 4.1.3.3 | ICMP errors reach the application
4.1.3.4   | M | 4.1.3.4 | UDP checksums are sent, and verified when they came
4.1.3.5   | M | 4.1.3.5 | the source address is one of ours
4.1.3.6   | M | 4.1.3.6 | datagrams from impossible addresses are dropped
4.2.2.13-a | S | 4.2.2.13 | close with unread data sends RST
4.2.2.13-b | S | 4.2.2.13 | data after close is answered with RST
4.2.2.16-a | S | 4.2.2.16 | the window never shrinks
4.2.3.4-a | S | 4.2.3.4 | Nagle
`,
  ),
  ...requirementsOf(
    1812,
    `
4.2.2.9   | M | 4.2.2.9 | a TTL that runs out: time exceeded
4.3.2.3   | S | 4.3.2.3 | ICMP errors quote up to 576 bytes
4.3.2.8   | S | 4.3.2.8 | ICMP errors are limited
5.2.4.3   | M | 5.2.4.3 | the longest prefix wins
5.3.1     | M | 5.3.1   | the TTL goes down by one, in a copy
5.3.5.2   | M | 5.3.5.2 | directed broadcasts are not forwarded unless wanted
5.3.7     | S | 5.3.7   | martian addresses are not forwarded
`,
  ),
  ...requirementsOf(791, '3.2-a | M | 3.2 | fragments fit the MTU, tile the packet, and only copied options travel on'),
  ...requirementsOf(1858, '3.2-a | S | 3.2 | tiny first fragments of TCP are dropped'),
  ...requirementsOf(5722, '4-a | M | 4 | an overlap ends the whole packet'),
  ...requirementsOf(
    8200,
    `
4-a   | M | 4   | extension headers in their order; an unknown next header is named
4.1-a | M | 4.1 | hop-by-hop options stand first or nowhere
4.2-a | M | 4.2 | unknown options do what their two bits say
4.4-a | M | 4.4 | a routing header that wants to go on is refused
4.5-a | M | 4.5 | fragments: put together, checked, 60 seconds
4.5-b | M | 4.5 | only the source fragments
5-a   | M | 5   | every link carries 1280 bytes
8.1-a | M | 8.1 | UDP without checksum is dropped
`,
  ),
  ...requirementsOf(
    4291,
    `
2.5.3 | M | 2.5.3 | the loopback address never leaves the host
2.5.6 | M | 2.5.6 | link-local addresses are not forwarded
2.7   | M | 2.7   | no packet comes from a group
2.8-a | M | 2.8   | every interface has a link-local address and its groups
`,
  ),
  ...requirementsOf(
    4443,
    `
2.2   | M | 2.2 | an error comes from an address of ours
2.4-c | M | 2.4 | as much as fits into 1280 bytes is quoted
2.4-e | M | 2.4 | no error about errors, groups, nobody
2.4-f | M | 2.4 | errors are limited
3.2-a | M | 3.2 | packet too big
3.3-a | M | 3.3 | hop limit exceeded
4.2-a | M | 4.2 | echo
`,
  ),
  ...requirementsOf(
    4861,
    `
6.2-a   | S | 6.2   | a router advertises: at first soon, and when asked
6.3.4-a | M | 6.3.4 | what a host takes from an advertisement
7.1-a   | M | 7.1   | what is not valid is dropped
7.2.2-a | M | 7.2.2 | an address is asked for three times, a second apart
7.2.4-a | M | 7.2.4 | a solicitation is answered
7.2.5-a | M | 7.2.5 | what an advertisement changes
7.3-a   | S | 7.3   | a silent neighbor is probed
8-a     | S | 8     | redirects are followed ~ not done: they are counted
`,
  ),
  ...requirementsOf(
    4862,
    `
5.3-a   | M | 5.3   | a link-local address for every interface
5.4-a   | M | 5.4   | an address is used once nobody objects
5.5.3-a | M | 5.5.3 | addresses of advertised prefixes
5.5.3-e | M | 5.5.3 | a life is not shortened below two hours by a stranger
5.5.4-a | M | 5.5.4 | preferred, deprecated, gone
`,
  ),
  ...requirementsOf(
    8201,
    `
4-a | M | 4 | "packet too big" lowers the path MTU, never below 1280
4-b | M | 4 | it is forgotten after ten minutes
`,
  ),
  ...requirementsOf(
    6724,
    `
5-a | M | 5 | the choice of a source address
6-a | M | 6 | the order of destinations
`,
  ),
  ...requirementsOf(8106, '5.1-a | M | 5.1 | DNS servers from advertisements'),
];
