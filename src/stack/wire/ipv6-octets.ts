// Between IPv6 addresses and their bytes without formatting text for every packet: both ways are remembered.
// Before editing: both memories are bounded, since what arrives is chosen by strangers.
import { read32 } from './field.ts';
import { ipv6Bytes, ipv6FromBytes, unspecifiedIpv6, type Ipv6Address } from './ip-address.ts';

/** Addresses whose bytes are remembered; all are forgotten when there are more. */
const maximumKnown = 4096;
/** Slots of the table from bytes to addresses: a power of two. */
const slots = 1024;

const octetsOf = new Map<Ipv6Address, Uint8Array>();
const slotWords = new Uint32Array(4 * slots);
const slotAddresses: Ipv6Address[] = Array.from({ length: slots }, () => unspecifiedIpv6);

/** The 16 bytes of an address; a zone is no part of them. Shared: never change them. */
export function ipv6Octets(address: Ipv6Address): Uint8Array {
  const known = octetsOf.get(address);
  if (known !== undefined) return known;
  if (octetsOf.size >= maximumKnown) octetsOf.clear();
  const octets = ipv6Bytes(address);
  octetsOf.set(address, octets);
  return octets;
}

/** The address at `offset`, without zone; the caller has checked that 16 bytes are there. */
export function readIpv6Address(bytes: Uint8Array, offset: number): Ipv6Address {
  const a = read32(bytes, offset);
  const b = read32(bytes, offset + 4);
  const c = read32(bytes, offset + 8);
  const d = read32(bytes, offset + 12);
  const mixed = Math.imul(a ^ Math.imul(b, 0x85eb_ca6b) ^ Math.imul(c, 0xc2b2_ae35) ^ d, 0x9e37_79b1);
  const slot = mixed >>> 22;
  const at = 4 * slot;
  if (slotWords[at] === a && slotWords[at + 1] === b && slotWords[at + 2] === c && slotWords[at + 3] === d) {
    return slotAddresses[slot] as Ipv6Address;
  }
  const address = ipv6FromBytes(bytes, offset);
  slotWords[at] = a;
  slotWords[at + 1] = b;
  slotWords[at + 2] = c;
  slotWords[at + 3] = d;
  slotAddresses[slot] = address;
  return address;
}

export function writeIpv6Address(bytes: Uint8Array, offset: number, address: Ipv6Address): void {
  bytes.set(ipv6Octets(address), offset);
}
