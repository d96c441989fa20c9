// Chance as a service: the interface, the derived draws, and a seeded generator whose sequence is part of our promises.
import { assert } from './assert.ts';

/** A source of uniformly distributed 32-bit integers. */
export interface Random {
  /** The next integer in 0 .. 2^32 - 1. */
  uint32(): number;
}

/** A number in [0, 1), with 32 bits of randomness. */
export function fraction(random: Random): number {
  return random.uint32() / 0x1_0000_0000;
}

/** An integer in 0 .. `limit` - 1; `limit` is 1 .. 2^32. Unbiased (rejection sampling). */
export function integerBelow(random: Random, limit: number): number {
  assert(Number.isInteger(limit) && limit >= 1 && limit <= 0x1_0000_0000, 'limit must be 1 .. 2^32');
  const usable = 0x1_0000_0000 - (0x1_0000_0000 % limit);
  for (;;) {
    const draw = random.uint32();
    if (draw < usable) return draw % limit;
  }
}

/** A deterministic generator: the same seed gives the same sequence on every machine and in every version. */
export interface SeededRandom extends Random {
  readonly seed: string;
  /** An independent generator derived from this one's seed and `label`; does not advance this one. */
  fork(label: string): SeededRandom;
}

/** xoshiro128** (Blackman and Vigna, 2018), seeded from text through xmur3 so that "1" and "2" share nothing. */
export function seededRandom(seed: string | number): SeededRandom {
  const text = String(seed);
  const nextWord = hashStream(text);
  let a = nextWord();
  let b = nextWord();
  let c = nextWord();
  let d = nextWord() | 1; // the all-zero state is the one that never leaves itself
  return {
    seed: text,
    uint32(): number {
      const product = Math.imul(b, 5);
      const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
      return result;
    },
    fork: (label) => seededRandom(`${text}/${label}`),
  };
}

/** Fills `target` with random bytes and returns it. */
export function randomBytes(random: Random, target: Uint8Array): Uint8Array {
  for (let offset = 0; offset < target.length; offset += 4) {
    const word = random.uint32();
    for (let index = 0; index < 4 && offset + index < target.length; index += 1) {
      target[offset + index] = (word >>> (8 * index)) & 0xff;
    }
  }
  return target;
}

function hashStream(text: string): () => number {
  let hash = 1779033703 ^ text.length;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 3432918353);
    hash = (hash << 13) | (hash >>> 19);
  }
  return () => {
    hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
    hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
    hash ^= hash >>> 16;
    return hash >>> 0;
  };
}
