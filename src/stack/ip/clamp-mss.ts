// MSS clamping: a router lowers the MSS that passing SYNs announce to what its links carry, so that TCP needs no ICMP that
// somebody might filter. As Linux's "TCPMSS --clamp-mss-to-pmtu"; RFC 4459 section 3.2 and RFC 2923 section 2.3 (why).
import { updateChecksum } from '../wire/checksum.ts';
import { read16, write16 } from '../wire/field.ts';
import type { IpFamily } from '../wire/ip-address.ts';
import { tcpFlag, tcpHeaderBytes, tcpOffset } from '../wire/tcp.ts';
import { tcpOptionKind } from '../wire/tcp-options.ts';
import { ipv4HeaderLength } from '../wire/ipv4.ts';
import { ipv6HeaderLength } from '../wire/ipv6.ts';

const mssOptionBytes = 4;

/**
 * Lowers the MSS option of the SYN at `at` of `bytes` (our own copy of the packet) to what fits into `mtu` bytes. Other
 * segments, and a SYN without the option, stay as they are.
 */
export function clampMss(bytes: Uint8Array, at: number, family: IpFamily, mtu: number): void {
  if (bytes.length < at + tcpHeaderBytes) return;
  if (((bytes[at + tcpOffset.flags] as number) & tcpFlag.syn) === 0) return;
  const headerEnd = Math.min(at + ((bytes[at + tcpOffset.dataOffset] as number) >>> 4) * 4, bytes.length);
  const limit = mtu - (family === 4 ? ipv4HeaderLength : ipv6HeaderLength) - tcpHeaderBytes;
  for (let option = at + tcpHeaderBytes; option < headerEnd;) {
    const kind = bytes[option] as number;
    if (kind === tcpOptionKind.end) return;
    if (kind === tcpOptionKind.noOperation) {
      option += 1;
      continue;
    }
    const length = bytes[option + 1] ?? 0;
    if (length < 2 || option + length > headerEnd) return;
    if (kind === tcpOptionKind.maximumSegmentSize && length === mssOptionBytes) {
      if (read16(bytes, option + 2) > limit) replaceValue(bytes, at, option + 2, limit);
      return;
    }
    option += length;
  }
}

/** Writes a word and corrects the checksum; one at an odd place lies across two words of the sum (RFC 1624). */
function replaceValue(bytes: Uint8Array, tcpAt: number, valueAt: number, value: number): void {
  const old = read16(bytes, valueAt);
  write16(bytes, valueAt, value);
  const swap = (word: number): number => ((word & 0xff) << 8) | (word >>> 8);
  const isOdd = ((valueAt - tcpAt) & 1) === 1;
  const checksumAt = tcpAt + tcpOffset.checksum;
  const sum = read16(bytes, checksumAt);
  write16(bytes, checksumAt, updateChecksum(sum, isOdd ? swap(old) : old, isOdd ? swap(value) : value));
}
