// An internet layer that only carries packets: one local address, one route, no header on the wire. For tests of TCP alone.
import type { NetworkDevice } from '../../src/stack/device.ts';
import type { NetworkInterface } from '../../src/stack/interface.ts';
import type {
  ArrivedPacket,
  InternetLayer,
  OutgoingPacket,
  Route,
  TransportHandler,
} from '../../src/stack/ip/internet-layer.ts';
import type { IpAddress, IpFamily } from '../../src/stack/wire/ip-address.ts';
import type { MacAddress } from '../../src/stack/wire/mac-address.ts';

const headerRoom = 34;

const deadDevice: NetworkDevice = {
  macAddress: 2 as MacAddress,
  mtu: 1500,
  transmit: () => undefined,
  setReceiver: () => undefined,
  carrier: true,
  setCarrierListener: () => undefined,
};

/** Where transmitted packets go: the transport's bytes start at `offset`. */
export type Carrier = (bytes: Uint8Array, offset: number, destination: IpAddress) => void;

export class PacketOnlyInternet implements InternetLayer {
  readonly address: IpAddress;
  readonly interface: NetworkInterface;
  mtu: number;
  /** False: there is no route to anywhere. */
  reachable = true;
  carrier: Carrier = () => undefined;
  #handler: TransportHandler | undefined;

  constructor(address: IpAddress, mtu = 1500) {
    this.address = address;
    this.mtu = mtu;
    this.interface = {
      index: 2,
      name: 'eth0',
      mac: 2 as MacAddress,
      mtu,
      up: true,
      loopback: false,
      addresses: [{ address, length: 24 }],
      device: deadDevice,
    };
  }

  route(): Route | undefined {
    if (!this.reachable) return undefined;
    return { interface: this.interface, source: this.address, nextHop: this.address, mtu: this.mtu };
  }

  hasIpv6(): boolean {
    return false;
  }

  scoped(address: IpAddress): IpAddress {
    return address;
  }

  isLocal(address: IpAddress): boolean {
    return address === this.address;
  }

  allocate(_family: IpFamily, transportLength: number): OutgoingPacket {
    return { bytes: new Uint8Array(headerRoom + transportLength), transportOffset: headerRoom };
  }

  transmit(
    packet: OutgoingPacket,
    _protocol: number,
    _source: IpAddress,
    destination: IpAddress,
  ): 'sent' | 'EMSGSIZE' | 'ENETUNREACH' {
    if (!this.reachable) return 'ENETUNREACH';
    if (packet.bytes.length - headerRoom + 20 > this.mtu) return 'EMSGSIZE';
    this.carrier(packet.bytes, packet.transportOffset, destination);
    return 'sent';
  }

  /** Destinations that were doubted, in order. */
  readonly doubted: IpAddress[] = [];

  doubt(destination: IpAddress): void {
    this.doubted.push(destination);
  }

  portUnreachable(): void {
    throw new Error('TCP answers with RST, never with ICMP');
  }

  register(_protocol: number, handler: TransportHandler): void {
    this.#handler = handler;
  }

  /** A packet comes in. */
  arrive(bytes: Uint8Array, offset: number, source: IpAddress, options: Partial<ArrivedPacket> = {}): void {
    this.#handler?.arrive({
      interface: this.interface,
      family: 4,
      source,
      destination: this.address,
      toGroup: false,
      bytes,
      networkOffset: offset,
      transportOffset: offset,
      transportLength: bytes.length - offset,
      ttl: 64,
      trafficClass: 0,
      checksumTrusted: false,
      ...options,
    });
  }

  /** An ICMP error comes in. */
  icmpError(...error: Parameters<TransportHandler['icmpError']>): void {
    this.#handler?.icmpError(...error);
  }
}
