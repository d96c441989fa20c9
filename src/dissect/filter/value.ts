// Values in display filters: what a text means for a field of some kind.
import { parseIpv4Address, parseIpv6Address, parsePrefix, type Prefix } from '../../stack/wire/ip-address.ts';
import { parseMac } from '../../stack/wire/mac-address.ts';
import type { FieldKind } from '../tree/fields.ts';

export type FilterValue =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'prefix'; readonly value: Prefix }
  | { readonly kind: 'pattern'; readonly value: RegExp };

/** The value, or what is wrong with the text. */
export function parseValue(text: string, isQuoted: boolean, kind: FieldKind): FilterValue | string {
  switch (kind) {
    case 'number':
      return parseNumber(text);
    case 'boolean':
    case 'mark':
    case 'protocol':
      return parseBoolean(text);
    case 'ipv4':
      return parseAddress(text, 4);
    case 'ipv6':
      return parseAddress(text, 6);
    case 'ether': {
      const mac = parseMac(text.replaceAll('-', ':'));
      return mac === undefined ? `'${text}' is not a MAC address` : { kind: 'number', value: mac };
    }
    case 'text':
      return { kind: 'text', value: text };
    case 'bytes':
      return parseBytes(text, isQuoted);
  }
}

function parseNumber(text: string): FilterValue | string {
  const isNumber = /^(-?\d+(\.\d+)?|0x[0-9a-fA-F]+|0b[01]+)$/.test(text);
  if (isNumber) return { kind: 'number', value: Number(text) };
  if (/^(true|false)$/i.test(text)) return { kind: 'number', value: text.toLowerCase() === 'true' ? 1 : 0 };
  return `'${text}' is not a number`;
}

function parseBoolean(text: string): FilterValue | string {
  if (/^(1|true)$/i.test(text)) return { kind: 'boolean', value: true };
  if (/^(0|false)$/i.test(text)) return { kind: 'boolean', value: false };
  return `'${text}' is neither True nor False (1 or 0)`;
}

function parseAddress(text: string, family: 4 | 6): FilterValue | string {
  const address = family === 4 ? parseIpv4Address(text) : parseIpv6Address(text);
  const whole = family === 4 ? 32 : 128;
  if (address !== undefined) return { kind: 'prefix', value: { address, length: whole } };
  const prefix = parsePrefix(text);
  const fits = prefix !== undefined && (typeof prefix.address === 'number') === (family === 4);
  return fits ? { kind: 'prefix', value: prefix } : `'${text}' is not an IPv${family} address or prefix`;
}

function parseBytes(text: string, isQuoted: boolean): FilterValue | string {
  if (isQuoted) return { kind: 'bytes', value: Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff) };
  const digits = text.startsWith('0x') ? text.slice(2) : text.replaceAll(/[:.-]/g, '');
  if (!/^([0-9a-fA-F]{2})+$/.test(digits)) return `'${text}' is not a series of bytes such as 00:1a:2b or "text"`;
  const pairs = digits.match(/../g) ?? [];
  return { kind: 'bytes', value: Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)) };
}
