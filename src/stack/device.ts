// The seam between a stack and whatever moves its frames: an in-process link, an AF_PACKET socket, a decorator.
import type { MacAddress } from './wire/mac-address.ts';

/**
 * What the sender left for a network card to do (virtio's vocabulary, VIRTIO 1.2 section 5.1.6). Absent: the frame is
 * complete on the wire.
 */
export interface FrameOffload {
  /** The transport checksum field holds only the pseudo-header sum: the receiver must not verify it. */
  readonly checksumPartial: boolean;
  /** Bytes of payload per segment of a super-frame; 0 when the frame is an ordinary one. */
  readonly segmentBytes: number;
}

export type FrameReceiver = (frame: Uint8Array, offload?: FrameOffload) => void;

/**
 * Moves Ethernet frames (without preamble and FCS) for one interface.
 *
 * Who owns the bytes: **a frame is immutable from the moment it is given to `transmit` or to a receiver**, and stays
 * valid for as long as anybody holds it. So a switch floods, a capture records and a queue delays without copying; who
 * wants to change a frame (a router's TTL, a corrupting link) copies it first, and nobody reuses a buffer that it sent.
 * A frame's `buffer` may hold other frames, too (see link/frame.ts): it is nobody's to transfer, and who keeps frames for
 * long copies them, so that each costs its own bytes and not its slab.
 */
export interface NetworkDevice {
  readonly macAddress: MacAddress;
  /** The largest packet (IP header and payload) in bytes; frames are at most `mtu` + 14. */
  readonly mtu: number;
  /** Sends one frame; never throws for congestion or a link that is down: the frame is lost, as on a wire. */
  transmit(frame: Uint8Array, offload?: FrameOffload): void;
  /** Sets who gets incoming frames (replacing the one before). Delivery is never synchronous with `transmit`. */
  setReceiver(receiver: FrameReceiver): void;
  /** True while the carrier is there. */
  readonly carrier: boolean;
  /** Sets who hears of the carrier coming and going (replacing the one before). */
  setCarrierListener(listener: (carrier: boolean) => void): void;
}
