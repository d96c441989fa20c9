// A dissected frame as a tree of fields with their places in the bytes, and what a dissector needs to grow it.
import { formatIp, type IpAddress, type Ipv4Address } from '../../stack/wire/ip-address.ts';
import { formatMac, type MacAddress } from '../../stack/wire/mac-address.ts';
import { toHex } from '../../base/bytes.ts';
import { fields, type FieldName } from './fields.ts';

/** By the kind of its field: ipv4 and ether as numbers, ipv6 as canonical text, a mark is `true`. */
export type FieldValue = number | boolean | string | Uint8Array;

export interface DissectedField {
  readonly name: FieldName;
  readonly value: FieldValue;
  /** The line of the tree: `Time to Live: 64`. */
  readonly text: string;
  /** Bytes of the frame that it stands for: from `start` to before `end`; empty for what was computed. */
  readonly start: number;
  readonly end: number;
  readonly children: readonly DissectedField[];
}

/** The fields of one layer, in the order of the tree. */
export class LayerBuilder {
  readonly bytes: Uint8Array;
  readonly children: DissectedField[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** A field of `length` bytes at `start`; `text` is what stands after its title, by itself the value. */
  add(name: FieldName, start: number, length: number, value: FieldValue, text?: string): void {
    this.children.push(makeField(name, start, start + length, value, text));
  }

  /** A field of its own with fields below it. */
  group(name: FieldName, start: number, length: number, value: FieldValue, text: string, fill: Fill): void {
    const inner = new LayerBuilder(this.bytes);
    fill(inner);
    this.children.push({ ...makeField(name, start, start + length, value, text), children: inner.children });
  }

  /** Something computed, without bytes. */
  note(name: FieldName, value: FieldValue, text?: string): void {
    this.add(name, 0, 0, value, text);
  }
}

type Fill = (inner: LayerBuilder) => void;

function makeField(name: FieldName, start: number, end: number, value: FieldValue, text?: string): DissectedField {
  const { title, kind } = fields[name];
  const said = kind === 'mark' ? title : `${title}: ${text ?? formatValue(name, value)}`;
  return { name, value, text: said, start, end, children: [] };
}

/** A value in words, by the kind of its field. */
export function formatValue(name: FieldName, value: FieldValue): string {
  switch (fields[name].kind) {
    case 'ipv4':
      return formatIp(value as Ipv4Address); // the kind says what the value is
    case 'ether':
      return formatMac(value as MacAddress); // likewise
    case 'boolean':
      return value === true ? 'True' : 'False';
    case 'bytes':
      return value instanceof Uint8Array ? toHex(value.subarray(0, 32)) : String(value);
    default:
      return String(value);
  }
}

export const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** Where a dissector stands: what is known from the layers below, and what goes to the list's columns. */
export interface DissectState {
  readonly bytes: Uint8Array;
  /** Of the IP layer that was met last. */
  readonly addresses?: { readonly source: IpAddress; readonly destination: IpAddress };
  /** The packet is quoted by an ICMP error: it may be cut short, and is nobody's traffic. */
  readonly isQuoted: boolean;
}

/** A layer with what follows it, and what the list's columns say. */
export interface DissectedLayers {
  readonly layers: readonly DissectedField[];
  /** The name of the highest protocol: `TCP`, `DNS`... */
  readonly protocol: string;
  readonly info: string;
}

/** A layer's field, for the top of the tree. */
export function layerField(
  name: FieldName,
  start: number,
  end: number,
  text: string,
  children: readonly DissectedField[],
): DissectedField {
  return { name, value: true, text, start, end, children };
}

/** Bytes that nobody here reads further. */
export function dataLayer(bytes: Uint8Array, start: number, end: number): readonly DissectedField[] {
  if (end <= start) return [];
  const builder = new LayerBuilder(bytes);
  const data = bytes.subarray(start, end);
  builder.add('data.data', start, end - start, data);
  builder.note('data.len', end - start);
  return [layerField('data', start, end, `Data (${end - start} bytes)`, builder.children)];
}

/** What is left when a header does not fit its bytes. */
export function malformedLayer(name: FieldName, start: number, end: number): DissectedLayers {
  const mark: DissectedField = {
    name: '_ws.malformed',
    value: true,
    text: `[Malformed Packet: ${fields[name].title}]`,
    start,
    end,
    children: [],
  };
  return {
    layers: [layerField(name, start, end, fields[name].title, [mark])],
    protocol: name.toUpperCase(),
    info: `[Malformed Packet]`,
  };
}
