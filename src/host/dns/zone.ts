// One zone: its records and what they say about a name. RFC 1034 section 4.3.2 (the server's algorithm, step 3),
// RFC 4592 (wildcards), RFC 8020 (a name with names below it exists). Left out: DNAME, DNSSEC.
import { assert } from '../../base/assert.ts';
import { dataCode, recordTypes, type ResourceRecord, type StartOfAuthority } from '../../stack/wire/dns.ts';
import {
  domainName,
  formatName,
  isWithin,
  nameKey,
  parentOf,
  sameName,
  type DomainName,
} from '../../stack/wire/dns-name.ts';

export type ZoneAnswer =
  | { readonly kind: 'records'; readonly records: readonly ResourceRecord[] }
  /** The name is another name for `record`'s target. */
  | { readonly kind: 'alias'; readonly record: ResourceRecord; readonly target: DomainName }
  /** The name lies in a zone that was handed to other servers: their NS records. */
  | { readonly kind: 'delegation'; readonly servers: readonly ResourceRecord[] }
  /** The name exists, records of the type do not. */
  | { readonly kind: 'no-data' }
  | { readonly kind: 'no-name' };

/** Immutable; a change makes a new zone. */
export interface Zone {
  readonly origin: DomainName;
  /** The SOA first, then in the order of the file. */
  readonly records: readonly ResourceRecord[];
  readonly authority: ResourceRecord & { readonly data: { readonly type: 'SOA' } & StartOfAuthority };
  /** What the zone says; `name` lies within the origin. */
  find(name: DomainName, type: number): ZoneAnswer;
  /** The records of exactly this name and type, also below delegations (glue). */
  exactly(name: DomainName, type: number): readonly ResourceRecord[];
}

/** A zone of records that `checkedZone` has found to be one. */
export function makeZone(origin: DomainName, records: readonly ResourceRecord[]): Zone {
  const authority = records.find(isAuthority);
  assert(authority !== undefined, 'a zone has a SOA record');
  const byName = new Map<string, ResourceRecord[]>();
  const existing = new Set<string>();
  for (const record of records) {
    const key = nameKey(record.name);
    byName.set(key, [...(byName.get(key) ?? []), record]);
    for (let name: DomainName | undefined = record.name; name !== undefined; name = parentOf(name)) {
      if (!isWithin(name, origin)) break;
      existing.add(nameKey(name));
    }
  }
  const at = (name: DomainName): readonly ResourceRecord[] => byName.get(nameKey(name)) ?? [];
  const find = (name: DomainName, type: number): ZoneAnswer => {
    const servers = delegation(name, origin, at);
    if (servers.length > 0) return { kind: 'delegation', servers };
    if (existing.has(nameKey(name))) return answerFrom(at(name), type);
    const wildcard = wildcardFor(name, existing);
    if (wildcard === undefined || !existing.has(nameKey(wildcard))) return { kind: 'no-name' };
    return answerFrom(
      at(wildcard).map((record) => ({ ...record, name })),
      type,
    );
  };
  return {
    origin,
    records: [authority, ...records.filter((record) => record !== authority)],
    authority,
    find,
    exactly: (name, type) => at(name).filter(({ data }) => dataCode(data) === type),
  };
}

/** The zone among `zones` that a name belongs to: the one with the longest origin. */
export function zoneFor(zones: readonly Zone[], name: DomainName): Zone | undefined {
  return zones
    .filter(({ origin }) => isWithin(name, origin))
    .reduce<Zone | undefined>(
      (best, zone) => (best === undefined || isWithin(zone.origin, best.origin) ? zone : best),
      undefined,
    );
}

/** The zone with other records and a larger serial number (RFC 1982: it wraps). The SOA itself is not to be touched. */
export function changedRecords(zone: Zone, change: (records: readonly ResourceRecord[]) => readonly ResourceRecord[]) {
  const { authority } = zone;
  const serial = (authority.data.serial + 1) >>> 0;
  const others = zone.records.filter((record) => record !== authority);
  return [{ ...authority, data: { ...authority.data, serial } }, ...change(others)];
}

/** What a zone is called in logs. */
export function zoneTitle(zone: Zone): string {
  return `zone ${zone.origin === '' ? formatName(zone.origin) : zone.origin}/IN`;
}

function isAuthority(record: ResourceRecord): record is Zone['authority'] {
  return record.data.type === 'SOA';
}

function answerFrom(records: readonly ResourceRecord[], type: number): ZoneAnswer {
  const found = records.filter(({ data }) => type === recordTypes.ANY || dataCode(data) === type);
  if (found.length > 0) return { kind: 'records', records: found };
  for (const record of records) {
    if (record.data.type === 'CNAME') return { kind: 'alias', record, target: record.data.target };
  }
  return { kind: 'no-data' };
}

/** The NS records at the highest name between the origin (not included) and `name` that has any. */
function delegation(
  name: DomainName,
  origin: DomainName,
  at: (name: DomainName) => readonly ResourceRecord[],
): readonly ResourceRecord[] {
  let servers: readonly ResourceRecord[] = [];
  for (let cut: DomainName | undefined = name; cut !== undefined && !sameName(cut, origin); cut = parentOf(cut)) {
    const found = at(cut).filter(({ data }) => data.type === 'NS');
    if (found.length > 0) servers = found;
  }
  return servers;
}

/** `*.` below the closest ancestor that exists. */
function wildcardFor(name: DomainName, existing: ReadonlySet<string>): DomainName | undefined {
  for (let above = parentOf(name); above !== undefined; above = parentOf(above)) {
    if (existing.has(nameKey(above))) return domainName(above === '' ? '*' : `*.${above}`);
  }
  return undefined;
}
