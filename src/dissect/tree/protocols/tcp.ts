// TCP (RFC 9293 section 3.1) and its options (RFC 7323, RFC 2018).
import { checksum, pseudoHeaderSum } from '../../../stack/wire/checksum.ts';
import { read16, read32 } from '../../../stack/wire/field.ts';
import { familyOf } from '../../../stack/wire/ip-address.ts';
import type { DissectContext } from '../context.ts';
import type { FieldName } from '../fields.ts';
import { analyse, type Remark } from '../tcp-analysis.ts';
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
import { dissectHttp, looksLikeHttp } from './http.ts';

const flagFields: readonly (readonly [bit: number, name: FieldName, short: string])[] = [
  [0x100, 'tcp.flags.ae', 'AE'],
  [0x80, 'tcp.flags.cwr', 'CWR'],
  [0x40, 'tcp.flags.ece', 'ECE'],
  [0x20, 'tcp.flags.urg', 'URG'],
  [0x10, 'tcp.flags.ack', 'ACK'],
  [0x08, 'tcp.flags.push', 'PSH'],
  [0x04, 'tcp.flags.reset', 'RST'],
  [0x02, 'tcp.flags.syn', 'SYN'],
  [0x01, 'tcp.flags.fin', 'FIN'],
];

/** As Wireshark lists them: `[SYN, ACK]`. */
function flagNames(flags: number): string {
  return flagFields
    .filter(([bit]) => (flags & bit) !== 0)
    .toReversed()
    .map(([, , short]) => short)
    .join(', ');
}

export function dissectTcp(state: DissectState, start: number, end: number, context: DissectContext): DissectedLayers {
  const { bytes } = state;
  if (state.isQuoted && end - start >= 8 && end - start < 20) return quotedPorts(bytes, start, end);
  const headerLength = ((bytes[start + 12] ?? 0) >>> 4) * 4;
  if (end - start < 20 || headerLength < 20 || headerLength > end - start) return malformedLayer('tcp', start, end);
  const flags = read16(bytes, start + 12) & 0x1ff;
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const [source, destination] = [read16(bytes, start), read16(bytes, start + 2)];
  const segment = {
    sequence: read32(bytes, start + 4),
    acknowledgment: read32(bytes, start + 8),
    length: end - start - headerLength,
    window: read16(bytes, start + 14),
    syn: has(2),
    fin: has(1),
    reset: has(4),
    ack: has(0x10),
    timeSeconds: context.timeSeconds,
  };
  const options = readOptions(bytes, start + 20, start + headerLength);
  const follow = state.isQuoted ? undefined : followConversation(state, context, source, destination, segment, options);
  const relative = {
    sequence: (segment.sequence - (follow?.senderBase ?? 0)) >>> 0,
    acknowledgment: segment.ack ? (segment.acknowledgment - (follow?.receiverBase ?? 0)) >>> 0 : 0,
  };
  const shift = segment.syn ? 0 : (follow?.windowShift ?? 0);

  const builder = new LayerBuilder(bytes);
  builder.add('tcp.srcport', start, 2, source);
  builder.add('tcp.dstport', start + 2, 2, destination);
  if (follow !== undefined) builder.note('tcp.stream', follow.stream);
  builder.note('tcp.len', segment.length);
  builder.add('tcp.seq', start + 4, 4, relative.sequence, `${relative.sequence}    (relative sequence number)`);
  builder.add('tcp.seq_raw', start + 4, 4, segment.sequence);
  builder.note('tcp.nxtseq', (relative.sequence + segment.length + Number(segment.syn) + Number(segment.fin)) >>> 0);
  builder.add('tcp.ack', start + 8, 4, relative.acknowledgment, `${relative.acknowledgment}    (relative ack number)`);
  builder.add('tcp.ack_raw', start + 8, 4, segment.acknowledgment);
  builder.add('tcp.hdr_len', start + 12, 1, headerLength, `${headerLength} bytes (${headerLength / 4})`);
  builder.group('tcp.flags', start + 12, 2, flags, `${hex(flags, 3)} (${flagNames(flags)})`, (inner) => {
    for (const [bit, name] of flagFields) inner.add(name, start + (bit > 0x80 ? 12 : 13), 1, has(bit));
  });
  builder.add('tcp.window_size_value', start + 14, 2, segment.window);
  builder.note('tcp.window_size', segment.window * 2 ** shift);
  const isGood = addChecksum(builder, state, start, end);
  builder.add('tcp.urgent_pointer', start + 18, 2, read16(bytes, start + 18));
  if (headerLength > 20) {
    const raw = bytes.subarray(start + 20, start + headerLength);
    builder.group(
      'tcp.options',
      start + 20,
      headerLength - 20,
      raw,
      options.map(({ said }) => said).join(', '),
      (inner) => {
        for (const option of options) option.add(inner, follow?.receiverBase ?? 0);
      },
    );
  }
  for (const { name, value } of follow?.remarks ?? []) builder.note(name, value);
  if (segment.length > 0)
    builder.add(
      'tcp.payload',
      start + headerLength,
      segment.length,
      bytes.subarray(start + headerLength, end),
      `${segment.length} bytes`,
    );

  const title = `Transmission Control Protocol, Src Port: ${source}, Dst Port: ${destination}, Seq: ${relative.sequence}${segment.ack ? `, Ack: ${relative.acknowledgment}` : ''}, Len: ${segment.length}`;
  const own = layerField('tcp', start, start + headerLength, title, builder.children);
  // What has a wrong checksum is not what was sent: nothing is read into it.
  const inner = isGood
    ? dissectPayload(bytes, start + headerLength, end, source, destination, state.isQuoted)
    : undefined;
  const remarked = (follow?.remarks ?? []).map(({ name }) => name);
  const info =
    inner?.info ??
    `${remarkText(remarked)}${source} → ${destination} [${flagNames(flags)}] Seq=${relative.sequence}${segment.ack ? ` Ack=${relative.acknowledgment}` : ''} Win=${segment.window * 2 ** shift} Len=${segment.length}${options.map(({ info: word }) => (word === '' ? '' : ` ${word}`)).join('')}`;
  return {
    layers: [own, ...(inner?.layers ?? (isGood ? dataLayer(bytes, start + headerLength, end) : []))],
    protocol: inner?.protocol ?? 'TCP',
    info: inner === undefined ? info : `${remarkText(remarked)}${inner.info}`,
  };
}

function dissectPayload(
  bytes: Uint8Array,
  start: number,
  end: number,
  source: number,
  destination: number,
  isQuoted: boolean,
): DissectedLayers | undefined {
  if (isQuoted || end <= start) return undefined;
  if (looksLikeHttp(bytes, start, end)) return dissectHttp(bytes, start, end);
  const isDns = (source === 53 || destination === 53) && end - start >= 14 && read16(bytes, start) === end - start - 2;
  return isDns ? dissectDns(bytes, start + 2, end) : undefined;
}

/** RFC 792 quotes eight bytes: ports and sequence number. */
function quotedPorts(bytes: Uint8Array, start: number, end: number): DissectedLayers {
  const builder = new LayerBuilder(bytes);
  const [source, destination] = [read16(bytes, start), read16(bytes, start + 2)];
  builder.add('tcp.srcport', start, 2, source);
  builder.add('tcp.dstport', start + 2, 2, destination);
  builder.add('tcp.seq_raw', start + 4, 4, read32(bytes, start + 4));
  const title = `Transmission Control Protocol, Src Port: ${source}, Dst Port: ${destination}`;
  return { layers: [layerField('tcp', start, end, title, builder.children)], protocol: 'TCP', info: title };
}

interface ReadOption {
  readonly said: string;
  /** For the list's column; empty: not worth it. */
  readonly info: string;
  readonly windowShift?: number;
  /** SACK blocks are about the other side's data, whose numbers start at `base`. */
  add(inner: LayerBuilder, base: number): void;
}

/** RFC 9293 section 3.2; reading stops at what does not fit. */
function readOptions(bytes: Uint8Array, start: number, end: number): readonly ReadOption[] {
  const options: ReadOption[] = [];
  for (let at = start; at < end;) {
    const kind = bytes[at] as number;
    if (kind === 0) break;
    if (kind === 1) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > end) break;
    const option = readOption(bytes, at, kind, length);
    if (option !== undefined) options.push(option);
    at += length;
  }
  return options;
}

function readOption(bytes: Uint8Array, at: number, kind: number, length: number): ReadOption | undefined {
  if (kind === 2 && length === 4) {
    const size = read16(bytes, at + 2);
    const add = (inner: LayerBuilder): void => inner.add('tcp.options.mss_val', at + 2, 2, size);
    return { said: 'Maximum segment size', info: `MSS=${size}`, add };
  }
  if (kind === 3 && length === 3) {
    const shift = bytes[at + 2] as number;
    const text = `${shift} (multiply by ${2 ** shift})`;
    const add = (inner: LayerBuilder): void => inner.add('tcp.options.wscale.shift', at + 2, 1, shift, text);
    return { said: 'Window scale', info: `WS=${2 ** shift}`, windowShift: shift, add };
  }
  if (kind === 4 && length === 2) {
    const add = (inner: LayerBuilder): void => inner.add('tcp.options.sack_perm', at, 2, true);
    return { said: 'SACK permitted', info: 'SACK_PERM', add };
  }
  if (kind === 5) return sackOption(bytes, at, length);
  if (kind === 8 && length === 10) {
    const [value, echo] = [read32(bytes, at + 2), read32(bytes, at + 6)];
    return {
      said: 'Timestamps',
      info: `TSval=${value} TSecr=${echo}`,
      add: (inner) => {
        inner.add('tcp.options.timestamp.tsval', at + 2, 4, value);
        inner.add('tcp.options.timestamp.tsecr', at + 6, 4, echo);
      },
    };
  }
  return undefined;
}

function sackOption(bytes: Uint8Array, at: number, length: number): ReadOption {
  const edges: (readonly [left: number, right: number, at: number])[] = [];
  for (let block = at + 2; block + 8 <= at + length; block += 8) {
    edges.push([read32(bytes, block), read32(bytes, block + 4), block]);
  }
  return {
    said: 'SACK',
    info: edges.map(([left, right]) => `SLE=${left} SRE=${right}`).join(' '),
    add: (inner, base) => {
      for (const [left, right, block] of edges) {
        inner.add('tcp.options.sack_le', block, 4, (left - base) >>> 0);
        inner.add('tcp.options.sack_re', block + 4, 4, (right - base) >>> 0);
      }
    },
  };
}

interface Followed {
  readonly stream: number;
  readonly senderBase: number;
  readonly receiverBase: number;
  /** Undefined until both SYNs have offered scaling. */
  readonly windowShift: number | undefined;
  readonly remarks: readonly Remark[];
}

function followConversation(
  state: DissectState,
  context: DissectContext,
  source: number,
  destination: number,
  segment: Parameters<typeof analyse>[0],
  options: readonly ReadOption[],
): Followed | undefined {
  if (state.addresses === undefined) return undefined;
  const isFirstSyn = segment.syn && !segment.ack;
  const { stream, roundTrip, sender, receiver } = context.conversations.tcp(
    state.addresses,
    source,
    destination,
    (known) => isFirstSyn && known.next !== undefined && known.base !== segment.sequence,
  );
  if (sender.next === undefined) {
    // Mid-conversation the first byte seen is number 1, as if a SYN had been seen.
    sender.base = segment.syn ? segment.sequence : (segment.sequence - 1) >>> 0;
  }
  if (receiver.next === undefined && segment.ack) receiver.base = (segment.acknowledgment - 1) >>> 0;
  if (segment.syn) sender.windowShift = options.find(({ windowShift }) => windowShift !== undefined)?.windowShift;
  const bothScale = sender.windowShift !== undefined && receiver.windowShift !== undefined;
  const remarks = analyse(segment, sender, receiver, roundTrip);
  return {
    stream,
    senderBase: sender.base,
    receiverBase: receiver.base,
    windowShift: bothScale ? sender.windowShift : undefined,
    remarks,
  };
}

const remarkTexts: Partial<Record<FieldName, string>> = {
  'tcp.analysis.fast_retransmission': 'TCP Fast Retransmission',
  'tcp.analysis.spurious_retransmission': 'TCP Spurious Retransmission',
  'tcp.analysis.retransmission': 'TCP Retransmission',
  'tcp.analysis.out_of_order': 'TCP Out-Of-Order',
  'tcp.analysis.lost_segment': 'TCP Previous segment not captured',
  'tcp.analysis.ack_lost_segment': 'TCP ACKed unseen segment',
  'tcp.analysis.duplicate_ack': 'TCP Dup ACK',
  'tcp.analysis.zero_window': 'TCP ZeroWindow',
  'tcp.analysis.zero_window_probe': 'TCP ZeroWindowProbe',
  'tcp.analysis.zero_window_probe_ack': 'TCP ZeroWindowProbeAck',
  'tcp.analysis.window_update': 'TCP Window Update',
  'tcp.analysis.window_full': 'TCP Window Full',
  'tcp.analysis.keep_alive': 'TCP Keep-Alive',
  'tcp.analysis.keep_alive_ack': 'TCP Keep-Alive ACK',
};

/** `[TCP Fast Retransmission] `: the most telling word, as Wireshark's column. */
function remarkText(names: readonly FieldName[]): string {
  const isKind = names.some(
    (name) => name === 'tcp.analysis.fast_retransmission' || name === 'tcp.analysis.spurious_retransmission',
  );
  return names
    .filter((name) => !(isKind && name === 'tcp.analysis.retransmission'))
    .map((name) => remarkTexts[name])
    .filter((text) => text !== undefined)
    .map((text) => `[${text}] `)
    .join('');
}

/** False when it is wrong. */
function addChecksum(builder: LayerBuilder, state: DissectState, start: number, end: number): boolean {
  const { bytes, addresses } = state;
  const value = read16(bytes, start + 16);
  let [status, said] = [2, 'unverified'];
  if (addresses !== undefined && !state.isQuoted) {
    const { source, destination } = addresses;
    const initial = pseudoHeaderSum(familyOf(source), source, destination, 6, end - start);
    [status, said] = checksum(bytes, start, end - start, initial) === 0 ? [1, 'correct'] : [0, 'incorrect'];
  }
  builder.add('tcp.checksum', start + 16, 2, value, `${hex(value, 4)} [${said}]`);
  builder.note('tcp.checksum.status', status, said);
  return status !== 0;
}
