// A plan: everything a runtime needs to build a lab, with nothing left to decide. Plain data, structured-cloneable.
// The same template, parameters and seed give the same plan, byte for byte.
import type { Exercise } from './exercise.ts';
import type { Impairment } from '../wiring/impairment/impairment.ts';

export type HostRole = 'client' | 'server' | 'router' | 'dns';

export interface PlannedInterface {
  /** `eth0`, `eth1`... in the order of the host's attachments. */
  readonly name: string;
  /** Name of the segment it is attached to. */
  readonly segment: string;
  /** `02:...`, as text. */
  readonly mac: string;
  /** `10.0.1.2/24`, as text; IPv4 and IPv6. */
  readonly addresses: readonly string[];
  readonly mtu: number;
  /** What happens to frames that leave here. */
  readonly egress: Impairment;
}

export interface PlannedRoute {
  /** `10.0.3.0/24` or `0.0.0.0/0`. */
  readonly destination: string;
  /** Absent: on link. */
  readonly gateway?: string;
  readonly interface: string;
  readonly metric: number;
}

/** A program that runs from the start: a shell command line of the host, such as `httpd -p 80`. */
export interface PlannedService {
  readonly name: string;
  readonly command: string;
}

export interface PlannedHost {
  readonly name: string;
  readonly role: HostRole;
  readonly interfaces: readonly PlannedInterface[];
  readonly routes: readonly PlannedRoute[];
  readonly forwarding: boolean;
  readonly services: readonly PlannedService[];
  /** Addresses of the lab's DNS servers, as text; empty when the lab has none. */
  readonly nameservers: readonly string[];
  /** Domain that is tried for names without a dot, such as `lab`. */
  readonly searchDomain: string;
  /** Linux sysctl names -> value. */
  readonly knobs: Readonly<Record<string, string>>;
  /** Absolute path -> text: files that exist at the start. */
  readonly files: Readonly<Record<string, string>>;
  /** Zones that this host serves; empty unless it is a DNS server. */
  readonly zones: readonly PlannedZone[];
}

export interface PlannedZone {
  /** `lab` or `2.0.10.in-addr.arpa`, without the final dot. */
  readonly origin: string;
  /** Seconds: the TTL of records that do not say. */
  readonly defaultTtl: number;
  /** Records in master-file form (RFC 1035 section 5), one a line: `server 60 IN A 10.0.4.2`. SOA and NS included. */
  readonly records: readonly string[];
}

/** A point-to-point link (two ends) or a network (a shared segment with a switch in it, any number of ends). */
export interface PlannedSegment {
  readonly name: string;
  readonly kind: 'link' | 'network';
  /** `10.0.1.0/24`; IPv4 and possibly IPv6. */
  readonly prefixes: readonly string[];
  readonly ends: readonly { readonly host: string; readonly interface: string }[];
}

export interface Plan {
  readonly template: string;
  readonly title: Readonly<Record<'en' | 'ko', string>>;
  readonly seed: string;
  readonly domain: string;
  readonly hosts: readonly PlannedHost[];
  readonly segments: readonly PlannedSegment[];
  /** What there is to do, in order. */
  readonly exercises: readonly Exercise[];
  /** Where the page draws each host: x and y in 0 .. 1. */
  readonly positions: Readonly<Record<string, { readonly x: number; readonly y: number }>>;
}
