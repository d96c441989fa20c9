// Reassembly as IPv4 has it: RFC 791 section 3.2, RFC 1858 (tiny fragments), RFC 3168 section 5.3 (marks survive).
import type { StackServices } from '../services.ts';
import { ethernetHeaderLength } from '../wire/ethernet.ts';
import { read16, write16 } from '../wire/field.ts';
import {
  ipProtocol,
  ipv4Flag,
  ipv4MaximumLength,
  ipv4Offset,
  readDestination,
  readFlagsAndOffset,
  readHeaderLength,
  readProtocol,
  readSource,
  readTotalLength,
  writeHeaderChecksum,
} from '../wire/ipv4.ts';
import type { Fragment, ReassemblyRules } from './reassembly.ts';

/** RFC 1858 section 3.2.1: a first fragment must reach past the flags of TCP. */
const minimumFirstTcpBytes = 16;

export function ipv4ReassemblyRules(services: StackServices): ReassemblyRules {
  const { counters } = services;
  return {
    lifetimeKnob: 'net.ipv4.ipfrag_time',
    bytesKnob: 'net.ipv4.ipfrag_high_thresh',
    packetsKnob: 'net.ipv4.ipfrag_max_packets',
    count: (what) => {
      if (what === 'done') counters.IpReasmOKs += 1;
      else if (what === 'failed') counters.IpReasmFails += 1;
      else counters.IpReasmTimeout += 1;
    },
    maximumLength: ipv4MaximumLength,
    finish: (frame, _headLength, congestionExperienced) => {
      write16(frame, ethernetHeaderLength + ipv4Offset.totalLength, frame.length - ethernetHeaderLength);
      write16(frame, ethernetHeaderLength + ipv4Offset.flagsAndOffset, 0);
      const classAt = ethernetHeaderLength + ipv4Offset.trafficClass;
      if (congestionExperienced) frame[classAt] = (frame[classAt] as number) | 3; // RFC 3168 section 5.3
      writeHeaderChecksum(frame, ethernetHeaderLength);
    },
  };
}

/** The fragment at `offset` of `bytes` (a checked header); undefined when it can be part of no valid packet. */
export function readIpv4Fragment(bytes: Uint8Array, offset: number): Fragment | undefined {
  const headerLength = readHeaderLength(bytes, offset);
  const end = offset + readTotalLength(bytes, offset);
  const field = readFlagsAndOffset(bytes, offset);
  const start = (field & ipv4Flag.offsetMask) * 8;
  const more = (field & ipv4Flag.moreFragments) !== 0;
  const payloadLength = end - offset - headerLength;
  if (payloadLength === 0 || (more && payloadLength % 8 !== 0)) return undefined;
  if (headerLength + start + payloadLength > ipv4MaximumLength) return undefined;
  const protocol = readProtocol(bytes, offset);
  if (protocol === ipProtocol.tcp) {
    if (start === 0 ? payloadLength < minimumFirstTcpBytes : start < minimumFirstTcpBytes) return undefined;
  }
  return {
    key: read16(bytes, offset + ipv4Offset.identification) * 256 + protocol,
    source: readSource(bytes, offset),
    destination: readDestination(bytes, offset),
    start,
    more,
    payload: bytes.subarray(offset + headerLength, end),
    packet: bytes.subarray(offset, end),
    head: bytes.subarray(offset, offset + headerLength),
    codepoint: (bytes[offset + ipv4Offset.trafficClass] as number) & 3,
  };
}
