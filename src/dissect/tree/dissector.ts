// Frame to tree of fields, layer by layer. Never throws, whatever the bytes are: what does not fit is marked as malformed.
// One dissector per place of capture: it numbers the frames and follows each TCP conversation.
import { etherType } from '../../stack/wire/ethernet.ts';
import { formatMac, readMac } from '../../stack/wire/mac-address.ts';
import { read16 } from '../../stack/wire/field.ts';
import type { FieldName } from './fields.ts';
import type { DissectContext } from './context.ts';
import { Conversations } from './conversations.ts';
import { dissectArp } from './protocols/arp.ts';
import { dissectIpv4, dissectIpv6 } from './protocols/ip.ts';
import {
  dataLayer,
  hex,
  layerField,
  LayerBuilder,
  malformedLayer,
  type DissectedField,
  type DissectedLayers,
  type FieldValue,
} from './tree.ts';

export interface FrameFacts {
  /** Seconds since the lab's start. */
  readonly timeSeconds: number;
  /** Such as `client/eth0`. */
  readonly interfaceName: string;
}

/** One frame, read. */
export class Dissection {
  readonly frame: Uint8Array;
  /** From 1, in the order of capture. */
  readonly number: number;
  readonly layers: readonly DissectedField[];
  /** For the list's columns. */
  readonly protocol: string;
  readonly info: string;
  #index: Map<FieldName, FieldValue[]> | undefined;

  constructor(frame: Uint8Array, number: number, read: DissectedLayers) {
    this.frame = frame;
    this.number = number;
    this.layers = read.layers;
    this.protocol = read.protocol;
    this.info = read.info;
  }

  /** Every value of a field, from outside in; empty when the frame has none. */
  valuesOf(name: FieldName): readonly FieldValue[] {
    this.#index ??= indexOf(this.layers);
    return this.#index.get(name) ?? [];
  }

  has(name: FieldName): boolean {
    return this.valuesOf(name).length > 0;
  }

  /** The bytes that a field stands for, once for each place; a protocol's reach to the end of what it carries. */
  bytesOf(name: FieldName): readonly Uint8Array[] {
    const found: Uint8Array[] = [];
    const last = this.layers.at(-1)?.end ?? 0;
    const visit = (field: DissectedField, end: number): void => {
      if (field.name === name && end > field.start) found.push(this.frame.subarray(field.start, end));
      for (const child of field.children) visit(child, child.end);
    };
    for (const layer of this.layers) visit(layer, last);
    return found;
  }

  /** The innermost field that covers a byte, with the layers around it, from outside in. */
  fieldsAt(offset: number): readonly DissectedField[] {
    const path: DissectedField[] = [];
    let level = this.layers;
    for (;;) {
      const found = level.findLast((field) => field.start <= offset && offset < field.end);
      if (found === undefined) return path;
      path.push(found);
      level = found.children;
    }
  }
}

function indexOf(layers: readonly DissectedField[]): Map<FieldName, FieldValue[]> {
  const index = new Map<FieldName, FieldValue[]>();
  const visit = (field: DissectedField): void => {
    const known = index.get(field.name);
    if (known === undefined) index.set(field.name, [field.value]);
    else known.push(field.value);
    field.children.forEach(visit);
  };
  layers.forEach(visit);
  return index;
}

export class Dissector {
  readonly #context: DissectContext = {
    conversations: new Conversations(),
    timeSeconds: 0,
    ipv4: dissectIpv4,
    ipv6: dissectIpv6,
  };
  #count = 0;

  dissect(frame: Uint8Array, facts: FrameFacts): Dissection {
    this.#count += 1;
    this.#context.timeSeconds = facts.timeSeconds;
    const read = dissectEthernet(frame, this.#context);
    const builder = new LayerBuilder(frame);
    builder.note('frame.number', this.#count);
    builder.note('frame.time_relative', facts.timeSeconds, facts.timeSeconds.toFixed(6));
    builder.note('frame.interface_name', facts.interfaceName);
    builder.note('frame.len', frame.length);
    const title = `Frame ${this.#count}: ${frame.length} bytes on ${facts.interfaceName}`;
    const layers = [layerField('frame', 0, frame.length, title, builder.children), ...read.layers];
    return new Dissection(frame, this.#count, { ...read, layers });
  }
}

const typeNames: Readonly<Record<number, string>> = {
  [etherType.ipv4]: 'IPv4',
  [etherType.arp]: 'ARP',
  [etherType.ipv6]: 'IPv6',
};

function dissectEthernet(frame: Uint8Array, context: DissectContext): DissectedLayers {
  if (frame.length < 14) return malformedLayer('eth', 0, frame.length);
  const builder = new LayerBuilder(frame);
  const [destination, source, type] = [readMac(frame, 0), readMac(frame, 6), read16(frame, 12)];
  builder.add('eth.dst', 0, 6, destination);
  builder.add('eth.src', 6, 6, source);
  builder.add('eth.type', 12, 2, type, `${typeNames[type] ?? 'Unknown'} (${hex(type, 4)})`);
  const inner = dissectPayload(frame, type, context);
  const used = inner.layers.at(-1)?.end ?? frame.length;
  // Short packets are padded to the least frame that Ethernet allows.
  const carried = Math.max(used, 14);
  if (carried < frame.length) builder.add('eth.padding', carried, frame.length - carried, frame.subarray(carried));
  const title = `Ethernet II, Src: ${formatMac(source)}, Dst: ${formatMac(destination)}`;
  return { ...inner, layers: [layerField('eth', 0, 14, title, builder.children), ...inner.layers] };
}

function dissectPayload(frame: Uint8Array, type: number, context: DissectContext): DissectedLayers {
  switch (type) {
    case etherType.arp:
      return dissectArp(frame, 14, frame.length);
    case etherType.ipv4:
      return dissectIpv4({ bytes: frame, isQuoted: false }, 14, frame.length, context);
    case etherType.ipv6:
      return dissectIpv6({ bytes: frame, isQuoted: false }, 14, frame.length, context);
    default:
      return {
        layers: dataLayer(frame, 14, frame.length),
        protocol: hex(type, 4),
        info: `Ethernet II, type ${hex(type, 4)}`,
      };
  }
}
