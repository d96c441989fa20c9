// Resource records as text: RFC 1035 section 5.1 and 3.6.2 (presentation form), RFC 3597 section 5 (unknown types).
import { fromHex, toHex } from '../../base/bytes.ts';
import { dnsClass, recordTypes, typeName, type RecordData, type ResourceRecord } from '../../stack/wire/dns.ts';
import { formatName, parseName, type DomainName } from '../../stack/wire/dns-name.ts';
import { formatIp, parseIpv4Address, parseIpv6Address } from '../../stack/wire/ip-address.ts';

const encoder = new TextEncoder();

/** What stands behind the type: `10.0.4.2`, `10 mail.lab.`, `"text"`. */
export function formatData(data: RecordData): string {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return formatIp(data.address);
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return formatName(data.target);
    case 'MX':
      return `${data.preference} ${formatName(data.exchange)}`;
    case 'TXT':
      return data.strings.map(quoted).join(' ');
    case 'SOA': {
      const { serial, refresh, retry, expire, minimum } = data;
      const names = `${formatName(data.primary)} ${formatName(data.mailbox)}`;
      return `${names} ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
    }
    case 'other':
      return data.bytes.length === 0 ? '\\# 0' : `\\# ${data.bytes.length} ${toHex(data.bytes).toUpperCase()}`;
  }
}

/** `IN`, `CH`, `CLASS7`. */
export function formatClass(code: number): string {
  if (code === dnsClass.internet) return 'IN';
  if (code === dnsClass.chaos) return 'CH';
  return code === dnsClass.any ? 'ANY' : `CLASS${code}`;
}

/** The mnemonic of a record's type. */
export function dataTypeName(data: RecordData): string {
  return data.type === 'other' ? typeName(data.code) : data.type;
}

/** One line of a master file, every field written out. */
export function formatRecord(record: ResourceRecord): string {
  const type = dataTypeName(record.data);
  return `${formatName(record.name)} ${record.ttl} ${formatClass(record.class)} ${type} ${formatData(record.data)}`;
}

export type ParsedData =
  { readonly kind: 'data'; readonly data: RecordData } | { readonly kind: 'error'; readonly what: string };

/** The data that the words of a master file stand for (quotes taken off); names are relative to `origin`. */
export function parseData(type: number, texts: readonly string[], origin: DomainName): ParsedData {
  const wanted = expectedWords[type];
  if (wanted !== undefined && texts.length !== wanted) return fail(`${typeName(type)} takes ${wanted} value(s)`);
  const [first = ''] = texts;
  switch (type) {
    case recordTypes.A: {
      const address = parseIpv4Address(first);
      return address === undefined ? fail(`'${first}' is no IPv4 address`) : ok({ type: 'A', address });
    }
    case recordTypes.AAAA: {
      const address = parseIpv6Address(first);
      return address === undefined ? fail(`'${first}' is no IPv6 address`) : ok({ type: 'AAAA', address });
    }
    case recordTypes.NS:
      return withName(first, origin, (target) => ok({ type: 'NS', target }));
    case recordTypes.CNAME:
      return withName(first, origin, (target) => ok({ type: 'CNAME', target }));
    case recordTypes.PTR:
      return withName(first, origin, (target) => ok({ type: 'PTR', target }));
    case recordTypes.MX: {
      const preference = wholeNumber(first, 0xffff);
      if (preference === undefined) return fail(`'${first}' is no preference (0 .. 65535)`);
      return withName(texts[1] ?? '', origin, (exchange) => ok({ type: 'MX', preference, exchange }));
    }
    case recordTypes.TXT:
      return parseStrings(texts);
    case recordTypes.SOA:
      return parseStartOfAuthority(texts, origin);
    default:
      return parseUnknown(type, texts);
  }
}

const expectedWords: Readonly<Record<number, number>> = {
  [recordTypes.A]: 1,
  [recordTypes.AAAA]: 1,
  [recordTypes.NS]: 1,
  [recordTypes.CNAME]: 1,
  [recordTypes.PTR]: 1,
  [recordTypes.MX]: 2,
  [recordTypes.SOA]: 7,
};

/** A TTL or other time: seconds, or BIND's `1h30m`. Undefined when it is neither. */
export function parseSeconds(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return wholeNumber(text, 0x7fff_ffff);
  if (!/^(\d{1,9}[smhdw])+$/i.test(text)) return undefined;
  const factors: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  let total = 0;
  for (const [, count, unit = 's'] of text.matchAll(/(\d+)([smhdw])/gi)) {
    total += Number(count) * (factors[unit.toLowerCase()] ?? 1);
  }
  return total <= 0x7fff_ffff ? total : undefined;
}

function ok(data: RecordData): ParsedData {
  return { kind: 'data', data };
}

function fail(what: string): ParsedData {
  return { kind: 'error', what };
}

function withName(text: string, origin: DomainName, use: (name: DomainName) => ParsedData): ParsedData {
  const parsed = parseName(text, origin);
  return parsed.kind === 'name' ? use(parsed.name) : fail(`'${text}' is no name: ${parsed.fault}`);
}

function wholeNumber(text: string, maximum: number): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= maximum ? Number(text) : undefined;
}

function parseStrings(texts: readonly string[]): ParsedData {
  if (texts.length === 0) return fail('TXT takes at least one string');
  const strings = texts.map(unescapeText);
  if (strings.some((string) => string === undefined || string.length > 255)) {
    return fail('a string of a TXT record is longer than 255 bytes or has a bad escape');
  }
  return ok({ type: 'TXT', strings: strings.filter((string) => string !== undefined) });
}

function parseStartOfAuthority(texts: readonly string[], origin: DomainName): ParsedData {
  const [primary = '', mailbox = '', serialText = '', ...times] = texts;
  const serial = wholeNumber(serialText, 0xffff_ffff);
  const [refresh, retry, expire, minimum] = times.map(parseSeconds);
  if (serial === undefined) return fail(`'${serialText}' is no serial number`);
  if (refresh === undefined || retry === undefined || expire === undefined || minimum === undefined) {
    return fail('refresh, retry, expire and minimum of a SOA record are seconds');
  }
  return withName(primary, origin, (primaryName) =>
    withName(mailbox, origin, (mailboxName) =>
      ok({ type: 'SOA', primary: primaryName, mailbox: mailboxName, serial, refresh, retry, expire, minimum }),
    ),
  );
}

function parseUnknown(type: number, texts: readonly string[]): ParsedData {
  const [mark, length, ...hex] = texts;
  const digits = hex.join('');
  if (mark !== '\\#' || !/^\d+$/.test(length ?? '') || !/^([0-9a-f]{2})*$/i.test(digits)) {
    return fail(`data of type ${typeName(type)} is written as '\\# LENGTH HEX'`);
  }
  if (digits.length / 2 !== Number(length)) return fail(`there are not ${length ?? 0} bytes`);
  return ok({ type: 'other', code: type, bytes: fromHex(digits) });
}

function quoted(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte >= 0x7f) text += `\\${String(byte).padStart(3, '0')}`;
    else text += character === '"' || character === '\\' ? `\\${character}` : character;
  }
  return `"${text}"`;
}

function unescapeText(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  let rest = text;
  while (rest !== '') {
    const match = /^\\(?:(\d{3})|([^\d]))|^[^\\]+/.exec(rest);
    if (match === null || Number(match[1] ?? 0) > 255) return undefined;
    if (match[1] === undefined) bytes.push(...encoder.encode(match[2] ?? match[0]));
    else bytes.push(Number(match[1]));
    rest = rest.slice(match[0].length);
  }
  return Uint8Array.from(bytes);
}
