// Ethernet II framing: destination, source, EtherType (IEEE 802.3 clause 3, RFC 894). Left out: 802.3 length frames,
// VLAN tags, the frame check sequence (devices hand over frames without it).
import { read16, write16 } from './field.ts';
import { readMac, writeMac, type MacAddress } from './mac-address.ts';

export const ethernetOffset = { destination: 0, source: 6, etherType: 12, payload: 14 } as const;
export const ethernetHeaderLength = 14;

export const etherType = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

export interface EthernetHeader {
  readonly destination: MacAddress;
  readonly source: MacAddress;
  /** 0x0600 .. 0xffff; lower values are lengths of 802.3. */
  readonly etherType: number;
}

/** Undefined when the frame ends before its header does. */
export function parseEthernet(frame: Uint8Array): EthernetHeader | undefined {
  if (frame.length < ethernetHeaderLength) return undefined;
  return {
    destination: readMac(frame, ethernetOffset.destination),
    source: readMac(frame, ethernetOffset.source),
    etherType: readEtherType(frame),
  };
}

/** Writes the 14 bytes at the start of `frame`. */
export function writeEthernet(frame: Uint8Array, header: EthernetHeader): void {
  writeEthernetFields(frame, header.destination, header.source, header.etherType);
}

/** `writeEthernet` for the hot path: no object. */
export function writeEthernetFields(
  frame: Uint8Array,
  destination: MacAddress,
  source: MacAddress,
  type: number,
): void {
  writeMac(frame, ethernetOffset.destination, destination);
  writeMac(frame, ethernetOffset.source, source);
  write16(frame, ethernetOffset.etherType, type);
}

/** The caller has checked the frame's length, as for all cheap reads. */
export function readEtherType(frame: Uint8Array): number {
  return read16(frame, ethernetOffset.etherType);
}
