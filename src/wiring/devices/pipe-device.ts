// The end of a wire in memory: what an interface holds while a link or a switch holds the other side.
import type { FrameOffload, FrameReceiver, NetworkDevice } from '../../stack/device.ts';
import type { MacAddress } from '../../stack/wire/mac-address.ts';

/** Bytes of an Ethernet header: destination, source, type. */
export const ethernetHeaderBytes = 14;

export interface PipeDeviceOptions {
  readonly macAddress: MacAddress;
  readonly mtu: number;
  /** Takes what the interface sends; must not deliver before it returns. */
  readonly carry: (frame: Uint8Array, offload?: FrameOffload) => void;
}

export class PipeDevice implements NetworkDevice {
  readonly macAddress: MacAddress;
  readonly mtu: number;
  readonly #carry: PipeDeviceOptions['carry'];
  #receiver: FrameReceiver = () => undefined;
  #carrierListener: (carrier: boolean) => void = () => undefined;
  #carrier = true;
  #lostFrames = 0;

  constructor(options: PipeDeviceOptions) {
    this.macAddress = options.macAddress;
    this.mtu = options.mtu;
    this.#carry = options.carry;
  }

  get carrier(): boolean {
    return this.#carrier;
  }

  /** Frames that were lost here: without carrier, or too long. */
  get lostFrames(): number {
    return this.#lostFrames;
  }

  transmit(frame: Uint8Array, offload?: FrameOffload): void {
    if (this.#accepts(frame, offload)) this.#carry(frame, offload);
  }

  setReceiver(receiver: FrameReceiver): void {
    this.#receiver = receiver;
  }

  setCarrierListener(listener: (carrier: boolean) => void): void {
    this.#carrierListener = listener;
  }

  /** The wire's side: hands a frame to the interface. */
  deliver(frame: Uint8Array, offload?: FrameOffload): void {
    if (this.#accepts(frame, offload)) this.#receiver(frame, offload);
  }

  /** The wire's side: plugs the cable in or out. */
  setCarrier(carrier: boolean): void {
    if (carrier === this.#carrier) return;
    this.#carrier = carrier;
    this.#carrierListener(carrier);
  }

  /** A frame longer than the MTU allows is lost at either end, unless it stands for several that are not. */
  #accepts(frame: Uint8Array, offload: FrameOffload | undefined): boolean {
    const fits = frame.length <= this.mtu + ethernetHeaderBytes || (offload?.segmentBytes ?? 0) > 0;
    if (this.#carrier && fits) return true;
    this.#lostFrames += 1;
    return false;
  }
}
