// What a resolver remembers, and for how long: RFC 1035 section 7.4, RFC 2308 (negative answers), RFC 2181 section 5.2.
import type { Clock } from '../../base/clock.ts';
import {
  dataCode,
  recordTypes,
  responseCode,
  type DnsMessage,
  type Question,
  type ResourceRecord,
} from '../../stack/wire/dns.ts';
import { nameKey, sameName, type DomainName } from '../../stack/wire/dns-name.ts';

export type CachedAnswer =
  /** Aliases that led there included, TTLs counted down. */
  | { readonly kind: 'records'; readonly records: readonly ResourceRecord[] }
  | { readonly kind: 'no-name' }
  | { readonly kind: 'no-data' };

/** Never longer than a week (BIND's max-cache-ttl) or, for "there is none", three hours (its max-ncache-ttl). */
const longestSeconds = 604_800;
const longestNegativeSeconds = 10_800;
const entryLimit = 2000;
const maximumAliases = 16;
/** NXDOMAIN is about the name, whatever the type (RFC 2308 section 5). */
const anyType = 0;

interface Entry {
  readonly endMs: number;
  /** Empty: there is none. */
  readonly records: readonly ResourceRecord[];
}

export class DnsCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  clear(): void {
    this.#entries.clear();
  }

  /** What is known about a name and type, aliases followed; undefined when somebody must be asked. */
  find(name: DomainName, type: number): CachedAnswer | undefined {
    const found: ResourceRecord[] = [];
    let current = name;
    for (let steps = 0; steps <= maximumAliases; steps += 1) {
      if (this.#living(current, anyType) !== undefined) return { kind: 'no-name' };
      const exact = this.#living(current, type);
      if (exact !== undefined) {
        return exact.length === 0 ? { kind: 'no-data' } : { kind: 'records', records: [...found, ...exact] };
      }
      const [alias] = this.#living(current, recordTypes.CNAME) ?? [];
      if (alias?.data.type !== 'CNAME') return undefined;
      found.push(alias);
      current = alias.data.target;
    }
    return undefined;
  }

  /** Keeps what a response says about its question. Truncated responses and failures of the server say nothing. */
  store(question: Question, response: DnsMessage): void {
    const { responseCode: code } = response;
    if (response.truncated || (code !== responseCode.noError && code !== responseCode.nameError)) return;
    const { chain, end } = followAliases(question, response.answers);
    const groups = Map.groupBy(chain, (record) => entryKey(record.name, dataCode(record.data)));
    for (const [key, records] of groups) this.#put(key, secondsOf(records, longestSeconds), records);
    if (chain.some(({ data }) => dataCode(data) === question.type)) return;
    const authority = response.authorities.find(({ data }) => data.type === 'SOA');
    if (authority?.data.type !== 'SOA') return; // RFC 2308 section 5: without a SOA it must not be kept
    const seconds = Math.min(authority.ttl, authority.data.minimum, longestNegativeSeconds);
    this.#put(entryKey(end, code === responseCode.nameError ? anyType : question.type), seconds, []);
  }

  #put(key: string, seconds: number, records: readonly ResourceRecord[]): void {
    this.#entries.delete(key);
    if (seconds <= 0) return;
    if (this.#entries.size >= entryLimit) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(key, { endMs: this.#clock.now() + 1000 * seconds, records });
  }

  #living(name: DomainName, type: number): readonly ResourceRecord[] | undefined {
    const key = entryKey(name, type);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const leftMs = entry.endMs - this.#clock.now();
    if (leftMs <= 0) {
      this.#entries.delete(key);
      return undefined;
    }
    return entry.records.map((record) => ({ ...record, ttl: Math.ceil(leftMs / 1000) }));
  }
}

/** The records that answer a question, from its name along the aliases, and the name where that ends. */
export function followAliases(
  question: Question,
  answers: readonly ResourceRecord[],
): { readonly chain: readonly ResourceRecord[]; readonly end: DomainName } {
  const chain: ResourceRecord[] = [];
  let current = question.name;
  for (let steps = 0; steps <= maximumAliases; steps += 1) {
    const here = answers.filter(({ name }) => sameName(name, current));
    const exact = here.filter(({ data }) => dataCode(data) === question.type);
    if (exact.length > 0) {
      chain.push(...exact);
      break;
    }
    const alias = here.find(({ data }) => data.type === 'CNAME');
    if (alias?.data.type !== 'CNAME') break;
    chain.push(alias);
    current = alias.data.target;
  }
  return { chain, end: current };
}

function entryKey(name: DomainName, type: number): string {
  return `${type} ${nameKey(name)}`;
}

/** All records of a set live as long as the shortest (RFC 2181 section 5.2). */
function secondsOf(records: readonly ResourceRecord[], limit: number): number {
  return Math.min(limit, ...records.map(({ ttl }) => ttl));
}
