// A TCP segment in tcpdump's words: `Flags [P.], seq 1:78, ack 1, win 502, options [...], length 77`.
import { checksum, pseudoHeaderSum } from '../../stack/wire/checksum.ts';
import { read16, read32 } from '../../stack/wire/field.ts';
import { familyOf } from '../../stack/wire/ip-address.ts';
import { ipProtocol } from '../../stack/wire/ipv4.ts';
import type { SequenceOrigin } from '../conversation.ts';
import { endpointText, verbosityOf, type InnerPacket, type LineContext } from '../line-options.ts';
import { dnsLine } from './dns-line.ts';

const headerBytes = 20;
const flag = { fin: 1, syn: 2, rst: 4, ack: 16, urg: 32 } as const;
/** In tcpdump's order. */
const flagLetters: readonly (readonly [bit: number, letter: string])[] = [
  [1, 'F'],
  [2, 'S'],
  [4, 'R'],
  [8, 'P'],
  [16, '.'],
  [32, 'U'],
  [64, 'E'],
  [128, 'W'],
];
const optionKind = { end: 0, nop: 1, mss: 2, wscale: 3, sackPermitted: 4, sack: 5, timestamps: 8 } as const;

/** From the addresses on. */
export function tcpLine(context: LineContext, packet: InnerPacket): string {
  const { bytes, source, destination } = packet;
  if (bytes.length < headerBytes) return portlessLine(context, packet);
  const [sourcePort, destinationPort] = [read16(bytes, 0), read16(bytes, 2)];
  const ends = [
    endpointText(context, source, sourcePort),
    endpointText(context, destination, destinationPort),
  ] as const;
  const offset = ((bytes[12] as number) >>> 4) * 4; // 20 bytes are there
  if (offset < headerBytes || offset > packet.length) {
    return `${ends[0]} > ${ends[1]}: tcp ${packet.length - offset} [bad hdr length ${offset} - ${offset < headerBytes ? 'too short, < 20' : `too long, > ${packet.length}`}]`;
  }
  const flags = bytes[13] as number;
  const length = packet.length - offset;
  if (context.options.quiet === true) return `${ends[0]} > ${ends[1]}: tcp ${length}`;
  const sequence = read32(bytes, 4);
  const acknowledgment = read32(bytes, 8);
  const isAck = (flags & flag.ack) !== 0;
  const origin =
    isAck && context.options.absolute !== true
      ? context.conversations.origin(`${String(source)}.${sourcePort}`, `${String(destination)}.${destinationPort}`, {
          isSyn: (flags & flag.syn) !== 0,
          sequence,
          acknowledgment,
        })
      : undefined;
  const shown = (sequence - (origin?.own ?? 0)) >>> 0;
  const parts = [`Flags [${flagText(flags)}]`];
  if (verbosityOf(context) > 0 && packet.bytes.length >= packet.length && !packet.isFragment) {
    parts.push(checksumText(packet));
  }
  if (verbosityOf(context) > 1 || length > 0 || (flags & (flag.syn | flag.fin | flag.rst)) !== 0) {
    parts.push(`seq ${shown}${length > 0 ? `:${(shown + length) >>> 0}` : ''}`);
  }
  if (isAck) parts.push(`ack ${(acknowledgment - (origin?.peer ?? 0)) >>> 0}`);
  parts.push(`win ${read16(bytes, 14)}`);
  if ((flags & flag.urg) !== 0) parts.push(`urg ${read16(bytes, 18)}`);
  if (offset > headerBytes) parts.push(`options [${optionsText(bytes.subarray(headerBytes, offset), origin)}]`);
  parts.push(`length ${length}`);
  const data = length > 0 ? dataText(context, [sourcePort, destinationPort], bytes.subarray(offset), length) : '';
  return `${ends[0]} > ${ends[1]}: ${parts.join(', ')}${data}`;
}

function portlessLine(context: LineContext, { bytes, source, destination }: InnerPacket): string {
  if (bytes.length < 4)
    return `${endpointText(context, source, 0)} > ${endpointText(context, destination, 0)}:  [|tcp]`;
  const [from, to] = [
    endpointText(context, source, read16(bytes, 0)),
    endpointText(context, destination, read16(bytes, 2)),
  ];
  return `${from} > ${to}:  [|tcp]`;
}

export function flagText(flags: number): string {
  const letters = flagLetters.filter(([bit]) => (flags & bit) !== 0).map(([, letter]) => letter);
  return letters.length === 0 ? 'none' : letters.join('');
}

function checksumText({ bytes, length, source, destination }: InnerPacket): string {
  const field = read16(bytes, 16);
  const shown = `cksum 0x${field.toString(16).padStart(4, '0')}`;
  const pseudo = pseudoHeaderSum(familyOf(source), source, destination, ipProtocol.tcp, length);
  const rest = checksum(bytes, 0, length, pseudo);
  if (rest === 0) return `${shown} (correct)`;
  return `${shown} (incorrect -> 0x${correctChecksum(field, rest).toString(16).padStart(4, '0')})`;
}

/** The field that would make the sum zero, from the field there is and what the sum is now. */
export function correctChecksum(field: number, rest: number): number {
  const sum = (field + rest) % 0xffff;
  return sum === 0 ? 0xffff : sum;
}

function optionsText(bytes: Uint8Array, origin: SequenceOrigin | undefined): string {
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const kind = bytes[at] as number; // at < length
    if (kind === optionKind.end) {
      texts.push('eol');
      break;
    }
    if (kind === optionKind.nop) {
      texts.push('nop');
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) {
      texts.push('[bad opt]');
      break;
    }
    texts.push(optionText(kind, bytes.subarray(at, at + length), origin));
    at += length;
  }
  return texts.join(',');
}

function optionText(kind: number, bytes: Uint8Array, origin: SequenceOrigin | undefined): string {
  const { length } = bytes;
  if (kind === optionKind.mss && length === 4) return `mss ${read16(bytes, 2)}`;
  if (kind === optionKind.wscale && length === 3) return `wscale ${bytes[2] ?? 0}`;
  if (kind === optionKind.sackPermitted) return 'sackOK';
  if (kind === optionKind.timestamps && length === 10) return `TS val ${read32(bytes, 2)} ecr ${read32(bytes, 6)}`;
  if (kind === optionKind.sack && (length - 2) % 8 === 0) {
    const blocks = Array.from({ length: (length - 2) / 8 }, (_, index) => {
      const edges = [read32(bytes, 2 + 8 * index), read32(bytes, 6 + 8 * index)];
      return `{${edges.map((edge) => (edge - (origin?.peer ?? 0)) >>> 0).join(':')}}`;
    });
    return `sack ${blocks.length} ${blocks.join('')}`;
  }
  return `unknown-${kind}${length === 2 ? '' : ' 0x'}${Array.from(bytes.subarray(2), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** What stands behind the length for protocols that are text, and for DNS. */
function dataText(context: LineContext, ports: readonly number[], data: Uint8Array, length: number): string {
  if (ports.includes(80) || ports.includes(8080)) return httpText(context, data, length);
  if (ports.includes(53) && data.length > 2 && read16(data, 0) + 2 <= data.length) {
    const size = read16(data, 0);
    return ` ${dnsLine(data.subarray(2, 2 + size), size, verbosityOf(context))}`;
  }
  return '';
}

function httpText(context: LineContext, data: Uint8Array, length: number): string {
  const lines = textLines(data.subarray(0, 2048));
  const first = lines[0] ?? '';
  const isStart = /^HTTP\/\d\.\d \d{3}|^[A-Z]{3,8} \S+ HTTP\/\d/.test(first);
  if (!isStart) return ': HTTP';
  if (verbosityOf(context) === 0) return `: HTTP: ${first}`;
  return [`: HTTP, length: ${length}`, ...lines.map((line) => `\t${line}`)].join('\n');
}

/** The lines before the first byte that does not print; one that does not end is marked as cut off. */
function textLines(bytes: Uint8Array): string[] {
  const odd = bytes.findIndex((byte) => (byte < 0x20 || byte > 0x7e) && ![0x09, 0x0a, 0x0d].includes(byte));
  const lines = latin1(odd < 0 ? bytes : bytes.subarray(0, odd)).split(/\r?\n/);
  const last = lines.pop() ?? '';
  return odd < 0 && last !== '' ? [...lines, `${last} [|http]`] : lines;
}

const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
