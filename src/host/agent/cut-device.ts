// A device whose wire can be cut: everything is lost both ways, and the carrier stays, as behind a switch that died.
import type { FrameOffload, FrameReceiver, NetworkDevice } from '../../stack/device.ts';
import type { MacAddress } from '../../stack/wire/mac-address.ts';

export class CutDevice implements NetworkDevice {
  readonly #device: NetworkDevice;
  #receiver: FrameReceiver = () => undefined;
  #cut = false;
  #lost = 0;

  constructor(device: NetworkDevice) {
    this.#device = device;
    device.setReceiver((frame, offload) => {
      if (this.#cut) this.#lost += 1;
      else this.#receiver(frame, offload);
    });
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

  /** Frames that were lost at the cut, both ways. */
  get lost(): number {
    return this.#lost;
  }

  setCut(cut: boolean): void {
    this.#cut = cut;
  }

  transmit(frame: Uint8Array, offload?: FrameOffload): void {
    if (this.#cut) this.#lost += 1;
    else this.#device.transmit(frame, offload);
  }

  setReceiver(receiver: FrameReceiver): void {
    this.#receiver = receiver;
  }

  setCarrierListener(listener: (carrier: boolean) => void): void {
    this.#device.setCarrierListener(listener);
  }
}
