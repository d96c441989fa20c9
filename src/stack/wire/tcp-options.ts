// TCP options: RFC 9293 section 3.2 (MSS, NOP, end), RFC 7323 (window scale, timestamps), RFC 2018 (SACK).
// Unknown options are skipped by their length (MUST-6); one of impossible length ends the list (MUST-7), as in Linux.
import { read32, write32 } from './field.ts';

/** Option kinds (IANA "TCP Option Kind Numbers"). */
export const tcpOptionKind = {
  end: 0,
  noOperation: 1,
  maximumSegmentSize: 2,
  windowScale: 3,
  sackPermitted: 4,
  sack: 5,
  timestamps: 8,
} as const;

/** RFC 7323 section 2.3: a larger shift counts as 14. */
export const windowScaleMaximum = 14;
/** SACK blocks that fit into 40 bytes of options. */
export const sackBlocksMaximum = 4;

/** Bytes that each option takes here, with the NOPs that keep the next one aligned. */
export const tcpOptionBytes = {
  maximumSegmentSize: 4,
  windowScale: 4,
  sackPermitted: 4,
  timestamps: 12,
  sackHeader: 4,
  sackBlock: 8,
} as const;

/** The options of one segment; refilled by `parseTcpOptions`. */
export class TcpOptionValues {
  /** Undefined, like the others, when the option is absent. */
  maximumSegmentSize: number | undefined = undefined;
  windowScale: number | undefined = undefined;
  sackPermitted = false;
  hasTimestamps = false;
  timestampValue = 0;
  timestampEcho = 0;
  sackBlockCount = 0;
  /** Left and right edges in turn, as many as `sackBlockCount` says. */
  readonly sackEdges = new Uint32Array(2 * sackBlocksMaximum);

  clear(): void {
    this.maximumSegmentSize = undefined;
    this.windowScale = undefined;
    this.sackPermitted = false;
    this.hasTimestamps = false;
    this.timestampValue = 0;
    this.timestampEcho = 0;
    this.sackBlockCount = 0;
  }
}

/** Reads `length` bytes of options; the caller has checked that they are there. */
export function parseTcpOptions(bytes: Uint8Array, offset: number, length: number, into: TcpOptionValues): void {
  into.clear();
  const end = offset + length;
  let at = offset;
  while (at < end) {
    const kind = bytes[at] as number;
    if (kind === tcpOptionKind.end) return;
    if (kind === tcpOptionKind.noOperation) {
      at += 1;
      continue;
    }
    if (at + 1 >= end) return;
    const optionLength = bytes[at + 1] as number;
    if (optionLength < 2 || at + optionLength > end) return;
    parseOption(kind, bytes, at, optionLength, into);
    at += optionLength;
  }
}

function parseOption(kind: number, bytes: Uint8Array, at: number, length: number, into: TcpOptionValues): void {
  if (kind === tcpOptionKind.timestamps && length === 10) {
    into.hasTimestamps = true;
    into.timestampValue = read32(bytes, at + 2);
    into.timestampEcho = read32(bytes, at + 6);
  } else if (kind === tcpOptionKind.sack && length >= 10 && (length - 2) % 8 === 0) {
    const blocks = Math.min((length - 2) / 8, sackBlocksMaximum);
    for (let edge = 0; edge < 2 * blocks; edge += 1) into.sackEdges[edge] = read32(bytes, at + 2 + 4 * edge);
    into.sackBlockCount = blocks;
  } else if (kind === tcpOptionKind.maximumSegmentSize && length === 4) {
    into.maximumSegmentSize = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  } else if (kind === tcpOptionKind.windowScale && length === 3) {
    into.windowScale = Math.min(bytes[at + 2] as number, windowScaleMaximum);
  } else if (kind === tcpOptionKind.sackPermitted && length === 2) {
    into.sackPermitted = true;
  }
}

/** Each writer puts its option, padded to whole words, at `at` and returns where the next one goes. */
export function writeMaximumSegmentSize(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = tcpOptionKind.maximumSegmentSize;
  bytes[at + 1] = 4;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + tcpOptionBytes.maximumSegmentSize;
}

export function writeWindowScale(bytes: Uint8Array, at: number, shift: number): number {
  bytes[at] = tcpOptionKind.noOperation;
  bytes[at + 1] = tcpOptionKind.windowScale;
  bytes[at + 2] = 3;
  bytes[at + 3] = shift;
  return at + tcpOptionBytes.windowScale;
}

export function writeSackPermitted(bytes: Uint8Array, at: number): number {
  bytes[at] = tcpOptionKind.noOperation;
  bytes[at + 1] = tcpOptionKind.noOperation;
  bytes[at + 2] = tcpOptionKind.sackPermitted;
  bytes[at + 3] = 2;
  return at + tcpOptionBytes.sackPermitted;
}

/** SACK permitted in place of the two NOPs at `at`: beside timestamps it takes no room of its own (as Linux writes it). */
export function fillWithSackPermitted(bytes: Uint8Array, at: number): void {
  bytes[at] = tcpOptionKind.sackPermitted;
  bytes[at + 1] = 2;
}

export function writeTimestamps(bytes: Uint8Array, at: number, value: number, echo: number): number {
  bytes[at] = tcpOptionKind.noOperation;
  bytes[at + 1] = tcpOptionKind.noOperation;
  bytes[at + 2] = tcpOptionKind.timestamps;
  bytes[at + 3] = 10;
  write32(bytes, at + 4, value);
  write32(bytes, at + 8, echo);
  return at + tcpOptionBytes.timestamps;
}

/** `edges` holds left and right edges in turn; the first `blocks` pairs are written. */
export function writeSack(bytes: Uint8Array, at: number, edges: Uint32Array, blocks: number): number {
  bytes[at] = tcpOptionKind.noOperation;
  bytes[at + 1] = tcpOptionKind.noOperation;
  bytes[at + 2] = tcpOptionKind.sack;
  bytes[at + 3] = 2 + 8 * blocks;
  for (let edge = 0; edge < 2 * blocks; edge += 1) write32(bytes, at + 4 + 4 * edge, edges[edge] as number);
  return at + tcpOptionBytes.sackHeader + 8 * blocks;
}
