// Small internets that speak IPv6, and the packets that tests put into them or read out of them.
import { ethernetHeaderLength, etherType, writeEthernetFields } from '../../src/stack/wire/ethernet.ts';
import { icmpv6Type, sealIcmpv6 } from '../../src/stack/wire/icmpv6.ts';
import { solicitedNodeGroup } from '../../src/stack/wire/ipv6-scope.ts';
import { ipv6HeaderLength, nextHeader, parseIpv6, writeIpv6, type Ipv6Header } from '../../src/stack/wire/ipv6.ts';
import type { MacAddress } from '../../src/stack/wire/mac-address.ts';
import { ndpBytes, parseNdp, type NdpMessage } from '../../src/stack/wire/ndp.ts';
import { ip6, StackWorld, type TestHost } from './stack-world.ts';
import type { WireDevice } from './wire-pair.ts';

/** A host that speaks IPv6. */
export function ipv6Host(world: StackWorld, name: string): TestHost {
  const host = world.host(name);
  host.stack.writeKnob('net.ipv6.conf.all.disable_ipv6', '0');
  return host;
}

/** Long enough for addresses to be checked and routers to be asked for in vain. */
export const settledMs = 20_000;

/** client - r1 - r2 - r3 - server, each link a /64: 2001:db8:0:: to 2001:db8:3::, the left end ::1 and the right end ::2. */
export function threeIpv6Routers(options: { readonly mtus?: readonly number[]; readonly seed?: string } = {}): {
  readonly world: StackWorld;
  readonly client: TestHost;
  readonly routers: readonly TestHost[];
  readonly server: TestHost;
  /** By link: the devices of the left and the right end. */
  readonly devices: readonly { readonly left: WireDevice; readonly right: WireDevice }[];
} {
  const world = new StackWorld(options.seed);
  const client = ipv6Host(world, 'client');
  const routers = ['r1', 'r2', 'r3'].map((name) => ipv6Host(world, name));
  const server = ipv6Host(world, 'server');
  const chain = [client, ...routers, server];
  for (const router of routers) router.stack.setForwarding(true);
  const devices = [0, 1, 2, 3].map((link) => {
    const wire = world.wire();
    const mtu = options.mtus?.[link] ?? 1500;
    const left = world.join(chain[link] as TestHost, wire, 'eth1', [`2001:db8:${link}::1/64`], mtu); // five in the chain
    const right = world.join(chain[link + 1] as TestHost, wire, 'eth0', [`2001:db8:${link}::2/64`], mtu);
    return { left, right };
  });
  world.route(client, '::/0', '2001:db8::2');
  world.route(server, '::/0', '2001:db8:3::1');
  routers.forEach((router, index) => {
    for (let link = 0; link < 4; link += 1) {
      if (link < index) world.route(router, `2001:db8:${link}::/64`, `2001:db8:${index}::1`);
      if (link > index + 1) world.route(router, `2001:db8:${link}::/64`, `2001:db8:${index + 1}::2`);
    }
  });
  world.clock.runFor(settledMs);
  return { world, client, routers, server, devices };
}

export interface Ipv6PacketOptions {
  readonly source: string;
  readonly destination: string;
  readonly nextHeader?: number;
  readonly hopLimit?: number;
  readonly trafficClass?: number;
}

export function ipv6Packet(options: Ipv6PacketOptions, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ipv6HeaderLength + payload.length);
  writeIpv6(bytes, 0, {
    trafficClass: options.trafficClass ?? 0,
    flowLabel: 0,
    payloadLength: payload.length,
    nextHeader: options.nextHeader ?? nextHeader.udp,
    hopLimit: options.hopLimit ?? 64,
    source: ip6(options.source),
    destination: ip6(options.destination),
  });
  bytes.set(payload, ipv6HeaderLength);
  return bytes;
}

/** An ICMPv6 message with its checksum in a packet. */
export function icmpv6Packet(options: Ipv6PacketOptions, message: Uint8Array): Uint8Array {
  const sealed = message.slice();
  sealIcmpv6(sealed, 0, sealed.length, ip6(options.source), ip6(options.destination));
  return ipv6Packet({ nextHeader: nextHeader.icmpv6, ...options }, sealed);
}

export function ndpPacket(options: Ipv6PacketOptions, message: NdpMessage): Uint8Array {
  return icmpv6Packet({ hopLimit: 255, ...options }, ndpBytes(message));
}

/** "Who has `target`?", as a neighbor with `mac` asks it. */
export function solicitation(source: string, target: string, mac: number): Uint8Array {
  const message = { kind: 'neighbor-solicitation', target: ip6(target), sourceMac: mac as MacAddress } as const; // a test's
  return ndpPacket({ source, destination: solicitedNodeGroup(ip6(target)) }, message);
}

/** An echo request, 8 bytes of header and `length` more. */
export function echoRequest(length = 8): Uint8Array {
  const bytes = new Uint8Array(8 + length);
  bytes[0] = icmpv6Type.echoRequest;
  bytes[5] = 7;
  bytes[7] = 1;
  return bytes;
}

/** `packet` in an Ethernet frame for one station, or for the group of the packet's destination. */
export function ipv6Frame(packet: Uint8Array, destination?: number, source = 0x0200_0000_00fe): Uint8Array {
  const frame = new Uint8Array(ethernetHeaderLength + packet.length);
  const tail = packet.subarray(36, 40);
  const group = 0x3333_0000_0000 + tail.reduce((sum, byte) => sum * 256 + byte, 0);
  writeEthernetFields(frame, (destination ?? group) as MacAddress, source as MacAddress, etherType.ipv6); // a test's
  frame.set(packet, ethernetHeaderLength);
  return frame;
}

export interface SeenIpv6 {
  readonly header: Ipv6Header;
  readonly payload: Uint8Array;
}

/** The IPv6 packets among `frames`. */
export function ipv6PacketsIn(frames: readonly Uint8Array[]): readonly SeenIpv6[] {
  return frames.flatMap((frame) => {
    if (((frame[12] as number) << 8) + (frame[13] as number) !== etherType.ipv6) return [];
    const header = parseIpv6(frame, ethernetHeaderLength);
    if (header === undefined) return [];
    const payloadAt = ethernetHeaderLength + ipv6HeaderLength;
    return [{ header, payload: frame.slice(payloadAt, payloadAt + header.payloadLength) }];
  });
}

/** The messages of neighbor discovery among `frames`, each with its packet's header. */
export function ndpIn(frames: readonly Uint8Array[]): readonly (NdpMessage & { readonly header: Ipv6Header })[] {
  return ipv6PacketsIn(frames).flatMap(({ header, payload }) => {
    if (header.nextHeader !== nextHeader.icmpv6) return [];
    const message = parseNdp(payload, 0, payload.length);
    return message === undefined ? [] : [{ ...message, header }];
  });
}

/** The ICMPv6 errors among `frames`: type, code, the four bytes behind the checksum, and how much is quoted. */
export function icmpv6ErrorsIn(frames: readonly Uint8Array[]): readonly {
  readonly header: Ipv6Header;
  readonly type: number;
  readonly code: number;
  readonly rest: number;
  readonly quoted: number;
}[] {
  return ipv6PacketsIn(frames).flatMap(({ header, payload }) => {
    const [type = 255, code = 0] = payload;
    if (header.nextHeader !== nextHeader.icmpv6 || type >= 128) return [];
    const rest = new DataView(payload.buffer, payload.byteOffset).getUint32(4);
    return [{ header, type, code, rest, quoted: payload.length - 8 }];
  });
}
