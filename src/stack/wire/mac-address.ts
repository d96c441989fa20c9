// Ethernet addresses as 48-bit integers: equal by ===, usable as map keys, no allocation (IEEE 802-2014 section 8.2).
import type { Random } from '../../base/random.ts';

/** A 48-bit address, most significant byte first, as an integer in 0 .. 2^48 - 1. */
export type MacAddress = number & { readonly brand: 'MacAddress' };

export const broadcastMac = 0xffff_ffff_ffff as MacAddress;
export const unspecifiedMac = 0 as MacAddress;

/** Parses `02:42:ac:11:00:02` (also with `-`); undefined when it is not an address. */
export function parseMac(text: string): MacAddress | undefined {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Number.parseInt(text.replaceAll(/[:-]/g, ''), 16) as MacAddress;
}

/** `02:42:ac:11:00:02`, in lower case. */
export function formatMac(address: MacAddress): string {
  return address
    .toString(16)
    .padStart(12, '0')
    .replaceAll(/(..)(?!$)/g, '$1:');
}

/** The address at `offset`; the caller has checked that 6 bytes are there. */
export function readMac(bytes: Uint8Array, offset: number): MacAddress {
  const high = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
  const low =
    (((bytes[offset + 2] as number) << 24) |
      ((bytes[offset + 3] as number) << 16) |
      ((bytes[offset + 4] as number) << 8) |
      (bytes[offset + 5] as number)) >>>
    0;
  return (high * 0x1_0000_0000 + low) as MacAddress;
}

/** Writes the 6 bytes of `address` at `offset`. */
export function writeMac(bytes: Uint8Array, offset: number, address: MacAddress): void {
  const high = Math.floor(address / 0x1_0000_0000);
  const low = address >>> 0;
  bytes[offset] = high >>> 8;
  bytes[offset + 1] = high;
  bytes[offset + 2] = low >>> 24;
  bytes[offset + 3] = low >>> 16;
  bytes[offset + 4] = low >>> 8;
  bytes[offset + 5] = low;
}

/** True for group addresses: multicast and broadcast. */
export function isMulticastMac(address: MacAddress): boolean {
  return (Math.floor(address / 0x100_0000_0000) & 1) === 1;
}

/** A random unicast address with the "locally administered" bit set, so that it can collide with no vendor's. */
export function randomMac(random: Random): MacAddress {
  const high = ((random.uint32() & 0xfc00) | 0x0200 | (random.uint32() & 0xff)) >>> 0;
  return (high * 0x1_0000_0000 + random.uint32()) as MacAddress;
}
