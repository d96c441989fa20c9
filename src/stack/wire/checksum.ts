// The internet checksum: RFC 1071 (computing it, and why any word size and byte order will do), RFC 1624 (updating it),
// pseudo-headers of RFC 9293 section 3.1, RFC 768 and RFC 8200 section 8.1. Left out: sums over scattered buffers.
// Before editing: RFC 1071 section 2 (B), byte order independence, is what the 32-bit path rests on.
import { assert } from '../../base/assert.ts';
import { familyOf, type IpAddress, type IpFamily } from './ip-address.ts';
import { ipv6Octets } from './ipv6-octets.ts';

const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Below this many bytes, making a 32-bit view costs more than it saves. */
const wordWiseMinimumBytes = 96;

/**
 * The 16-bit checksum to write into a header: the complement of the ones' complement sum of `length` bytes from
 * `offset` and of `initial` (a sum from `sumBytes` or `pseudoHeaderSum`). 0 when the range already holds a correct one.
 */
export function checksum(bytes: Uint8Array, offset: number, length: number, initial = 0): number {
  return sumBytes(bytes, offset, length, initial) ^ 0xffff;
}

/** The ones' complement sum, folded to 16 bits and not complemented. An odd last byte counts as followed by zero. */
export function sumBytes(bytes: Uint8Array, offset: number, length: number, initial = 0): number {
  if (length < wordWiseMinimumBytes || !littleEndian) return fold(initial + sumPairs(bytes, offset, length));
  const lead = -(bytes.byteOffset + offset) & 3;
  const wordCount = (length - lead) >>> 2;
  const wordSum = fold(sumWords(wordsOf(bytes.buffer), (bytes.byteOffset + offset + lead) >>> 2, wordCount));
  const tailOffset = lead + 4 * wordCount;
  const rest = sumPairsAt(bytes, offset, 0, lead) + sumPairsAt(bytes, offset, tailOffset, length);
  // A little-endian sum is the byte-swapped big-endian one; an odd lead shifts the words by a byte, which swaps again.
  return fold(initial + rest + ((lead & 1) === 1 ? wordSum : swap(wordSum)));
}

/**
 * The sum of the pseudo-header, to pass to `checksum` as `initial`. `length` is the transport's, header included.
 * Both addresses are of `family`.
 */
export function pseudoHeaderSum(
  family: IpFamily,
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
  length: number,
): number {
  const rest = protocol + (length & 0xffff) + (length >>> 16);
  assert(familyOf(source) === family && familyOf(destination) === family, 'a pseudo-header has one family');
  return fold(addressSum(source) + addressSum(destination) + rest);
}

/** The checksum after one 16-bit word that it covers has changed (RFC 1624 section 3, equation 3). */
export function updateChecksum(old: number, oldWord: number, newWord: number): number {
  return fold((old ^ 0xffff) + (oldWord ^ 0xffff) + newWord) ^ 0xffff;
}

function addressSum(address: IpAddress): number {
  return typeof address === 'number' ? (address >>> 16) + (address & 0xffff) : sumPairs(ipv6Octets(address), 0, 16);
}

/** Folds a sum of up to 2^52 to 16 bits. */
function fold(sum: number): number {
  let folded = sum;
  if (folded > 0xffff_ffff) folded = Math.floor(folded / 0x1_0000_0000) + (folded >>> 0);
  if (folded > 0xffff_ffff) folded = Math.floor(folded / 0x1_0000_0000) + (folded >>> 0);
  folded = (folded >>> 16) + (folded & 0xffff);
  folded = (folded >>> 16) + (folded & 0xffff);
  return folded;
}

function swap(value: number): number {
  return ((value << 8) | (value >>> 8)) & 0xffff;
}

function sumPairs(bytes: Uint8Array, offset: number, length: number): number {
  return sumPairsAt(bytes, offset, 0, length);
}

/** Bytes `from` .. `to` of the range that starts at `offset`; even positions are the high bytes. */
function sumPairsAt(bytes: Uint8Array, offset: number, from: number, to: number): number {
  let sum = 0;
  let index = from;
  if ((index & 1) === 1 && index < to) {
    sum += bytes[offset + index] as number;
    index += 1;
  }
  for (; index + 1 < to; index += 2) {
    sum += ((bytes[offset + index] as number) << 8) | (bytes[offset + index + 1] as number);
  }
  if (index < to) sum += (bytes[offset + index] as number) << 8;
  return sum;
}

let lastBuffer: ArrayBufferLike = new ArrayBuffer(0);
let lastWords: Uint32Array = new Uint32Array(0);

/** All whole words of `buffer`. The last view is kept: frames that follow each other lie in one slab (link/frame.ts). */
function wordsOf(buffer: ArrayBufferLike): Uint32Array {
  if (buffer === lastBuffer) return lastWords;
  lastBuffer = buffer;
  lastWords = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
  return lastWords;
}

/** Exact in a double: 64 kB are 2^14 words below 2^32. */
function sumWords(words: Uint32Array, start: number, count: number): number {
  let a = 0;
  let b = 0;
  let index = start;
  const end = start + count;
  for (const unrolledEnd = end - 7; index < unrolledEnd; index += 8) {
    a += (words[index] as number) + (words[index + 1] as number);
    b += (words[index + 2] as number) + (words[index + 3] as number);
    a += (words[index + 4] as number) + (words[index + 5] as number);
    b += (words[index + 6] as number) + (words[index + 7] as number);
  }
  for (; index < end; index += 1) a += words[index] as number;
  return a + b;
}
