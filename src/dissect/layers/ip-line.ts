// An IP packet in tcpdump's words: addresses and what the transport says; with -v the header fields before.
import { checksum } from '../../stack/wire/checksum.ts';
import { read16, read32 } from '../../stack/wire/field.ts';
import { ipv6FromBytes, readIpv4Address } from '../../stack/wire/ip-address.ts';
import { ipProtocol } from '../../stack/wire/ipv4.ts';
import { extensionLength, isExtension, nextHeader, readFragmentField } from '../../stack/wire/ipv6.ts';
import { addressText, verbosityOf, type InnerPacket, type LineContext } from '../line-options.ts';
import { icmpLine } from './icmp-line.ts';
import { icmpv6Line } from './icmpv6-line.ts';
import { correctChecksum, tcpLine } from './tcp-line.ts';
import { udpLine } from './udp-line.ts';

const protocolNames: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPIP',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  89: 'OSPF',
  132: 'SCTP',
};

/** `withName`: start with `IP `. `bytes` may be padded, or cut off. */
export function ipv4Line(context: LineContext, bytes: Uint8Array, withName: boolean): string {
  const name = withName ? 'IP ' : '';
  if (bytes.length < 20) return `${name}[|ip]`;
  const first = bytes[0] as number; // 20 bytes are there
  if (first >>> 4 !== 4) return `${name}bad version ${first >>> 4}`;
  const headerLength = (first & 15) * 4;
  const totalLength = read16(bytes, 2);
  if (headerLength < 20) return `${name}bad-hlen ${headerLength}`;
  if (totalLength < headerLength) return `${name}bad-len ${totalLength}`;
  const missing = totalLength > bytes.length ? `truncated-ip - ${totalLength - bytes.length} bytes missing! ` : '';
  const inner = bytes.subarray(headerLength, totalLength);
  const packet: InnerPacket = {
    bytes: inner,
    length: totalLength - headerLength,
    isFragment: (read16(bytes, 6) & 0x3fff) !== 0,
    source: readIpv4Address(bytes, 12),
    destination: readIpv4Address(bytes, 16),
  };
  const header = verbosityOf(context) > 0 ? `(${headerText(bytes, headerLength, totalLength)})\n    ` : '';
  const offset = (read16(bytes, 6) & 0x1fff) * 8;
  const protocol = bytes[9] as number;
  const text =
    offset > 0 ? fragmentLine(context, packet, protocol) : transportLine(context, packet, protocol, withName);
  return `${name}${header === '' ? '' : header}${missing}${text}`;
}

function headerText(bytes: Uint8Array, headerLength: number, totalLength: number): string {
  const trafficClass = bytes[1] as number; // the header is there
  const word = read16(bytes, 6);
  const flags = [
    ...((word & 0x8000) === 0 ? [] : ['+rsvd']),
    ...((word & 0x4000) === 0 ? [] : ['DF']),
    ...((word & 0x2000) === 0 ? [] : ['+']),
  ];
  const protocol = bytes[9] as number;
  const ecn = ['', ',ECT(1)', ',ECT(0)', ',CE'][trafficClass & 3] ?? '';
  const sum = headerLength <= bytes.length ? checksum(bytes, 0, headerLength) : 0;
  const field = read16(bytes, 10);
  const hex = (value: number, width = 1): string => value.toString(16).padStart(width, '0');
  return [
    `tos 0x${hex(trafficClass)}${ecn}`,
    `ttl ${bytes[8] ?? 0}`,
    `id ${read16(bytes, 4)}`,
    `offset ${(word & 0x1fff) * 8}`,
    `flags [${flags.length === 0 ? 'none' : flags.join(', ')}]`,
    `proto ${protocolNames[protocol] ?? 'unknown'} (${protocol})`,
    `length ${totalLength}`,
    ...(headerLength > 20 ? [`options (${optionNames(bytes.subarray(20, headerLength))})`] : []),
    ...(sum === 0 ? [] : [`bad cksum ${hex(field)} (->${hex(correctChecksum(field, sum))})!`]),
  ].join(', ');
}

function optionNames(options: Uint8Array): string {
  const names: Readonly<Record<number, string>> = {
    0: 'EOL',
    1: 'NOP',
    7: 'RR',
    68: 'timestamp',
    131: 'LSRR',
    137: 'SSRR',
    148: 'RA',
  };
  const found: string[] = [];
  for (let at = 0; at < options.length;) {
    const kind = options[at] as number; // at < length
    found.push(names[kind] ?? `unknown ${kind}`);
    if (kind === 0) break;
    const length = kind === 1 ? 1 : (options[at + 1] ?? 0);
    if (length < 1) break;
    at += length;
  }
  return found.join(',');
}

/** A fragment that is not the first has no transport header. */
function fragmentLine(context: LineContext, { source, destination }: InnerPacket, protocol: number): string {
  const isNamed = context.options.nameOf !== undefined;
  const name = (isNamed ? protocolNames[protocol]?.toLowerCase() : undefined) ?? `ip-proto-${protocol}`;
  return `${addressText(context, source)} > ${addressText(context, destination)}: ${name}`;
}

function transportLine(context: LineContext, packet: InnerPacket, protocol: number, withName: boolean): string {
  const ends = `${addressText(context, packet.source)} > ${addressText(context, packet.destination)}:`;
  switch (protocol) {
    case ipProtocol.tcp:
      return tcpLine(context, packet);
    case ipProtocol.udp:
      return udpLine(context, packet);
    case ipProtocol.icmp:
      return `${ends} ${icmpLine(context, packet, (bytes) => ipv4Line(context, bytes, withName))}`;
    default:
      return `${ends} ${protocolNames[protocol] ?? ` ip-proto-${protocol}`} ${packet.length}`;
  }
}

/** Header, extension headers as far as tcpdump names them, and what the transport says. */
export function ipv6Line(context: LineContext, bytes: Uint8Array, withName: boolean): string {
  const name = withName ? 'IP6 ' : '';
  if (bytes.length < 40) return `${name}[|ip6]`;
  const length = read16(bytes, 4);
  const next = bytes[6] as number; // 40 bytes are there
  const [source, destination] = [ipv6FromBytes(bytes, 8), ipv6FromBytes(bytes, 24)];
  const header = verbosityOf(context) > 0 ? `(${ipv6HeaderText(bytes)}) ` : '';
  const ends = `${addressText(context, source)} > ${addressText(context, destination)}: `;
  const walked = extensionTexts(context, bytes, Math.min(bytes.length, 40 + length));
  const packet: InnerPacket = {
    bytes: bytes.subarray(walked.at, 40 + length),
    length: 40 + length - walked.at,
    isFragment: walked.isFragment,
    source,
    destination,
  };
  const prefix = next === ipProtocol.tcp || next === ipProtocol.udp ? '' : ends;
  const text = walked.isStart ? ipv6TransportLine(context, packet, walked.protocol) : '';
  const parts = `${name}${header}${prefix}${walked.texts}`;
  return text === '' ? parts.trimEnd() : `${parts}${text}`;
}

function ipv6HeaderText(bytes: Uint8Array): string {
  const flow = read32(bytes, 0);
  const trafficClass = (flow >>> 20) & 0xff;
  const label = flow & 0xf_ffff;
  const next = bytes[6] as number; // the header is there
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
  return [
    ...(trafficClass === 0 ? [] : [`class 0x${hex(trafficClass, 2)}`]),
    ...(label === 0 ? [] : [`flowlabel 0x${hex(label, 5)}`]),
    `hlim ${bytes[7] ?? 0}`,
    `next-header ${ipv6NextNames[next] ?? protocolNames[next] ?? 'unknown'} (${next}) payload length: ${read16(bytes, 4)}`,
  ].join(', ');
}

const ipv6NextNames: Readonly<Record<number, string>> = {
  0: 'Options',
  43: 'Routing',
  44: 'Fragment',
  59: 'None',
  60: 'Dest Options',
};

interface WalkedHeaders {
  readonly texts: string;
  readonly protocol: number;
  readonly at: number;
  readonly isFragment: boolean;
  /** False: what follows belongs to the middle of a packet. */
  readonly isStart: boolean;
}

function extensionTexts(context: LineContext, bytes: Uint8Array, end: number): WalkedHeaders {
  let texts = '';
  let isFragment = false;
  let protocol = bytes[6] as number; // the header is there
  let at = 40;
  while (isExtension(protocol) && at + 8 <= end) {
    if (protocol === nextHeader.fragment) {
      const { start } = readFragmentField(bytes, at);
      const identification = `0x${read32(bytes, at + 4)
        .toString(16)
        .padStart(8, '0')}:`;
      const rest = `${start}|${40 + read16(bytes, 4) - at - 8}`;
      texts += `frag (${verbosityOf(context) > 0 ? identification : ''}${rest}) `;
      isFragment = true;
      if (start > 0) return { texts, protocol: bytes[at] as number, at: at + 8, isFragment, isStart: false }; // 8 bytes are there
    } else {
      texts += { [nextHeader.hopByHop]: 'HBH ', [nextHeader.destinationOptions]: 'DSTOPT ' }[protocol] ?? 'srcrt ';
    }
    const following = bytes[at] as number; // 8 bytes are there
    at += extensionLength(bytes, at, protocol);
    protocol = following;
  }
  return { texts, protocol, at: Math.min(at, end), isFragment, isStart: true };
}

function ipv6TransportLine(context: LineContext, packet: InnerPacket, protocol: number): string {
  switch (protocol) {
    case ipProtocol.tcp:
      return tcpLine(context, packet);
    case ipProtocol.udp:
      return udpLine(context, packet);
    case ipProtocol.icmpv6:
      return icmpv6Line(context, packet);
    case nextHeader.none:
      return 'no next header';
    default:
      return `ip-proto-${protocol} ${packet.length}`;
  }
}
