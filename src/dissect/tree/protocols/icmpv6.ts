// ICMPv6 (RFC 4443) and neighbor discovery (RFC 4861).
import { checksum, pseudoHeaderSum } from '../../../stack/wire/checksum.ts';
import { read16, read32 } from '../../../stack/wire/field.ts';
import { familyOf, ipv6FromBytes } from '../../../stack/wire/ip-address.ts';
import { readMac } from '../../../stack/wire/mac-address.ts';
import type { DissectContext } from '../context.ts';
import {
  dataLayer,
  hex,
  layerField,
  LayerBuilder,
  malformedLayer,
  type DissectedLayers,
  type DissectState,
} from '../tree.ts';

const typeNames: Readonly<Record<number, string>> = {
  1: 'Destination Unreachable',
  2: 'Packet Too Big',
  3: 'Time Exceeded',
  4: 'Parameter Problem',
  128: 'Echo (ping) request',
  129: 'Echo (ping) reply',
  133: 'Router Solicitation',
  134: 'Router Advertisement',
  135: 'Neighbor Solicitation',
  136: 'Neighbor Advertisement',
  137: 'Redirect',
};
const title = 'Internet Control Message Protocol v6';

export function dissectIcmpv6(
  state: DissectState,
  start: number,
  end: number,
  context: DissectContext,
): DissectedLayers {
  const { bytes } = state;
  if (end - start < 8) return malformedLayer('icmpv6', start, end);
  const [type, code] = [bytes[start] as number, bytes[start + 1] as number];
  const said = typeNames[type] ?? `Type ${type}`;
  const builder = new LayerBuilder(bytes);
  builder.add('icmpv6.type', start, 1, type, `${said} (${type})`);
  builder.add('icmpv6.code', start + 1, 1, code);
  addChecksum(builder, state, start, end);
  if (type < 128 && typeNames[type] !== undefined && !state.isQuoted) {
    if (type === 2) builder.add('icmpv6.mtu', start + 4, 4, read32(bytes, start + 4));
    const quoted = context.ipv6({ bytes, isQuoted: true }, start + 8, end, context);
    const own = layerField('icmpv6', start, end, title, [...builder.children, ...quoted.layers]);
    return { layers: [own], protocol: 'ICMPv6', info: said };
  }
  if (type === 128 || type === 129) {
    const [identifier, sequence] = [read16(bytes, start + 4), read16(bytes, start + 6)];
    builder.add('icmpv6.echo.identifier', start + 4, 2, identifier, hex(identifier, 4));
    builder.add('icmpv6.echo.sequence_number', start + 6, 2, sequence);
    const own = layerField('icmpv6', start, start + 8, title, builder.children);
    const info = `${said} id=${hex(identifier, 4)}, seq=${sequence}`;
    return { layers: [own, ...dataLayer(bytes, start + 8, end)], protocol: 'ICMPv6', info };
  }
  const about = addDiscovery(builder, type, start, end);
  return {
    layers: [layerField('icmpv6', start, end, title, builder.children)],
    protocol: 'ICMPv6',
    info: said + about,
  };
}

/** Fixed parts of RFC 4861 section 4, then options; what it adds to the list's column. */
function addDiscovery(builder: LayerBuilder, type: number, start: number, end: number): string {
  const { bytes } = builder;
  let optionsAt = start + 8;
  let about = '';
  if ((type === 135 || type === 136) && end - start >= 24) {
    const target = ipv6FromBytes(bytes, start + 8);
    if (type === 136) {
      const flags = bytes[start + 4] as number;
      builder.add('icmpv6.nd.na.flag.r', start + 4, 1, (flags & 0x80) !== 0);
      builder.add('icmpv6.nd.na.flag.s', start + 4, 1, (flags & 0x40) !== 0);
      builder.add('icmpv6.nd.na.flag.o', start + 4, 1, (flags & 0x20) !== 0);
    }
    builder.add(type === 135 ? 'icmpv6.nd.ns.target_address' : 'icmpv6.nd.na.target_address', start + 8, 16, target);
    about = type === 135 ? ` for ${target}` : ` ${target}`;
    optionsAt = start + 24;
  } else if (type === 134 && end - start >= 16) {
    builder.add('icmpv6.nd.ra.router_lifetime', start + 6, 2, read16(bytes, start + 6));
    optionsAt = start + 16;
  }
  for (let at = optionsAt; at + 8 <= end;) {
    const length = (bytes[at + 1] as number) * 8;
    if (length === 0 || at + length > end) break;
    const kind = bytes[at] as number;
    builder.add('icmpv6.opt.type', at, 1, kind);
    if (kind === 1 || kind === 2) builder.add('icmpv6.opt.linkaddr', at + 2, 6, readMac(bytes, at + 2));
    if (kind === 3 && length === 32) {
      const prefix = ipv6FromBytes(bytes, at + 16);
      builder.add('icmpv6.opt.prefix', at + 16, 16, prefix, `${prefix}/${bytes[at + 2] as number}`);
    }
    at += length;
  }
  return about;
}

function addChecksum(builder: LayerBuilder, state: DissectState, start: number, end: number): void {
  const { bytes, addresses } = state;
  const value = read16(bytes, start + 2);
  let [status, said] = [2, 'unverified'];
  if (addresses !== undefined && !state.isQuoted) {
    const initial = pseudoHeaderSum(
      familyOf(addresses.source),
      addresses.source,
      addresses.destination,
      58,
      end - start,
    );
    [status, said] = checksum(bytes, start, end - start, initial) === 0 ? [1, 'correct'] : [0, 'incorrect'];
  }
  builder.add('icmpv6.checksum', start + 2, 2, value, `${hex(value, 4)} [${said}]`);
  builder.note('icmpv6.checksum.status', status, said);
}
