// A switch that learns which address is behind which port (IEEE 802.1D-2004 section 7.8): the inside of a network.
// Left out: spanning tree and VLANs: the networks of a lab are one switch each, and cannot form a loop.
import type { Clock, Milliseconds } from '../base/clock.ts';
import type { FrameOffload } from '../stack/device.ts';
import { isMulticastMac, readMac, type MacAddress } from '../stack/wire/mac-address.ts';
import { Delivery } from './delivery.ts';
import { ethernetHeaderBytes, PipeDevice } from './devices/pipe-device.ts';
import type { Attachment, Segment } from './segment.ts';

/** IEEE 802.1D-2004 table 7-5: an address that was silent for so long is forgotten. */
export const ageingMs: Milliseconds = 300_000;
/** Addresses that are remembered; when all places are taken, frames to others are flooded, as real switches do. */
export const tableSize = 4096;

interface Learned {
  readonly port: PipeDevice;
  readonly heardMs: Milliseconds;
}

export class Switch implements Segment {
  readonly #clock: Clock;
  readonly #ports: PipeDevice[] = [];
  readonly #table = new Map<MacAddress, Learned>();
  readonly #delivery: Delivery<PipeDevice>;
  #cut = false;
  #up = true;
  #lostFrames = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#delivery = new Delivery(clock, (target, frame, offload) => {
      if (this.#cut) this.#lostFrames += 1;
      else target.deliver(frame, offload);
    });
  }

  get lostFrames(): number {
    return this.#lostFrames;
  }

  /** A new port with a cable to the interface. */
  attach(attachment: Attachment): PipeDevice {
    const port: PipeDevice = new PipeDevice({
      ...attachment,
      carry: (frame, offload) => this.#forward(port, frame, offload),
    });
    this.#ports.push(port);
    port.setCarrier(this.#up);
    return port;
  }

  /** The port behind which `address` was last heard, as long as it is remembered. */
  portOf(address: MacAddress): PipeDevice | undefined {
    const learned = this.#table.get(address);
    if (learned === undefined) return undefined;
    if (this.#clock.now() - learned.heardMs <= ageingMs) return learned.port;
    this.#table.delete(address);
    return undefined;
  }

  /** Pulls one interface's cable out or puts it back; what was learned behind it is forgotten. */
  setPortUp(port: PipeDevice, up: boolean): void {
    for (const [address, learned] of this.#table) if (learned.port === port && !up) this.#table.delete(address);
    port.setCarrier(up);
  }

  setCut(cut: boolean): void {
    this.#cut = cut;
    if (cut) this.#delivery.clear();
  }

  setUp(up: boolean): void {
    this.#up = up;
    if (!up) this.#delivery.clear();
    for (const port of this.#ports) this.setPortUp(port, up);
  }

  dispose(): void {
    this.#delivery.clear();
  }

  #forward(from: PipeDevice, frame: Uint8Array, offload: FrameOffload | undefined): void {
    if (this.#cut || frame.length < ethernetHeaderBytes) {
      this.#lostFrames += 1;
      return;
    }
    this.#learn(readMac(frame, 6), from);
    const destination = readMac(frame, 0);
    const port = isMulticastMac(destination) ? undefined : this.portOf(destination);
    if (port === undefined) {
      for (const other of this.#ports) if (other !== from) this.#delivery.put(other, frame, offload);
    } else if (port !== from) {
      this.#delivery.put(port, frame, offload); // behind the port it came from, it has been heard already
    }
  }

  #learn(source: MacAddress, port: PipeDevice): void {
    if (isMulticastMac(source)) return;
    const heardMs = this.#clock.now();
    if (this.#table.size >= tableSize && !this.#table.has(source)) {
      for (const [address, learned] of this.#table)
        if (heardMs - learned.heardMs > ageingMs) this.#table.delete(address);
      if (this.#table.size >= tableSize) return;
    }
    this.#table.set(source, { port, heardMs });
  }
}
