// Sequence numbers: 32 bits that wrap (RFC 9293 section 3.4). Compared by signed distance, valid below 2^31 apart.

/** A sequence number in 0 .. 2^32 - 1. Never compare two with < or subtract them directly. */
export type Seq = number & { readonly brand: 'Seq' };

/** Any integer, modulo 2^32. */
export function seqOf(value: number): Seq {
  return (value >>> 0) as Seq;
}

/** `seq` moved by `delta` (may be negative). */
export function seqAdd(seq: Seq, delta: number): Seq {
  return ((seq + delta) >>> 0) as Seq;
}

/** Signed distance from `b` to `a`: positive when `a` is later. */
export function seqDiff(a: Seq, b: Seq): number {
  return (a - b) | 0;
}

export function seqBefore(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) < 0;
}

export function seqAfter(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) > 0;
}

/** The later of two. */
export function seqMax(a: Seq, b: Seq): Seq {
  return ((a - b) | 0) >= 0 ? a : b;
}

/** The earlier of two. */
export function seqMin(a: Seq, b: Seq): Seq {
  return ((a - b) | 0) <= 0 ? a : b;
}
