// nslookup and host as BIND 9.18 has them: short answers of a name server.
import {
  dnsClass,
  emptyDnsMessage,
  recordTypes,
  responseCode,
  responseCodeName,
  typeCode,
  typeName,
  type Question,
  type ResourceRecord,
} from '../../../../stack/wire/dns.ts';
import {
  domainName,
  formatName,
  joinName,
  labelsOf,
  reverseName,
  type DomainName,
} from '../../../../stack/wire/dns-name.ts';
import { formatIp, parseIp, type IpAddress } from '../../../../stack/wire/ip-address.ts';
import { randomId } from '../../../dns/query.ts';
import { formatData } from '../../../dns/record-text.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { askInTurn, headerLines, questionLine, recordLine, type Exchange } from './dns-output.ts';
import { findTarget } from './target.ts';

interface Asking {
  readonly servers: readonly IpAddress[];
  readonly port: number;
  readonly timeoutMs: number;
  readonly tries: number;
  readonly transport: 'udp' | 'tcp';
  readonly owner: string;
}

/** The answer for one name and type, the search domain tried as the resolver does; undefined when no server answered. */
async function lookUp(
  context: CommandContext,
  name: DomainName,
  type: number,
  asking: Asking,
): Promise<{ readonly exchange: Exchange; readonly name: DomainName } | undefined> {
  const domain = domainName(context.host.resolver.searchDomain);
  const below = domain === undefined ? undefined : joinName(name, domain);
  const isArpa = type === recordTypes.PTR;
  const candidates = below === undefined || isArpa ? [name] : labelsOf(name).length > 1 ? [name, below] : [below, name];
  let first: { readonly exchange: Exchange; readonly name: DomainName } | undefined;
  for (const candidate of candidates) {
    const question: Question = { name: candidate, type, class: dnsClass.internet };
    const query = { ...emptyDnsMessage, id: randomId(context.host), recursionDesired: true, questions: [question] };
    const exchange = await askInTurn(context, query, {
      ...asking,
      ignoreTruncation: false,
      complain: (line) => context.stdout.write(`${line}\n`),
    });
    if (exchange === undefined) return undefined;
    if (exchange.outcome.message.responseCode === responseCode.noError) return { exchange, name: candidate };
    first ??= { exchange, name };
  }
  return first;
}

async function serversFor(
  context: CommandContext,
  text: string | undefined,
): Promise<readonly IpAddress[] | undefined> {
  if (text === undefined) return context.host.resolver.nameservers;
  const target = await findTarget(context, text);
  return target.kind === 'failure' ? undefined : target.all;
}

export const nslookup: CommandDefinition = {
  name: 'nslookup',
  summary: 'ask a DNS server for a name or an address',
  description: [
    'Prints which server answered and the addresses of NAME, or the name of an address. -type=TYPE asks for other records (mx, ns, soa, txt, ptr, cname, any). Without arguments to read it from, there is no interactive mode.',
  ],
  options: [],
  operands: [{ name: '[-type=TYPE] NAME [SERVER]', kind: 'host', repeated: true }],
  rawArguments: true,
  words: ['-type=mx', '-type=ns', '-type=soa', '-type=txt'],
  examples: [{ line: 'nslookup -type=mx lab', what: 'who takes mail for lab' }],
  async run(context) {
    const { stdout } = context;
    const flags = context.operands.filter((word) => word.startsWith('-'));
    const [nameText, serverText] = context.operands.filter((word) => !word.startsWith('-'));
    const flag = (...names: string[]): string | undefined =>
      flags.map((word) => word.slice(1).split('=')).find(([key = '']) => names.includes(key))?.[1];
    if (nameText === undefined) {
      await context.stderr.write('Usage: nslookup [-type=TYPE] NAME [SERVER]\n');
      return 1;
    }
    const typeText = flag('type', 'querytype', 'query', 'q', 'ty');
    const type = typeText === undefined ? undefined : typeCode(typeText);
    if (typeText !== undefined && type === undefined) await stdout.write(`unknown query type: ${typeText}\n`);
    const servers = await serversFor(context, serverText);
    if (servers === undefined) {
      await stdout.write(`nslookup: couldn't get address for '${serverText ?? ''}': not found\n`);
      return 1;
    }
    const address = parseIp(nameText);
    const name = address === undefined ? domainName(nameText) : reverseName(address);
    if (name === undefined) {
      await stdout.write(`nslookup: '${nameText}' is not a legal name\n`);
      return 1;
    }
    const wanted = type ?? (address === undefined ? undefined : recordTypes.PTR);
    const asking: Asking = {
      servers,
      port: Number(flag('port') ?? 53),
      timeoutMs: 1000 * Number(flag('timeout') ?? 5),
      tries: Number(flag('retry') ?? 3),
      transport: flags.includes('-vc') ? 'tcp' : 'udp',
      owner: 'nslookup',
    };
    return nslookupAll(context, name, wanted === undefined ? [recordTypes.A, recordTypes.AAAA] : [wanted], asking);
  },
};

async function nslookupAll(
  context: CommandContext,
  name: DomainName,
  types: readonly number[],
  asking: Asking,
): Promise<number> {
  const { stdout } = context;
  for (const [index, type] of types.entries()) {
    const found = await lookUp(context, name, type, asking);
    if (found === undefined) {
      await stdout.write(';; no servers could be reached\n\n');
      return 1;
    }
    const { exchange } = found;
    const { message } = exchange.outcome;
    const server = formatIp(exchange.server);
    if (index === 0 && type !== recordTypes.PTR)
      await stdout.write(`Server:\t\t${server}\nAddress:\t${server}#${exchange.port}\n\n`);
    if (message.responseCode !== responseCode.noError) {
      await stdout.write(`** server can't find ${found.name}: ${responseCodeName(message.responseCode)}\n\n`);
      return 1;
    }
    if (index === 0 && !message.authoritative && message.answers.length > 0)
      await stdout.write('Non-authoritative answer:\n');
    if (message.answers.length === 0 && types.length === 1) {
      await stdout.write(`*** Can't find ${found.name}: No answer\n`);
    }
    const shown = index === 0 ? message.answers : message.answers.filter(({ data }) => data.type !== 'CNAME');
    await stdout.write(shown.map((record) => `${nslookupText(record)}\n`).join(''));
  }
  await stdout.write('\n');
  return 0;
}

function nslookupText({ name, data }: ResourceRecord): string {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return `Name:\t${name}\nAddress: ${formatIp(data.address)}`;
    case 'CNAME':
      return `${name}\tcanonical name = ${formatName(data.target)}`;
    case 'PTR':
      return `${name}\tname = ${formatName(data.target)}`;
    case 'NS':
      return `${name}\tnameserver = ${formatName(data.target)}`;
    case 'MX':
      return `${name}\tmail exchanger = ${formatData(data)}`;
    case 'TXT':
      return `${name}\ttext = ${formatData(data)}`;
    case 'SOA':
      return [
        name,
        `\torigin = ${data.primary}`,
        `\tmail addr = ${data.mailbox}`,
        `\tserial = ${data.serial}`,
        `\trefresh = ${data.refresh}`,
        `\tretry = ${data.retry}`,
        `\texpire = ${data.expire}`,
        `\tminimum = ${data.minimum}`,
      ].join('\n');
    case 'other':
      return `${name}\trdata_${data.code} = ${formatData(data)}`;
  }
}

export const host: CommandDefinition = {
  name: 'host',
  summary: 'ask a DNS server for a name or an address, in one line',
  description: ['Prints the addresses of NAME and who takes its mail, or the name of an address.'],
  options: [
    { short: 't', key: 'type', type: 'text', value: 'TYPE', description: 'records of that type' },
    { short: 'v', key: 'verbose', type: 'flag', description: 'the whole answer' },
    { short: 'T', key: 'tcp', type: 'flag', description: 'over TCP' },
    {
      short: 'W',
      key: 'wait',
      type: 'seconds',
      minimum: 1,
      value: 'SECONDS',
      description: 'wait that long (default 5)',
    },
    { short: 'R', key: 'retries', type: 'integer', value: 'N', description: 'repeat that often (default 1)' },
  ],
  operands: [
    { name: 'NAME', kind: 'host' },
    { name: 'SERVER', kind: 'host', optional: true },
  ],
  examples: [{ line: 'host -t mx lab', what: 'who takes mail for lab' }],
  async run(context) {
    const { stdout, options } = context;
    const [nameText = '', serverText] = context.operands;
    const servers = await serversFor(context, serverText);
    if (servers === undefined) {
      await stdout.write(`host: couldn't get address for '${serverText ?? ''}': not found\n`);
      return 1;
    }
    const address = parseIp(nameText);
    const name = address === undefined ? domainName(nameText) : reverseName(address);
    const typeText = options['type'];
    const type = typeof typeText === 'string' ? typeCode(typeText) : undefined;
    if (name === undefined || (typeText !== undefined && type === undefined)) {
      const what = name === undefined ? `'${nameText}' is not a legal name` : `invalid type: ${String(typeText)}`;
      await context.stderr.write(`host: ${what}\n`);
      return name === undefined ? 1 : 2;
    }
    if (serverText !== undefined) {
      const shown = servers.slice(0, 1).map(formatIp).join('');
      await stdout.write(`Using domain server:\nName: ${serverText}\nAddress: ${shown}#53\nAliases: \n\n`);
    }
    const asking: Asking = {
      servers,
      port: 53,
      timeoutMs: 1000 * Number(options['wait'] ?? 5),
      tries: 1 + Number(options['retries'] ?? 1),
      transport: options['tcp'] === true ? 'tcp' : 'udp',
      owner: 'host',
    };
    const types =
      type === undefined
        ? address === undefined
          ? [recordTypes.A, recordTypes.AAAA, recordTypes.MX]
          : [recordTypes.PTR]
        : [type];
    return hostAll(context, { name, text: nameText }, types, asking);
  },
};

async function hostAll(
  context: CommandContext,
  asked: { readonly name: DomainName; readonly text: string },
  types: readonly number[],
  asking: Asking,
): Promise<number> {
  const { stdout, options } = context;
  for (const [index, type] of types.entries()) {
    if (options['verbose'] === true) await stdout.write(`Trying "${asked.name}"\n`);
    const found = await lookUp(context, asked.name, type, asking);
    if (found === undefined) {
      await stdout.write(';; no servers could be reached\n');
      return 1;
    }
    const { message } = found.exchange.outcome;
    const code = message.responseCode;
    if (options['verbose'] === true) {
      await stdout.write(verboseText(found.exchange));
      continue;
    }
    if (code !== responseCode.noError) {
      await stdout.write(
        `Host ${type === recordTypes.PTR ? formatName(found.name) : found.name} not found: ${code}(${responseCodeName(code)})\n`,
      );
      return 1;
    }
    const shown = index === 0 ? message.answers : message.answers.filter(({ data }) => data.type !== 'CNAME');
    if (message.answers.length === 0 && types.length === 1)
      await stdout.write(`${found.name} has no ${typeName(type)} record\n`);
    await stdout.write(shown.map((record) => `${hostText(record)}\n`).join(''));
  }
  return 0;
}

function hostText({ name, data }: ResourceRecord): string {
  const words: Readonly<Record<string, string>> = {
    A: 'has address',
    AAAA: 'has IPv6 address',
    CNAME: 'is an alias for',
    PTR: 'domain name pointer',
    NS: 'name server',
    MX: 'mail is handled by',
    TXT: 'descriptive text',
    SOA: 'has SOA record',
  };
  const text = words[data.type] ?? `has ${typeName(data.type === 'other' ? data.code : 0)} record`;
  return `${name === '' ? '.' : name} ${text} ${formatData(data)}`;
}

function verboseText({ outcome, server, port }: Exchange): string {
  const { message, bytes, elapsedMs } = outcome;
  const section = (title: string, records: readonly ResourceRecord[]): string[] =>
    records.length === 0
      ? []
      : [`;; ${title} SECTION:`, ...records.map((record) => recordLine(record, { ttl: true, class: true })), ''];
  const lines = [
    ...headerLines(message),
    '',
    ';; QUESTION SECTION:',
    ...message.questions.map(questionLine),
    '',
    ...section('ANSWER', message.answers),
    ...section('AUTHORITY', message.authorities),
    ...section('ADDITIONAL', message.additionals),
    `Received ${bytes} bytes from ${formatIp(server)}#${port} in ${Math.floor(elapsedMs)} ms`,
  ];
  return `${lines.join('\n')}\n`;
}
