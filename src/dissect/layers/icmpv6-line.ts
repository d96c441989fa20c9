// An ICMPv6 message in tcpdump's words; with -v neighbor discovery shows its flags and options.
import { read16, read32 } from '../../stack/wire/field.ts';
import { checksumOfIcmpv6, icmpv6Type, unreachableCode6 } from '../../stack/wire/icmpv6.ts';
import { ipv6FromBytes } from '../../stack/wire/ip-address.ts';
import { findUpperLayer, nextHeader } from '../../stack/wire/ipv6.ts';
import { formatMac, readMac } from '../../stack/wire/mac-address.ts';
import { infiniteSeconds } from '../../stack/wire/ndp.ts';
import { addressText, verbosityOf, type InnerPacket, type LineContext } from '../line-options.ts';
import { correctChecksum } from './tcp-line.ts';

const headerBytes = 8;

const names: Readonly<Record<number, string>> = {
  [icmpv6Type.unreachable]: 'destination unreachable',
  [icmpv6Type.packetTooBig]: 'packet too big',
  [icmpv6Type.timeExceeded]: 'time exceeded in-transit',
  [icmpv6Type.parameterProblem]: 'parameter problem',
  [icmpv6Type.echoRequest]: 'echo request',
  [icmpv6Type.echoReply]: 'echo reply',
  130: 'multicast listener query',
  131: 'multicast listener report',
  132: 'multicast listener done',
  [icmpv6Type.routerSolicitation]: 'router solicitation',
  [icmpv6Type.routerAdvertisement]: 'router advertisement',
  [icmpv6Type.neighborSolicitation]: 'neighbor solicitation',
  [icmpv6Type.neighborAdvertisement]: 'neighbor advertisement',
  [icmpv6Type.redirect]: 'redirect',
  143: 'multicast listener report v2',
};

/** Bytes of each discovery message before its options. */
const fixedBytes: Readonly<Record<number, number>> = {
  [icmpv6Type.routerSolicitation]: 8,
  [icmpv6Type.routerAdvertisement]: 16,
  [icmpv6Type.neighborSolicitation]: 24,
  [icmpv6Type.neighborAdvertisement]: 24,
  [icmpv6Type.redirect]: 40,
};

export function icmpv6Line(context: LineContext, packet: InnerPacket): string {
  const { bytes, length } = packet;
  if (bytes.length < 4) return '[|icmp6]';
  const type = bytes[0] as number; // 4 bytes are there
  const name = `ICMP6, ${names[type] ?? `unknown icmp6 type (${type})`}`;
  const verbose = verbosityOf(context) > 0;
  const fixed = fixedBytes[type];
  if (bytes.length < (fixed ?? headerBytes)) return `${verbose ? sumText(packet) : ''}${name} [|icmp6]`;
  if (!verbose) return `${name}${messageText(context, type, bytes)}, length ${length}`;
  const said = `${name}${fixed === undefined ? '' : `, length ${length}`}${messageText(context, type, bytes)}`;
  return `${sumText(packet)}${said}${fixed === undefined ? '' : detailText(context, type, bytes, fixed)}`;
}

function sumText({ bytes, length, isFragment, source, destination }: InnerPacket): string {
  if (isFragment || bytes.length < length) return '';
  const sum = checksumOfIcmpv6(bytes, 0, length, source, destination);
  if (sum === 0) return '[icmp6 sum ok] ';
  const hex = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`;
  const field = read16(bytes, 2);
  return `[bad icmp6 cksum ${hex(field)} -> ${hex(correctChecksum(field, sum))}!] `;
}

function messageText(context: LineContext, type: number, bytes: Uint8Array): string {
  const address = (at: number): string => addressText(context, ipv6FromBytes(bytes, at));
  switch (type) {
    case icmpv6Type.unreachable:
      return unreachableText(context, bytes);
    case icmpv6Type.packetTooBig:
      return `, mtu ${read32(bytes, 4)}`;
    case icmpv6Type.timeExceeded:
      return exceededText(context, bytes);
    case icmpv6Type.parameterProblem:
      return problemText(bytes);
    case icmpv6Type.echoRequest:
    case icmpv6Type.echoReply:
      return `, id ${read16(bytes, 4)}, seq ${read16(bytes, 6)}`;
    case icmpv6Type.neighborSolicitation:
      return `, who has ${address(8)}`;
    case icmpv6Type.neighborAdvertisement:
      return `, tgt is ${address(8)}`;
    case icmpv6Type.redirect:
      return `, ${address(24)} to ${address(8)}`;
    default:
      return '';
  }
}

/** The quoted packet when its header is there. */
function quotedPacket(bytes: Uint8Array): Uint8Array | undefined {
  const quoted = bytes.subarray(headerBytes);
  return quoted.length >= 40 ? quoted : undefined;
}

function unreachableText(context: LineContext, bytes: Uint8Array): string {
  const quoted = quotedPacket(bytes);
  if (quoted === undefined) return ' [|icmp6]';
  const source = addressText(context, ipv6FromBytes(quoted, 8));
  const destination = addressText(context, ipv6FromBytes(quoted, 24));
  switch (bytes[1]) {
    case unreachableCode6.noRoute:
      return `, unreachable route ${destination}`;
    case unreachableCode6.prohibited:
      return `, unreachable prohibited ${destination}`;
    case unreachableCode6.beyondScope:
      return `, beyond scope ${destination}, source address ${source}`;
    case unreachableCode6.address:
      return `, unreachable address ${destination}`;
    case unreachableCode6.port:
      return `, unreachable port${portText(destination, quoted)}`;
    default:
      return `, unknown unreach code (${bytes[1] ?? 0})`;
  }
}

function portText(destination: string, quoted: Uint8Array): string {
  const upper = findUpperLayer(quoted, 0, quoted.length);
  if (upper === undefined || quoted.length < upper.at + 4) return ' [|icmp6]';
  const port = read16(quoted, upper.at + 2);
  if (upper.protocol === nextHeader.tcp) return `, ${destination} tcp port ${port}`;
  if (upper.protocol === nextHeader.udp) return `, ${destination} udp port ${port}`;
  return `, ${destination} protocol ${upper.protocol} port ${port} unreachable`;
}

function exceededText(context: LineContext, bytes: Uint8Array): string {
  const quoted = quotedPacket(bytes);
  if (bytes[1] === 1) return ' (reassembly)';
  if (bytes[1] !== 0) return `, unknown code (${bytes[1] ?? 0})`;
  return quoted === undefined ? ' [|icmp6]' : ` for ${addressText(context, ipv6FromBytes(quoted, 24))}`;
}

function problemText(bytes: Uint8Array): string {
  const what = ['erroneous', 'next header', 'option', 'incomplete header chain'][bytes[1] ?? 0];
  return what === undefined ? `, code-#${bytes[1] ?? 0}` : `, ${what} - octet ${read32(bytes, 4)}`;
}

function detailText(context: LineContext, type: number, bytes: Uint8Array, fixed: number): string {
  const flags = (table: readonly (readonly [number, string])[], value: number): string => {
    const set = table.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name);
    return set.length === 0 ? 'none' : set.join(', ');
  };
  const options = optionTexts(context, bytes, fixed).join('');
  if (type === icmpv6Type.neighborAdvertisement) {
    const table = [
      [0x80, 'router'],
      [0x40, 'solicited'],
      [0x20, 'override'],
    ] as const;
    return `, Flags [${flags(table, bytes[4] ?? 0)}]${options}`;
  }
  if (type !== icmpv6Type.routerAdvertisement) return options;
  const value = bytes[5] ?? 0;
  const table = [
    [0x80, 'managed'],
    [0x40, 'other stateful'],
  ] as const;
  const preference = ['medium', 'high', 'reserved', 'low'][(value >>> 3) & 3] ?? 'medium';
  const times = `router lifetime ${read16(bytes, 6)}s, reachable time ${read32(bytes, 8)}ms, retrans timer ${read32(bytes, 12)}ms`;
  return `\n\thop limit ${bytes[4] ?? 0}, Flags [${flags(table, value)}], pref ${preference}, ${times}${options}`;
}

const optionNames: Readonly<Record<number, string>> = {
  1: 'source link-address',
  2: 'destination link-address',
  3: 'prefix info',
  4: 'redirected header',
  5: 'mtu',
  25: 'rdnss',
};

function optionTexts(context: LineContext, bytes: Uint8Array, start: number): readonly string[] {
  const texts: string[] = [];
  for (let at = start; at + 2 <= bytes.length;) {
    const kind = bytes[at] as number; // inside
    const units = bytes[at + 1] as number;
    const length = 8 * units;
    if (length === 0 || at + length > bytes.length) return [...texts, ' [|icmp6]'];
    const body = optionBody(context, bytes, at, length);
    const dump = verbosityOf(context) > 1 ? dumpText(bytes.subarray(at + 2, at + length)) : '';
    texts.push(`\n\t  ${optionNames[kind] ?? 'unknown'} option (${kind}), length ${length} (${units}): ${body}${dump}`);
    at += length;
  }
  return texts;
}

/** The bytes behind type and length, 16 a line. */
function dumpText(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 16) {
    const pairs = Array.from(bytes.subarray(at, at + 16), (byte) => byte.toString(16).padStart(2, '0'));
    const words = pairs.flatMap((pair, index) => (index % 2 === 0 ? [`${pair}${pairs[index + 1] ?? ''}`] : []));
    text += `\n\t    0x${at.toString(16).padStart(4, '0')}:  ${words.join(' ')}`;
  }
  return text;
}

function optionBody(context: LineContext, bytes: Uint8Array, at: number, length: number): string {
  const life = (offset: number): string => {
    const seconds = read32(bytes, at + offset);
    return seconds === infiniteSeconds ? 'infinity' : `${seconds}s`;
  };
  const address = (offset: number): string => addressText(context, ipv6FromBytes(bytes, at + offset));
  switch (bytes[at]) {
    case 1:
    case 2:
      return formatMac(readMac(bytes, at + 2));
    case 3: {
      if (length !== 32) return 'badlen';
      const value = bytes[at + 3] ?? 0;
      const set = [...((value & 0x80) === 0 ? [] : ['onlink']), ...((value & 0x40) === 0 ? [] : ['auto'])];
      const flags = set.length === 0 ? 'none' : set.join(', ');
      return `${address(16)}/${bytes[at + 2] ?? 0}, Flags [${flags}], valid time ${life(4)}, pref. time ${life(8)}`;
    }
    case 5:
      return ` ${read32(bytes, at + 4)}`;
    case 25: {
      const servers: string[] = [];
      for (let server = 8; server + 16 <= length; server += 16) servers.push(` addr: ${address(server)}`);
      return ` lifetime ${read32(bytes, at + 4)}s,${servers.join('')}`;
    }
    default:
      return '';
  }
}
