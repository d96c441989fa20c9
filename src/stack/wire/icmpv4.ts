// ICMP for IPv4: RFC 792; next-hop MTU: RFC 1191 section 4; codes: RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1.
// Left out: timestamp, address mask and router discovery messages, extensions (RFC 4884).
import { checksum } from './checksum.ts';
import { read16, read32, write16, write32 } from './field.ts';

/** The fourth to seventh byte, `rest`, mean what the type says: identifier and sequence, or the next-hop MTU. */
export const icmpOffset = {
  type: 0,
  code: 1,
  checksum: 2,
  rest: 4,
  identifier: 4,
  sequence: 6,
  nextMtu: 6,
  payload: 8,
} as const;
export const icmpHeaderLength = 8;

export const icmpType = {
  echoReply: 0,
  unreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

/** Codes of type 3. */
export const unreachableCode = {
  network: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
  sourceRouteFailed: 5,
  prohibited: 13,
} as const;

/** Codes of type 11. */
export const timeExceededCode = { ttl: 0, reassembly: 1 } as const;

export interface IcmpMessage {
  readonly type: number;
  readonly code: number;
  /** 32 bits between checksum and payload. */
  readonly rest: number;
  readonly payload: Uint8Array;
}

/** The message in `length` bytes at `offset`; undefined when it is too short or its checksum is wrong. */
export function parseIcmp(
  bytes: Uint8Array,
  offset = 0,
  length: number = bytes.length - offset,
): IcmpMessage | undefined {
  if (length < icmpHeaderLength || checksum(bytes, offset, length) !== 0) return undefined;
  return {
    type: bytes[offset + icmpOffset.type] as number,
    code: bytes[offset + icmpOffset.code] as number,
    rest: read32(bytes, offset + icmpOffset.rest),
    payload: bytes.slice(offset + icmpHeaderLength, offset + length),
  };
}

/** Writes the message with its checksum at `offset` and returns its length. */
export function writeIcmp(bytes: Uint8Array, offset: number, message: IcmpMessage): number {
  bytes[offset + icmpOffset.type] = message.type;
  bytes[offset + icmpOffset.code] = message.code;
  write32(bytes, offset + icmpOffset.rest, message.rest);
  bytes.set(message.payload, offset + icmpHeaderLength);
  const length = icmpHeaderLength + message.payload.length;
  writeIcmpChecksum(bytes, offset, length);
  return length;
}

/** Computes the checksum of the message of `length` bytes anew. */
export function writeIcmpChecksum(bytes: Uint8Array, offset: number, length: number): void {
  write16(bytes, offset + icmpOffset.checksum, 0);
  write16(bytes, offset + icmpOffset.checksum, checksum(bytes, offset, length));
}

export function readIcmpType(bytes: Uint8Array, offset: number): number {
  return bytes[offset + icmpOffset.type] as number;
}

export function readIcmpCode(bytes: Uint8Array, offset: number): number {
  return bytes[offset + icmpOffset.code] as number;
}

/** Identifier of an echo message. */
export function readIdentifier(bytes: Uint8Array, offset: number): number {
  return read16(bytes, offset + icmpOffset.identifier);
}

/** Sequence number of an echo message. */
export function readSequence(bytes: Uint8Array, offset: number): number {
  return read16(bytes, offset + icmpOffset.sequence);
}

/** Next-hop MTU of "fragmentation needed"; 0 from a router older than RFC 1191. */
export function readNextMtu(bytes: Uint8Array, offset: number): number {
  return read16(bytes, offset + icmpOffset.nextMtu);
}

/** True unless the type is known to be no error: nobody answers an error with an error (RFC 1122 section 3.2.2). */
export function isIcmpError(type: number): boolean {
  return (
    type !== icmpType.echoReply &&
    type !== icmpType.echoRequest &&
    !(type >= 9 && type <= 10) &&
    !(type >= 13 && type <= 18)
  );
}
