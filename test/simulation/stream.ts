// The bytes of a run: what each end sends, the same for everybody who looks.

const longestBytes = 1_000_000;

/** Byte `index` of a stream: unlike its neighbors and unlike any shift of itself by a segment. */
function patternOf(salt: number): Uint8Array {
  return Uint8Array.from({ length: longestBytes }, (_, index) => Math.imul(index + salt, 0x9e37_79b1) >>> 24);
}

export const streams = { client: patternOf(1), server: patternOf(1_000_003) } as const;
export type Side = keyof typeof streams;

export function otherSide(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

/** Index of the first byte that is not what `side` sends at `at`, or undefined. */
export function firstDifference(side: Side, at: number, bytes: Uint8Array): number | undefined {
  const expected = streams[side].subarray(at, at + bytes.length);
  if (Buffer.compare(bytes, expected) === 0) return undefined;
  const index = bytes.findIndex((byte, position) => byte !== expected[position]);
  return at + (index < 0 ? bytes.length : index);
}
