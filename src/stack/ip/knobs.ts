// Knobs of the layers beside and below TCP, with Linux's names, defaults and units.
import type { KnobDefinition } from '../knobs.ts';

const integer = (
  name: string,
  defaultValue: number,
  minimum: number,
  maximum: number,
  doc: string,
): KnobDefinition => ({ name, type: 'integer', default: defaultValue, minimum, maximum, doc });

const neighbor = 'net.ipv4.neigh.default';

export const ipKnobs: readonly KnobDefinition[] = [
  integer('net.ipv4.ip_forward', 0, 0, 1, 'forward packets between interfaces'),
  integer(
    'net.ipv4.tcp_clamp_mss',
    0,
    0,
    1,
    'lower the MSS of forwarded SYNs to what both links carry (Linux: iptables TCPMSS)',
  ),
  integer('net.ipv4.ip_default_ttl', 64, 1, 255, 'TTL of packets that we send'),
  integer('net.ipv4.icmp_echo_ignore_all', 0, 0, 1, 'answer no echo request'),
  integer(
    'net.ipv4.icmp_echo_ignore_broadcasts',
    1,
    0,
    1,
    'answer no echo request to a broadcast or multicast address',
  ),
  integer(
    'net.ipv4.icmp_ratelimit',
    1000,
    0,
    60_000,
    'ms between ICMP errors to one host, after a burst of 6; 0: no limit',
  ),
  integer('net.ipv4.icmp_ratemask', 6168, 0, 0x7fff_ffff, 'bit mask of the ICMP types that icmp_ratelimit holds for'),
  integer('net.ipv4.icmp_msgs_per_sec', 1000, 0, 1_000_000, 'limited ICMP errors per second to all hosts together'),
  integer('net.ipv4.icmp_msgs_burst', 50, 0, 1_000_000, 'limited ICMP errors that may be sent at once'),
  integer('net.ipv4.ipfrag_time', 30, 1, 3600, 'seconds to wait for the rest of a fragmented packet'),
  integer('net.ipv4.ipfrag_high_thresh', 4_194_304, 0, 0x7fff_ffff, 'bytes of fragments that may wait for the rest'),
  integer(
    'net.ipv4.ipfrag_max_packets',
    1024,
    1,
    65_536,
    'unfinished packets that may wait (Linux limits by bytes only)',
  ),
  integer('net.ipv4.route.min_pmtu', 552, 68, 65_535, 'lowest path MTU in bytes that an ICMP message can make us use'),
  integer(
    'net.ipv4.route.mtu_expires',
    600,
    1,
    86_400,
    'seconds until a learned path MTU is forgotten (RFC 1191: 10 min)',
  ),
  {
    name: 'net.ipv4.ip_local_port_range',
    type: 'integers',
    default: [32_768, 60_999],
    minimum: 1,
    maximum: 65_535,
    doc: 'first and last ephemeral port',
  },
  integer(
    'net.ipv4.conf.all.arp_ignore',
    0,
    0,
    1,
    '0: answer ARP for any address of ours; 1: only for the interface’s own',
  ),
  integer(`${neighbor}.mcast_solicit`, 3, 1, 100, 'broadcast requests before a neighbor counts as unreachable'),
  integer(`${neighbor}.ucast_solicit`, 3, 1, 100, 'unicast probes before a known neighbor counts as gone'),
  integer(`${neighbor}.retrans_time_ms`, 1000, 1, 60_000, 'ms between two requests'),
  integer(
    `${neighbor}.base_reachable_time_ms`,
    30_000,
    100,
    3_600_000,
    'ms a confirmed neighbor stays REACHABLE, times 0.5 to 1.5',
  ),
  integer(`${neighbor}.delay_first_probe_time`, 5, 0, 3600, 'seconds in DELAY before the first probe'),
  integer(`${neighbor}.unres_qlen`, 101, 1, 100_000, 'packets that may wait for one address resolution'),
  integer(`${neighbor}.unres_qlen_bytes`, 212_992, 0, 0x7fff_ffff, 'bytes that may wait for one address resolution'),
  integer(`${neighbor}.gc_thresh3`, 1024, 8, 1_000_000, 'entries of one interface’s neighbor cache'),
  integer('net.core.netdev_max_backlog', 1000, 1, 1_000_000, 'frames that may wait on the loopback interface'),
];
