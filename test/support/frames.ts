// Frames for tests of wires: real Ethernet headers, and whatever number the test wants to see again.
import { writeMac, type MacAddress } from '../../src/stack/wire/mac-address.ts';

export const mac = (number: number): MacAddress => (0x0200_0000_0000 + number) as MacAddress; // locally administered

/** An Ethernet frame of `length` bytes whose last byte is `mark`. */
export function etherFrame(to: MacAddress, from: MacAddress, mark = 0, length = 60): Uint8Array {
  const frame = new Uint8Array(length);
  writeMac(frame, 0, to);
  writeMac(frame, 6, from);
  frame[12] = 0x88;
  frame[13] = 0xb5; // IEEE 802: local experimental ethertype
  frame[length - 1] = mark;
  return frame;
}

export function markOf(frame: Uint8Array): number {
  return frame[frame.length - 1] as number;
}
