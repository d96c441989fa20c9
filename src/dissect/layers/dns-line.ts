// A DNS message in tcpdump's few words: `4711+ A? server.lab. (28)`, `4711* 1/0/0 A 10.0.4.2 (44)`.
import {
  dnsClass,
  parseDns,
  typeName,
  type DnsMessage,
  type Edns,
  type Question,
  type RecordData,
  type ResourceRecord,
} from '../../stack/wire/dns.ts';
import { formatName } from '../../stack/wire/dns-name.ts';
import { read16 } from '../../stack/wire/field.ts';
import { formatIp } from '../../stack/wire/ip-address.ts';

const opcodes = ['', ' inv_q', ' stat', ' op3', ' notify', ' update'] as const;
const responses: readonly string[] = [
  '',
  ' FormErr',
  ' ServFail',
  ' NXDomain',
  ' NotImp',
  ' Refused',
  ' YXDomain',
  ' YXRRSet',
  ' NXRRSet',
  ' NotAuth',
  ' NotZone',
];

/**
 * `length` is that of the message as it was sent. With `verbosity` 1 records have names, with 2 questions, authorities
 * and additional records are shown.
 */
export function dnsLine(bytes: Uint8Array, length: number, verbosity = 0): string {
  const parsed = parseDns(bytes);
  if (parsed.kind === 'malformed') {
    return parsed.id === undefined ? `[|domain] (${length})` : `${parsed.id} [malformed: ${parsed.what}] (${length})`;
  }
  const { message } = parsed;
  const opcode = opcodes[message.opcode] ?? ` op${message.opcode}`;
  const counts = [read16(bytes, 6), read16(bytes, 8), read16(bytes, 10)] as const;
  const text = message.isResponse ? responseText(message, counts, verbosity) : queryText(message, counts, verbosity);
  return `${message.id}${opcode}${text} (${length})`;
}

type Counts = readonly [answers: number, authorities: number, additionals: number];

function queryText(message: DnsMessage, counts: Counts, verbosity: number): string {
  const [answers, authorities, additionals] = counts;
  const flags = `${message.recursionDesired ? '+' : ''}${message.checkingDisabled ? '%' : ''}`;
  const odd = [
    answers > 0 ? ` [${answers}a]` : '',
    message.questions.length === 1 ? '' : ` [${message.questions.length}q]`,
    authorities > 0 ? ` [${authorities}n]` : '',
    additionals > 0 ? ` [${additionals}au]` : '',
  ].join('');
  const rest = verbosity > 1 ? sectionsText(message, verbosity) : '';
  return `${flags}${odd}${message.questions.map(questionText).join('')}${rest}`;
}

function questionText({ name, type, class: asked }: Question): string {
  return ` ${typeName(type)}?${asked === dnsClass.internet ? '' : ` (Class ${asked})`} ${formatName(name)}`;
}

function responseText(message: DnsMessage, counts: Counts, verbosity: number): string {
  const flags = [
    responses[message.responseCode & 15] ?? ` Resp${message.responseCode & 15}`,
    message.authoritative ? '*' : '',
    message.recursionAvailable ? '' : '-',
    message.truncated ? '|' : '',
    message.authenticData ? '$' : '',
    message.questions.length === 1 ? '' : ` [${message.questions.length}q]`,
  ].join('');
  const questions = verbosity > 1 ? ` q:${message.questions.map(questionText).join(',')}` : '';
  const answers = recordsText(message.answers, verbosity);
  return `${flags}${questions} ${counts.join('/')}${answers}${verbosity > 1 ? sectionsText(message, verbosity) : ''}`;
}

/** Authorities and additional records, with the OPT record among these. */
function sectionsText({ authorities, additionals, edns }: DnsMessage, verbosity: number): string {
  const extra = [recordsText(additionals, verbosity), edns === undefined ? '' : optText(edns)].filter((text) => text);
  return [
    authorities.length === 0 ? '' : ` ns:${recordsText(authorities, verbosity)}`,
    extra.length === 0 ? '' : ` ar:${extra.join(',')}`,
  ].join('');
}

function recordsText(records: readonly ResourceRecord[], verbosity: number): string {
  const nameText = ({ name }: ResourceRecord): string => (verbosity > 0 ? `${formatName(name)} ` : '');
  return records.map((record) => ` ${nameText(record)}${dataText(record.data, verbosity)}`).join(',');
}

function optText({ udpBytes, dnssecOk }: Edns): string {
  return ` . OPT UDPsize=${udpBytes}${dnssecOk ? ' DO' : ''}`;
}

function dataText(data: RecordData, verbosity: number): string {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return `${data.type} ${formatIp(data.address)}`;
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return `${data.type} ${formatName(data.target)}`;
    case 'MX':
      return `MX ${formatName(data.exchange)} ${data.preference}`;
    case 'TXT':
      return `TXT ${data.strings.map((string) => `"${printable(string)}"`).join(' ')}`;
    case 'SOA':
      return verbosity === 0
        ? 'SOA'
        : `SOA ${formatName(data.primary)} ${formatName(data.mailbox)} ${data.serial} ${data.refresh} ${data.retry} ${data.expire} ${data.minimum}`;
    case 'other':
      return typeName(data.code);
  }
}

/** Bytes as text, dots for what does not print. */
function printable(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  return text;
}
