// IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers; fragments are shown as pieces, not put together.
import { checksum } from '../../../stack/wire/checksum.ts';
import { read16, read32 } from '../../../stack/wire/field.ts';
import { formatIp, ipv6FromBytes, readIpv4Address } from '../../../stack/wire/ip-address.ts';
import type { DissectContext } from '../context.ts';
import type { FieldName } from '../fields.ts';
import {
  dataLayer,
  hex,
  layerField,
  LayerBuilder,
  malformedLayer,
  type DissectedField,
  type DissectedLayers,
  type DissectState,
} from '../tree.ts';
import { dissectIcmp } from './icmp.ts';
import { dissectIcmpv6 } from './icmpv6.ts';
import { dissectTcp } from './tcp.ts';
import { dissectUdp } from './udp.ts';

const protocolNames: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  6: 'TCP',
  17: 'UDP',
  58: 'ICMPv6',
};
const ecnNames = ['Not ECN-Capable Transport', 'ECT(1)', 'ECT(0)', 'Congestion Experienced'] as const;

const nameOf = (protocol: number): string => `${protocolNames[protocol] ?? 'Unknown'} (${protocol})`;

export function dissectIpv4(state: DissectState, start: number, end: number, context: DissectContext): DissectedLayers {
  const { bytes } = state;
  const headerLength = ((bytes[start] ?? 0) & 15) * 4;
  if (end - start < 20 || (bytes[start] as number) >>> 4 !== 4 || headerLength < 20 || headerLength > end - start) {
    return malformedLayer('ip', start, end);
  }
  const totalLength = read16(bytes, start + 2);
  const packetEnd = Math.min(end, start + Math.max(totalLength, headerLength));
  const builder = new LayerBuilder(bytes);
  const [source, destination] = [readIpv4Address(bytes, start + 12), readIpv4Address(bytes, start + 16)];
  const fragment = addIpv4Fields(builder, start, headerLength);
  builder.add('ip.src', start + 12, 4, source);
  builder.add('ip.dst', start + 16, 4, destination);
  if (headerLength > 20)
    builder.add('ip.options', start + 20, headerLength - 20, bytes.subarray(start + 20, start + headerLength));
  const title = `Internet Protocol Version 4, Src: ${formatIp(source)}, Dst: ${formatIp(destination)}`;
  const own = layerField('ip', start, start + headerLength, title, builder.children);
  const protocol = bytes[start + 9] as number;
  const inside: DissectState = { bytes, isQuoted: state.isQuoted, addresses: { source, destination } };
  if (fragment.offsetBytes > 0 || fragment.isMore) {
    const facts = { protocol, offset: fragment.offsetBytes, identification: fragment.identification };
    return fragmentOf(own, { ...inside, isQuoted: true }, start + headerLength, packetEnd, facts, context);
  }
  return withLayer(own, dissectTransport(inside, protocol, start + headerLength, packetEnd, context));
}

function addIpv4Fields(builder: LayerBuilder, start: number, headerLength: number) {
  const { bytes } = builder;
  const at = (offset: number): number => bytes[start + offset] as number; // the header's length was checked
  const [trafficClass, flags, identification] = [at(1), read16(bytes, start + 6), read16(bytes, start + 4)];
  const offsetBytes = (flags & 0x1fff) * 8;
  builder.add('ip.version', start, 1, 4);
  builder.add('ip.hdr_len', start, 1, headerLength, `${headerLength} bytes (${headerLength / 4})`);
  builder.group('ip.dsfield', start + 1, 1, trafficClass, hex(trafficClass, 2), (inner) => {
    inner.add('ip.dsfield.dscp', start + 1, 1, trafficClass >>> 2);
    inner.add(
      'ip.dsfield.ecn',
      start + 1,
      1,
      trafficClass & 3,
      `${ecnNames[trafficClass & 3] ?? ''} (${trafficClass & 3})`,
    );
  });
  builder.add('ip.len', start + 2, 2, read16(bytes, start + 2));
  builder.add('ip.id', start + 4, 2, identification, `${hex(identification, 4)} (${identification})`);
  builder.group('ip.flags', start + 6, 1, flags >>> 13, hex(flags >>> 13, 1), (inner) => {
    inner.add('ip.flags.rb', start + 6, 1, (flags & 0x8000) !== 0);
    inner.add('ip.flags.df', start + 6, 1, (flags & 0x4000) !== 0);
    inner.add('ip.flags.mf', start + 6, 1, (flags & 0x2000) !== 0);
  });
  builder.add('ip.frag_offset', start + 6, 2, flags & 0x1fff, `${flags & 0x1fff} (byte ${offsetBytes})`);
  builder.add('ip.ttl', start + 8, 1, at(8));
  builder.add('ip.proto', start + 9, 1, at(9), nameOf(at(9)));
  const isGood = checksum(bytes, start, headerLength) === 0;
  builder.add(
    'ip.checksum',
    start + 10,
    2,
    read16(bytes, start + 10),
    `${hex(read16(bytes, start + 10), 4)} [${isGood ? 'correct' : 'incorrect'}]`,
  );
  builder.note('ip.checksum.status', isGood ? 1 : 0, isGood ? 'Good' : 'Bad');
  return { offsetBytes, isMore: (flags & 0x2000) !== 0, identification };
}

export function dissectIpv6(state: DissectState, start: number, end: number, context: DissectContext): DissectedLayers {
  const { bytes } = state;
  if (end - start < 40 || (bytes[start] as number) >>> 4 !== 6) return malformedLayer('ipv6', start, end);
  const builder = new LayerBuilder(bytes);
  const first = read32(bytes, start);
  const payloadLength = read16(bytes, start + 4);
  const packetEnd = Math.min(end, start + 40 + payloadLength);
  const [source, destination] = [ipv6FromBytes(bytes, start + 8), ipv6FromBytes(bytes, start + 24)];
  const trafficClass = (first >>> 20) & 0xff;
  builder.group('ipv6.version', start, 1, 6, '6', (inner) => {
    inner.add('ip.version', start, 1, 6); // as Wireshark has it: one filter for both
  });
  builder.group('ipv6.tclass', start, 2, trafficClass, hex(trafficClass, 2), (inner) => {
    inner.add(
      'ipv6.tclass.ecn',
      start + 1,
      1,
      trafficClass & 3,
      `${ecnNames[trafficClass & 3] ?? ''} (${trafficClass & 3})`,
    );
  });
  builder.add('ipv6.flow', start + 1, 3, first & 0xfffff, hex(first & 0xfffff, 5));
  builder.add('ipv6.plen', start + 4, 2, payloadLength);
  builder.add('ipv6.nxt', start + 6, 1, bytes[start + 6] as number, nameOf(bytes[start + 6] as number));
  builder.add('ipv6.hlim', start + 7, 1, bytes[start + 7] as number);
  builder.add('ipv6.src', start + 8, 16, source);
  builder.add('ipv6.dst', start + 24, 16, destination);
  const extensions = walkExtensions(builder, bytes[start + 6] as number, start + 40, packetEnd);
  const title = `Internet Protocol Version 6, Src: ${source}, Dst: ${destination}`;
  const own = layerField('ipv6', start, extensions.next, title, builder.children);
  const { fragment } = extensions;
  const inside: DissectState = { bytes, isQuoted: state.isQuoted, addresses: { source, destination } };
  if (fragment !== undefined) {
    return fragmentOf(own, { ...inside, isQuoted: true }, extensions.next, packetEnd, fragment, context);
  }
  return withLayer(own, dissectTransport(inside, extensions.protocol, extensions.next, packetEnd, context));
}

const extensionFields: Readonly<Record<number, FieldName>> = {
  0: 'ipv6.hopopts',
  43: 'ipv6.routing',
  60: 'ipv6.dstopts',
};

interface FragmentFacts {
  readonly protocol: number;
  /** Bytes. */
  readonly offset: number;
  readonly identification: number;
}

function walkExtensions(builder: LayerBuilder, first: number, start: number, end: number) {
  const { bytes } = builder;
  let [protocol, at] = [first, start];
  let fragment: FragmentFacts | undefined;
  while (at + 8 <= end) {
    const name = extensionFields[protocol];
    if (name !== undefined) {
      const length = ((bytes[at + 1] as number) + 1) * 8;
      if (at + length > end) break;
      builder.add(name, at, length, bytes.subarray(at, at + length));
      protocol = bytes[at] as number;
      at += length;
      continue;
    }
    if (protocol !== 44) break;
    const [word, identification, place] = [read16(bytes, at + 2), read32(bytes, at + 4), at];
    const [offset, isMore] = [word & 0xfff8, (word & 1) === 1];
    builder.group(
      'ipv6.fraghdr',
      at,
      8,
      bytes.subarray(at, at + 8),
      `offset ${offset}${isMore ? ', more' : ''}`,
      (inner) => {
        inner.add('ipv6.fraghdr.offset', place + 2, 2, offset / 8, `${offset / 8} (${offset} bytes)`); // in its own units
        inner.add('ipv6.fraghdr.more', place + 3, 1, isMore);
        inner.add('ipv6.fraghdr.ident', place + 4, 4, identification, hex(identification, 8));
      },
    );
    protocol = bytes[at] as number;
    at += 8;
    if (offset > 0 || isMore) fragment = { protocol, offset, identification };
  }
  return { protocol, next: at, fragment };
}

function dissectTransport(
  state: DissectState,
  protocol: number,
  start: number,
  end: number,
  context: DissectContext,
): DissectedLayers {
  switch (protocol) {
    case 1:
      return dissectIcmp(state, start, end, context);
    case 6:
      return dissectTcp(state, start, end, context);
    case 17:
      return dissectUdp(state, start, end, context);
    case 58:
      return dissectIcmpv6(state, start, end, context);
    default:
      return {
        layers: dataLayer(state.bytes, start, end),
        protocol: protocolNames[protocol] ?? 'IP',
        info: nameOf(protocol),
      };
  }
}

/** The first piece begins with the transport's header: it is shown, unchecked, as in what an ICMP error quotes. */
function fragmentOf(
  own: DissectedField,
  state: DissectState,
  start: number,
  end: number,
  facts: FragmentFacts,
  context: DissectContext,
): DissectedLayers {
  const inner =
    facts.offset === 0
      ? dissectTransport(state, facts.protocol, start, end, context).layers
      : dataLayer(state.bytes, start, end);
  const info = `Fragmented IP protocol (proto=${nameOf(facts.protocol)}, off=${facts.offset}, ID=${facts.identification.toString(16).padStart(4, '0')})`;
  return { layers: [own, ...inner], protocol: own.name === 'ip' ? 'IPv4' : 'IPv6', info };
}

function withLayer(own: DissectedField, inner: DissectedLayers): DissectedLayers {
  return { ...inner, layers: [own, ...inner.layers] };
}
