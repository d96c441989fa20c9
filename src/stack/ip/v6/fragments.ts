// Fragments of IPv6: cutting at the source and the rules for putting together again. RFC 8200 sections 4.5 and 5,
// RFC 5722 (overlaps, see reassembly.ts), RFC 6946 (atomic fragments, see input.ts), RFC 7112 (the whole header chain is
// in the first fragment).
import { newFrame } from '../../link/frame.ts';
import type { StackServices } from '../../services.ts';
import { ethernetHeaderLength } from '../../wire/ethernet.ts';
import { read32, write16, write32 } from '../../wire/field.ts';
import {
  findUpperLayer,
  fragmentHeaderLength,
  ipv6HeaderLength,
  ipv6MaximumPayload,
  ipv6Offset,
  nextHeader,
  readDestination6,
  readFragmentField,
  readNextHeader,
  readPacketLength6,
  readSource6,
  readTrafficClass,
  writeTrafficClass,
} from '../../wire/ipv6.ts';
import { parameterProblemCode } from '../../wire/icmpv6.ts';
import type { Fragment, ReassemblyRules } from '../reassembly.ts';

/** A fragment whose sender is to be told what is wrong with it. */
export interface FragmentProblem {
  readonly code: number;
  /** Offset of what is wrong, within the packet. */
  readonly pointer: number;
}

export function ipv6ReassemblyRules(services: StackServices): ReassemblyRules {
  const { counters } = services;
  return {
    lifetimeKnob: 'net.ipv6.ip6frag_time',
    bytesKnob: 'net.ipv6.ip6frag_high_thresh',
    packetsKnob: 'net.ipv6.ip6frag_max_packets',
    count: (what) => {
      if (what === 'done') counters.Ip6ReasmOKs += 1;
      else if (what === 'failed') counters.Ip6ReasmFails += 1;
      else counters.Ip6ReasmTimeout += 1;
    },
    maximumLength: ipv6HeaderLength + ipv6MaximumPayload,
    finish: (frame, _headLength, congestionExperienced) => {
      const at = ethernetHeaderLength;
      write16(frame, at + ipv6Offset.payloadLength, frame.length - at - ipv6HeaderLength);
      if (congestionExperienced) writeTrafficClass(frame, at, readTrafficClass(frame, at) | 3); // RFC 3168 section 5.3
    },
  };
}

/**
 * The fragment whose fragment header is at `at`, in the packet at `offset` of `bytes`; `linkedAt` is where the field lies
 * that names the fragment header. The head of the whole names what comes behind instead.
 */
export function readIpv6Fragment(
  bytes: Uint8Array,
  offset: number,
  at: number,
  linkedAt: number,
): Fragment | FragmentProblem | undefined {
  const end = offset + readPacketLength6(bytes, offset);
  const payloadAt = at + fragmentHeaderLength;
  const { start, more } = readFragmentField(bytes, at);
  const payloadLength = end - payloadAt;
  if (payloadLength <= 0) return undefined;
  if (more && payloadLength % 8 !== 0) {
    return { code: parameterProblemCode.header, pointer: ipv6Offset.payloadLength };
  }
  const headLength = at - offset;
  if (headLength - ipv6HeaderLength + start + payloadLength > ipv6MaximumPayload) {
    return { code: parameterProblemCode.header, pointer: at + 2 - offset };
  }
  if (start === 0 && !holdsWholeChain(bytes, offset, end)) {
    return { code: parameterProblemCode.firstFragment, pointer: 0 };
  }
  const head = bytes.slice(offset, at);
  head[linkedAt - offset] = bytes[at] as number; // the fragment header is there
  return {
    key: read32(bytes, at + 4),
    source: readSource6(bytes, offset),
    destination: readDestination6(bytes, offset),
    start,
    more,
    payload: bytes.subarray(payloadAt, end),
    packet: bytes.subarray(offset, end),
    head,
    codepoint: readTrafficClass(bytes, offset) & 3,
  };
}

/** Bytes that the first fragment must show of an upper-layer header. */
function minimumUpperLayer(protocol: number): number {
  if (protocol === nextHeader.tcp) return 20;
  return protocol === nextHeader.udp || protocol === nextHeader.icmpv6 ? 8 : 0;
}

function holdsWholeChain(bytes: Uint8Array, offset: number, end: number): boolean {
  const upper = findUpperLayer(bytes, offset, end);
  return upper !== undefined && end - upper.at >= minimumUpperLayer(upper.protocol);
}

/**
 * The packet in `frame` (a header of 40 bytes without extensions) as fragments of at most `mtu` bytes, each in a fresh
 * frame with room for the link header. `mtu` is at least 1280; `identification` is of 32 bits.
 */
export function fragmentIpv6(frame: Uint8Array, mtu: number, identification: number): readonly Uint8Array[] {
  const at = ethernetHeaderLength;
  const payloadAt = at + ipv6HeaderLength;
  const room = (mtu - ipv6HeaderLength - fragmentHeaderLength) & ~7;
  const protocol = readNextHeader(frame, at);
  const fragments: Uint8Array[] = [];
  for (let done = payloadAt; done < frame.length;) {
    const length = Math.min(room, frame.length - done);
    const fragment = newFrame(ipv6HeaderLength + fragmentHeaderLength + length);
    fragment.set(frame.subarray(at, payloadAt), at);
    write16(fragment, at + ipv6Offset.payloadLength, fragmentHeaderLength + length);
    fragment[at + ipv6Offset.nextHeader] = nextHeader.fragment;
    fragment[payloadAt] = protocol;
    const isLast = done + length === frame.length;
    write16(fragment, payloadAt + 2, (done - payloadAt) | (isLast ? 0 : 1));
    write32(fragment, payloadAt + 4, identification);
    fragment.set(frame.subarray(done, done + length), payloadAt + fragmentHeaderLength);
    fragments.push(fragment);
    done += length;
  }
  return fragments;
}
