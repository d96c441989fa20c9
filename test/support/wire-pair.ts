// A perfect wire for tests of the stack: any number of devices on one segment, joined on a virtual clock.
import { type Clock } from '../../src/base/clock.ts';
import type { FrameOffload, FrameReceiver, NetworkDevice } from '../../src/stack/device.ts';
import { isMulticastMac, readMac, type MacAddress } from '../../src/stack/wire/mac-address.ts';

/** One station. */
export class WireDevice implements NetworkDevice {
  readonly macAddress: MacAddress;
  readonly mtu: number;
  /** Every frame this station sent, in order. */
  readonly sent: Uint8Array[] = [];
  #carrier = true;
  #receiver: FrameReceiver = () => undefined;
  #carrierListener: (carrier: boolean) => void = () => undefined;
  readonly #wire: Wire;

  constructor(wire: Wire, macAddress: MacAddress, mtu: number) {
    this.#wire = wire;
    this.macAddress = macAddress;
    this.mtu = mtu;
  }

  get carrier(): boolean {
    return this.#carrier;
  }

  transmit(frame: Uint8Array, offload?: FrameOffload): void {
    this.sent.push(frame);
    this.#wire.carry(this, frame, offload);
  }

  setReceiver(receiver: FrameReceiver): void {
    this.#receiver = receiver;
  }

  setCarrierListener(listener: (carrier: boolean) => void): void {
    this.#carrierListener = listener;
  }

  setCarrier(carrier: boolean): void {
    this.#carrier = carrier;
    this.#carrierListener(carrier);
  }

  /** Hands a frame to whoever owns this device, as if it came from the wire. */
  deliver(frame: Uint8Array, offload?: FrameOffload): void {
    this.#receiver(frame, offload);
  }
}

/** A segment: what one station sends, those it addresses get `delayMs` later, unless `lose` says that it is lost. */
export class Wire {
  lose: (frame: Uint8Array, from: WireDevice) => boolean = () => false;
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #devices: WireDevice[] = [];

  constructor(clock: Clock, delayMs = 1) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  attach(mac: number, mtu = 1500): WireDevice {
    const device = new WireDevice(this, mac as MacAddress, mtu); // tests count MAC addresses from 1
    this.#devices.push(device);
    return device;
  }

  carry(from: WireDevice, frame: Uint8Array, offload?: FrameOffload): void {
    if (this.lose(frame, from)) return;
    const destination = readMac(frame, 0);
    this.#clock.schedule(this.#delayMs, () => {
      for (const device of this.#devices) {
        if (device === from || !device.carrier) continue;
        if (isMulticastMac(destination) || device.macAddress === destination) device.deliver(frame, offload);
      }
    });
  }
}

/** Two devices joined by a wire of their own. */
export function wirePair(
  clock: Clock,
  options: { readonly delayMs?: number; readonly mtu?: number } = {},
): readonly [WireDevice, WireDevice] {
  const wire = new Wire(clock, options.delayMs);
  return [wire.attach(0x0200_0000_0001, options.mtu), wire.attach(0x0200_0000_0002, options.mtu)];
}
