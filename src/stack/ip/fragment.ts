// Cutting a packet that is too large for the next link: RFC 791 section 2.3 and its "example fragmentation procedure".
import { newFrame } from '../link/frame.ts';
import { ethernetHeaderLength } from '../wire/ethernet.ts';
import { write16 } from '../wire/field.ts';
import {
  ipv4Flag,
  ipv4HeaderLength,
  ipv4Offset,
  ipv4Option,
  isCopiedOption,
  readFlagsAndOffset,
  readHeaderLength,
  readTotalLength,
  writeHeaderChecksum,
} from '../wire/ipv4.ts';

/**
 * The packet at `offset` of `bytes` (itself a fragment, perhaps) as fragments of at most `mtu` bytes, each in a fresh
 * frame with room for the link header. `mtu` is at least 68, as RFC 791 demands of every link.
 */
export function fragmentIpv4(bytes: Uint8Array, offset: number, mtu: number): readonly Uint8Array[] {
  const headerLength = readHeaderLength(bytes, offset);
  const payloadLength = readTotalLength(bytes, offset) - headerLength;
  const original = readFlagsAndOffset(bytes, offset);
  const firstHeader = bytes.subarray(offset, offset + headerLength);
  const laterHeader = headerLength === ipv4HeaderLength ? firstHeader : headerOfLaterFragments(firstHeader);
  const frames: Uint8Array[] = [];
  for (let done = 0; done < payloadLength;) {
    const header = done === 0 ? firstHeader : laterHeader;
    const room = mtu - header.length;
    const rest = payloadLength - done;
    const length = rest <= room ? rest : room & ~7;
    const frame = newFrame(header.length + length);
    frame.set(header, ethernetHeaderLength);
    const payloadAt = offset + headerLength + done;
    frame.set(bytes.subarray(payloadAt, payloadAt + length), ethernetHeaderLength + header.length);
    const more = done + length < payloadLength ? ipv4Flag.moreFragments : original & ipv4Flag.moreFragments;
    const position = (original & ipv4Flag.offsetMask) + (done >>> 3);
    write16(frame, ethernetHeaderLength + ipv4Offset.totalLength, header.length + length);
    write16(frame, ethernetHeaderLength + ipv4Offset.flagsAndOffset, more | position);
    writeHeaderChecksum(frame, ethernetHeaderLength);
    frames.push(frame);
    done += length;
  }
  return frames;
}

/** The header with only those options that every fragment carries. */
function headerOfLaterFragments(header: Uint8Array): Uint8Array {
  const kept: number[] = [];
  for (let at: number = ipv4HeaderLength; at < header.length;) {
    const kind = header[at] as number;
    if (kind === ipv4Option.end) break;
    const length = kind === ipv4Option.noOperation ? 1 : (header[at + 1] ?? 0);
    if (length === 0) break; // malformed: was refused on arrival
    if (kind !== ipv4Option.noOperation && isCopiedOption(kind)) kept.push(...header.subarray(at, at + length));
    at += length;
  }
  while (kept.length % 4 !== 0) kept.push(ipv4Option.end);
  const result = new Uint8Array(ipv4HeaderLength + kept.length);
  result.set(header.subarray(0, ipv4HeaderLength));
  result.set(kept, ipv4HeaderLength);
  result[0] = 0x40 | (result.length >>> 2);
  return result;
}
