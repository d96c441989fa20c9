// A UDP datagram in tcpdump's words, and what it carries when that is DNS.
import { checksum, pseudoHeaderSum } from '../../stack/wire/checksum.ts';
import { read16 } from '../../stack/wire/field.ts';
import { familyOf } from '../../stack/wire/ip-address.ts';
import { ipProtocol } from '../../stack/wire/ipv4.ts';
import { endpointText, verbosityOf, type InnerPacket, type LineContext } from '../line-options.ts';
import { dnsLine } from './dns-line.ts';
import { correctChecksum } from './tcp-line.ts';

const headerBytes = 8;

/** From the addresses on. */
export function udpLine(context: LineContext, packet: InnerPacket): string {
  const { bytes, source, destination } = packet;
  if (bytes.length < headerBytes) return '[|udp]';
  const [from, to] = [read16(bytes, 0), read16(bytes, 2)];
  const length = read16(bytes, 4);
  const ends = `${endpointText(context, source, from)} > ${endpointText(context, destination, to)}:`;
  if (length < headerBytes) return `${ends} truncated-udplength ${length}`;
  const payload = bytes.subarray(headerBytes, length);
  const sumFrom = familyOf(packet.source) === 4 ? 2 : 1; // IPv6 has no checksum of its own
  const sum = verbosityOf(context) >= sumFrom && !packet.isFragment ? checksumText(packet, length) : '';
  if (context.options.quiet === true) return `${ends} UDP, length ${length - headerBytes}`;
  if ((from === 53 || to === 53) && payload.length > 0)
    return `${ends} ${sum}${dnsLine(payload, length - headerBytes, verbosityOf(context))}`;
  return `${ends} ${sum}UDP, length ${length - headerBytes}`;
}

function checksumText({ bytes, source, destination }: InnerPacket, length: number): string {
  const field = read16(bytes, 6);
  if (field === 0) return '[no cksum] ';
  if (bytes.length < length) return '';
  const rest = checksum(
    bytes,
    0,
    length,
    pseudoHeaderSum(familyOf(source), source, destination, ipProtocol.udp, length),
  );
  if (rest === 0) return '[udp sum ok] ';
  const hex = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`;
  return `[bad udp cksum ${hex(field)} -> ${hex(correctChecksum(field, rest))}!] `;
}
