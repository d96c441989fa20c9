// Writes captures as pcapng: draft-ietf-opsawg-pcapng sections 4.1 (section header), 4.2 (interface description), 4.3
// (enhanced packet). Left out: reading, name resolution, statistics, decryption secrets, big-endian files.
import { concatBytes } from '../base/bytes.ts';

const blockType = { sectionHeader: 0x0a0d0d0a, interfaceDescription: 1, enhancedPacket: 6 } as const;
const optionCode = {
  endOfOptions: 0,
  comment: 1,
  sectionApplication: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  interfaceMac: 6,
  interfaceResolution: 9,
  packetFlags: 2,
} as const;
const linkTypeEthernet = 1;
/** Timestamps count nanoseconds: 10 to the minus 9. */
const resolutionNanoseconds = 9;
const nanosecondsPerMs = 1_000_000n;

export interface PcapngInterface {
  /** As Wireshark shows it, such as `client/eth0`. */
  readonly name: string;
  readonly description?: string;
}

export interface PcapngPacket {
  /** Counts from 0 in the order in which the interfaces were written. */
  readonly interfaceIndex: number;
  /** ms since the Unix epoch. */
  readonly wallClockMs: number;
  readonly frame: Uint8Array;
  readonly direction?: 'in' | 'out';
  readonly comment?: string;
  /** Bytes of the frame on the wire, when `frame` holds only its beginning. */
  readonly originalBytes?: number;
}

/** The section header: once, at the start of a file. `application` is who wrote it. */
export function writeSectionHeader(application: string): Uint8Array {
  const fixed = new Uint8Array(16);
  const view = new DataView(fixed.buffer);
  view.setUint32(0, 0x1a2b3c4d, true); // the byte-order magic
  view.setUint16(4, 1, true); // version 1.0
  view.setBigInt64(8, -1n, true); // the section's length is not said
  return block(blockType.sectionHeader, [fixed, ...options([[optionCode.sectionApplication, utf8(application)]])]);
}

/** An interface: before the first packet that names it. */
export function writeInterface({ name, description }: PcapngInterface): Uint8Array {
  const fixed = new Uint8Array(8);
  new DataView(fixed.buffer).setUint16(0, linkTypeEthernet, true); // snap length 0: no limit
  const list: Option[] = [
    [optionCode.interfaceName, utf8(name)],
    [optionCode.interfaceResolution, Uint8Array.of(resolutionNanoseconds)],
  ];
  if (description !== undefined) list.push([optionCode.interfaceDescription, utf8(description)]);
  return block(blockType.interfaceDescription, [fixed, ...options(list)]);
}

export function writePacket(packet: PcapngPacket): Uint8Array {
  const { frame, direction, comment } = packet;
  const fixed = new Uint8Array(20);
  const view = new DataView(fixed.buffer);
  const nanoseconds = nanosecondsOf(packet.wallClockMs);
  view.setUint32(0, packet.interfaceIndex, true);
  view.setUint32(4, Number(nanoseconds >> 32n), true);
  view.setUint32(8, Number(nanoseconds & 0xffff_ffffn), true);
  view.setUint32(12, frame.length, true);
  view.setUint32(16, packet.originalBytes ?? frame.length, true);
  const list: Option[] = [];
  if (comment !== undefined) list.push([optionCode.comment, utf8(comment)]);
  if (direction !== undefined) list.push([optionCode.packetFlags, Uint8Array.of(direction === 'in' ? 1 : 2, 0, 0, 0)]);
  return block(blockType.enhancedPacket, [fixed, padded(frame), ...options(list)]);
}

/** A whole file. */
export function writePcapng(
  application: string,
  interfaces: readonly PcapngInterface[],
  packets: readonly PcapngPacket[],
): Uint8Array {
  return concatBytes([
    writeSectionHeader(application),
    ...interfaces.map((one) => writeInterface(one)),
    ...packets.map((packet) => writePacket(packet)),
  ]);
}

type Option = readonly [code: number, value: Uint8Array];

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  return concatBytes([head, ...parts, head.subarray(4)]); // the length stands at both ends
}

function options(list: readonly Option[]): readonly Uint8Array[] {
  if (list.length === 0) return [];
  const all: readonly Option[] = [...list, [optionCode.endOfOptions, new Uint8Array(0)]];
  return all.flatMap(([code, value]) => {
    const head = new Uint8Array(4);
    const view = new DataView(head.buffer);
    view.setUint16(0, code, true);
    view.setUint16(2, value.length, true);
    return [head, padded(value)];
  });
}

/** Everything in a block starts at a multiple of 4. */
function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}

/** Whole and fractional ms apart: a double cannot hold nanoseconds since 1970. */
function nanosecondsOf(wallClockMs: number): bigint {
  const whole = Math.floor(wallClockMs);
  return BigInt(whole) * nanosecondsPerMs + BigInt(Math.round((wallClockMs - whole) * 1e6));
}

/** ECMAScript itself has no other encoder than the one for addresses. */
function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text.toWellFormed());
  return Uint8Array.from(escaped.match(/%..|./g) ?? [], (piece) =>
    piece.length === 1 ? piece.charCodeAt(0) : Number.parseInt(piece.slice(1), 16),
  );
}
