// A device that shows every frame to a recorder, if there is one: no copy, and no cost while nobody looks.
import type { Clock } from '../../base/clock.ts';
import type { FrameOffload, FrameReceiver, NetworkDevice } from '../../stack/device.ts';
import type { MacAddress } from '../../stack/wire/mac-address.ts';
import type { FrameRecorder } from '../capture.ts';

export class CaptureDevice implements NetworkDevice {
  readonly #device: NetworkDevice;
  readonly #clock: Clock;
  readonly #name: string;
  #recorder: FrameRecorder | undefined;
  #receiver: FrameReceiver = () => undefined;

  /** `name`: the interface's, as it stands in the records. */
  constructor(device: NetworkDevice, clock: Clock, name: string) {
    this.#device = device;
    this.#clock = clock;
    this.#name = name;
    device.setReceiver((frame, offload) => {
      this.#record('in', frame);
      this.#receiver(frame, offload);
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

  /** Who gets the records from now on; undefined: nobody. */
  setRecorder(recorder: FrameRecorder | undefined): void {
    this.#recorder = recorder;
  }

  transmit(frame: Uint8Array, offload?: FrameOffload): void {
    this.#record('out', frame);
    this.#device.transmit(frame, offload);
  }

  setReceiver(receiver: FrameReceiver): void {
    this.#receiver = receiver;
  }

  setCarrierListener(listener: (carrier: boolean) => void): void {
    this.#device.setCarrierListener(listener);
  }

  #record(direction: 'in' | 'out', frame: Uint8Array): void {
    this.#recorder?.({ interface: this.#name, direction, atMs: this.#clock.now(), frame });
  }
}
