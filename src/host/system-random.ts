// The system's chance: initial sequence numbers, DNS ids and ports that nobody outside can guess.
import { randomFillSync } from 'node:crypto';
import type { Random } from '../base/random.ts';

const poolWords = 1024;

/** Cryptographic randomness, drawn from the system 4 KiB at a time. */
export function systemRandom(): Random {
  const pool = new Uint32Array(poolWords);
  let next = poolWords;
  return {
    uint32(): number {
      if (next === poolWords) {
        randomFillSync(pool);
        next = 0;
      }
      const word = pool[next] as number;
      pool[next] = 0; // a number is given once, and not kept
      next += 1;
      return word;
    },
  };
}
