// Address resolution for Ethernet and IPv4 (RFC 826; probes and announcements: RFC 5227 section 1.1).
// Left out: other hardware and protocol types, RARP.
import { read16, write16 } from './field.ts';
import { readIpv4Address, writeIpv4Address, type Ipv4Address } from './ip-address.ts';
import { readMac, writeMac, type MacAddress } from './mac-address.ts';

export const arpOffset = {
  hardwareType: 0,
  protocolType: 2,
  hardwareLength: 4,
  protocolLength: 5,
  operation: 6,
  senderMac: 8,
  senderAddress: 14,
  targetMac: 18,
  targetAddress: 24,
} as const;
export const arpLength = 28;

export const arpOperation = { request: 1, reply: 2 } as const;
export type ArpOperation = (typeof arpOperation)[keyof typeof arpOperation];

const hardwareEthernet = 1;
const protocolIpv4 = 0x0800;

/** One request, reply, probe (sender address 0.0.0.0) or announcement (sender and target address equal). */
export interface ArpPacket {
  readonly operation: ArpOperation;
  readonly senderMac: MacAddress;
  readonly senderAddress: Ipv4Address;
  /** Meaningless in requests; 0 by custom. */
  readonly targetMac: MacAddress;
  readonly targetAddress: Ipv4Address;
}

/** Undefined when it is too short, not Ethernet/IPv4, or neither request nor reply. Trailing bytes are padding. */
export function parseArp(bytes: Uint8Array, offset = 0): ArpPacket | undefined {
  if (bytes.length - offset < arpLength) return undefined;
  const operation = read16(bytes, offset + arpOffset.operation);
  if (
    read16(bytes, offset + arpOffset.hardwareType) !== hardwareEthernet ||
    read16(bytes, offset + arpOffset.protocolType) !== protocolIpv4 ||
    bytes[offset + arpOffset.hardwareLength] !== 6 ||
    bytes[offset + arpOffset.protocolLength] !== 4 ||
    (operation !== arpOperation.request && operation !== arpOperation.reply)
  ) {
    return undefined;
  }
  return {
    operation,
    senderMac: readMac(bytes, offset + arpOffset.senderMac),
    senderAddress: readIpv4Address(bytes, offset + arpOffset.senderAddress),
    targetMac: readMac(bytes, offset + arpOffset.targetMac),
    targetAddress: readIpv4Address(bytes, offset + arpOffset.targetAddress),
  };
}

/** Writes the 28 bytes of `packet` at `offset`. */
export function writeArp(bytes: Uint8Array, offset: number, packet: ArpPacket): void {
  write16(bytes, offset + arpOffset.hardwareType, hardwareEthernet);
  write16(bytes, offset + arpOffset.protocolType, protocolIpv4);
  bytes[offset + arpOffset.hardwareLength] = 6;
  bytes[offset + arpOffset.protocolLength] = 4;
  write16(bytes, offset + arpOffset.operation, packet.operation);
  writeMac(bytes, offset + arpOffset.senderMac, packet.senderMac);
  writeIpv4Address(bytes, offset + arpOffset.senderAddress, packet.senderAddress);
  writeMac(bytes, offset + arpOffset.targetMac, packet.targetMac);
  writeIpv4Address(bytes, offset + arpOffset.targetAddress, packet.targetAddress);
}
