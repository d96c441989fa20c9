// DNS messages as dig prints them: BIND's layout, tab stop for tab stop; and the asking that dig, host and nslookup share.
import {
  dnsPort,
  responseCodeName,
  typeName,
  type DnsMessage,
  type Question,
  type ResourceRecord,
} from '../../../../stack/wire/dns.ts';
import { toHex } from '../../../../base/bytes.ts';
import { formatName } from '../../../../stack/wire/dns-name.ts';
import { formatIp, type IpAddress } from '../../../../stack/wire/ip-address.ts';
import { askServer, type QueryOutcome } from '../../../dns/query.ts';
import { dataTypeName, formatClass, formatData } from '../../../dns/record-text.ts';
import type { CommandContext } from '../../command.ts';

const opcodeNames: Readonly<Record<number, string>> = {
  0: 'QUERY',
  1: 'IQUERY',
  2: 'STATUS',
  4: 'NOTIFY',
  5: 'UPDATE',
};
const cookieOption = 10;

/** Where the fields of a record start. */
const columns = { ttl: 24, class: 32, type: 40, data: 48 } as const;

/** Fields at their columns: tabs where BIND would write tabs, a blank where a field is too long. */
class LineWriter {
  text = '';
  #column = 0;

  constructor(prefix = '') {
    this.text = prefix; // does not count
  }

  write(text: string): this {
    this.text += text;
    this.#column += text.length;
    return this;
  }

  indent(column: number): this {
    const target = Math.max(column, this.#column + 1);
    const tabs = Math.floor(target / 8) - Math.floor(this.#column / 8);
    const from = tabs > 0 ? Math.floor(target / 8) * 8 : this.#column;
    this.text += '\t'.repeat(Math.max(0, tabs)) + ' '.repeat(target - from);
    this.#column = target;
    return this;
  }
}

export function questionLine(question: Question): string {
  const line = new LineWriter(';').write(formatName(question.name));
  return line
    .indent(columns.class)
    .write(formatClass(question.class))
    .indent(columns.type)
    .write(typeName(question.type)).text;
}

export function recordLine(record: ResourceRecord, shown: { readonly ttl: boolean; readonly class: boolean }): string {
  const line = new LineWriter().write(formatName(record.name));
  // BIND moves the later columns to the left by one for each that is missing.
  const missing = shown.ttl && shown.class ? 0 : shown.ttl || shown.class ? 8 : 16;
  if (shown.ttl) line.indent(columns.ttl).write(String(record.ttl));
  if (shown.class) line.indent(columns.class - (shown.ttl ? 0 : 8)).write(formatClass(record.class));
  line.indent(columns.type - missing).write(dataTypeName(record.data));
  return line.indent(columns.data - missing).write(formatData(record.data)).text;
}

/** `;; ->>HEADER<<- ...` and the line of flags and counts. */
export function headerLines(message: DnsMessage): string[] {
  const { questions, answers, authorities, additionals, edns } = message;
  const flags = [
    ...(message.isResponse ? ['qr'] : []),
    ...(message.authoritative ? ['aa'] : []),
    ...(message.truncated ? ['tc'] : []),
    ...(message.recursionDesired ? ['rd'] : []),
    ...(message.recursionAvailable ? ['ra'] : []),
    ...(message.authenticData ? ['ad'] : []),
    ...(message.checkingDisabled ? ['cd'] : []),
  ].map((flag) => ` ${flag}`);
  const opcode = opcodeNames[message.opcode] ?? `RESERVED${message.opcode}`;
  const counts = `QUERY: ${questions.length}, ANSWER: ${answers.length}, AUTHORITY: ${authorities.length}, ADDITIONAL: ${additionals.length + (edns === undefined ? 0 : 1)}`;
  return [
    `;; ->>HEADER<<- opcode: ${opcode}, status: ${responseCodeName(message.responseCode)}, id: ${message.id}`,
    `;; flags:${flags.join('')}; ${counts}`,
  ];
}

/** The OPT record's lines; none without EDNS. */
export function ednsLines({ edns }: DnsMessage): string[] {
  if (edns === undefined) return [];
  const options = edns.options.map(({ code, bytes }) => {
    const hex = toHex(bytes);
    return code === cookieOption ? `; COOKIE: ${hex}` : `; OPT=${code}: ${hex}`;
  });
  const flags = edns.dnssecOk ? ' do' : '';
  return [
    ';; OPT PSEUDOSECTION:',
    `; EDNS: version: ${edns.version}, flags:${flags}; udp: ${edns.udpBytes}`,
    ...options,
  ];
}

export interface Exchange {
  readonly server: IpAddress;
  readonly port: number;
  readonly outcome: Extract<QueryOutcome, { kind: 'response' }>;
  readonly transport: 'udp' | 'tcp';
}

export interface AskSetting {
  readonly servers: readonly IpAddress[];
  readonly port?: number;
  readonly transport: 'udp' | 'tcp';
  readonly timeoutMs: number;
  /** How often each server is asked. */
  readonly tries: number;
  /** Take a truncated answer as it is. */
  readonly ignoreTruncation: boolean;
  readonly owner: string;
  /** A line about what went wrong, or that TCP is tried. */
  complain(line: string): Promise<void>;
}

/** Asks the servers in turn until one answers; undefined when none did. Failures are complained about. */
export async function askInTurn(
  context: CommandContext,
  query: DnsMessage,
  setting: AskSetting,
): Promise<Exchange | undefined> {
  const { host, signal } = context;
  const port = setting.port ?? dnsPort;
  for (let attempt = 0; attempt < setting.tries; attempt += 1) {
    for (const server of setting.servers) {
      const ask = (transport: 'udp' | 'tcp'): Promise<QueryOutcome> =>
        askServer(host, query, {
          server: { address: server, port },
          transport,
          timeoutMs: setting.timeoutMs,
          signal,
          owner: setting.owner,
        });
      let { transport } = setting;
      let outcome = await ask(transport);
      if (
        outcome.kind === 'response' &&
        outcome.message.truncated &&
        transport === 'udp' &&
        !setting.ignoreTruncation
      ) {
        await setting.complain(';; Truncated, retrying in TCP mode.');
        transport = 'tcp';
        outcome = await ask(transport);
      }
      if (outcome.kind === 'response') return { server, port, outcome, transport };
      const isOver = await complainAbout(outcome, `${formatIp(server)}#${port}`, setting);
      if (isOver && setting.servers.length === 1) return undefined;
    }
  }
  return undefined;
}

/** True when asking again makes no sense. */
async function complainAbout(outcome: QueryOutcome, server: string, setting: AskSetting): Promise<boolean> {
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connection refused',
    EHOSTUNREACH: 'host unreachable',
    ENETUNREACH: 'network unreachable',
    ETIMEDOUT: 'timed out',
    ECONNRESET: 'end of file',
  };
  if (outcome.kind === 'malformed') await setting.complain(`;; Got bad packet: FORMERR`);
  else if (outcome.kind === 'timeout') await setting.complain(`;; communications error to ${server}: timed out`);
  else if (outcome.kind === 'error') {
    await setting.complain(`;; communications error to ${server}: ${reasons[outcome.code] ?? 'failure'}`);
  }
  return outcome.kind !== 'timeout';
}
