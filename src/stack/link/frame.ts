// Fresh frames with room for the link header, laid out so that the headers behind it can be summed 32 bits at a time.
import { ethernetHeaderLength } from '../wire/ethernet.ts';

/** Shifts the frame in its buffer so that the packet behind the 14 bytes of Ethernet is aligned to 32 bits. */
const alignment = 2;

/** A zeroed frame for a packet of `packetLength` bytes, which starts at `ethernetHeaderLength`. It owns its buffer. */
export function newFrame(packetLength: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(alignment + ethernetHeaderLength + packetLength), alignment);
}
