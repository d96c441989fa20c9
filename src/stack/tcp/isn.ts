// What must be hard to guess about a connection: initial sequence numbers (RFC 6528), ephemeral ports (RFC 6056
// section 3.3.3) and timestamp offsets (RFC 7323 section 7.1), each a keyed hash of the four-tuple.
import type { Random } from '../../base/random.ts';
import type { Endpoint } from '../sockets.ts';
import { ipv6Bytes, type IpAddress } from '../wire/ip-address.ts';
import { read32 } from '../wire/field.ts';
import { seqOf, type Seq } from './sequence.ts';

/** RFC 6528 section 3: M ticks every 4 microseconds. */
const ticksPerMs = 250;

/** A secret of this stack and the hash over it: HalfSipHash-2-4 (Aumasson and Bernstein), 32-bit words. */
export class TupleHash {
  readonly #key0: number;
  readonly #key1: number;

  constructor(random: Random) {
    this.#key0 = random.uint32() | 0;
    this.#key1 = random.uint32() | 0;
  }

  /** 32 bits that depend on all of it; `purpose` keeps the uses apart. */
  hash(purpose: number, local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): number {
    const state = new Int32Array([this.#key0, this.#key1, 0x6c79_6765 ^ this.#key0, 0x7465_6462 ^ this.#key1]);
    absorb(state, purpose);
    absorbAddress(state, local);
    absorbAddress(state, remote);
    absorb(state, (localPort << 16) | remotePort);
    state[2] = (state[2] as number) ^ 0xff;
    for (let round = 0; round < 4; round += 1) sipRound(state);
    return ((state[1] as number) ^ (state[3] as number)) >>> 0;
  }
}

export const hashPurpose = { sequence: 1, port: 2, timestamp: 3, cookie: 4, cookieCount: 5 } as const;

/** ISN = M + F(four-tuple, secret). */
export function initialSequence(hash: TupleHash, local: Endpoint, remote: Endpoint, nowMs: number): Seq {
  const offset = hash.hash(hashPurpose.sequence, local.address, local.port, remote.address, remote.port);
  return seqOf(offset + (Math.floor(nowMs * ticksPerMs) % 0x1_0000_0000));
}

function absorbAddress(state: Int32Array, address: IpAddress): void {
  if (typeof address === 'number') return absorb(state, address);
  const bytes = ipv6Bytes(address);
  for (let at = 0; at < 16; at += 4) absorb(state, read32(bytes, at));
}

function absorb(state: Int32Array, word: number): void {
  state[3] = (state[3] as number) ^ word;
  sipRound(state);
  sipRound(state);
  state[0] = (state[0] as number) ^ word;
}

function sipRound(v: Int32Array): void {
  let [v0, v1, v2, v3] = v as unknown as [number, number, number, number]; // four words, made above
  v0 = (v0 + v1) | 0;
  v1 = rotate(v1, 5) ^ v0;
  v0 = rotate(v0, 16);
  v2 = (v2 + v3) | 0;
  v3 = rotate(v3, 8) ^ v2;
  v0 = (v0 + v3) | 0;
  v3 = rotate(v3, 7) ^ v0;
  v2 = (v2 + v1) | 0;
  v1 = rotate(v1, 13) ^ v2;
  v2 = rotate(v2, 16);
  v[0] = v0;
  v[1] = v1;
  v[2] = v2;
  v[3] = v3;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
