// Where a frame enters the stack: is it for us, and which protocol reads on? (RFC 1122 section 2.3.3, RFC 894)
import type { FrameOffload } from '../device.ts';
import type { StackInterface } from '../interfaces.ts';
import type { StackServices } from '../services.ts';
import { ethernetHeaderLength, ethernetOffset, readEtherType } from '../wire/ethernet.ts';
import { readMac } from '../wire/mac-address.ts';

/**
 * Reads a frame from behind its Ethernet header. `toLinkGroup`: it was addressed to a group of stations, not to us
 * alone, so nothing may be forwarded or answered with an error.
 */
export type PacketReceiver = (
  from: StackInterface,
  frame: Uint8Array,
  toLinkGroup: boolean,
  offload: FrameOffload | undefined,
) => void;

export class LinkInput {
  readonly #services: StackServices;
  readonly #receivers = new Map<number, PacketReceiver>();

  constructor(services: StackServices) {
    this.#services = services;
  }

  /** Names the one receiver of an EtherType. */
  register(type: number, receiver: PacketReceiver): void {
    this.#receivers.set(type, receiver);
  }

  arrive(from: StackInterface, frame: Uint8Array, offload?: FrameOffload): void {
    from.noteArrival(frame);
    if (!from.up) return this.#refuse('interface-down', from);
    if (frame.length < ethernetHeaderLength) return this.#refuse('frame-too-short', from);
    const toLinkGroup = ((frame[ethernetOffset.destination] as number) & 1) === 1;
    if (!toLinkGroup && readMac(frame, ethernetOffset.destination) !== from.mac) {
      return this.#refuse('frame-not-for-us', from);
    }
    const receiver = this.#receivers.get(readEtherType(frame));
    if (receiver === undefined) return this.#refuse('ethertype-unknown', from);
    receiver(from, frame, toLinkGroup, offload);
  }

  #refuse(
    reason: 'interface-down' | 'frame-too-short' | 'frame-not-for-us' | 'ethertype-unknown',
    from: StackInterface,
  ): void {
    from.rxDropped += 1;
    this.#services.drop(reason, from.name);
  }
}
