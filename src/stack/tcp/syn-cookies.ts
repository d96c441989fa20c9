// SYN cookies: a listener that is flooded answers SYNs without remembering them; all that it must know comes back in the
// ACK. RFC 4987 section 3.6; the arithmetic is Bernstein's as Linux has it: 8 bits of minutes and 24 bits of a keyed hash
// over them and an index of the MSS. With timestamps, six bits of ours carry window scale, SACK and ECN.
import type { Endpoint } from '../sockets.ts';
import type { IpFamily } from '../wire/ip-address.ts';
import { familyOf } from '../wire/ip-address.ts';
import { hashPurpose, type TupleHash } from './isn.ts';
import { seqOf, type Seq } from './sequence.ts';

/** What a cookie can say of the peer's MSS, in bytes, ascending: the commonest values below which nobody loses much. */
const mssTable: Readonly<Record<IpFamily, readonly number[]>> = {
  4: [536, 1300, 1440, 1460],
  6: [1220, 1420, 1440, 8940],
};

const minuteMs = 60_000;
/** Minutes that a cookie is good for: this one and the one before. */
const maximumAge = 2;
/** How long after the last cookie an ACK may bring one back, in ms. */
export const cookieValidMs = maximumAge * minuteMs;

const optionBits = 6;
const optionMask = (1 << optionBits) - 1;
const noScale = 0xf;
const optionFlag = { sack: 1 << 4, ecn: 1 << 5 } as const;

export interface CookieOptions {
  /** Undefined: the peer does not scale windows. */
  readonly windowScale: number | undefined;
  readonly sack: boolean;
  readonly ecn: boolean;
}

/** The initial sequence number for the SYN with `sequence` whose peer takes segments of `mss` bytes. */
export function makeCookie(
  hash: TupleHash,
  local: Endpoint,
  remote: Endpoint,
  syn: { readonly sequence: number; readonly mss: number },
  nowMs: number,
): Seq {
  const minute = Math.floor(nowMs / minuteMs);
  const table = mssTable[familyOf(local.address)];
  const index = Math.max(
    table.findLastIndex((mss) => mss <= syn.mss),
    0,
  );
  const secret = (hashOf(hash, hashPurpose.cookieCount, minute, local, remote) + index) & 0xff_ffff;
  return seqOf(hashOf(hash, hashPurpose.cookie, 0, local, remote) + syn.sequence + (minute << 24) + secret);
}

/** The MSS in the cookie that an ACK brings back; undefined when we have not made it, or too long ago. */
export function checkCookie(
  hash: TupleHash,
  local: Endpoint,
  remote: Endpoint,
  ack: { readonly sequence: number; readonly acknowledgment: number },
  nowMs: number,
): number | undefined {
  const minute = Math.floor(nowMs / minuteMs);
  const [cookie, synSequence] = [ack.acknowledgment - 1, ack.sequence - 1];
  const rest = (cookie - hashOf(hash, hashPurpose.cookie, 0, local, remote) - synSequence) | 0;
  const age = (minute - (rest >>> 24)) & 0xff;
  if (age >= maximumAge) return undefined;
  const index = (rest - hashOf(hash, hashPurpose.cookieCount, minute - age, local, remote)) & 0xff_ffff;
  return mssTable[familyOf(local.address)][index];
}

function hashOf(hash: TupleHash, purpose: number, count: number, local: Endpoint, remote: Endpoint): number {
  return hash.hash(purpose + 16 * count, local.address, local.port, remote.address, remote.port);
}

/** The newest time that is not after `now` and whose six low bits say what was agreed. In ms of the timestamp clock. */
export function encodeOptions(now: number, { windowScale, sack, ecn }: CookieOptions): number {
  const bits = (windowScale ?? noScale) | (sack ? optionFlag.sack : 0) | (ecn ? optionFlag.ecn : 0);
  const value = ((now & ~optionMask) | bits) >>> 0;
  return value > now ? value - (1 << optionBits) : value;
}

export function decodeOptions(value: number): CookieOptions {
  const scale = value & noScale;
  return {
    windowScale: scale === noScale ? undefined : scale,
    sack: (value & optionFlag.sack) !== 0,
    ecn: (value & optionFlag.ecn) !== 0,
  };
}
