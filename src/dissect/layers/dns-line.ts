// A DNS message in tcpdump's few words: `4711+ A? server.lab. (28)`, `4711* 1/0/0 A 10.0.4.2 (44)`.
import { dnsClass, parseDns, typeName, type DnsMessage, type RecordData } from '../../stack/wire/dns.ts';
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

/** `length` is that of the message as it was sent. */
export function dnsLine(bytes: Uint8Array, length: number): string {
  const parsed = parseDns(bytes);
  if (parsed.kind === 'malformed') {
    return parsed.id === undefined ? `[|domain] (${length})` : `${parsed.id} [malformed: ${parsed.what}] (${length})`;
  }
  const { message } = parsed;
  const opcode = opcodes[message.opcode] ?? ` op${message.opcode}`;
  const counts = [read16(bytes, 6), read16(bytes, 8), read16(bytes, 10)] as const;
  const text = message.isResponse ? responseText(message, counts) : queryText(message, counts);
  return `${message.id}${opcode}${text} (${length})`;
}

type Counts = readonly [answers: number, authorities: number, additionals: number];

function queryText(message: DnsMessage, [answers, authorities, additionals]: Counts): string {
  const flags = `${message.recursionDesired ? '+' : ''}${message.checkingDisabled ? '%' : ''}`;
  const odd = [
    answers > 0 ? ` [${answers}a]` : '',
    message.questions.length === 1 ? '' : ` [${message.questions.length}q]`,
    authorities > 0 ? ` [${authorities}n]` : '',
    additionals > 0 ? ` [${additionals}au]` : '',
  ].join('');
  const [question] = message.questions;
  if (question === undefined) return `${flags}${odd}`;
  const other = question.class === dnsClass.internet ? '' : ` (Class ${question.class})`;
  return `${flags}${odd} ${typeName(question.type)}?${other} ${formatName(question.name)}`;
}

function responseText(message: DnsMessage, counts: Counts): string {
  const flags = [
    responses[message.responseCode & 15] ?? ` Resp${message.responseCode & 15}`,
    message.authoritative ? '*' : '',
    message.recursionAvailable ? '' : '-',
    message.truncated ? '|' : '',
    message.authenticData ? '$' : '',
    message.questions.length === 1 ? '' : ` [${message.questions.length}q]`,
  ].join('');
  const answers = message.answers.map(({ data }) => ` ${dataText(data)}`).join(',');
  return `${flags} ${counts.join('/')}${answers}`;
}

function dataText(data: RecordData): string {
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
      return 'SOA';
    case 'other':
      return typeName(data.code);
  }
}

/** Bytes as text, dots for what does not print. */
export function printable(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  return text;
}
