// UDP: which datagram goes to which socket, and which port a socket gets.
// RFC 768, RFC 1122 section 4.1 (what the application must be told, checksums, port unreachable), RFC 6056 section 3.3.1
// (ephemeral ports at random), RFC 8085 section 5. Left out: receive queues (a socket's handler takes each datagram at
// once), multicast groups, port reuse.
import { integerBelow } from '../../base/random.ts';
import { bindingOf, overlaps, type Binding } from '../binding.ts';
import type { UdpSocketInspection } from '../inspect.ts';
import type { ArrivedPacket, InternetLayer, TransportHandler } from '../ip/internet-layer.ts';
import type { StackServices } from '../services.ts';
import { SocketError, type IcmpErrorReport, type UdpSocket, type UdpSocketOptions } from '../sockets.ts';
import { read16 } from '../wire/field.ts';
import type { IpAddress } from '../wire/ip-address.ts';
import { ipProtocol } from '../wire/ipv4.ts';
import {
  readDestinationPort,
  readSourcePort,
  readUdpLength,
  udpHeaderLength,
  udpOffset,
  verifyUdp,
} from '../wire/udp.ts';
import { OpenUdpSocket } from './socket.ts';

export class Udp implements TransportHandler {
  readonly #services: StackServices;
  readonly #internet: InternetLayer;
  readonly #byPort = new Map<number, OpenUdpSocket[]>();

  constructor(services: StackServices, internet: InternetLayer) {
    this.#services = services;
    this.#internet = internet;
    internet.register(ipProtocol.udp, this);
  }

  /** Throws `SocketError`: EINVAL (no such port), EADDRNOTAVAIL (not ours), EADDRINUSE. */
  open(options: UdpSocketOptions, owner: string): UdpSocket {
    const wanted = options.port ?? 0;
    if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65_535)
      throw new SocketError('EINVAL', 'a port is 0 .. 65535');
    const binding = bindingOf(options.address, options.ipv6Only);
    if (binding.address !== undefined && !this.#internet.isLocal(binding.address)) {
      throw new SocketError('EADDRNOTAVAIL', 'the address is not one of ours');
    }
    const port = wanted === 0 ? this.#ephemeralPort(binding) : wanted;
    if (!this.#isFree(port, binding)) throw new SocketError('EADDRINUSE', `UDP port ${port} is taken`);
    const socket = new OpenUdpSocket(
      { services: this.#services, internet: this.#internet, closed: (gone) => this.#remove(gone) },
      { binding, port, options, owner },
    );
    this.#byPort.set(port, [...(this.#byPort.get(port) ?? []), socket]);
    return socket;
  }

  arrive(packet: ArrivedPacket): void {
    const { counters } = this.#services;
    const { bytes, transportOffset: at, transportLength } = packet;
    const length = transportLength < udpHeaderLength ? 0 : readUdpLength(bytes, at);
    if (length < udpHeaderLength || length > transportLength) {
      if (packet.family === 4) counters.UdpInErrors += 1;
      else counters.Udp6InErrors += 1;
      return this.#services.drop('udp-malformed', packet.interface.name);
    }
    if (!packet.checksumTrusted && !verifyUdp(bytes, at, packet.source, packet.destination)) {
      if (packet.family === 4) {
        counters.UdpInErrors += 1;
        counters.UdpInCsumErrors += 1;
      } else {
        counters.Udp6InErrors += 1;
        counters.Udp6InCsumErrors += 1;
      }
      return this.#services.drop('udp-checksum', packet.interface.name);
    }
    const sockets = this.#byPort.get(readDestinationPort(bytes, at));
    if (packet.toGroup && sockets !== undefined) return this.#deliverToAll(sockets, packet, length);
    const best = sockets === undefined ? undefined : this.#best(sockets, packet);
    if (best !== undefined) return best.arrive(packet, length);
    this.#countNoPort(packet);
    this.#internet.portUnreachable(packet);
  }

  icmpError(report: IcmpErrorReport, source: IpAddress, quoted: Uint8Array): void {
    const port = read16(quoted, udpOffset.sourcePort);
    let best: OpenUdpSocket | undefined;
    let bestScore = -1;
    for (const socket of this.#byPort.get(port) ?? []) {
      const score = socket.score(source, report.destination.address, report.destination.port);
      if (score > bestScore) [best, bestScore] = [socket, score];
    }
    best?.icmpError(report);
  }

  inspect(): readonly UdpSocketInspection[] {
    return Array.from(this.#byPort.values(), (sockets) => sockets.map((socket) => socket.inspect())).flat();
  }

  dispose(): void {
    for (const socket of Array.from(this.#byPort.values()).flat()) socket.close();
  }

  /** The socket that names most of the datagram's addresses: connected before bound before any. */
  #best(sockets: readonly OpenUdpSocket[], packet: ArrivedPacket): OpenUdpSocket | undefined {
    const remotePort = readSourcePort(packet.bytes, packet.transportOffset);
    let best: OpenUdpSocket | undefined;
    let bestScore = -1;
    for (const socket of sockets) {
      const score = socket.score(packet.destination, packet.source, remotePort);
      if (score > bestScore) {
        best = socket;
        bestScore = score;
      }
    }
    return best;
  }

  /** Broadcasts reach every socket that is not connected elsewhere; nobody gets an error (RFC 1122 section 4.1.3.1). */
  #deliverToAll(sockets: readonly OpenUdpSocket[], packet: ArrivedPacket, length: number): void {
    const remotePort = readSourcePort(packet.bytes, packet.transportOffset);
    let delivered = false;
    for (const socket of Array.from(sockets)) {
      const { family } = socket.binding;
      if ((family ?? packet.family) !== packet.family || !socket.takesFrom(packet.source, remotePort)) continue;
      socket.arrive(packet, length);
      delivered = true;
    }
    if (!delivered) this.#countNoPort(packet);
  }

  #countNoPort(packet: ArrivedPacket): void {
    if (packet.family === 4) this.#services.counters.UdpNoPorts += 1;
    else this.#services.counters.Udp6NoPorts += 1;
    this.#services.drop('udp-no-socket', packet.interface.name);
  }

  #ephemeralPort(binding: Binding): number {
    const [first = 1, last = first] = this.#services.knobs.numbers('net.ipv4.ip_local_port_range');
    const count = last - first + 1;
    const start = integerBelow(this.#services.random, count);
    for (let step = 0; step < count; step += 1) {
      const port = first + ((start + step) % count);
      if (this.#isFree(port, binding)) return port;
    }
    throw new SocketError('EADDRINUSE', 'every ephemeral port is taken');
  }

  #isFree(port: number, binding: Binding): boolean {
    return (this.#byPort.get(port) ?? []).every((other) => !overlaps(other.binding, binding));
  }

  #remove(socket: OpenUdpSocket): void {
    const port = socket.local.port;
    const rest = (this.#byPort.get(port) ?? []).filter((other) => other !== socket);
    if (rest.length > 0) this.#byPort.set(port, rest);
    else this.#byPort.delete(port);
  }
}
