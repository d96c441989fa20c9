// UDP (RFC 768).
import { checksum, pseudoHeaderSum } from '../../../stack/wire/checksum.ts';
import { read16 } from '../../../stack/wire/field.ts';
import { familyOf } from '../../../stack/wire/ip-address.ts';
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
import { dissectDns } from './dns.ts';

const dnsPorts: ReadonlySet<number> = new Set([53, 5353]);

export function dissectUdp(state: DissectState, start: number, end: number, context: DissectContext): DissectedLayers {
  const { bytes } = state;
  if (end - start < 8) return malformedLayer('udp', start, end);
  const [source, destination] = [read16(bytes, start), read16(bytes, start + 2)];
  const length = read16(bytes, start + 4);
  if (length < 8 || (length > end - start && !state.isQuoted)) return malformedLayer('udp', start, end);
  const builder = new LayerBuilder(bytes);
  builder.add('udp.srcport', start, 2, source);
  builder.add('udp.dstport', start + 2, 2, destination);
  builder.add('udp.length', start + 4, 2, length);
  addChecksum(builder, state, start, end, length);
  if (state.addresses !== undefined) {
    builder.note('udp.stream', context.conversations.udp(state.addresses, source, destination));
  }
  const title = `User Datagram Protocol, Src Port: ${source}, Dst Port: ${destination}`;
  const own = layerField('udp', start, start + 8, title, builder.children);
  const dataEnd = Math.min(end, start + length);
  if (!state.isQuoted && (dnsPorts.has(source) || dnsPorts.has(destination)) && dataEnd - start >= 20) {
    const inner = dissectDns(bytes, start + 8, dataEnd);
    return { ...inner, layers: [own, ...inner.layers] };
  }
  return {
    layers: [own, ...dataLayer(bytes, start + 8, dataEnd)],
    protocol: 'UDP',
    info: `${source} → ${destination} Len=${length - 8}`,
  };
}

/** RFC 768: over IPv4 a zero means that the sender computed none. */
function addChecksum(builder: LayerBuilder, state: DissectState, start: number, end: number, length: number): void {
  const { bytes, addresses } = state;
  const value = read16(bytes, start + 6);
  let [status, said] = [2, 'unverified'];
  if (value === 0) said = 'not used';
  else if (addresses !== undefined && start + length <= end) {
    const { source, destination } = addresses;
    const initial = pseudoHeaderSum(familyOf(source), source, destination, 17, length);
    const isGood = checksum(bytes, start, length, initial) === 0;
    [status, said] = isGood ? [1, 'correct'] : [0, 'incorrect'];
  }
  builder.add('udp.checksum', start + 6, 2, value, `${hex(value, 4)} [${said}]`);
  builder.note('udp.checksum.status', status, said);
}
