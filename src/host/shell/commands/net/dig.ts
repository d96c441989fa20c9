// dig as BIND 9.18 has it: one question to a name server, and everything that came back.
import {
  dnsClass,
  emptyDnsMessage,
  recordTypes,
  typeCode,
  type DnsMessage,
  type ResourceRecord,
} from '../../../../stack/wire/dns.ts';
import {
  parseName,
  reverseName,
  rootName,
  domainName,
  joinName,
  type DomainName,
} from '../../../../stack/wire/dns-name.ts';
import { formatIp, parseIp, type IpAddress } from '../../../../stack/wire/ip-address.ts';
import { randomId } from '../../../dns/query.ts';
import { formatData } from '../../../dns/record-text.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { askInTurn, ednsLines, headerLines, questionLine, recordLine, type Exchange } from './dns-output.ts';
import { dateText } from './date-text.ts';
import { findTarget } from './target.ts';

const version = '9.18';

/** Query options that are on or off, as `+name` and `+noname` set them. */
const switches = {
  short: false,
  tcp: false,
  vc: false,
  ignore: false,
  cmd: true,
  comments: true,
  question: true,
  answer: true,
  authority: true,
  additional: true,
  stats: true,
  recurse: true,
  adflag: true,
  cdflag: false,
  edns: true,
  dnssec: false,
  qr: false,
  search: false,
  ttlid: true,
  class: true,
  identify: false,
};
type Switches = { -readonly [Name in keyof typeof switches]: boolean };
const isSwitch = (name: string): name is keyof Switches => Object.hasOwn(switches, name);

interface Request {
  readonly switches: Switches;
  readonly numbers: { timeout: number; tries: number; bufferBytes: number; port: number };
  server: string | undefined;
  nameText: string | undefined;
  reverse: IpAddress | undefined;
  type: number | undefined;
  queryClass: number;
}

class DigFault extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export const dig: CommandDefinition = {
  name: 'dig',
  summary: 'ask a DNS server and show its answer',
  description: [
    'Asks a name server (the first of /etc/resolv.conf, or @SERVER) for the records of TYPE (default A) of NAME, and prints the whole answer: flags (aa: the server is responsible for the name; tc: cut off; rd, ra: recursion wanted, offered), question, answer with TTLs, authority, additional records, how long it took and who answered. dig never looks into the cache of this host.',
    'Options: -x ADDRESS asks for the name of an address, -t TYPE, -p PORT. Query options: +short, +tcp, +noall +answer, +norecurse, +noedns, +bufsize=N, +time=SECONDS, +tries=N, +search, +ignore, +qr.',
  ],
  options: [],
  operands: [{ name: '[@SERVER] NAME [TYPE] [+OPTION]', kind: 'host', optional: true, repeated: true }],
  rawArguments: true,
  words: [
    '+short',
    '+tcp',
    '+noall',
    '+answer',
    '+norecurse',
    '+search',
    '-x',
    '-t',
    'A',
    'AAAA',
    'MX',
    'NS',
    'SOA',
    'TXT',
    'CNAME',
    'PTR',
  ],
  examples: [
    { line: 'dig server.lab', what: 'the address of server.lab' },
    { line: 'dig @10.0.4.3 lab SOA +short', what: 'ask that server' },
    { line: 'dig -x 10.0.4.2', what: 'the name of an address' },
  ],
  async run(context) {
    try {
      return await runDig(context);
    } catch (error) {
      if (!(error instanceof DigFault)) throw error;
      await context.stderr.write(`${error.message}\n`);
      return error.status;
    }
  },
};

async function runDig(context: CommandContext): Promise<number> {
  const { stdout, operands } = context;
  const request = parseWords(operands);
  const on = request.switches;
  const name = nameOf(request, context.host.resolver.searchDomain);
  const { servers, found } = await serversOf(context, request);
  const query: DnsMessage = {
    ...emptyDnsMessage,
    id: randomId(context.host),
    recursionDesired: on.recurse,
    authenticData: on.adflag,
    checkingDisabled: on.cdflag,
    questions: [
      { name, type: request.type ?? (name === rootName ? recordTypes.NS : recordTypes.A), class: request.queryClass },
    ],
    edns: on.edns ? { version: 0, udpBytes: request.numbers.bufferBytes, dnssecOk: on.dnssec, options: [] } : undefined,
  };
  const complain = (line: string): Promise<void> => stdout.write(`${line}\n`);
  if (on.qr && !on.short) await stdout.write(`;; Sending:\n${messageLines(query, on).join('\n')}\n`);
  const answered = await askInTurn(context, query, {
    servers,
    port: request.numbers.port,
    transport: on.tcp || on.vc ? 'tcp' : 'udp',
    timeoutMs: 1000 * request.numbers.timeout,
    tries: request.numbers.tries,
    ignoreTruncation: on.ignore,
    owner: 'dig',
    complain,
  });
  if (context.signal.aborted) return 130;
  const greeting = on.cmd && !on.short ? greetingLines(operands, request.server === undefined ? 0 : found) : [];
  if (answered === undefined) {
    await stdout.write([...greeting, ';; no servers could be reached', ''].join('\n'));
    return 9;
  }
  const lines = on.short ? shortLines(answered, on) : [...greeting, ...answerLines(answered, on, context)];
  await stdout.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

function greetingLines(operands: readonly string[], found: number): string[] {
  return [
    '',
    `; <<>> DiG ${version} <<>> ${operands.join(' ')}`.trimEnd(),
    ...(found === 0 ? [] : [`; (${found} server${found === 1 ? '' : 's'} found)`]),
    ';; global options: +cmd',
  ];
}

function shortLines({ outcome: { message, elapsedMs }, server }: Exchange, on: Switches): string[] {
  const who = on.identify ? ` from server ${formatIp(server)} in ${Math.floor(elapsedMs)} ms.` : '';
  return message.answers.map(({ data }) => `${formatData(data)}${who}`);
}

function answerLines({ outcome, server, port, transport }: Exchange, on: Switches, context: CommandContext): string[] {
  const { message, elapsedMs, bytes } = outcome;
  const lines = [...(on.comments ? [';; Got answer:'] : []), ...messageLines(message, on)];
  if (!on.stats) return lines;
  const address = formatIp(server);
  return [
    ...lines,
    `;; Query time: ${Math.floor(elapsedMs)} msec`,
    `;; SERVER: ${address}#${port}(${address}) (${transport.toUpperCase()})`,
    `;; WHEN: ${dateText(context.host.clock.wallClock())}`,
    `;; MSG SIZE  rcvd: ${bytes}`,
    '',
  ];
}

/** Header and sections, a blank line after each. */
function messageLines(message: DnsMessage, on: Switches): string[] {
  const lines: string[] = [];
  if (on.comments) {
    lines.push(...headerLines(message));
    if (message.isResponse && message.recursionDesired && !message.recursionAvailable) {
      lines.push(';; WARNING: recursion requested but not available');
    }
    lines.push('', ...ednsLines(message));
  }
  if (on.question && message.questions.length > 0) {
    lines.push(...(on.comments ? [';; QUESTION SECTION:'] : []), ...message.questions.map(questionLine));
    if (on.comments) lines.push('');
  }
  const section = (title: string, records: readonly ResourceRecord[], isOn: boolean): void => {
    if (!isOn || records.length === 0) return;
    if (on.comments) lines.push(`;; ${title} SECTION:`);
    lines.push(...records.map((record) => recordLine(record, { ttl: on.ttlid, class: on.class })));
    if (on.comments) lines.push('');
  };
  section('ANSWER', message.answers, on.answer);
  section('AUTHORITY', message.authorities, on.authority);
  section('ADDITIONAL', message.additionals, on.additional);
  return lines;
}

async function serversOf(
  context: CommandContext,
  request: Request,
): Promise<{ readonly servers: readonly IpAddress[]; readonly found: number }> {
  const { resolver } = context.host;
  if (request.server === undefined) {
    const servers = resolver.nameservers;
    if (servers.length > 0) return { servers, found: servers.length };
    throw new DigFault(';; no servers could be reached', 9);
  }
  const target = await findTarget(context, request.server);
  if (target.kind === 'failure') {
    throw new DigFault(
      `dig: couldn't get address for '${request.server}': ${target.reason === 'Name or service not known' ? 'not found' : 'failure'}`,
      10,
    );
  }
  return { servers: target.all, found: target.all.length };
}

function nameOf(request: Request, searchDomain: string): DomainName {
  if (request.reverse !== undefined) return reverseName(request.reverse);
  const text = request.nameText ?? '.';
  const parsed = parseName(text);
  if (parsed.kind === 'invalid') throw new DigFault(`dig: '${text}' is not a legal name (${parsed.fault})`, 10);
  const domain = searchDomain === '' ? undefined : domainName(searchDomain);
  const isSearched = request.switches.search && !text.includes('.') && domain !== undefined;
  return isSearched ? (joinName(parsed.name, domain) ?? parsed.name) : parsed.name;
}

function parseWords(operands: readonly string[]): Request {
  const request: Request = {
    switches: { ...switches },
    numbers: { timeout: 5, tries: 3, bufferBytes: 1232, port: 53 },
    server: undefined,
    nameText: undefined,
    reverse: undefined,
    type: undefined,
    queryClass: dnsClass.internet,
  };
  const rest = Array.from(operands);
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.startsWith('@')) request.server = word.slice(1);
    else if (word.startsWith('+')) applyQueryOption(request, word.slice(1));
    else if (word.startsWith('-') && word.length > 1) applyFlag(request, word, rest);
    else applyPlain(request, word);
  }
  return request;
}

function applyPlain(request: Request, word: string): void {
  const type = typeCode(word);
  if (request.nameText !== undefined || request.reverse !== undefined) {
    if (type !== undefined) request.type = type;
    else if (word.toUpperCase() === 'CH') request.queryClass = dnsClass.chaos;
    else if (word.toUpperCase() !== 'IN')
      throw new DigFault(`dig: one name at a time, and '${word}' is no record type`, 1);
    return;
  }
  if (type !== undefined && request.type === undefined && !/^[a-z]{1,5}$/.test(word)) request.type = type;
  else request.nameText = word;
}

function applyFlag(request: Request, word: string, rest: string[]): void {
  const letter = word.charAt(1);
  if (letter === '4' || letter === '6' || letter === 'r') return;
  const value = word.length > 2 ? word.slice(2) : rest.shift();
  if (value === undefined || !'xtcpq'.includes(letter)) throw new DigFault(`Invalid option: ${word}\n${usage}`, 1);
  switch (letter) {
    case 'x':
      request.reverse = parseIp(value);
      if (request.reverse === undefined) throw new DigFault(`dig: Invalid IP address ${value}`, 1);
      request.type ??= recordTypes.PTR;
      return;
    case 't':
      request.type = typeCode(value);
      if (request.type === undefined) throw new DigFault(`;; Warning, invalid type ${value}`, 1);
      return;
    case 'p':
      request.numbers.port = numberOf(value, 65_535, 'port number');
      return;
    case 'q':
      request.nameText = value;
      return;
    default:
      request.queryClass = value.toUpperCase() === 'CH' ? dnsClass.chaos : dnsClass.internet;
  }
}

const usage = `Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}

Use "man dig" for the options.`;

function applyQueryOption(request: Request, text: string): void {
  const [name = '', value] = text.toLowerCase().split('=');
  const { numbers } = request;
  if (name === 'all' || name === 'noall') {
    for (const each of ['cmd', 'comments', 'question', 'answer', 'authority', 'additional', 'stats'] as const) {
      request.switches[each] = name === 'all';
    }
  } else if (value !== undefined && 'timeout'.startsWith(name))
    numbers.timeout = Math.max(1, numberOf(value, 300, 'timeout'));
  else if (value !== undefined && name === 'tries') numbers.tries = Math.max(1, numberOf(value, 100, 'tries'));
  else if (value !== undefined && name === 'retry') numbers.tries = 1 + numberOf(value, 100, 'tries');
  else if (value !== undefined && 'bufsize'.startsWith(name))
    numbers.bufferBytes = numberOf(value, 0xffff, 'buffer size');
  else if (value !== undefined && name === 'edns') request.switches.edns = true;
  else if (!setSwitch(request.switches, name)) throw new DigFault(`Invalid option: +${text}\n${usage}`, 1);
}

/** `+answer`, `+noanswer`, and what is short for one of them. */
function setSwitch(target: Switches, name: string): boolean {
  const names = Object.keys(switches).filter(isSwitch);
  const find = (text: string): keyof Switches | undefined =>
    names.find((each) => each === text) ?? (text.length < 2 ? undefined : names.find((each) => each.startsWith(text)));
  const off = name.startsWith('no') ? find(name.slice(2)) : undefined;
  const key = off ?? find(name);
  if (key === undefined) return false;
  target[key] = off === undefined;
  return true;
}

function numberOf(text: string, maximum: number, what: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) <= maximum) return Number(text);
  throw new DigFault(`Couldn't parse ${what} '${text}': not a valid number`, 1);
}
