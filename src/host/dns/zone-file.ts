// Master files: text to zone and back. RFC 1035 section 5, RFC 2308 section 4 ($TTL). Left out: $INCLUDE, $GENERATE.
import { dnsClass, dataCode, recordTypes, typeCode, type ResourceRecord } from '../../stack/wire/dns.ts';
import {
  domainName,
  formatName,
  isWithin,
  parseName,
  rootName,
  sameName,
  type DomainName,
} from '../../stack/wire/dns-name.ts';
import { dataTypeName, formatData, parseData, parseSeconds } from './record-text.ts';
import { makeZone, type Zone } from './zone.ts';

export type ParsedZone =
  | { readonly kind: 'zone'; readonly zone: Zone }
  /** `line` counts from 1; 0 when the zone as a whole is wrong. */
  | { readonly kind: 'error'; readonly line: number; readonly what: string };

export interface ZoneFileSetting {
  readonly origin: DomainName;
  /** Seconds, for records before any $TTL. */
  readonly defaultTtl: number;
}

/** One record as somebody typed it, such as `server 60 A 10.0.9.9`. */
export type ParsedRecord =
  { readonly kind: 'record'; readonly record: ResourceRecord } | { readonly kind: 'error'; readonly what: string };

/** A zone of the plan: its records in master-file form, one a line. */
export interface ZoneLines {
  readonly origin: string;
  readonly defaultTtl: number;
  readonly records: readonly string[];
}

/** The text of a zone file with the lines of a planned zone. */
export function zoneFileText({ origin, defaultTtl, records }: ZoneLines): string {
  return `$ORIGIN ${origin}.\n$TTL ${defaultTtl}\n${records.map((line) => `${line}\n`).join('')}`;
}

/** Where the name server keeps the zone of that origin. */
export function zoneFilePath(origin: string): string {
  return `${zoneFolder}${origin}.zone`;
}
export const zoneFolder = '/etc/named/';

/** The zone in a file's text. */
export function parseZoneFile(text: string, setting: ZoneFileSetting): ParsedZone {
  const entries = splitEntries(text);
  if (entries.kind === 'error') return entries;
  let { origin, defaultTtl } = setting;
  let owner: DomainName | undefined;
  const records: ResourceRecord[] = [];
  for (const { line, words, startsBlank } of entries.entries) {
    const error = (what: string): ParsedZone => ({ kind: 'error', line, what });
    const [first, second] = words;
    if (first?.toUpperCase() === '$ORIGIN' && second !== undefined) {
      const parsed = parseName(second, origin);
      if (parsed.kind === 'invalid') return error(`'${second}' is no name: ${parsed.fault}`);
      origin = parsed.name;
      continue;
    }
    if (first?.toUpperCase() === '$TTL' && second !== undefined) {
      const seconds = parseSeconds(second);
      if (seconds === undefined) return error(`'${second}' is no TTL`);
      defaultTtl = seconds;
      continue;
    }
    if (first?.startsWith('$') === true) return error(`unknown directive ${first}`);
    const parsed = parseRecordWords(words, { origin, defaultTtl, ...(startsBlank ? { owner } : {}) });
    if (parsed.kind === 'error') return error(parsed.what);
    owner = parsed.record.name;
    if (!isWithin(owner, setting.origin)) return error(`${formatName(owner)} is outside the zone`);
    records.push(parsed.record);
  }
  return checkedZone(setting.origin, records);
}

/** The zone of the records, or why they are none. */
export function checkedZone(origin: DomainName, records: readonly ResourceRecord[]): ParsedZone {
  const error = (what: string): ParsedZone => ({ kind: 'error', line: 0, what });
  const atOrigin = records.filter(({ name }) => sameName(name, origin));
  const authorities = records.filter(({ data }) => data.type === 'SOA');
  if (authorities.length !== 1 || authorities[0] !== atOrigin.find(({ data }) => data.type === 'SOA')) {
    return error(`a zone has one SOA record, at ${formatName(origin)}`);
  }
  if (!atOrigin.some(({ data }) => data.type === 'NS')) return error(`there is no NS record for ${formatName(origin)}`);
  const alias = records.find(
    (record) =>
      record.data.type === 'CNAME' && records.some((other) => other !== record && sameName(other.name, record.name)),
  );
  if (alias !== undefined) return error(`${formatName(alias.name)} has a CNAME record and other data`);
  return { kind: 'zone', zone: makeZone(origin, records) };
}

/** A zone as a file that `parseZoneFile` reads back: owners relative to the origin, the SOA first. */
export function formatZoneFile(zone: Zone): string {
  const lines = [`$ORIGIN ${formatName(zone.origin)}`];
  for (const record of zone.records) lines.push(zoneLine(record, zone.origin));
  return `${lines.join('\n')}\n`;
}

/** `server 60 IN A 10.0.4.2`, the owner relative to `origin`. */
export function zoneLine(record: ResourceRecord, origin: DomainName): string {
  const { name, ttl, data } = record;
  const relative = sameName(name, origin)
    ? '@'
    : origin === '' || !isWithin(name, origin)
      ? formatName(name)
      : name.slice(0, -origin.length - 1);
  return `${relative} ${ttl} IN ${dataTypeName(data)} ${formatData(data)}`;
}

/** A record from words as they are typed: owner, then TTL and class in any order, type, data. */
export function parseRecord(texts: readonly string[], setting: ZoneFileSetting): ParsedRecord {
  return parseRecordWords(texts, setting);
}

interface RecordSetting extends ZoneFileSetting {
  /** Of the record before: the line starts with a blank. */
  readonly owner?: DomainName | undefined;
}

function parseRecordWords(words: readonly string[], setting: RecordSetting): ParsedRecord {
  const error = (what: string): ParsedRecord => ({ kind: 'error', what });
  const rest = Array.from(words);
  let name = setting.owner;
  if (!('owner' in setting)) {
    const text = rest.shift() ?? '';
    const parsed = parseName(text, setting.origin);
    if (parsed.kind === 'invalid') return error(`'${text}' is no name: ${parsed.fault}`);
    name = parsed.name;
  }
  if (name === undefined) return error('no owner name');
  let ttl = setting.defaultTtl;
  for (let word = rest.shift(); ; word = rest.shift()) {
    if (word === undefined) return error('no record type');
    if (/^(IN|CH|HS)$/i.test(word)) {
      if (word.toUpperCase() !== 'IN') return error(`class ${word} is not served`);
      continue;
    }
    const seconds = /^\d/.test(word) ? parseSeconds(word) : undefined;
    if (seconds !== undefined) {
      ttl = seconds;
      continue;
    }
    const type = typeCode(word);
    if (type === undefined || type === recordTypes.OPT || type === recordTypes.ANY || type === recordTypes.AXFR) {
      return error(`unknown record type '${word}'`);
    }
    const data = parseData(type, rest, setting.origin);
    if (data.kind === 'error') return error(data.what);
    return { kind: 'record', record: { name, ttl, class: dnsClass.internet, data: data.data } };
  }
}

interface Entry {
  readonly line: number;
  readonly words: readonly string[];
  readonly startsBlank: boolean;
}

type SplitEntries =
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  | { readonly kind: 'error'; readonly line: number; readonly what: string };

/** Lines to words: comments left out, parentheses join lines, quotes hold blanks. */
function splitEntries(text: string): SplitEntries {
  const entries: Entry[] = [];
  let words: string[] = [];
  let start = { line: 1, startsBlank: false };
  let depth = 0;
  for (const [index, lineText] of text.split('\n').entries()) {
    if (depth === 0) start = { line: index + 1, startsBlank: /^[ \t]/.test(lineText) };
    for (const [token] of lineText.matchAll(/"(?:\\.|[^"\\])*"?|[();]|(?:\\.|[^\s"();\\])+|\\$/g)) {
      if (token === ';') break;
      if (token === '(') depth += 1;
      else if (token === ')') depth -= 1;
      else if (token.startsWith('"')) {
        if (token.length < 2 || !token.endsWith('"')) return { kind: 'error', line: index + 1, what: 'open quote' };
        words.push(token.slice(1, -1));
      } else words.push(token);
      if (depth < 0) return { kind: 'error', line: index + 1, what: 'unbalanced parentheses' };
    }
    if (depth > 0) continue;
    if (words.length > 0) entries.push({ ...start, words });
    words = [];
  }
  if (depth > 0) return { kind: 'error', line: start.line, what: 'unbalanced parentheses' };
  return { kind: 'entries', entries };
}

/** The origin that a file's name stands for, as `zoneFilePath` makes it. */
export function originOfPath(path: string): DomainName | undefined {
  if (!path.startsWith(zoneFolder) || !path.endsWith('.zone')) return undefined;
  const text = path.slice(zoneFolder.length, -'.zone'.length);
  return text === '' ? rootName : domainName(text);
}

/** True when two records say the same, whatever their TTLs. */
export function sameRecord(a: ResourceRecord, b: ResourceRecord): boolean {
  return sameName(a.name, b.name) && dataCode(a.data) === dataCode(b.data) && formatData(a.data) === formatData(b.data);
}
