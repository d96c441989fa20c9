// Keeps a host's frames on its own segment: a unicast frame leaves only towards an end that the plan knows. The engine's
// bridge has a MAC address of its own, and what is sent there is routed by the engine's machine.
import type { FrameOffload, FrameReceiver, NetworkDevice } from '../../stack/device.ts';
import { isMulticastMac, readMac, type MacAddress } from '../../stack/wire/mac-address.ts';

export class FencedDevice implements NetworkDevice {
  readonly #device: NetworkDevice;
  readonly #peers: ReadonlySet<MacAddress>;
  #refused = 0;

  /** `peers`: the other ends of the segment. */
  constructor(device: NetworkDevice, peers: Iterable<MacAddress>) {
    this.#device = device;
    this.#peers = new Set(peers);
  }

  get macAddress(): MacAddress {
    return this.#device.macAddress;
  }

  get mtu(): number {
    return this.#device.mtu;
  }

  get carrier(): boolean {
    return this.#device.carrier;
  }

  /** Frames that were addressed to somebody outside the segment. */
  get refused(): number {
    return this.#refused;
  }

  transmit(frame: Uint8Array, offload?: FrameOffload): void {
    const destination = frame.length >= 14 ? readMac(frame, 0) : undefined;
    if (destination !== undefined && (isMulticastMac(destination) || this.#peers.has(destination))) {
      this.#device.transmit(frame, offload);
    } else {
      this.#refused += 1;
    }
  }

  setReceiver(receiver: FrameReceiver): void {
    this.#device.setReceiver(receiver);
  }

  setCarrierListener(listener: (carrier: boolean) => void): void {
    this.#device.setCarrierListener(listener);
  }
}
