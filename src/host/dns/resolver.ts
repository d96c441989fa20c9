// The host's stub resolver: resolv.conf(5) and hosts(5) as glibc reads them, with a cache as nscd or systemd-resolved
// keeps it. RFC 1034 section 5.3.1. Names, not routes, are cached: only answers of the servers, by their TTLs.
import {
  dnsClass,
  dnsPort,
  emptyDnsMessage,
  recordTypes,
  responseCode,
  type DnsMessage,
  type Question,
  type ResourceRecord,
} from '../../stack/wire/dns.ts';
import { domainName, joinName, labelsOf, reverseName, type DomainName } from '../../stack/wire/dns-name.ts';
import { familyOf, type IpAddress, type IpFamily } from '../../stack/wire/ip-address.ts';
import { parseScopedIp } from '../../stack/wire/ipv6-scope.ts';
import { parseHostsFile, type HostsEntry } from '../hosts-file.ts';
import type { NameResolver, Resolution } from '../shell/command.ts';
import { orderDestinations } from './address-order.ts';
import { DnsCache, followAliases, type CachedAnswer } from './cache.ts';
import { askServer, randomId, type DnsHost } from './query.ts';

/** resolv.conf's `timeout` and `attempts`: each server is asked this often, one after the other, and then again. */
export const queryTimeoutMs = 5000;
export const queryAttempts = 2;
/** resolv.conf(5): at most three servers are used. */
const serverLimit = 3;

const unknownName = 'Name or service not known';
const noAddress = 'No address associated with hostname';
const tryAgain = 'Temporary failure in name resolution';

type Answer = CachedAnswer | { readonly kind: 'failed' };

export class StubResolver implements NameResolver {
  readonly #host: DnsHost;
  readonly #cache: DnsCache;

  constructor(host: DnsHost) {
    this.#host = host;
    this.#cache = new DnsCache(host.clock);
  }

  /** As /etc/resolv.conf says at the moment, and then those that routers advertise (RFC 8106). */
  get nameservers(): readonly IpAddress[] {
    const written = this.#configured('nameserver')
      .map(([text = '']) => parseScopedIp(text))
      .filter((address) => address !== undefined);
    const advertised = this.#host.stack.advertisedDnsServers.filter((address) => !written.includes(address));
    return [...written, ...advertised].slice(0, serverLimit);
  }

  get searchDomain(): string {
    return this.#configured('search').at(-1)?.[0] ?? '';
  }

  flushCache(): void {
    this.#cache.clear();
  }

  async resolve(name: string, family?: IpFamily, signal = neverAborted): Promise<Resolution> {
    const failure = (reason: string): Resolution => ({ kind: 'failure', reason });
    const numeric = parseScopedIp(name);
    if (numeric !== undefined) {
      if (family !== undefined && familyOf(numeric) !== family)
        return failure('Address family for hostname not supported');
      return { kind: 'addresses', name, addresses: [numeric] };
    }
    const listed = this.#fromHostsFile(name, family);
    if (listed !== undefined) return listed;
    let reason: string | undefined;
    for (const candidate of this.#candidates(name)) {
      const found = await this.#addresses(candidate, family, signal);
      if (found.kind === 'addresses') return found;
      // A server that says no to one candidate has said enough, even when it refuses to speak about the next.
      if (found.reason === tryAgain) return failure(reason ?? tryAgain);
      if (reason !== noAddress) ({ reason } = found);
    }
    return failure(reason ?? unknownName);
  }

  async reverse(address: IpAddress, signal = neverAborted): Promise<string | undefined> {
    const listed = this.#hostsEntries().find((entry) => entry.address === address);
    if (listed !== undefined) return listed.names[0];
    const found = await this.#ask(reverseName(address), recordTypes.PTR, signal);
    if (found.kind !== 'records') return undefined;
    const last = found.records.at(-1);
    return last?.data.type === 'PTR' ? last.data.target : undefined;
  }

  /** The names to try for what somebody typed: with the search domain first when there is no dot in it (`ndots:1`). */
  #candidates(text: string): DomainName[] {
    const name = domainName(text);
    if (name === undefined || name === '') return [];
    const domain = this.searchDomain === '' ? undefined : domainName(this.searchDomain);
    if (text.endsWith('.') || domain === undefined) return [name];
    const below = joinName(name, domain);
    if (below === undefined) return [name];
    return labelsOf(name).length > 1 ? [name, below] : [below, name];
  }

  /** Both families side by side, when the host has IPv6 at all (getaddrinfo's AI_ADDRCONFIG). */
  async #addresses(name: DomainName, family: IpFamily | undefined, signal: AbortSignal): Promise<Resolution> {
    const families: readonly IpFamily[] = family === undefined ? (this.#hasIpv6() ? [6, 4] : [4]) : [family];
    const answers = await Promise.all(
      families.map((each) => this.#ask(name, each === 4 ? recordTypes.A : recordTypes.AAAA, signal)),
    );
    const records = answers.flatMap((answer) => (answer.kind === 'records' ? answer.records : []));
    const addresses = records.flatMap(addressOf);
    if (addresses.length > 0) {
      const named = records.find((record) => addressOf(record).length > 0);
      return {
        kind: 'addresses',
        name: named?.name ?? name,
        addresses: orderDestinations(this.#host.stack, addresses),
      };
    }
    if (answers.some(({ kind }) => kind === 'failed')) return { kind: 'failure', reason: tryAgain };
    const exists = answers.some(({ kind }) => kind !== 'no-name');
    return { kind: 'failure', reason: exists ? noAddress : unknownName };
  }

  async #ask(name: DomainName, type: number, signal: AbortSignal): Promise<Answer> {
    const known = this.#cache.find(name, type);
    if (known !== undefined) return known;
    const question: Question = { name, type, class: dnsClass.internet };
    const response = await this.#askAll(question, signal);
    if (response === undefined) return { kind: 'failed' };
    this.#cache.store(question, response);
    if (response.responseCode === responseCode.nameError) return { kind: 'no-name' };
    const { chain } = followAliases(question, response.answers);
    const isAnswered = chain.some(({ data }) => data.type !== 'CNAME' || type === recordTypes.CNAME);
    return isAnswered ? { kind: 'records', records: chain } : { kind: 'no-data' };
  }

  /** The first answer worth having of any server; undefined when none gave one. */
  async #askAll(question: Question, signal: AbortSignal): Promise<DnsMessage | undefined> {
    for (let attempt = 0; attempt < queryAttempts; attempt += 1) {
      for (const address of this.nameservers) {
        const query = { ...emptyDnsMessage, id: randomId(this.#host), recursionDesired: true, questions: [question] };
        const setting = { server: { address, port: dnsPort }, timeoutMs: queryTimeoutMs, signal, owner: 'resolver' };
        let outcome = await askServer(this.#host, query, { ...setting, transport: 'udp' });
        if (outcome.kind === 'response' && outcome.message.truncated) {
          outcome = await askServer(this.#host, query, { ...setting, transport: 'tcp' });
        }
        if (outcome.kind !== 'response') continue;
        const { responseCode: code } = outcome.message;
        if (code === responseCode.noError || code === responseCode.nameError) return outcome.message;
      }
    }
    return undefined;
  }

  #fromHostsFile(name: string, family: IpFamily | undefined): Resolution | undefined {
    const wanted = name.toLowerCase().replace(/\.$/, '');
    const found = this.#hostsEntries()
      .filter(({ names }) => names.some((other) => other.toLowerCase() === wanted))
      .filter(({ address }) =>
        family === undefined ? familyOf(address) === 4 || this.#hasIpv6() : familyOf(address) === family,
      );
    const [first] = found;
    if (first === undefined) return undefined;
    const addresses = Array.from(new Set(found.map(({ address }) => address)));
    return {
      kind: 'addresses',
      name: first.names[0] ?? name,
      addresses: orderDestinations(this.#host.stack, addresses),
    };
  }

  #hasIpv6(): boolean {
    return this.#host.stack.interfaces.some(
      (each) => !each.loopback && each.addresses.some(({ address }) => familyOf(address) === 6),
    );
  }

  #hostsEntries(): HostsEntry[] {
    return parseHostsFile(this.#text('/etc/hosts'));
  }

  /** The values of every line of resolv.conf that starts with `keyword`. */
  #configured(keyword: string): string[][] {
    return this.#text('/etc/resolv.conf')
      .split('\n')
      .map((line) =>
        line
          .replace(/[#;].*/, '')
          .trim()
          .split(/\s+/),
      )
      .filter(([first]) => first === keyword)
      .map((words) => words.slice(1));
  }

  #text(path: string): string {
    return new TextDecoder().decode(this.#host.files.read(path) ?? new Uint8Array(0));
  }
}

const neverAborted = new AbortController().signal;

function addressOf({ data }: ResourceRecord): IpAddress[] {
  return data.type === 'A' || data.type === 'AAAA' ? [data.address] : [];
}
