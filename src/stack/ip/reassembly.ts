// Putting fragments together again: RFC 791 section 3.2 (reassembly), RFC 1122 section 3.3.2 (time limit), RFC 5722
// (an overlap ends the whole packet: its rule for IPv6 is used for IPv4, as Linux does), RFC 1858 (tiny fragments).
// Before editing: bytes, packets and time are all bounded; the pieces of an entry are sorted and never overlap.
import { equalBytes } from '../../base/bytes.ts';
import type { Timer } from '../../base/clock.ts';
import type { DropReason } from '../drop.ts';
import type { StackInterface } from '../interfaces.ts';
import { newFrame } from '../link/frame.ts';
import type { StackServices } from '../services.ts';
import { ethernetHeaderLength } from '../wire/ethernet.ts';
import { read16, write16 } from '../wire/field.ts';
import type { Ipv4Address } from '../wire/ip-address.ts';
import {
  ipProtocol,
  ipv4Flag,
  ipv4MaximumLength,
  ipv4Offset,
  readDestination,
  readFlagsAndOffset,
  readHeaderLength,
  readProtocol,
  readSource,
  readTotalLength,
  writeHeaderChecksum,
} from '../wire/ipv4.ts';

/** What a piece or an entry costs besides its payload, roughly, in bytes. */
const overheadBytes = 128;

/** RFC 1858 section 3.2.1: a first fragment must reach past the flags of TCP. */
const minimumFirstTcpBytes = 16;

interface Piece {
  /** Bytes from the start of the original payload. */
  readonly start: number;
  readonly payload: Uint8Array;
}

interface Entry {
  readonly key: number;
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly from: StackInterface;
  readonly toLinkGroup: boolean;
  readonly timer: Timer;
  pieces: Piece[];
  /** The first fragment as a packet, once it came: its header becomes the whole's. */
  first: Uint8Array | undefined;
  /** Length of the original payload, once the last fragment came. */
  length: number | undefined;
  receivedBytes: number;
  costBytes: number;
  congestionExperienced: boolean;
  /** An overlap was seen: everything that still comes for this packet is dropped. */
  poisoned: boolean;
}

/** What became of a packet whose time ran out and whose first fragment had come. */
export type ReassemblyTimeoutListener = (from: StackInterface, firstPacket: Uint8Array, toLinkGroup: boolean) => void;

export class Reassembly {
  readonly #services: StackServices;
  readonly #timedOut: ReassemblyTimeoutListener;
  /** In order of arrival of their first-seen fragments; entries of equal key differ in their addresses. */
  readonly #entries = new Map<number, Entry[]>();
  readonly #order = new Set<Entry>();
  #costBytes = 0;

  constructor(services: StackServices, timedOut: ReassemblyTimeoutListener) {
    this.#services = services;
    this.#timedOut = timedOut;
  }

  /** Unfinished packets, and the bytes that they hold. */
  get size(): { readonly packets: number; readonly bytes: number } {
    return { packets: this.#order.size, bytes: this.#costBytes };
  }

  /**
   * Takes the fragment at `offset` of `bytes` (a checked header). Returns the whole packet, in a fresh frame behind
   * room for a link header, when this was the last missing piece.
   */
  add(from: StackInterface, bytes: Uint8Array, offset: number, toLinkGroup: boolean): Uint8Array | undefined {
    const { counters } = this.#services;
    counters.IpReasmReqds += 1;
    const headerLength = readHeaderLength(bytes, offset);
    const payload = bytes.subarray(offset + headerLength, offset + readTotalLength(bytes, offset));
    if (!isValidFragment(bytes, offset, payload.length)) return this.#refuse('fragment-invalid', from);
    const entry = this.#entryOf(bytes, offset, from, toLinkGroup);
    if (entry.poisoned) return this.#refuse('fragment-overlap', from);
    const problem = this.#insert(entry, bytes, offset, payload);
    if (problem !== undefined) return this.#refuse(problem, from);
    this.#enforceLimits();
    if (entry.length !== entry.receivedBytes || entry.first === undefined || !this.#order.has(entry)) return undefined;
    this.#forget(entry);
    if (readHeaderLength(entry.first, 0) + entry.length > ipv4MaximumLength)
      return this.#refuse('fragment-invalid', from);
    counters.IpReasmOKs += 1;
    return join(entry, entry.first, entry.length);
  }

  dispose(): void {
    for (const entry of Array.from(this.#order)) this.#forget(entry);
  }

  #refuse(reason: DropReason, from: StackInterface): undefined {
    this.#services.counters.IpReasmFails += 1;
    this.#services.drop(reason, from.name);
    return undefined;
  }

  #entryOf(bytes: Uint8Array, offset: number, from: StackInterface, toLinkGroup: boolean): Entry {
    const source = readSource(bytes, offset);
    const destination = readDestination(bytes, offset);
    const key = read16(bytes, offset + ipv4Offset.identification) * 256 + readProtocol(bytes, offset);
    const sameKey = this.#entries.get(key);
    const found = sameKey?.find((entry) => entry.source === source && entry.destination === destination);
    if (found !== undefined) return found;
    const lifetimeMs = this.#services.knobs.number('net.ipv4.ipfrag_time') * 1000;
    const entry: Entry = {
      key,
      source,
      destination,
      from,
      toLinkGroup,
      timer: this.#services.clock.schedule(lifetimeMs, () => this.#expire(entry)),
      pieces: [],
      first: undefined,
      length: undefined,
      receivedBytes: 0,
      costBytes: overheadBytes,
      congestionExperienced: false,
      poisoned: false,
    };
    this.#entries.set(key, [...(sameKey ?? []), entry]);
    this.#order.add(entry);
    this.#costBytes += overheadBytes;
    return entry;
  }

  /** Adds a piece; says why not. Overlaps and contradictions poison the entry. */
  #insert(entry: Entry, bytes: Uint8Array, offset: number, payload: Uint8Array): DropReason | undefined {
    const field = readFlagsAndOffset(bytes, offset);
    const start = (field & ipv4Flag.offsetMask) * 8;
    const end = start + payload.length;
    const isLast = (field & ipv4Flag.moreFragments) === 0;
    const index = firstPieceFrom(entry.pieces, start);
    const here = entry.pieces[index];
    if (here?.start === start && equalBytes(here.payload, payload)) return 'fragment-overlap'; // a duplicate: harmless
    const before = entry.pieces[index - 1];
    const overlaps =
      (before !== undefined && before.start + before.payload.length > start) ||
      (here !== undefined && here.start < end);
    const reach = entry.pieces.at(-1);
    const contradicts =
      (entry.length !== undefined && (end > entry.length || isLast)) ||
      (isLast && reach !== undefined && reach.start + reach.payload.length > end);
    if (overlaps || contradicts) {
      this.#poison(entry);
      return overlaps ? 'fragment-overlap' : 'fragment-invalid';
    }
    entry.pieces.splice(index, 0, { start, payload: payload.slice() });
    entry.receivedBytes += payload.length;
    if (isLast) entry.length = end;
    if (start === 0) {
      entry.first = bytes.slice(offset, offset + readTotalLength(bytes, offset));
      this.#charge(entry, entry.first.length);
    }
    if (((bytes[offset + ipv4Offset.trafficClass] as number) & 3) === 3) entry.congestionExperienced = true;
    this.#charge(entry, payload.length + overheadBytes);
    return undefined;
  }

  #charge(entry: Entry, bytes: number): void {
    entry.costBytes += bytes;
    this.#costBytes += bytes;
  }

  /** Keeps only the name of the packet, to recognize its other fragments until its time is over. */
  #poison(entry: Entry): void {
    entry.poisoned = true;
    entry.pieces = [];
    entry.first = undefined;
    this.#charge(entry, overheadBytes - entry.costBytes);
  }

  #enforceLimits(): void {
    const maximumBytes = this.#services.knobs.number('net.ipv4.ipfrag_high_thresh');
    const maximumPackets = this.#services.knobs.number('net.ipv4.ipfrag_max_packets');
    for (const oldest of this.#order) {
      if (this.#costBytes <= maximumBytes && this.#order.size <= maximumPackets) return;
      this.#forget(oldest);
      this.#refuse('fragment-limit', oldest.from);
    }
  }

  #expire(entry: Entry): void {
    this.#forget(entry);
    if (entry.poisoned) return;
    this.#services.counters.IpReasmTimeout += 1;
    this.#refuse('fragment-timeout', entry.from);
    if (entry.first !== undefined) this.#timedOut(entry.from, entry.first, entry.toLinkGroup);
  }

  #forget(entry: Entry): void {
    entry.timer.cancel();
    if (!this.#order.delete(entry)) return;
    this.#costBytes -= entry.costBytes;
    const rest = (this.#entries.get(entry.key) ?? []).filter((other) => other !== entry);
    if (rest.length > 0) this.#entries.set(entry.key, rest);
    else this.#entries.delete(entry.key);
  }
}

/** Index of the first piece that starts at or behind `start`. */
function firstPieceFrom(pieces: readonly Piece[], start: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pieces[middle] as Piece).start < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isValidFragment(bytes: Uint8Array, offset: number, payloadLength: number): boolean {
  const field = readFlagsAndOffset(bytes, offset);
  const start = (field & ipv4Flag.offsetMask) * 8;
  const more = (field & ipv4Flag.moreFragments) !== 0;
  if (payloadLength === 0 || (more && payloadLength % 8 !== 0)) return false;
  if (readHeaderLength(bytes, offset) + start + payloadLength > ipv4MaximumLength) return false;
  if (readProtocol(bytes, offset) !== ipProtocol.tcp) return true;
  return start === 0 ? payloadLength >= minimumFirstTcpBytes : start >= minimumFirstTcpBytes;
}

function join(entry: Entry, first: Uint8Array, payloadLength: number): Uint8Array {
  const headerLength = readHeaderLength(first, 0);
  const whole = newFrame(headerLength + payloadLength);
  whole.set(first.subarray(0, headerLength), ethernetHeaderLength);
  for (const { start, payload } of entry.pieces) whole.set(payload, ethernetHeaderLength + headerLength + start);
  write16(whole, ethernetHeaderLength + ipv4Offset.totalLength, headerLength + payloadLength);
  write16(whole, ethernetHeaderLength + ipv4Offset.flagsAndOffset, 0);
  const classAt = ethernetHeaderLength + ipv4Offset.trafficClass;
  if (entry.congestionExperienced) whole[classAt] = (whole[classAt] as number) | 3; // RFC 3168 section 5.3
  writeHeaderChecksum(whole, ethernetHeaderLength);
  return whole;
}
