// Forwarding IPv6, what makes a host a router: RFC 8200 sections 3 and 5 (hop limit, nobody but the source fragments),
// RFC 4443 section 3 (what the sender is told), RFC 4291 section 2.5.6 and RFC 4007 section 9 (link-local stays).
// Left out: redirects, multicast.
// Before editing: a frame that came in is immutable; the copy is made after everything that can refuse.
import type { FrameOffload } from '../../device.ts';
import type { DropReason } from '../../drop.ts';
import type { StackInterface } from '../../interfaces.ts';
import type { StackServices } from '../../services.ts';
import { ethernetHeaderLength } from '../../wire/ethernet.ts';
import { icmpv6Type, timeExceededCode6, unreachableCode6 } from '../../wire/icmpv6.ts';
import { isLinkLocalIpv6 } from '../../wire/ipv6-scope.ts';
import {
  findUpperLayer,
  ipv6Offset,
  nextHeader,
  readDestination6,
  readPacketLength6,
  readSource6,
} from '../../wire/ipv6.ts';
import { clampMss } from '../clamp-mss.ts';
import type { Routing } from '../routing.ts';
import type { Icmpv6ErrorKind, Icmpv6Errors } from './errors.ts';
import type { Ipv6Output } from './output.ts';

const hopLimitExceeded: Icmpv6ErrorKind = { type: icmpv6Type.timeExceeded, code: timeExceededCode6.hopLimit };
const noRoute: Icmpv6ErrorKind = { type: icmpv6Type.unreachable, code: unreachableCode6.noRoute };
const beyondScope: Icmpv6ErrorKind = { type: icmpv6Type.unreachable, code: unreachableCode6.beyondScope };

export class Ipv6Forwarder {
  readonly #services: StackServices;
  readonly #routing: Routing;
  readonly #output: Ipv6Output;
  readonly #errors: Icmpv6Errors;
  #clampsMss = false;

  constructor(services: StackServices, routing: Routing, output: Ipv6Output, errors: Icmpv6Errors) {
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
    const destination = readDestination6(frame, at);
    if (isLinkLocalIpv6(destination)) {
      counters.Ip6InAddrErrors += 1;
      return this.#services.drop('ip-not-for-us', from.name);
    }
    const route = this.#routing.find(destination);
    if (route === undefined) {
      counters.Ip6InNoRoutes += 1;
      return this.#refuse('ip-no-route', noRoute, from, frame);
    }
    if ((frame[at + ipv6Offset.hopLimit] as number) <= 1) {
      counters.Ip6InHdrErrors += 1;
      return this.#refuse('ip-ttl-exceeded', hopLimitExceeded, from, frame);
    }
    if (isLinkLocalIpv6(readSource6(frame, at))) {
      counters.Ip6InAddrErrors += 1;
      return this.#refuse('ip-not-for-us', beyondScope, from, frame);
    }
    const { mtu } = route.interface; // not the path MTU: that is the sender's business
    if (largestPacket(frame, offload) > mtu) {
      counters.Ip6InTooBigErrors += 1;
      const tooBig = { type: icmpv6Type.packetTooBig, code: 0, rest: mtu };
      return this.#refuse('ip-too-big', tooBig, from, frame);
    }
    const copy = frame.slice(0, at + readPacketLength6(frame, at)); // the link header is written anew
    copy[at + ipv6Offset.hopLimit] = (copy[at + ipv6Offset.hopLimit] as number) - 1;
    counters.Ip6OutForwDatagrams += 1;
    if (this.#clampsMss) clamp(copy, Math.min(from.mtu, mtu));
    this.#output.send(copy, route, offload);
  }

  #refuse(reason: DropReason, error: Icmpv6ErrorKind, from: StackInterface, frame: Uint8Array): void {
    this.#services.drop(reason, from.name);
    this.#errors.send(error, frame, ethernetHeaderLength, from, false);
  }
}

function clamp(frame: Uint8Array, mtu: number): void {
  const upper = findUpperLayer(frame, ethernetHeaderLength, frame.length);
  if (upper?.protocol === nextHeader.tcp && upper.isStart) clampMss(frame, upper.at, 6, mtu);
}

/** Bytes of the largest packet that `frame` stands for: a super-frame is segmented by the device behind us. */
function largestPacket(frame: Uint8Array, offload: FrameOffload | undefined): number {
  const at = ethernetHeaderLength;
  const whole = readPacketLength6(frame, at);
  if (offload === undefined || offload.segmentBytes === 0) return whole;
  const upper = findUpperLayer(frame, at, at + whole);
  if (upper === undefined) return whole;
  const isTcp = upper.protocol === nextHeader.tcp && upper.at + 12 < at + whole;
  const transportHeader = isTcp ? ((frame[upper.at + 12] as number) >>> 4) * 4 : 8;
  return upper.at - at + transportHeader + offload.segmentBytes;
}
