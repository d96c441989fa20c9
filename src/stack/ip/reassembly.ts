// Putting fragments together again, for both families: RFC 791 section 3.2, RFC 8200 section 4.5, RFC 1122 section 3.3.2
// (time limit), RFC 3168 section 5.3 (what becomes of the fragments' ECN), RFC 5722 (an overlap ends the whole packet: its rule for IPv6 is used for IPv4, as Linux does). What differs
// between the families is in `ReassemblyRules`.
// Before editing: bytes, packets and time are all bounded; the pieces of an entry are sorted and never overlap.
import { equalBytes } from '../../base/bytes.ts';
import type { Timer } from '../../base/clock.ts';
import type { DropReason } from '../drop.ts';
import type { StackInterface } from '../interfaces.ts';
import { newFrame } from '../link/frame.ts';
import type { StackServices } from '../services.ts';
import { ethernetHeaderLength } from '../wire/ethernet.ts';
import type { IpAddress } from '../wire/ip-address.ts';

/** What a piece or an entry costs besides its payload, roughly, in bytes. */
const overheadBytes = 128;

/** Bits of `Entry.codepoints`: a fragment that is not ECN-capable, one with a mark. */
const wasNotCapable = 1 << 0;
const wasMarked = 1 << 3;

/** One fragment, checked for what concerns it alone. Views into the arrived frame. */
export interface Fragment {
  /** With the two addresses it names the original packet. */
  readonly key: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** Bytes from the start of the original payload. */
  readonly start: number;
  readonly payload: Uint8Array;
  readonly more: boolean;
  /** The packet that this fragment is, and the headers that the whole will have. */
  readonly packet: Uint8Array;
  readonly head: Uint8Array;
  /** ECN, as on the wire: 0 .. 3. */
  readonly codepoint: number;
}

export interface ReassemblyRules {
  /** Names of knobs: seconds, bytes, packets. */
  readonly lifetimeKnob: string;
  readonly bytesKnob: string;
  readonly packetsKnob: string;
  readonly count: (what: 'done' | 'failed' | 'timeout') => void;
  /** Largest sum of head and payload in bytes. */
  readonly maximumLength: number;
  /** Corrects the head of the whole packet in `frame`, which starts behind room for the link header. */
  readonly finish: (frame: Uint8Array, headLength: number, congestionExperienced: boolean) => void;
}

interface Piece {
  /** Bytes from the start of the original payload. */
  readonly start: number;
  readonly payload: Uint8Array;
}

interface Entry {
  readonly key: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly from: StackInterface;
  readonly toLinkGroup: boolean;
  readonly timer: Timer;
  pieces: Piece[];
  /** The first fragment as a packet, once it came, and its head. */
  first: { readonly packet: Uint8Array; readonly head: Uint8Array } | undefined;
  /** Length of the original payload, once the last fragment came. */
  length: number | undefined;
  receivedBytes: number;
  costBytes: number;
  /** Bit n: a fragment with the ECN codepoint n has come. */
  codepoints: number;
  /** An overlap was seen: everything that still comes for this packet is dropped. */
  poisoned: boolean;
}

/** What became of a packet whose time ran out and whose first fragment had come. */
export type ReassemblyTimeoutListener = (from: StackInterface, firstPacket: Uint8Array, toLinkGroup: boolean) => void;

export class Reassembly {
  readonly #services: StackServices;
  readonly #rules: ReassemblyRules;
  readonly #timedOut: ReassemblyTimeoutListener;
  /** In order of arrival of their first-seen fragments; entries of equal key differ in their addresses. */
  readonly #entries = new Map<number, Entry[]>();
  readonly #order = new Set<Entry>();
  #costBytes = 0;

  constructor(services: StackServices, rules: ReassemblyRules, timedOut: ReassemblyTimeoutListener) {
    this.#services = services;
    this.#rules = rules;
    this.#timedOut = timedOut;
  }

  /** Unfinished packets, and the bytes that they hold. */
  get size(): { readonly packets: number; readonly bytes: number } {
    return { packets: this.#order.size, bytes: this.#costBytes };
  }

  /**
   * Takes a fragment. Returns the whole packet, in a fresh frame behind room for a link header, when this was the last
   * missing piece.
   */
  add(from: StackInterface, fragment: Fragment, toLinkGroup: boolean): Uint8Array | undefined {
    const entry = this.#entryOf(fragment, from, toLinkGroup);
    if (entry.poisoned) return this.refuse('fragment-overlap', from);
    const problem = this.#insert(entry, fragment);
    if (problem !== undefined) return this.refuse(problem, from);
    this.#enforceLimits();
    if (entry.length !== entry.receivedBytes || entry.first === undefined || !this.#order.has(entry)) return undefined;
    this.#forget(entry);
    const { head } = entry.first;
    const isTooLong = head.length + entry.length > this.#rules.maximumLength;
    if (isTooLong || isMarkContradicted(entry.codepoints)) return this.refuse('fragment-invalid', from);
    this.#rules.count('done');
    const whole = newFrame(head.length + entry.length);
    whole.set(head, ethernetHeaderLength);
    for (const { start, payload } of entry.pieces) whole.set(payload, ethernetHeaderLength + head.length + start);
    this.#rules.finish(whole, head.length, (entry.codepoints & wasMarked) !== 0);
    return whole;
  }

  /** Counts a fragment as lost, with its reason. */
  refuse(reason: DropReason, from: StackInterface): undefined {
    this.#rules.count('failed');
    this.#services.drop(reason, from.name);
    return undefined;
  }

  dispose(): void {
    for (const entry of Array.from(this.#order)) this.#forget(entry);
  }

  #entryOf(fragment: Fragment, from: StackInterface, toLinkGroup: boolean): Entry {
    const { key, source, destination } = fragment;
    const sameKey = this.#entries.get(key);
    const found = sameKey?.find((entry) => entry.source === source && entry.destination === destination);
    if (found !== undefined) return found;
    const lifetimeMs = this.#services.knobs.number(this.#rules.lifetimeKnob) * 1000;
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
      codepoints: 0,
      poisoned: false,
    };
    this.#entries.set(key, [...(sameKey ?? []), entry]);
    this.#order.add(entry);
    this.#costBytes += overheadBytes;
    return entry;
  }

  /** Adds a piece; says why not. Overlaps and contradictions poison the entry. */
  #insert(entry: Entry, fragment: Fragment): DropReason | undefined {
    const { start, payload } = fragment;
    const end = start + payload.length;
    const isLast = !fragment.more;
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
      entry.first = { packet: fragment.packet.slice(), head: fragment.head.slice() };
      this.#charge(entry, entry.first.packet.length);
    }
    entry.codepoints |= 1 << fragment.codepoint;
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
    const maximumBytes = this.#services.knobs.number(this.#rules.bytesKnob);
    const maximumPackets = this.#services.knobs.number(this.#rules.packetsKnob);
    for (const oldest of this.#order) {
      if (this.#costBytes <= maximumBytes && this.#order.size <= maximumPackets) return;
      this.#forget(oldest);
      this.refuse('fragment-limit', oldest.from);
    }
  }

  #expire(entry: Entry): void {
    this.#forget(entry);
    if (entry.poisoned) return;
    this.#rules.count('timeout');
    this.refuse('fragment-timeout', entry.from);
    if (entry.first !== undefined) this.#timedOut(entry.from, entry.first.packet, entry.toLinkGroup);
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

/** A mark must neither be lost nor be given to a transport that does not know of marks: such a packet is dropped. */
function isMarkContradicted(codepoints: number): boolean {
  return (codepoints & wasMarked) !== 0 && (codepoints & wasNotCapable) !== 0;
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
