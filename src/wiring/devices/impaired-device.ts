// A device whose outgoing frames meet an impairment, and which can be cut off both ways while the carrier stays.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { FrameOffload, FrameReceiver, NetworkDevice } from '../../stack/device.ts';
import type { MacAddress } from '../../stack/wire/mac-address.ts';
import type { Impairment } from '../impairment/impairment.ts';
import { ImpairmentModel, type ImpairmentCounters } from '../impairment/model.ts';

export interface ImpairedDeviceOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly impairment?: Impairment;
}

export class ImpairedDevice implements NetworkDevice {
  readonly #device: NetworkDevice;
  readonly #model: ImpairmentModel;
  #receiver: FrameReceiver = () => undefined;
  #cut = false;
  #cutFrames = 0;

  constructor(device: NetworkDevice, options: ImpairedDeviceOptions) {
    this.#device = device;
    this.#model = new ImpairmentModel({
      ...options,
      deliver: (frame, offload) => {
        if (this.#passes()) device.transmit(frame, offload);
      },
    });
    device.setReceiver((frame, offload) => {
      if (this.#passes()) this.#receiver(frame, offload);
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

  get impairment(): Impairment {
    return this.#model.impairment;
  }

  get counters(): ImpairmentCounters {
    return this.#model.counters;
  }

  /** Frames that were lost at the cut, both ways. */
  get cutFrames(): number {
    return this.#cutFrames;
  }

  /** Frames that are on their way keep their delays. */
  setImpairment(impairment: Impairment): void {
    this.#model.setImpairment(impairment);
  }

  /** Cut: everything is lost both ways, what is on its way too; the carrier stays. */
  setCut(cut: boolean): void {
    this.#cut = cut;
  }

  transmit(frame: Uint8Array, offload?: FrameOffload): void {
    if (this.#passes()) this.#model.send(frame, offload);
  }

  setReceiver(receiver: FrameReceiver): void {
    this.#receiver = receiver;
  }

  setCarrierListener(listener: (carrier: boolean) => void): void {
    this.#device.setCarrierListener(listener);
  }

  /** Loses what is on its way and leaves no timer. */
  dispose(): void {
    this.#model.clear();
  }

  #passes(): boolean {
    if (this.#cut) this.#cutFrames += 1;
    return !this.#cut;
  }
}
