// Forwarding, what makes a host a router: RFC 1812 section 5.2 (steps), 5.3.1 (TTL), 4.2.2.7 and 5.2.6 (fragmentation).
// Left out: redirects, options (they are carried along, not acted on).
// Before editing: a frame that came in is immutable; the copy is made after everything that can refuse.
import type { FrameOffload } from '../device.ts';
import type { StackInterface } from '../interfaces.ts';
import type { StackServices } from '../services.ts';
import { checksum, pseudoHeaderSum, updateChecksum } from '../wire/checksum.ts';
import { ethernetHeaderLength } from '../wire/ethernet.ts';
import { read16, write16 } from '../wire/field.ts';
import { icmpType, timeExceededCode, unreachableCode } from '../wire/icmpv4.ts';
import { isIpv4, type Ipv4Address } from '../wire/ip-address.ts';
import {
  ipProtocol,
  ipv4Flag,
  ipv4Offset,
  readDestination,
  readFlagsAndOffset,
  readHeaderLength,
  readProtocol,
  readSource,
  readTotalLength,
} from '../wire/ipv4.ts';
import type { DropReason } from '../drop.ts';
import { clampMss } from './clamp-mss.ts';
import type { IcmpErrorKind, IcmpErrors } from './icmp-errors.ts';
import type { IpOutput } from './output.ts';
import type { Routing } from './routing.ts';

const ttlExceeded: IcmpErrorKind = { type: icmpType.timeExceeded, code: timeExceededCode.ttl };
const noRoute: IcmpErrorKind = { type: icmpType.unreachable, code: unreachableCode.network };

export class Forwarder {
  readonly #services: StackServices;
  readonly #routing: Routing;
  readonly #output: IpOutput;
  readonly #errors: IcmpErrors;
  #clampsMss = false;

  constructor(services: StackServices, routing: Routing, output: IpOutput, errors: IcmpErrors) {
    this.#services = services;
    this.#routing = routing;
    this.#output = output;
    this.#errors = errors;
    services.knobs.watch('net.ipv4.tcp_clamp_mss', (on) => {
      this.#clampsMss = on === 1;
    });
  }

  /** Sends the packet in `frame` (a checked header behind the link header) on its way, or says why not. */
  forward(from: StackInterface, frame: Uint8Array, offload: FrameOffload | undefined): void {
    const at = ethernetHeaderLength;
    const { counters } = this.#services;
    const destination = readDestination(frame, at);
    if (isLinkLocal(destination) || isLinkLocal(readSource(frame, at))) {
      counters.IpInAddrErrors += 1; // RFC 3927 section 2.7
      return this.#services.drop('ip-not-for-us', from.name);
    }
    if ((frame[at + ipv4Offset.ttl] as number) <= 1) {
      counters.IpInHdrErrors += 1;
      return this.#refuse('ip-ttl-exceeded', ttlExceeded, from, frame);
    }
    const route = this.#routing.find(destination);
    if (route === undefined || !isIpv4(route.nextHop)) {
      counters.IpExtInNoRoutes += 1;
      return this.#refuse('ip-no-route', noRoute, from, frame);
    }
    const mtu = route.interface.mtu; // not the path MTU: that is the sender's business
    const largest = largestPacket(frame, offload);
    const mustNotCut =
      (readFlagsAndOffset(frame, at) & ipv4Flag.dontFragment) !== 0 || largest !== readTotalLength(frame, at);
    if (largest > mtu && mustNotCut) {
      counters.IpFragFails += 1;
      const tooBig = { type: icmpType.unreachable, code: unreachableCode.fragmentationNeeded, rest: mtu };
      return this.#refuse('ip-too-big', tooBig, from, frame);
    }
    const copy = copyForNextHop(frame);
    counters.IpForwDatagrams += 1;
    if (this.#clampsMss && readProtocol(copy, at) === ipProtocol.tcp && !isLaterFragment(copy)) {
      clampMss(copy, at + readHeaderLength(copy, at), 4, Math.min(from.mtu, mtu));
    }
    if (largest > mtu && offload?.checksumPartial === true) {
      completeChecksum(copy); // nobody behind a fragment could
      this.#output.send(copy, route, mtu);
    } else {
      this.#output.send(copy, route, mtu, offload);
    }
  }

  #refuse(reason: DropReason, error: IcmpErrorKind, from: StackInterface, frame: Uint8Array): void {
    this.#services.drop(reason, from.name);
    this.#errors.send(error, frame, ethernetHeaderLength, from, false);
  }
}

function isLaterFragment(frame: Uint8Array): boolean {
  return (readFlagsAndOffset(frame, ethernetHeaderLength) & ipv4Flag.offsetMask) !== 0;
}

/** 169.254.0.0/16 never leaves its link. */
function isLinkLocal(address: Ipv4Address): boolean {
  return address >>> 16 === 0xa9fe;
}

/** Bytes of the largest packet that `frame` stands for: a super-frame is segmented by the device behind us. */
function largestPacket(frame: Uint8Array, offload: FrameOffload | undefined): number {
  const at = ethernetHeaderLength;
  if (offload === undefined || offload.segmentBytes === 0) return readTotalLength(frame, at);
  const headerLength = readHeaderLength(frame, at);
  const dataOffsetAt = at + headerLength + 12;
  const isTcp = readProtocol(frame, at) === ipProtocol.tcp && dataOffsetAt < frame.length;
  const transportHeader = isTcp ? ((frame[dataOffsetAt] as number) >>> 4) * 4 : 8;
  return headerLength + transportHeader + offload.segmentBytes;
}

/** The packet in a frame of its own, without link padding, one TTL older. */
function copyForNextHop(frame: Uint8Array): Uint8Array {
  const at = ethernetHeaderLength;
  const copy = frame.slice(0, at + readTotalLength(frame, at)); // the link header is written anew
  const oldWord = read16(copy, at + ipv4Offset.ttl);
  const newWord = oldWord - 0x100;
  write16(copy, at + ipv4Offset.ttl, newWord);
  write16(copy, at + ipv4Offset.checksum, updateChecksum(read16(copy, at + ipv4Offset.checksum), oldWord, newWord));
  return copy;
}

/** Does what the sender left to a network card: turns the pseudo-header sum into a checksum. */
function completeChecksum(frame: Uint8Array): void {
  const at = ethernetHeaderLength;
  const protocol = readProtocol(frame, at);
  const transportAt = at + readHeaderLength(frame, at);
  const length = at + readTotalLength(frame, at) - transportAt;
  const field = protocol === ipProtocol.tcp ? 16 : 6;
  if ((protocol !== ipProtocol.tcp && protocol !== ipProtocol.udp) || length < field + 2) return;
  write16(frame, transportAt + field, 0);
  const initial = pseudoHeaderSum(4, readSource(frame, at), readDestination(frame, at), protocol, length);
  const sum = checksum(frame, transportAt, length, initial);
  write16(frame, transportAt + field, sum === 0 && protocol === ipProtocol.udp ? 0xffff : sum);
}
