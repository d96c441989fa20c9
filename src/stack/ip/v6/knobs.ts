// Knobs of IPv6, with Linux's names, defaults and units; but IPv6 is off until it is switched on, so that a lab which
// does not speak of IPv6 shows none of its packets.
import type { KnobDefinition } from '../../knobs.ts';

const integer = (
  name: string,
  defaultValue: number,
  minimum: number,
  maximum: number,
  doc: string,
): KnobDefinition => ({ name: `net.ipv6.${name}`, type: 'integer', default: defaultValue, minimum, maximum, doc });

const neighbor = 'neigh.default';

export const ipv6Knobs: readonly KnobDefinition[] = [
  integer('conf.all.disable_ipv6', 1, 0, 1, '1: no IPv6 on any interface (Linux: 0)'),
  integer('conf.all.forwarding', 0, 0, 1, 'forward packets between interfaces, as a router'),
  integer('conf.all.hop_limit', 64, 1, 255, 'hop limit of packets that we send, unless a router says otherwise'),
  integer('conf.all.accept_ra', 1, 0, 2, 'believe router advertisements; 1: unless we forward, 2: even then'),
  integer('conf.all.autoconf', 1, 0, 1, 'make addresses of the prefixes that routers advertise'),
  integer('conf.all.dad_transmits', 1, 0, 10, 'solicitations of duplicate address detection; 0: no detection'),
  integer('conf.all.router_solicitations', 3, 0, 10, 'router solicitations before we give up'),
  integer('conf.all.router_solicitation_interval', 4, 1, 3600, 'seconds between router solicitations'),
  integer('conf.all.router_solicitation_delay', 1, 0, 3600, 'longest delay in seconds before the first one'),
  integer('auto_flowlabels', 1, 0, 1, 'label the packets of a flow (RFC 6437)'),
  integer('icmp.ratelimit', 1000, 0, 60_000, 'ms between ICMPv6 errors to one host, after a burst of 6; 0: no limit'),
  integer('icmp.echo_ignore_all', 0, 0, 1, 'answer no echo request'),
  integer('icmp.echo_ignore_multicast', 0, 0, 1, 'answer no echo request to a multicast address'),
  integer('ip6frag_time', 60, 1, 3600, 'seconds to wait for the rest of a fragmented packet'),
  integer('ip6frag_high_thresh', 4_194_304, 0, 0x7fff_ffff, 'bytes of fragments that may wait for the rest'),
  integer('ip6frag_max_packets', 1024, 1, 65_536, 'unfinished packets that may wait (Linux limits by bytes only)'),
  integer('route.mtu_expires', 600, 1, 86_400, 'seconds until a learned path MTU is forgotten (RFC 8201: 10 min)'),
  integer(`${neighbor}.mcast_solicit`, 3, 1, 100, 'multicast solicitations before a neighbor counts as unreachable'),
  integer(`${neighbor}.ucast_solicit`, 3, 1, 100, 'unicast probes before a known neighbor counts as gone'),
  integer(`${neighbor}.retrans_time_ms`, 1000, 1, 60_000, 'ms between two solicitations'),
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
];
