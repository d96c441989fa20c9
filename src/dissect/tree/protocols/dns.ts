// DNS messages (RFC 1035 section 4, RFC 3596 for AAAA), every record of every section.
import { read16, read32 } from '../../../stack/wire/field.ts';
import { formatName, readName } from '../../../stack/wire/dns-name.ts';
import { responseCodeName, typeName } from '../../../stack/wire/dns.ts';
import { formatIp, ipv6FromBytes, readIpv4Address } from '../../../stack/wire/ip-address.ts';
import type { FieldName } from '../fields.ts';
import { hex, layerField, LayerBuilder, malformedLayer, type DissectedLayers } from '../tree.ts';

/** What only the answer says is left out of the query. */
const flagBits: readonly (readonly [bit: number, name: FieldName, isOfAnswer: boolean])[] = [
  [0x8000, 'dns.flags.response', false],
  [0x0400, 'dns.flags.authoritative', true],
  [0x0200, 'dns.flags.truncated', false],
  [0x0100, 'dns.flags.recdesired', false],
  [0x0080, 'dns.flags.recavail', true],
];
/** A message with more is not one of ours. */
const mostRecords = 200;

export function dissectDns(bytes: Uint8Array, start: number, end: number): DissectedLayers {
  if (end - start < 12) return malformedLayer('dns', start, end);
  const builder = new LayerBuilder(bytes);
  const flags = read16(bytes, start + 2);
  const isResponse = (flags & 0x8000) !== 0;
  const counts = [4, 6, 8, 10].map((offset) => read16(bytes, start + offset));
  const [questions = 0, answers = 0, authorities = 0, additional = 0] = counts;
  addHeader(builder, start, flags, counts);
  // Names point to earlier ones by their offset in the message.
  const message = bytes.subarray(start, end);
  let at: number | undefined = 12;
  const asked: string[] = [];
  const told: string[] = [];
  for (let index = 0; index < Math.min(questions, mostRecords) && at !== undefined; index += 1) {
    at = addQuestion(builder, message, start, at, asked);
  }
  const records = Math.min(answers + authorities + additional, mostRecords);
  for (let index = 0; index < records && at !== undefined; index += 1) {
    at = addRecord(builder, message, start, at, index < answers ? told : []);
  }
  if (at === undefined) {
    const { layers } = malformedLayer('dns', start, end);
    builder.children.push(...(layers[0]?.children ?? []));
  }
  const code = flags & 15;
  const id = hex(read16(bytes, start), 4);
  const verdict = code === 0 ? '' : ` ${responseCodeName(code)}`;
  const info = `Standard query ${isResponse ? 'response ' : ''}${id}${verdict} ${[...asked, ...told].join(' ')}`;
  const title = `Domain Name System (${isResponse ? 'response' : 'query'})`;
  return { layers: [layerField('dns', start, end, title, builder.children)], protocol: 'DNS', info: info.trimEnd() };
}

function addHeader(builder: LayerBuilder, start: number, flags: number, counts: readonly number[]): void {
  const id = read16(builder.bytes, start);
  const isResponse = (flags & 0x8000) !== 0;
  builder.add('dns.id', start, 2, id, hex(id, 4));
  builder.group('dns.flags', start + 2, 2, flags, hex(flags, 4), (inner) => {
    for (const [bit, name, isOfAnswer] of flagBits) {
      if (isResponse || !isOfAnswer) inner.add(name, start + 2, 2, (flags & bit) !== 0);
    }
    inner.add('dns.flags.opcode', start + 2, 2, (flags >>> 11) & 15);
    if (isResponse)
      inner.add('dns.flags.rcode', start + 3, 1, flags & 15, `${responseCodeName(flags & 15)} (${flags & 15})`);
  });
  const countFields = ['dns.count.queries', 'dns.count.answers', 'dns.count.auth_rr', 'dns.count.add_rr'] as const;
  countFields.forEach((name, index) => builder.add(name, start + 4 + 2 * index, 2, counts[index] ?? 0));
}

const shown = (name: string): string => (name === '' ? '<Root>' : name);

/** Where the next part starts; undefined when this one is malformed. */
function addQuestion(
  builder: LayerBuilder,
  message: Uint8Array,
  start: number,
  at: number,
  asked: string[],
): number | undefined {
  const read = readName(message, at);
  if (read === undefined || read.next + 4 > message.length) return undefined;
  const type = read16(message, read.next);
  builder.add('dns.qry.name', start + at, read.next - at, read.name, shown(read.name));
  builder.add('dns.qry.type', start + read.next, 2, type, `${typeName(type)} (${type})`);
  asked.push(`${typeName(type)} ${shown(read.name)}`);
  return read.next + 4;
}

function addRecord(
  builder: LayerBuilder,
  message: Uint8Array,
  start: number,
  at: number,
  told: string[],
): number | undefined {
  const read = readName(message, at);
  if (read === undefined || read.next + 10 > message.length) return undefined;
  const [type, dataAt] = [read16(message, read.next), read.next + 10];
  const dataEnd = dataAt + read16(message, read.next + 8);
  if (dataEnd > message.length) return undefined;
  builder.add('dns.resp.name', start + at, read.next - at, read.name, shown(read.name));
  builder.add('dns.resp.type', start + read.next, 2, type, `${typeName(type)} (${type})`);
  if (type === 41) return dataEnd; // OPT (RFC 6891) is no record of a zone: its TTL and data mean something else
  const ttl = read32(message, read.next + 4);
  builder.add('dns.resp.ttl', start + read.next + 4, 4, ttl, `${ttl} s`);
  const value = addData(builder, message, start, type, dataAt, dataEnd);
  told.push(`${typeName(type)}${value === '' ? '' : ` ${value}`}`);
  return dataEnd;
}

const nameFields: Readonly<Record<number, FieldName>> = { 2: 'dns.ns', 5: 'dns.cname', 12: 'dns.ptr.domain_name' };

/** What the record says, for the list's column; empty when it is malformed or of a type that is not read. */
function addData(
  builder: LayerBuilder,
  message: Uint8Array,
  start: number,
  type: number,
  at: number,
  end: number,
): string {
  if (type === 1 && end - at === 4) {
    const address = readIpv4Address(message, at);
    builder.add('dns.a', start + at, 4, address);
    return formatIp(address);
  }
  if (type === 28 && end - at === 16) {
    const address = ipv6FromBytes(message, at);
    builder.add('dns.aaaa', start + at, 16, address);
    return address;
  }
  const field = nameFields[type] ?? (type === 15 ? 'dns.mx.mail_exchange' : type === 6 ? 'dns.soa.mname' : undefined);
  if (field !== undefined) {
    const nameAt = type === 15 ? at + 2 : at;
    const read = readName(message, nameAt, end);
    if (read === undefined) return '';
    builder.add(field, start + nameAt, end - nameAt, read.name, formatName(read.name));
    return shown(read.name);
  }
  if (type === 16) {
    let text = '';
    for (let from = at; from < end; from += (message[from] as number) + 1) {
      const part = message.subarray(from + 1, Math.min(end, from + 1 + (message[from] as number)));
      text += String.fromCharCode(...part);
    }
    builder.add('dns.txt', start + at, end - at, text);
    return '';
  }
  return '';
}
