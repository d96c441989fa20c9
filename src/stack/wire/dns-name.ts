// Domain names on the wire and as text: RFC 1035 sections 2.3.4 (limits), 3.1, 4.1.4 (compression), 5.1 (text form).
// Comparison without case: RFC 4343. Left out: internationalised names (bytes above 0x7f are shown as \DDD).
import { toHex } from '../../base/bytes.ts';
import { ipv6Bytes, isIpv4, type IpAddress } from './ip-address.ts';

/**
 * A name as text without the final dot; `''` is the root. A byte that could be mistaken is escaped: `\.` is a dot inside
 * a label, `\032` a blank. Only `parseName` and `readName` make one, so every label has 1 .. 63 bytes and the whole
 * at most 255 on the wire.
 */
export type DomainName = string & { readonly brand: 'DomainName' };

export const rootName = '' as DomainName;
export const maximumLabelBytes = 63;
/** Length bytes and the root's zero included. */
export const maximumNameBytes = 255;

const pointerMark = 0xc0;
/** Pointers have 14 bits: what lies beyond cannot be pointed to. */
const pointerLimit = 0x4000;

/** What is wrong with a name that somebody typed, in dig's words. */
export type NameFault = 'empty label' | 'label too long' | 'name too long' | 'bad escape';

export type ParsedName =
  { readonly kind: 'name'; readonly name: DomainName } | { readonly kind: 'invalid'; readonly fault: NameFault };

/** A name as people type it: relative to `origin` unless it ends in a dot; without `origin` every name is absolute. */
export function parseName(text: string, origin: DomainName = rootName): ParsedName {
  const invalid = (fault: NameFault): ParsedName => ({ kind: 'invalid', fault });
  if (text === '@') return { kind: 'name', name: origin };
  if (text === '.') return { kind: 'name', name: rootName };
  const parts = splitLabels(text);
  const absolute = parts.length > 1 && parts.at(-1) === '';
  if (absolute) parts.pop();
  const labels: string[] = [];
  for (const part of parts) {
    const bytes = labelBytes(part);
    if (bytes === undefined) return invalid('bad escape');
    if (bytes.length === 0) return invalid('empty label');
    if (bytes.length > maximumLabelBytes) return invalid('label too long');
    labels.push(labelText(bytes));
  }
  if (!absolute) labels.push(...labelsOf(origin));
  const name = labels.join('.') as DomainName; // every label was checked above
  return nameBytes(name) > maximumNameBytes ? invalid('name too long') : { kind: 'name', name };
}

/** The name of a literal in the program or of text that was checked before; undefined for anything else. */
export function domainName(text: string): DomainName | undefined {
  const parsed = parseName(text);
  return parsed.kind === 'name' ? parsed.name : undefined;
}

/** With the final dot, as dig and master files show it. */
export function formatName(name: DomainName): string {
  return `${name}.`;
}

/** Labels from the left, still escaped; none for the root. */
export function labelsOf(name: DomainName): string[] {
  return name === '' ? [] : splitLabels(name);
}

/** The name without its first label; undefined for the root. */
export function parentOf(name: DomainName): DomainName | undefined {
  if (name === '') return undefined;
  return labelsOf(name).slice(1).join('.') as DomainName; // part of a name is a name
}

/** The form in which names are compared and used as map keys. */
export function nameKey(name: DomainName): string {
  return name.toLowerCase();
}

export function sameName(a: DomainName, b: DomainName): boolean {
  return nameKey(a) === nameKey(b);
}

/** True when `name` is `ancestor` or lies below it. */
export function isWithin(name: DomainName, ancestor: DomainName): boolean {
  if (ancestor === '') return true;
  const [inner, outer] = [nameKey(name), nameKey(ancestor)];
  if (inner === outer) return true;
  return inner.endsWith(`.${outer}`) && labelsOf(name).length > labelsOf(ancestor).length;
}

/** `name` below `ancestor`, such as `server` + `lab`; undefined when that is too long. */
export function joinName(name: DomainName, ancestor: DomainName): DomainName | undefined {
  return domainName([...labelsOf(name), ...labelsOf(ancestor)].join('.') || '.');
}

/** Bytes on the wire without compression. */
export function nameBytes(name: DomainName): number {
  return labelsOf(name).reduce((sum, label) => sum + 1 + (labelBytes(label)?.length ?? 0), 1);
}

/** The name that an address is asked for by: `2.4.0.10.in-addr.arpa` (RFC 1035 3.5), `...ip6.arpa` (RFC 3596 2.5). */
export function reverseName(address: IpAddress): DomainName {
  const parts = isIpv4(address)
    ? [address & 255, (address >>> 8) & 255, (address >>> 16) & 255, address >>> 24, 'in-addr']
    : [...Array.from(toHex(ipv6Bytes(address))).toReversed(), 'ip6'];
  return `${parts.join('.')}.arpa` as DomainName; // digits and short labels
}

export interface ReadName {
  readonly name: DomainName;
  /** Offset of what follows the name where it was met. */
  readonly next: number;
}

/**
 * The name at `offset` of a message that starts at byte 0 and ends at `end`; undefined when it is malformed. A pointer
 * must lead to before the run of labels it ends, so no chain of pointers is endless.
 */
export function readName(bytes: Uint8Array, offset: number, end: number = bytes.length): ReadName | undefined {
  const labels: string[] = [];
  let at = offset;
  let runStart = offset;
  let next: number | undefined;
  let length = 1;
  while (at < end) {
    const count = bytes[at] as number; // at < end
    if (count === 0) return { name: labels.join('.') as DomainName, next: next ?? at + 1 };
    if (count >= pointerMark) {
      if (at + 1 >= end) return undefined;
      const target = ((count & 0x3f) << 8) | (bytes[at + 1] as number);
      if (target >= runStart) return undefined;
      next ??= at + 2;
      runStart = target;
      at = target;
      continue;
    }
    length += count + 1;
    if (count > maximumLabelBytes || at + 1 + count > end || length > maximumNameBytes) return undefined;
    labels.push(labelText(bytes.subarray(at + 1, at + 1 + count)));
    at += 1 + count;
  }
  return undefined;
}

/** Where names were written in one message, so that later ones can point to them. */
export class NameOffsets {
  readonly #offsets = new Map<string, number>();

  /**
   * The bytes of `name` when it is written at `offset`. `compress` false (names inside data of newer types, RFC 3597
   * section 4): written out, and nobody points into it.
   */
  write(name: DomainName, offset: number, compress = true): Uint8Array {
    const bytes: number[] = [];
    const labels = labelsOf(name);
    for (let index = 0; index < labels.length; index += 1) {
      const suffix = labels.slice(index).join('.').toLowerCase();
      const known = compress ? this.#offsets.get(suffix) : undefined;
      if (known !== undefined) {
        bytes.push(pointerMark | (known >>> 8), known & 0xff);
        return Uint8Array.from(bytes);
      }
      if (compress && offset + bytes.length < pointerLimit) this.#offsets.set(suffix, offset + bytes.length);
      const label = labelBytes(labels[index] ?? '') ?? new Uint8Array(0);
      bytes.push(label.length, ...label);
    }
    bytes.push(0);
    return Uint8Array.from(bytes);
  }

  /** Forgets what was written at `offset` and after: that part of the message was taken back. */
  forgetFrom(offset: number): void {
    for (const [suffix, at] of this.#offsets) if (at >= offset) this.#offsets.delete(suffix);
  }
}

/** Splits at the dots that separate labels. */
function splitLabels(text: string): string[] {
  if (!text.includes('\\')) return text.split('.');
  const labels = [''];
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '.') {
      labels.push('');
      continue;
    }
    const escaped = character === '\\' ? text.charAt((index += 1)) : '';
    labels[labels.length - 1] += character + escaped;
  }
  return labels;
}

/** The bytes of text that people typed, in UTF-8. */
function utf8(text: string): number[] {
  const escaped = encodeURIComponent(text.toWellFormed());
  return Array.from(escaped.matchAll(/%([0-9A-F]{2})|(.)/gs), ([, hex, plain = '']) =>
    hex === undefined ? plain.charCodeAt(0) : Number.parseInt(hex, 16),
  );
}

/** The bytes of a label's text; undefined for an escape that means nothing. */
function labelBytes(text: string): Uint8Array | undefined {
  if (!text.includes('\\')) return Uint8Array.from(utf8(text));
  const bytes: number[] = [];
  let rest = text;
  while (rest !== '') {
    const match = /^\\(?:(\d{3})|([^\d]))|^[^\\]+/.exec(rest);
    if (match === null || Number(match[1] ?? 0) > 255) return undefined;
    if (match[1] === undefined) bytes.push(...utf8(match[2] ?? match[0]));
    else bytes.push(Number(match[1]));
    rest = rest.slice(match[0].length);
  }
  return Uint8Array.from(bytes);
}

/** The text of a label's bytes. */
function labelText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (byte <= 0x20 || byte >= 0x7f) text += `\\${String(byte).padStart(3, '0')}`;
    else text += '.\\"();@$'.includes(character) ? `\\${character}` : character;
  }
  return text;
}
