// Bytes on the wire: as they are over sockets, base64 inside JSON. Pure, so that server and page share one form.
import { z } from 'zod';

/** Bytes of a socket message: browsers hand over ArrayBuffers, Node hands over Buffers; both become a Uint8Array. */
export const wireBytes = z.union([z.instanceof(Uint8Array), z.instanceof(ArrayBuffer)]).transform((value): Uint8Array =>
  // A Buffer is a Uint8Array already; it is kept as it is.
  value instanceof Uint8Array ? value : new Uint8Array(value),
);

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const word = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text += alphabet.charAt(word >>> 18) + alphabet.charAt((word >>> 12) & 63);
    text += left > 1 ? alphabet.charAt((word >>> 6) & 63) : '=';
    text += left > 2 ? alphabet.charAt(word & 63) : '=';
  }
  return text;
}

/** The bytes of base64 text with padding; undefined when it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let index = 0, offset = 0; index < text.length; index += 4, offset += 3) {
    let word = 0;
    for (let digit = 0; digit < 4; digit += 1)
      word = (word << 6) | Math.max(0, alphabet.indexOf(text.charAt(index + digit)));
    for (let byte = 0; byte < 3 && offset + byte < bytes.length; byte += 1)
      bytes[offset + byte] = (word >>> (16 - 8 * byte)) & 255;
  }
  return bytes;
}

/** Base64 text that decodes; at most `maximumBytes` when decoded. */
export function base64Bytes(maximumBytes: number): z.ZodType<Uint8Array, string> {
  return z
    .string()
    .max(Math.ceil(maximumBytes / 3) * 4)
    .transform((text, context) => {
      const bytes = fromBase64(text);
      if (bytes !== undefined) return bytes;
      context.addIssue({ code: 'custom', message: 'must be base64 with padding' });
      return z.NEVER;
    });
}
