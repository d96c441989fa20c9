// `node:dns` and `node:dns/promises` of one host: `lookup` and `reverse` by the host's resolver, records by asking its
// name servers (RFC 1035). Left out: SRV, NAPTR, CAA, TLSA, ANY (ENOTIMP: the stack's DNS does not read them), lookupService.
import nodeDns, { type LookupAddress } from 'node:dns';
import util from 'node:util';
import {
  dnsClass,
  dnsPort,
  emptyDnsMessage,
  recordTypes,
  responseCode,
  type DnsMessage,
  type RecordData,
} from '../../stack/wire/dns.ts';
import { domainName } from '../../stack/wire/dns-name.ts';
import { formatIp, parseIp } from '../../stack/wire/ip-address.ts';
import { askServer, randomId } from '../dns/query.ts';
import { queryAttempts, queryTimeoutMs } from '../dns/resolver.ts';
import type { NodeNetContext } from './context.ts';
import { argumentError, dnsError } from './dns-error.ts';
import type { Lookup } from './dns-lookup.ts';

type DnsModule = typeof nodeDns;
type Done = (error: Error | null, result?: unknown) => void;
type RecordType = 'A' | 'AAAA' | 'CNAME' | 'MX' | 'NS' | 'PTR' | 'SOA' | 'TXT';
interface Asking {
  servers: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

const forms: Readonly<Record<RecordType, (data: RecordData, ttl: number, withTtl: boolean) => unknown>> = {
  A: address,
  AAAA: address,
  CNAME: target,
  NS: target,
  PTR: target,
  MX: (data) => (data.type === 'MX' ? { exchange: data.exchange, priority: data.preference } : undefined),
  TXT: (data) => (data.type === 'TXT' ? data.strings.map((each) => Buffer.from(each).toString('latin1')) : undefined),
  SOA: (data) =>
    data.type === 'SOA'
      ? {
          nsname: data.primary,
          hostmaster: data.mailbox,
          serial: data.serial,
          refresh: data.refresh,
          retry: data.retry,
          expire: data.expire,
          minttl: data.minimum,
        }
      : undefined,
};

function address(data: RecordData, ttl: number, withTtl: boolean): unknown {
  if (data.type !== 'A' && data.type !== 'AAAA') return undefined;
  const text = formatIp(data.address);
  return withTtl ? { address: text, ttl } : text;
}

function target(data: RecordData): unknown {
  return 'target' in data ? data.target : undefined;
}

export function createDns(context: NodeNetContext, lookup: Lookup): DnsModule {
  const shared: Asking = { servers: undefined, signal: new AbortController().signal };
  const functions = resolveFunctions(context, shared);
  const lookupPromise = util.promisify(
    (hostname: string, options: object | undefined, done: (error: Error | null, result?: unknown) => void) =>
      lookup(hostname, options, (error, found, family) => {
        const isAll = options !== undefined && Reflect.get(options, 'all') === true;
        done(error, isAll ? (found as LookupAddress[]) : { address: found, family });
      }),
  );
  const promises = {
    ...nodeDns.promises,
    ...promised(functions),
    lookup: (hostname: string, options?: object | number) =>
      lookupPromise(hostname, typeof options === 'number' ? { family: options } : options),
    Resolver: resolverClass(context, true),
  };
  const dns = { ...nodeDns, ...functions, lookup, promises, Resolver: resolverClass(context, false) };
  Object.defineProperty(dns.lookup, util.promisify.custom, { value: promises.lookup, configurable: true });
  return dns as unknown as DnsModule;
}

type Functions = Record<string, (...args: unknown[]) => unknown>;

function resolveFunctions(context: NodeNetContext, asking: Asking): Functions {
  const functions: Functions = {};
  const named: [string, RecordType][] = [
    ['resolve4', 'A'],
    ['resolve6', 'AAAA'],
    ['resolveCname', 'CNAME'],
    ['resolveMx', 'MX'],
    ['resolveNs', 'NS'],
    ['resolvePtr', 'PTR'],
    ['resolveSoa', 'SOA'],
    ['resolveTxt', 'TXT'],
  ];
  for (const [name, type] of named) {
    functions[name] = (hostname, ...rest) => start(context, asking, type, hostname, rest);
  }
  functions['resolve'] = (hostname, ...rest) => {
    const type = typeof rest[0] === 'string' ? (rest.shift() as RecordType) : 'A';
    if (!Object.hasOwn(forms, type))
      throw argumentError('ERR_INVALID_ARG_VALUE', `The argument 'rrtype' is invalid. Received '${type}'`);
    return start(context, asking, type, hostname, rest);
  };
  functions['reverse'] = (text, done) => {
    const parsed = parseIp(String(text));
    if (parsed === undefined) throw dnsError('EINVAL', 'getHostByAddr', String(text));
    const syscall = 'getHostByAddr';
    void context.services.resolver
      .reverse(parsed)
      .then((name) =>
        name === undefined
          ? process.nextTick(done as Done, dnsError('ENOTFOUND', syscall, String(text)))
          : process.nextTick(done as Done, null, [name]),
      );
    return {};
  };
  functions['getServers'] = () => Array.from(asking.servers ?? context.services.resolver.nameservers.map(formatIp));
  functions['setServers'] = (servers) => {
    asking.servers = (servers as string[]).map((each) => {
      if (parseIp(each) === undefined) throw argumentError('ERR_INVALID_ARG_VALUE', `Invalid IP address: ${each}`);
      return each;
    });
  };
  return functions;
}

function start(context: NodeNetContext, asking: Asking, type: RecordType, hostname: unknown, rest: unknown[]): object {
  const done = rest.at(-1);
  if (typeof hostname !== 'string')
    throw argumentError('ERR_INVALID_ARG_TYPE', 'The "name" argument must be of type string.');
  if (typeof done !== 'function')
    throw argumentError('ERR_INVALID_ARG_TYPE', 'The "callback" argument must be of type function.');
  const options = rest.length > 1 ? (rest[0] as { ttl?: boolean } | undefined) : undefined;
  void records(context, asking, type, hostname, options?.ttl === true).then(
    (result) => process.nextTick(done as Done, null, type === 'SOA' ? (result as unknown[])[0] : result),
    (error: unknown) => process.nextTick(done as Done, error),
  );
  return {};
}

async function records(
  context: NodeNetContext,
  asking: Asking,
  type: RecordType,
  hostname: string,
  withTtl: boolean,
): Promise<unknown[]> {
  const fail = (code: string): Error =>
    dnsError(code, `query${type === 'A' || type === 'AAAA' ? type : capitalised(type)}`, hostname);
  const name = domainName(hostname);
  if (name === undefined) throw fail('EBADNAME');
  const question = { name, type: recordTypes[type], class: dnsClass.internet };
  const { signal } = asking;
  const query = (id: number): DnsMessage => ({ ...emptyDnsMessage, id, recursionDesired: true, questions: [question] });
  const message = await ask(context, { servers: asking.servers, signal }, query).catch((error: unknown) => {
    if (signal.aborted) return 'ECANCELLED';
    throw error;
  });
  if (typeof message === 'string') throw fail(message);
  if (message.responseCode === responseCode.nameError) throw fail('ENOTFOUND');
  if (message.responseCode !== responseCode.noError) throw fail('ESERVFAIL');
  const found = message.answers
    .map(({ data, ttl }) => (data.type === type ? forms[type](data, ttl, withTtl) : undefined))
    .filter((each) => each !== undefined);
  if (found.length === 0) throw fail('ENODATA');
  return found;
}

/** The first response, or c-ares' word for having none. */
async function ask(
  context: NodeNetContext,
  asking: Asking,
  query: (id: number) => DnsMessage,
): Promise<DnsMessage | string> {
  const { services } = context;
  const servers = asking.servers?.map(parseIp) ?? services.resolver.nameservers;
  let failure = 'ECONNREFUSED';
  for (let attempt = 0; attempt < queryAttempts; attempt += 1) {
    for (const address of servers) {
      if (asking.signal.aborted) return 'ECANCELLED';
      if (address === undefined) continue;
      const setting = {
        server: { address, port: dnsPort },
        timeoutMs: queryTimeoutMs,
        signal: asking.signal,
        owner: context.owner,
      };
      const message = query(randomId(services));
      let outcome = await askServer(services, message, { ...setting, transport: 'udp' });
      if (outcome.kind === 'response' && outcome.message.truncated) {
        outcome = await askServer(services, message, { ...setting, transport: 'tcp' });
      }
      if (outcome.kind === 'response') return outcome.message;
      failure = outcome.kind === 'timeout' ? 'ETIMEOUT' : 'ECONNREFUSED';
    }
  }
  return failure;
}

function capitalised(type: string): string {
  return `${type.charAt(0)}${type.slice(1).toLowerCase()}`;
}

function promised(functions: Functions): Functions {
  const callbackless = new Set(['getServers', 'setServers']);
  return Object.fromEntries(
    Object.entries(functions).map(([name, run]) => [
      name,
      callbackless.has(name)
        ? run
        : (...args: unknown[]) =>
            new Promise((resolve, reject) => {
              run(...args, (error: Error | null, result: unknown) => (error ? reject(error) : resolve(result)));
            }),
    ]),
  );
}

/** Resolver with servers of its own, and `cancel`. */
function resolverClass(context: NodeNetContext, asPromises: boolean): new () => object {
  class Resolver {
    #controller = new AbortController();

    constructor() {
      const signal = (): AbortSignal => this.#controller.signal;
      const asking: Asking = {
        servers: undefined,
        get signal() {
          return signal();
        },
      };
      const functions = resolveFunctions(context, asking);
      Object.assign(this, asPromises ? promised(functions) : functions);
    }

    /** What is asked at the moment fails with ECANCELLED. */
    cancel(): void {
      this.#controller.abort();
      this.#controller = new AbortController();
    }
  }
  return Resolver;
}
