// Neighbor discovery messages as values: RFC 4861 section 4; RFC 8106 section 5.1 (DNS servers). All are ICMPv6 messages
// whose checksum the sender fills in last. Left out: redirected-header and search-list options (skipped as unknown).
import { concatBytes } from '../../base/bytes.ts';
import { read16, read32, write16, write32 } from './field.ts';
import { icmpv6Type } from './icmpv6.ts';
import type { Ipv6Address } from './ip-address.ts';
import { ipv6Octets, readIpv6Address } from './ipv6-octets.ts';
import { readMac, writeMac, type MacAddress } from './mac-address.ts';

export interface AdvertisedPrefix {
  /** Without host bits. */
  readonly prefix: Ipv6Address;
  readonly length: number;
  readonly onLink: boolean;
  /** May be used for stateless address configuration. */
  readonly autonomous: boolean;
  /** Seconds; 2^32 - 1 is for ever. */
  readonly validSeconds: number;
  readonly preferredSeconds: number;
}

export interface AdvertisedDnsServers {
  readonly lifetimeSeconds: number;
  readonly servers: readonly Ipv6Address[];
}

export interface RouterAdvertisement {
  readonly kind: 'router-advertisement';
  /** 0: not said. */
  readonly hopLimit: number;
  readonly managed: boolean;
  readonly otherConfiguration: boolean;
  /** 0: not a default router. */
  readonly lifetimeSeconds: number;
  /** ms; 0: not said. */
  readonly reachableMs: number;
  readonly retransMs: number;
  readonly sourceMac: MacAddress | undefined;
  /** Bytes. */
  readonly mtu: number | undefined;
  readonly prefixes: readonly AdvertisedPrefix[];
  readonly dnsServers: readonly AdvertisedDnsServers[];
}

export type NdpMessage =
  | { readonly kind: 'router-solicitation'; readonly sourceMac: MacAddress | undefined }
  | RouterAdvertisement
  | {
      readonly kind: 'neighbor-solicitation';
      readonly target: Ipv6Address;
      readonly sourceMac: MacAddress | undefined;
    }
  | {
      readonly kind: 'neighbor-advertisement';
      readonly router: boolean;
      readonly solicited: boolean;
      readonly override: boolean;
      readonly target: Ipv6Address;
      readonly targetMac: MacAddress | undefined;
    }
  | {
      readonly kind: 'redirect';
      readonly target: Ipv6Address;
      readonly destination: Ipv6Address;
      readonly targetMac: MacAddress | undefined;
    };

/** "For ever", as lifetimes say it. */
export const infiniteSeconds = 0xffff_ffff;

const optionType = { sourceMac: 1, targetMac: 2, prefix: 3, mtu: 5, dnsServers: 25 } as const;
const prefixFlag = { onLink: 0x80, autonomous: 0x40 } as const;

interface Options {
  sourceMac: MacAddress | undefined;
  targetMac: MacAddress | undefined;
  mtu: number | undefined;
  readonly prefixes: AdvertisedPrefix[];
  readonly dnsServers: AdvertisedDnsServers[];
}

/**
 * The message in `length` bytes at `at`; undefined for other types, and for those that RFC 4861 sections 6.1 and 7.1 tell
 * us to discard for their form (too short, code not 0, an option of length 0).
 */
export function parseNdp(bytes: Uint8Array, at: number, length: number): NdpMessage | undefined {
  if (length < 8 || bytes[at + 1] !== 0) return undefined;
  const type = bytes[at];
  const bodyLength = fixedLengths.get(type ?? 0);
  if (bodyLength === undefined || length < bodyLength) return undefined;
  const options = readOptions(bytes, at + bodyLength, at + length);
  if (options === undefined) return undefined;
  switch (type) {
    case icmpv6Type.routerSolicitation:
      return { kind: 'router-solicitation', sourceMac: options.sourceMac };
    case icmpv6Type.routerAdvertisement:
      return readAdvertisement(bytes, at, options);
    case icmpv6Type.neighborSolicitation:
      return { kind: 'neighbor-solicitation', target: readIpv6Address(bytes, at + 8), sourceMac: options.sourceMac };
    case icmpv6Type.neighborAdvertisement: {
      const flags = bytes[at + 4] as number; // within the fixed part
      return {
        kind: 'neighbor-advertisement',
        router: (flags & 0x80) !== 0,
        solicited: (flags & 0x40) !== 0,
        override: (flags & 0x20) !== 0,
        target: readIpv6Address(bytes, at + 8),
        targetMac: options.targetMac,
      };
    }
    default:
      return {
        kind: 'redirect',
        target: readIpv6Address(bytes, at + 8),
        destination: readIpv6Address(bytes, at + 24),
        targetMac: options.targetMac,
      };
  }
}

/** The message as bytes, its checksum still zero. */
export function ndpBytes(message: NdpMessage): Uint8Array {
  switch (message.kind) {
    case 'router-solicitation':
      return concatBytes([fixed(icmpv6Type.routerSolicitation), macOption(optionType.sourceMac, message.sourceMac)]);
    case 'router-advertisement':
      return advertisementBytes(message);
    case 'neighbor-solicitation': {
      const body = fixed(icmpv6Type.neighborSolicitation);
      body.set(ipv6Octets(message.target), 8);
      return concatBytes([body, macOption(optionType.sourceMac, message.sourceMac)]);
    }
    case 'neighbor-advertisement': {
      const body = fixed(icmpv6Type.neighborAdvertisement);
      body[4] = (message.router ? 0x80 : 0) | (message.solicited ? 0x40 : 0) | (message.override ? 0x20 : 0);
      body.set(ipv6Octets(message.target), 8);
      return concatBytes([body, macOption(optionType.targetMac, message.targetMac)]);
    }
    case 'redirect': {
      const body = fixed(icmpv6Type.redirect);
      body.set(ipv6Octets(message.target), 8);
      body.set(ipv6Octets(message.destination), 24);
      return concatBytes([body, macOption(optionType.targetMac, message.targetMac)]);
    }
  }
}

/** Bytes of each type before its options. */
const fixedLengths: ReadonlyMap<number, number> = new Map([
  [icmpv6Type.routerSolicitation, 8],
  [icmpv6Type.routerAdvertisement, 16],
  [icmpv6Type.neighborSolicitation, 24],
  [icmpv6Type.neighborAdvertisement, 24],
  [icmpv6Type.redirect, 40],
]);

function fixed(type: number): Uint8Array {
  const bytes = new Uint8Array(fixedLengths.get(type) ?? 8);
  bytes[0] = type;
  return bytes;
}

/** Undefined: the message is to be discarded. */
function readOptions(bytes: Uint8Array, start: number, end: number): Options | undefined {
  const options: Options = {
    sourceMac: undefined,
    targetMac: undefined,
    mtu: undefined,
    prefixes: [],
    dnsServers: [],
  };
  for (let at = start; at < end;) {
    const length = at + 2 <= end ? 8 * (bytes[at + 1] as number) : 0;
    if (length === 0 || at + length > end) return undefined;
    readOption(bytes, at, length, options);
    at += length;
  }
  return options;
}

function readOption(bytes: Uint8Array, at: number, length: number, options: Options): void {
  const type = bytes[at];
  if (type === optionType.sourceMac) options.sourceMac = readMac(bytes, at + 2);
  else if (type === optionType.targetMac) options.targetMac = readMac(bytes, at + 2);
  else if (type === optionType.mtu) options.mtu = read32(bytes, at + 4);
  else if (type === optionType.prefix && length === 32) {
    const flags = bytes[at + 3] as number; // within the option
    options.prefixes.push({
      prefix: readIpv6Address(bytes, at + 16),
      length: bytes[at + 2] as number,
      onLink: (flags & prefixFlag.onLink) !== 0,
      autonomous: (flags & prefixFlag.autonomous) !== 0,
      validSeconds: read32(bytes, at + 4),
      preferredSeconds: read32(bytes, at + 8),
    });
  } else if (type === optionType.dnsServers && length >= 24) {
    const servers: Ipv6Address[] = [];
    for (let server = at + 8; server + 16 <= at + length; server += 16) servers.push(readIpv6Address(bytes, server));
    options.dnsServers.push({ lifetimeSeconds: read32(bytes, at + 4), servers });
  }
}

function readAdvertisement(bytes: Uint8Array, at: number, options: Options): RouterAdvertisement {
  const flags = bytes[at + 5] as number; // within the fixed part
  return {
    kind: 'router-advertisement',
    hopLimit: bytes[at + 4] as number,
    managed: (flags & 0x80) !== 0,
    otherConfiguration: (flags & 0x40) !== 0,
    lifetimeSeconds: read16(bytes, at + 6),
    reachableMs: read32(bytes, at + 8),
    retransMs: read32(bytes, at + 12),
    sourceMac: options.sourceMac,
    mtu: options.mtu,
    prefixes: options.prefixes,
    dnsServers: options.dnsServers,
  };
}

function advertisementBytes(message: RouterAdvertisement): Uint8Array {
  const body = fixed(icmpv6Type.routerAdvertisement);
  body[4] = message.hopLimit;
  body[5] = (message.managed ? 0x80 : 0) | (message.otherConfiguration ? 0x40 : 0);
  write16(body, 6, message.lifetimeSeconds);
  write32(body, 8, message.reachableMs);
  write32(body, 12, message.retransMs);
  const options = [macOption(optionType.sourceMac, message.sourceMac)];
  if (message.mtu !== undefined) {
    const option = newOption(optionType.mtu, 8);
    write32(option, 4, message.mtu);
    options.push(option);
  }
  for (const prefix of message.prefixes) options.push(prefixOption(prefix));
  for (const { lifetimeSeconds, servers } of message.dnsServers) {
    const option = newOption(optionType.dnsServers, 8 + 16 * servers.length);
    write32(option, 4, lifetimeSeconds);
    servers.forEach((server, index) => option.set(ipv6Octets(server), 8 + 16 * index));
    options.push(option);
  }
  return concatBytes([body, ...options]);
}

function prefixOption(prefix: AdvertisedPrefix): Uint8Array {
  const option = newOption(optionType.prefix, 32);
  option[2] = prefix.length;
  option[3] = (prefix.onLink ? prefixFlag.onLink : 0) | (prefix.autonomous ? prefixFlag.autonomous : 0);
  write32(option, 4, prefix.validSeconds);
  write32(option, 8, prefix.preferredSeconds);
  option.set(ipv6Octets(prefix.prefix), 16);
  return option;
}

function macOption(type: number, mac: MacAddress | undefined): Uint8Array {
  if (mac === undefined) return new Uint8Array(0);
  const option = newOption(type, 8);
  writeMac(option, 2, mac);
  return option;
}

function newOption(type: number, length: number): Uint8Array {
  const option = new Uint8Array(length);
  option[0] = type;
  option[1] = length / 8;
  return option;
}
