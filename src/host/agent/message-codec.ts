// Plain data with byte arrays as bytes and back: JSON for the shape, the byte arrays behind it as they are.
// Knows besides JSON: Uint8Array, bigint, and the numbers that JSON has no word for.
import { concatBytes } from '../../base/bytes.ts';

const headerBytes = 4;

/** `value` (plain objects, arrays, numbers, text, booleans, bigint, Uint8Array) as bytes. */
export function encodeMessage(value: unknown): Uint8Array {
  const attachments: Uint8Array[] = [];
  let offset = 0;
  const shape = JSON.stringify(value, function replace(this: Record<string, unknown>, key: string, current: unknown) {
    const raw = this[key]; // before toJSON, which a Buffer has
    if (raw instanceof Uint8Array) {
      attachments.push(raw);
      offset += raw.length;
      return { $bytes: [offset - raw.length, raw.length] };
    }
    if (typeof raw === 'bigint') return { $bigint: raw.toString() };
    if (typeof raw === 'number' && !Number.isFinite(raw)) return { $number: String(raw) };
    return current;
  });
  const text = new TextEncoder().encode(shape);
  const header = new Uint8Array(headerBytes);
  new DataView(header.buffer).setUint32(0, text.length);
  return concatBytes([header, text, ...attachments]);
}

/** What `encodeMessage` was given; byte arrays are views into `bytes`. Throws `RangeError` on anything else. */
export function decodeMessage(bytes: Uint8Array): unknown {
  if (bytes.length < headerBytes) throw new RangeError('the message ends before its header');
  const textLength = new DataView(bytes.buffer, bytes.byteOffset, headerBytes).getUint32(0);
  if (textLength > bytes.length - headerBytes) throw new RangeError('the message ends before its text');
  const attachments = bytes.subarray(headerBytes + textLength);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(headerBytes, headerBytes + textLength));
  try {
    return JSON.parse(text, (_, value: unknown) => revive(value, attachments));
  } catch (error) {
    throw error instanceof RangeError ? error : new RangeError('the message is not what this codec writes');
  }
}

function revive(value: unknown, attachments: Uint8Array): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$bytes' in value) {
    const [offset, length] = Array.isArray(value.$bytes) ? (value.$bytes as unknown[]) : [];
    if (!isIndex(offset) || !isIndex(length) || offset + length > attachments.length) {
      throw new RangeError('the message names bytes that it does not carry');
    }
    return attachments.subarray(offset, offset + length);
  }
  if ('$bigint' in value) return BigInt(String(value.$bigint));
  if ('$number' in value) return Number(value.$number);
  return value;
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
