// Which bytes beyond RCV.NXT have arrived: ranges, in the order of the stream, each with the time of its last growth, so
// that SACK can name the latest first (RFC 2018 section 4). The bytes themselves already lie in the receive buffer.
import { seqAfter, seqBefore, seqDiff, seqMax, seqMin, type Seq } from './sequence.ts';

/** Holes are what an attacker can make cheaply; more than this many are refused. */
const rangesMaximum = 512;

interface Range {
  start: Seq;
  end: Seq;
  /** Larger: grew later. */
  touched: number;
}

export class OutOfOrderQueue {
  readonly #ranges: Range[] = [];
  #touches = 0;

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** The range nearest to RCV.NXT. */
  get first(): { readonly start: Seq; readonly end: Seq } | undefined {
    return this.#ranges[0];
  }

  get bytes(): number {
    return this.#ranges.reduce((sum, range) => sum + seqDiff(range.end, range.start), 0);
  }

  /**
   * Calls `missing` for every part of start .. end that no range holds yet, then makes it one range with all it touches.
   * False, and nothing done, when there would be too many ranges.
   */
  add(start: Seq, end: Seq, missing: (from: Seq, to: Seq) => void): boolean {
    const ranges = this.#ranges;
    let first = 0;
    while (first < ranges.length && seqBefore((ranges[first] as Range).end, start)) first += 1;
    let last = first;
    let from = start;
    const merged: Range = { start, end, touched: (this.#touches += 1) };
    for (; last < ranges.length; last += 1) {
      const range = ranges[last] as Range;
      if (seqAfter(range.start, end)) break;
      if (seqBefore(from, range.start)) missing(from, range.start);
      from = seqMax(from, range.end);
      merged.start = seqMin(merged.start, range.start);
      merged.end = seqMax(merged.end, range.end);
    }
    if (first === last && ranges.length >= rangesMaximum) return false;
    if (seqBefore(from, end)) missing(from, end);
    ranges.splice(first, last - first, merged);
    return true;
  }

  /** True when start .. end has arrived before, all of it. */
  holds(start: Seq, end: Seq): boolean {
    return this.#ranges.some((range) => !seqBefore(start, range.start) && !seqAfter(end, range.end));
  }

  /** RCV.NXT has come to `rcvNxt`: drops what lies before and returns where the stream now reaches without a hole. */
  advance(rcvNxt: Seq): Seq {
    let reached = rcvNxt;
    for (let range = this.#ranges[0]; range !== undefined; range = this.#ranges[0]) {
      if (seqAfter(range.start, reached)) break;
      reached = seqMax(reached, range.end);
      this.#ranges.shift();
    }
    return reached;
  }

  /** Writes up to `maximum` SACK blocks into `edges` from block `from` on, the latest first; returns how many there are then. */
  writeBlocks(edges: Uint32Array, from: number, maximum: number): number {
    let count = from;
    let before = Infinity;
    while (count < maximum) {
      let latest: Range | undefined;
      for (const range of this.#ranges) {
        if (range.touched < before && (latest === undefined || range.touched > latest.touched)) latest = range;
      }
      if (latest === undefined) break;
      edges[2 * count] = latest.start;
      edges[2 * count + 1] = latest.end;
      before = latest.touched;
      count += 1;
    }
    return count;
  }

  clear(): void {
    this.#ranges.length = 0;
  }
}
