// The TCP header: RFC 9293 section 3.1. Offsets and flags, cheap reads of an arrived segment, and writing one in place.
// Left out: the reserved bits and ECN's flags (RFC 3168) are read and never set; AccECN's AE bit is reserved here.
import { read16, read32, write16, write32 } from './field.ts';
import { parseTcpOptions, TcpOptionValues } from './tcp-options.ts';

/** IP protocol number. */
export const tcpProtocol = 6;

/** Byte offsets in the header. */
export const tcpOffset = {
  sourcePort: 0,
  destinationPort: 2,
  sequence: 4,
  acknowledgment: 8,
  dataOffset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
  urgentPointer: 18,
  options: 20,
} as const;

/** Bytes of a header without options. */
export const tcpHeaderBytes = 20;
/** The most that options can take: the data offset has 4 bits. */
export const tcpOptionsMaximumBytes = 40;

/** Bits of the flags byte. */
export const tcpFlag = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
} as const;

/** A segment as it was found in some bytes; refilled for each segment, so keep nothing that points into it. */
export class TcpSegmentView {
  sourcePort = 0;
  destinationPort = 0;
  /** SEG.SEQ and SEG.ACK, unsigned 32 bits. */
  sequence = 0;
  acknowledgment = 0;
  flags = 0;
  /** SEG.WND as on the wire: not scaled. */
  window = 0;
  urgentPointer = 0;
  readonly options = new TcpOptionValues();
  bytes: Uint8Array = new Uint8Array(0);
  /** Where in `bytes` the data is. */
  dataOffset = 0;
  dataLength = 0;

  /** SEG.LEN: data plus one for each of SYN and FIN. */
  get sequenceLength(): number {
    return this.dataLength + ((this.flags & tcpFlag.syn) === 0 ? 0 : 1) + (this.flags & tcpFlag.fin);
  }
}

/** Fills `into` from `length` bytes at `offset`; false when the header or its options do not fit (the checksum is not looked at). */
export function parseTcp(bytes: Uint8Array, offset: number, length: number, into: TcpSegmentView): boolean {
  if (length < tcpHeaderBytes) return false;
  const headerLength = ((bytes[offset + tcpOffset.dataOffset] as number) >>> 4) * 4;
  if (headerLength < tcpHeaderBytes || headerLength > length) return false;
  into.sourcePort = read16(bytes, offset + tcpOffset.sourcePort);
  into.destinationPort = read16(bytes, offset + tcpOffset.destinationPort);
  into.sequence = read32(bytes, offset + tcpOffset.sequence);
  into.acknowledgment = read32(bytes, offset + tcpOffset.acknowledgment);
  into.flags = bytes[offset + tcpOffset.flags] as number;
  into.window = read16(bytes, offset + tcpOffset.window);
  into.urgentPointer = read16(bytes, offset + tcpOffset.urgentPointer);
  into.bytes = bytes;
  into.dataOffset = offset + headerLength;
  into.dataLength = length - headerLength;
  parseTcpOptions(bytes, offset + tcpHeaderBytes, headerLength - tcpHeaderBytes, into.options);
  return true;
}

/** Writes the header's 20 bytes; the checksum is left 0 and options are the caller's (`headerLength` counts them). */
export function writeTcpHeader(
  bytes: Uint8Array,
  offset: number,
  ports: { readonly source: number; readonly destination: number },
  sequence: number,
  acknowledgment: number,
  headerLength: number,
  flags: number,
  window: number,
): void {
  write16(bytes, offset + tcpOffset.sourcePort, ports.source);
  write16(bytes, offset + tcpOffset.destinationPort, ports.destination);
  write32(bytes, offset + tcpOffset.sequence, sequence);
  write32(bytes, offset + tcpOffset.acknowledgment, acknowledgment);
  bytes[offset + tcpOffset.dataOffset] = (headerLength >>> 2) << 4;
  bytes[offset + tcpOffset.flags] = flags;
  write16(bytes, offset + tcpOffset.window, window);
  write16(bytes, offset + tcpOffset.checksum, 0);
  write16(bytes, offset + tcpOffset.urgentPointer, 0);
}

/** `SYN,ACK` as people write it; `-` for none. */
export function formatTcpFlags(flags: number): string {
  const names = Object.entries(tcpFlag).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name.toUpperCase()]));
  return names.length === 0 ? '-' : names.join(',');
}
