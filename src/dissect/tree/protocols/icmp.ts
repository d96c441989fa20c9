// ICMP (RFC 792, RFC 1191 for the MTU); what an error quotes is dissected below it.
import { checksum } from '../../../stack/wire/checksum.ts';
import { read16 } from '../../../stack/wire/field.ts';
import { formatIp, readIpv4Address } from '../../../stack/wire/ip-address.ts';
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
  0: 'Echo (ping) reply',
  3: 'Destination unreachable',
  5: 'Redirect',
  8: 'Echo (ping) request',
  11: 'Time-to-live exceeded',
  12: 'Parameter problem',
};
const unreachableNames: Readonly<Record<number, string>> = {
  0: 'Network unreachable',
  1: 'Host unreachable',
  2: 'Protocol unreachable',
  3: 'Port unreachable',
  4: 'Fragmentation needed',
  5: 'Source route failed',
  9: 'Network administratively prohibited',
  10: 'Host administratively prohibited',
  13: 'Communication administratively filtered',
};
const exceededNames: Readonly<Record<number, string>> = {
  0: 'Time to live exceeded in transit',
  1: 'Fragment reassembly time exceeded',
};

function codeName(type: number, code: number): string {
  if (type === 3) return unreachableNames[code] ?? String(code);
  if (type === 11) return exceededNames[code] ?? String(code);
  return '';
}

export function dissectIcmp(state: DissectState, start: number, end: number, context: DissectContext): DissectedLayers {
  const { bytes } = state;
  if (end - start < 8) return malformedLayer('icmp', start, end);
  const [type, code] = [bytes[start] as number, bytes[start + 1] as number];
  const builder = new LayerBuilder(bytes);
  builder.add('icmp.type', start, 1, type, `${type} (${typeNames[type] ?? 'Unknown'})`);
  const called = codeName(type, code);
  builder.add('icmp.code', start + 1, 1, code, called === '' ? String(code) : `${code} (${called})`);
  addIcmpChecksum(builder, state, start, end);
  const said = `${typeNames[type] ?? `Type ${type}`}${called === '' ? '' : ` (${called})`}`;
  if (type === 0 || type === 8) return echo(state, builder, start, end, said);
  if (type === 3 && code === 4) builder.add('icmp.mtu', start + 6, 2, read16(bytes, start + 6));
  if (type === 5) builder.add('icmp.redir_gw', start + 4, 4, readIpv4Address(bytes, start + 4));
  if (!typeNames[type] || state.isQuoted) {
    const own = layerField('icmp', start, start + 8, 'Internet Control Message Protocol', builder.children);
    return { layers: [own, ...dataLayer(bytes, start + 8, end)], protocol: 'ICMP', info: said };
  }
  const quoted = context.ipv4({ bytes, isQuoted: true }, start + 8, end, context);
  const children = [...builder.children, ...quoted.layers];
  return {
    layers: [layerField('icmp', start, end, 'Internet Control Message Protocol', children)],
    protocol: 'ICMP',
    info: type === 5 ? `${said} (gateway ${formatIp(readIpv4Address(bytes, start + 4))})` : said,
  };
}

function echo(state: DissectState, builder: LayerBuilder, start: number, end: number, said: string): DissectedLayers {
  const { bytes } = state;
  const [identifier, sequence] = [read16(bytes, start + 4), read16(bytes, start + 6)];
  builder.add('icmp.ident', start + 4, 2, identifier, `${identifier} (${hex(identifier, 4)})`);
  builder.add('icmp.seq', start + 6, 2, sequence);
  const own = layerField('icmp', start, start + 8, 'Internet Control Message Protocol', builder.children);
  return {
    layers: [own, ...dataLayer(bytes, start + 8, end)],
    protocol: 'ICMP',
    info: `${said} id=${hex(identifier, 4)}, seq=${sequence}`,
  };
}

function addIcmpChecksum(builder: LayerBuilder, state: DissectState, start: number, end: number): void {
  const value = read16(state.bytes, start + 2);
  const isGood = checksum(state.bytes, start, end - start) === 0;
  const [status, said] = state.isQuoted ? [2, 'unverified'] : isGood ? [1, 'correct'] : [0, 'incorrect'];
  builder.add('icmp.checksum', start + 2, 2, value, `${hex(value, 4)} [${said}]`);
  builder.note('icmp.checksum.status', status, said);
}
