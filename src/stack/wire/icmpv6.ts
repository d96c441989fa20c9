// ICMPv6 messages: RFC 4443 section 2.1 (form), 2.3 (checksum), 3 (errors), 4 (echo). What neighbor discovery says is in ndp.ts.
import { checksum, pseudoHeaderSum } from './checksum.ts';
import { write16 } from './field.ts';
import { icmpOffset } from './icmpv4.ts';
import type { IpAddress } from './ip-address.ts';
import { nextHeader } from './ipv6.ts';

export const icmpv6Type = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  listenerQuery: 130,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
  redirect: 137,
} as const;

/** Codes of "destination unreachable" (RFC 4443 section 3.1). */
export const unreachableCode6 = { noRoute: 0, prohibited: 1, beyondScope: 2, address: 3, port: 4 } as const;
export const timeExceededCode6 = { hopLimit: 0, reassembly: 1 } as const;
/** Codes of "parameter problem" (RFC 4443 section 3.4, RFC 7112). */
export const parameterProblemCode = { header: 0, nextHeader: 1, option: 2, firstFragment: 3 } as const;

/** True for the types 0 .. 127, known or not (RFC 4443 section 2.1). */
export function isIcmpv6Error(type: number): boolean {
  return type < 128;
}

/** 0 when the message of `length` bytes at `at` carries its right checksum. */
export function checksumOfIcmpv6(
  bytes: Uint8Array,
  at: number,
  length: number,
  source: IpAddress,
  destination: IpAddress,
): number {
  return checksum(bytes, at, length, pseudoHeaderSum(6, source, destination, nextHeader.icmpv6, length));
}

/** Computes the checksum of the message anew; unlike ICMP's it covers both addresses. */
export function sealIcmpv6(
  bytes: Uint8Array,
  at: number,
  length: number,
  source: IpAddress,
  destination: IpAddress,
): void {
  write16(bytes, at + icmpOffset.checksum, 0);
  write16(bytes, at + icmpOffset.checksum, checksumOfIcmpv6(bytes, at, length, source, destination));
}
