// What an authoritative name server answers to one message: RFC 1034 section 4.3.2, RFC 2308 section 2 (negative
// answers), RFC 6891 section 6.1.1 (EDNS). Pure: bytes in, bytes out.
// Left out: recursion (RA stays 0), zone transfer, notify, update.
import {
  dnsClass,
  emptyDnsMessage,
  parseDns,
  plainUdpBytes,
  recordTypes,
  responseCode,
  writeDns,
  type DnsMessage,
  type Question,
  type ResourceRecord,
} from '../../stack/wire/dns.ts';
import { sameName, type DomainName } from '../../stack/wire/dns-name.ts';
import { sameRecord } from './zone-file.ts';
import { zoneFor, type Zone } from './zone.ts';

/** What we take and, at most, send over UDP: no fragments on any usual path (DNS flag day 2020). */
export const serverUdpBytes = 1232;
/** A chain of aliases longer than this is a loop or a mistake. */
const maximumAliases = 16;

export interface ServerReply {
  readonly bytes: Uint8Array;
  /** Absent when the query could not be read. */
  readonly query: DnsMessage | undefined;
  readonly response: DnsMessage;
}

/** The reply to a message, or undefined when it deserves none (it is a response, or has no whole header). */
export function answerBytes(
  zones: readonly Zone[],
  bytes: Uint8Array,
  transport: 'udp' | 'tcp',
): ServerReply | undefined {
  const parsed = parseDns(bytes);
  if (parsed.kind === 'malformed') {
    if (parsed.id === undefined || parsed.isResponse) return undefined;
    const code = responseCode.formatError;
    const response: DnsMessage = { ...emptyDnsMessage, id: parsed.id, isResponse: true, responseCode: code };
    return { bytes: writeDns(response), query: undefined, response };
  }
  const { message: query } = parsed;
  if (query.isResponse) return undefined;
  const response = answerQuery(zones, query);
  const limit =
    transport === 'tcp'
      ? 0xffff
      : Math.min(Math.max(query.edns?.udpBytes ?? plainUdpBytes, plainUdpBytes), serverUdpBytes);
  return { bytes: writeDns(response, limit), query, response };
}

/** The whole response, however long. */
export function answerQuery(zones: readonly Zone[], query: DnsMessage): DnsMessage {
  const [question] = query.questions;
  const base: DnsMessage = {
    ...emptyDnsMessage,
    id: query.id,
    isResponse: true,
    opcode: query.opcode,
    recursionDesired: query.recursionDesired,
    checkingDisabled: query.checkingDisabled,
    questions: query.questions,
    edns: query.edns === undefined ? undefined : { version: 0, udpBytes: serverUdpBytes, dnssecOk: false, options: [] },
  };
  const failed = (code: number): DnsMessage => ({ ...base, responseCode: code });
  if (query.opcode !== 0) return failed(responseCode.notKnown);
  if (query.edns !== undefined && query.edns.version > 0) return failed(responseCode.badVersion);
  if (question === undefined || query.questions.length !== 1) return failed(responseCode.formatError);
  if (question.class !== dnsClass.internet) return failed(responseCode.refused);
  if (question.type === recordTypes.AXFR) return failed(responseCode.refused);
  const zone = zoneFor(zones, question.name);
  if (zone === undefined) return failed(responseCode.refused);
  return { ...base, ...resolveIn(zones, zone, question) };
}

type Sections = Pick<DnsMessage, 'answers' | 'authorities' | 'additionals' | 'authoritative' | 'responseCode'>;

function resolveIn(zones: readonly Zone[], first: Zone, question: Question): Sections {
  const answers: ResourceRecord[] = [];
  const result = (rest: Partial<Sections>): Sections => ({
    answers,
    authorities: [],
    additionals: [],
    authoritative: true,
    responseCode: responseCode.noError,
    ...rest,
  });
  let zone: Zone | undefined = first;
  let name: DomainName = question.name;
  for (let steps = 0; steps <= maximumAliases && zone !== undefined; steps += 1) {
    const found = zone.find(name, question.type);
    switch (found.kind) {
      case 'records':
        answers.push(...found.records.filter((record) => !answers.some((other) => sameRecord(other, record))));
        return result({ additionals: addressesFor(zones, found.records, answers) });
      case 'alias':
        if (answers.some((record) => sameName(record.name, name))) return result({}); // a loop: what we have
        answers.push(found.record);
        name = found.target;
        zone = zoneFor(zones, name);
        continue;
      case 'delegation': {
        const glue = addressesFor(zones, found.servers, answers);
        return result({ authorities: found.servers, additionals: glue, authoritative: answers.length > 0 });
      }
      case 'no-data':
        return result({ authorities: [negativeAuthority(zone)] });
      case 'no-name':
        return result({ authorities: [negativeAuthority(zone)], responseCode: responseCode.nameError });
    }
  }
  return result({});
}

/** RFC 2308 section 3: the TTL of a negative answer is the lesser of the SOA's own and its minimum field. */
function negativeAuthority({ authority }: Zone): ResourceRecord {
  return { ...authority, ttl: Math.min(authority.ttl, authority.data.minimum) };
}

/** Addresses of the hosts that NS and MX records name, as far as our zones know them. */
function addressesFor(
  zones: readonly Zone[],
  records: readonly ResourceRecord[],
  answers: readonly ResourceRecord[],
): ResourceRecord[] {
  const found: ResourceRecord[] = [];
  for (const { data } of records) {
    const name = data.type === 'NS' ? data.target : data.type === 'MX' ? data.exchange : undefined;
    const zone = name === undefined ? undefined : zoneFor(zones, name);
    if (name === undefined || zone === undefined) continue;
    const addresses = [...zone.exactly(name, recordTypes.A), ...zone.exactly(name, recordTypes.AAAA)];
    found.push(...addresses.filter((record) => ![...found, ...answers].some((other) => sameRecord(other, record))));
  }
  return found;
}
