// The last step of every packet: its link header, by way of the neighbor cache unless the destination is a group.
// RFC 894 (IP over Ethernet), RFC 1112 section 6.4 and RFC 2464 section 7 (multicast addresses of the link).
import type { FrameOffload } from '../device.ts';
import type { StackInterface } from '../interfaces.ts';
import { etherType, writeEthernetFields } from '../wire/ethernet.ts';
import { isMulticastIp, type IpAddress } from '../wire/ip-address.ts';
import { ipv6Octets } from '../wire/ipv6-octets.ts';
import { broadcastMac, unspecifiedMac, type MacAddress } from '../wire/mac-address.ts';
import type { NeighborCache } from './neighbor-cache.ts';

const multicastBase4 = 0x0100_5e00_0000;
const multicastBase6 = 0x3333_0000_0000;

export class LinkOutput {
  readonly #cacheOf: (target: StackInterface) => NeighborCache;

  constructor(cacheOf: (target: StackInterface) => NeighborCache) {
    this.#cacheOf = cacheOf;
  }

  /** Sends the packet in `frame`, whose link header is still to be written, to `nextHop`; the frame is gone then. */
  send(target: StackInterface, frame: Uint8Array, nextHop: IpAddress, offload?: FrameOffload): void {
    const type = typeof nextHop === 'number' ? etherType.ipv4 : etherType.ipv6;
    if (target.loopback) {
      writeEthernetFields(frame, unspecifiedMac, unspecifiedMac, type);
      target.transmit(frame, offload);
    } else if (isMulticastIp(nextHop) || target.isBroadcast(nextHop)) {
      writeEthernetFields(frame, groupMac(nextHop), target.mac, type);
      target.transmit(frame, offload);
    } else {
      writeEthernetFields(frame, unspecifiedMac, target.mac, type);
      this.#cacheOf(target).send(nextHop, frame, offload);
    }
  }
}

/** The link address of a broadcast or multicast address. */
function groupMac(address: IpAddress): MacAddress {
  if (!isMulticastIp(address)) return broadcastMac;
  if (typeof address === 'number') return (multicastBase4 + (address & 0x7f_ffff)) as MacAddress; // 23 bits: below 2^48
  const [a = 0, b = 0, c = 0, d = 0] = ipv6Octets(address).subarray(12);
  return (multicastBase6 + a * 0x100_0000 + ((b << 16) | (c << 8) | d)) as MacAddress; // 32 bits: below 2^48
}
