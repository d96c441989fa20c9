// The name server as a command (BIND's name) and `zone`, which changes its records while it runs.
import { SocketError } from '../../../../stack/sockets.ts';
import { recordTypes, typeCode, typeName, type ResourceRecord } from '../../../../stack/wire/dns.ts';
import { dataCode } from '../../../../stack/wire/dns.ts';
import { formatName, isWithin, parseName, sameName, type DomainName } from '../../../../stack/wire/dns-name.ts';
import { familyOf, formatIp } from '../../../../stack/wire/ip-address.ts';
import { formatClass } from '../../../dns/record-text.ts';
import { startNameServer, type AnsweredQuery } from '../../../dns/server.ts';
import { checkedZone, formatZoneFile, parseRecord, sameRecord, zoneLine } from '../../../dns/zone-file.ts';
import { ZoneStore, type ZoneNews } from '../../../dns/zone-store.ts';
import { changedRecords, zoneFor, zoneTitle, type Zone } from '../../../dns/zone.ts';
import { errorText } from '../../../error-text.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';

export const named: CommandDefinition = {
  name: 'named',
  summary: 'serve DNS zones',
  description: [
    'An authoritative name server. It serves every zone file of /etc/named, such as /etc/named/lab.zone, on UDP and TCP, and writes a line for each query.',
    'Zone files may be changed while it runs, by hand or with zone: the next query is answered from the new one.',
  ],
  options: [
    { short: 'p', key: 'port', type: 'port', value: 'PORT', description: 'listen on PORT instead of 53' },
    { short: 'q', key: 'quiet', type: 'flag', description: 'do not log queries' },
  ],
  operands: [],
  examples: [{ line: 'named &', what: 'serve in the background' }],
  async run(context) {
    const { host, options, signal, stdout } = context;
    const log = (text: string): void => {
      // A log that nobody reads is no reason to stop serving.
      stdout.write(`${timestamp(host.clock.wallClock())} ${text}\n`).catch(() => undefined);
    };
    const store = new ZoneStore(host.files, (news) => log(newsText(news)));
    log('starting named');
    store.zones();
    try {
      const server = startNameServer({
        host,
        zones: () => store.zones(),
        signal,
        owner: 'named',
        port: Number(options['port'] ?? 53),
        answered: (query) => {
          if (options['quiet'] !== true) log(queryText(query));
        },
      });
      for (const { address, port } of server.addresses) {
        log(`listening on IPv${familyOf(address)} interface, ${formatIp(address)}#${port}`);
      }
      log('running');
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      server.dispose();
      return 0;
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      await context.stderr.write(`named: could not listen: ${errorText(error.code)}\n`);
      return 1;
    }
  },
};

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `21-Nov-2026 10:15:30.123`, as in BIND's logs. */
function timestamp(wallMs: number): string {
  const [day = '', time = ''] = new Date(wallMs).toISOString().slice(0, -1).split('T');
  const [year = '', month = '', date = ''] = day.split('-');
  return `${date}-${monthNames[Number(month) - 1] ?? ''}-${year} ${time}`;
}

function newsText(news: ZoneNews): string {
  switch (news.kind) {
    case 'loaded':
      return `${zoneTitle(news.zone)}: loaded serial ${news.zone.authority.data.serial}`;
    case 'gone':
      return `zone ${news.origin}/IN: no longer served`;
    case 'refused':
      return `${news.path}${news.line === 0 ? '' : `:${news.line}`}: ${news.what}`;
  }
}

/** As BIND's query log: `+` recursion desired, `E` EDNS, `T` TCP; then what became of it. */
function queryText({ client, local, transport, reply }: AnsweredQuery): string {
  const [question] = reply.query?.questions ?? [];
  const from = `client ${formatIp(client.address)}#${client.port}`;
  if (question === undefined || reply.query === undefined) return `${from}: malformed query`;
  const name = question.name === '' ? '.' : question.name;
  const { query } = reply;
  const flags = `${query.recursionDesired ? '+' : '-'}${query.edns === undefined ? '' : `E(${query.edns.version})`}${transport === 'tcp' ? 'T' : ''}`;
  const what = `${name} ${formatClass(question.class)} ${typeName(question.type)}`;
  return `${from} (${name}): query: ${what} ${flags} (${formatIp(local.address)})`;
}

export const zone: CommandDefinition = {
  name: 'zone',
  summary: 'show and change the records of a DNS server',
  description: [
    'Shows and changes the zone files of /etc/named; a running named answers from the new records at once, and the serial number of the SOA record grows with every change. Resolvers elsewhere keep what they have until its TTL has run out.',
    'Names are relative to the zone unless they end in a dot. Without --zone it is the first zone that is not a reverse one.',
  ],
  options: [
    { short: 'z', long: 'zone', key: 'zone', type: 'text', value: 'ORIGIN', description: 'the zone that is meant' },
  ],
  operands: [
    { name: 'list|add|set|remove', kind: 'text' },
    { name: 'RECORD', kind: 'text', optional: true, repeated: true },
  ],
  stopAtOperand: true,
  words: ['list', 'add', 'set', 'remove'],
  examples: [
    { line: 'zone list', what: 'all records' },
    { line: 'zone add server 60 A 10.0.9.9', what: 'one more address for server, with a TTL of 60 seconds' },
    { line: 'zone set server 60 A 10.0.9.9', what: 'this address instead of those there are' },
    { line: 'zone remove server A', what: 'no address any more' },
  ],
  async run(context) {
    const [action = '', ...words] = context.operands;
    const store = new ZoneStore(context.host.files);
    const zones = store.zones();
    if (zones.length === 0) return complain(context, 'there is no zone file in /etc/named');
    if (action === 'list' && words.length === 0) return list(context, zones);
    if (action !== 'add' && action !== 'set' && action !== 'remove') {
      return complain(context, `unknown action '${[action, ...words].join(' ')}': list, add, set or remove`, 2);
    }
    const target = chooseZone(zones, context.options['zone'], words[0] ?? '');
    if (typeof target === 'string') return complain(context, target);
    const change = action === 'remove' ? removal(target, words) : addition(target, words, action);
    if (typeof change === 'string') return complain(context, change);
    const checked = checkedZone(
      target.origin,
      changedRecords(target, () => change),
    );
    if (checked.kind === 'error') return complain(context, checked.what);
    store.write(checked.zone);
    const { serial } = checked.zone.authority.data;
    await context.stdout.write(`${zoneTitle(checked.zone)}: serial ${serial}\n`);
    return 0;
  },
};

async function complain(context: CommandContext, message: string, status = 1): Promise<number> {
  await context.stderr.write(`zone: ${message}\n`);
  return status;
}

async function list(context: CommandContext, zones: readonly Zone[]): Promise<number> {
  const wanted = context.options['zone'];
  const chosen = wanted === undefined ? zones : zones.filter((each) => each.origin === trimDot(String(wanted)));
  if (chosen.length === 0) return complain(context, `no zone ${String(wanted)}`);
  await context.stdout.write(chosen.map(formatZoneFile).join('\n'));
  return 0;
}

const trimDot = (text: string): string => text.replace(/\.$/, '');

/** The zone that a record belongs to, or why there is none. */
function chooseZone(zones: readonly Zone[], wanted: unknown, ownerText: string): Zone | string {
  if (typeof wanted === 'string') {
    return zones.find((each) => each.origin === trimDot(wanted)) ?? `no zone ${wanted}`;
  }
  if (ownerText.endsWith('.')) {
    const owner = parseName(ownerText);
    const found = owner.kind === 'name' ? zoneFor(zones, owner.name) : undefined;
    return found ?? `${ownerText} is in no zone of this host`;
  }
  return zones.find((each) => !each.origin.endsWith('.arpa')) ?? zones[0] ?? 'no zone';
}

/** The records of the zone, SOA aside, with one more (`add`) or with one for all of its name and type (`set`). */
function addition(target: Zone, words: readonly string[], action: 'add' | 'set'): readonly ResourceRecord[] | string {
  if (words.length < 3) return `usage: zone ${action} NAME [TTL] TYPE DATA...`;
  const { ttl } = target.authority;
  const parsed = parseRecord(words, { origin: target.origin, defaultTtl: ttl });
  if (parsed.kind === 'error') return parsed.what;
  const { record } = parsed;
  if (!isWithin(record.name, target.origin)) return `${formatName(record.name)} is outside the zone`;
  if (record.data.type === 'SOA') return 'the SOA record changes by itself';
  const others = withoutAuthority(target);
  const isSameSet = (other: ResourceRecord): boolean =>
    sameName(other.name, record.name) && dataCode(other.data) === dataCode(record.data);
  if (action === 'set') return [...others.filter((other) => !isSameSet(other)), record];
  if (others.some((other) => sameRecord(other, record))) {
    return `'${zoneLine(record, target.origin)}' is there already`;
  }
  // RFC 2181 section 5.2: the records of a set have one TTL
  return [...others.map((other) => (isSameSet(other) ? { ...other, ttl: record.ttl } : other)), record];
}

/** The records of the zone, SOA aside, without those of a name, of its type, or of exactly this data. */
function removal(target: Zone, words: readonly string[]): readonly ResourceRecord[] | string {
  const [ownerText, typeText, ...data] = words;
  if (ownerText === undefined) return 'usage: zone remove NAME [TYPE [DATA...]]';
  const owner = parseName(ownerText, target.origin);
  if (owner.kind === 'invalid') return `'${ownerText}' is no name: ${owner.fault}`;
  const type = typeText === undefined ? recordTypes.ANY : typeCode(typeText);
  if (type === undefined) return `unknown record type '${typeText ?? ''}'`;
  const exact = data.length === 0 ? undefined : exactRecord(target, owner.name, [typeText ?? '', ...data]);
  if (typeof exact === 'string') return exact;
  const others = withoutAuthority(target);
  const kept = others.filter((record) => {
    if (!sameName(record.name, owner.name)) return true;
    if (type !== recordTypes.ANY && dataCode(record.data) !== type) return true;
    return exact !== undefined && !sameRecord(record, exact);
  });
  return kept.length === others.length ? `there is no such record: ${words.join(' ')}` : kept;
}

function exactRecord(target: Zone, owner: DomainName, words: readonly string[]): ResourceRecord | string {
  const parsed = parseRecord([formatName(owner), ...words], { origin: target.origin, defaultTtl: 0 });
  return parsed.kind === 'error' ? parsed.what : parsed.record;
}

function withoutAuthority(target: Zone): readonly ResourceRecord[] {
  return target.records.filter((record) => record !== target.authority);
}
