// DNS messages: RFC 1035 section 4 (format), 3.3 (data of A, NS, CNAME, SOA, PTR, MX, TXT), RFC 3596 (AAAA),
// RFC 6891 (EDNS(0): the OPT record, larger messages, extended response codes), RFC 3597 (types we do not know).
// Left out: SRV and newer types as values (they are carried as bytes), DNSSEC, updates, TSIG.
import { read16, read32, write16, write32 } from './field.ts';
import { ipv6Bytes, ipv6FromBytes, readIpv4Address, type Ipv4Address, type Ipv6Address } from './ip-address.ts';
import { NameOffsets, readName, type DomainName } from './dns-name.ts';

/** Type codes by their mnemonics; the last ones appear in questions only, or (OPT) outside the zone data. */
export const recordTypes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  DS: 43,
  HTTPS: 65,
  AXFR: 252,
  ANY: 255,
} as const;

export const dnsClass = { internet: 1, chaos: 3, any: 255 } as const;

/** RFC 1035 section 4.1.1, RFC 2136, RFC 6891 section 9. */
export const responseCode = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notKnown: 4,
  refused: 5,
  badVersion: 16,
} as const;

const responseCodeNames: Readonly<Record<number, string>> = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  6: 'YXDOMAIN',
  7: 'YXRRSET',
  8: 'NXRRSET',
  9: 'NOTAUTH',
  10: 'NOTZONE',
  16: 'BADVERS',
};

/** The largest message over UDP that every resolver takes (RFC 1035 section 4.2.1). */
export const plainUdpBytes = 512;
export const dnsPort = 53;
const headerBytes = 12;

export type RecordData =
  | { readonly type: 'A'; readonly address: Ipv4Address }
  | { readonly type: 'AAAA'; readonly address: Ipv6Address }
  | { readonly type: 'NS' | 'CNAME' | 'PTR'; readonly target: DomainName }
  | { readonly type: 'MX'; readonly preference: number; readonly exchange: DomainName }
  /** At least one string, each of at most 255 bytes. */
  | { readonly type: 'TXT'; readonly strings: readonly Uint8Array[] }
  | ({ readonly type: 'SOA' } & StartOfAuthority)
  /** A type that this file does not know by name; the bytes as they came. */
  | { readonly type: 'other'; readonly code: number; readonly bytes: Uint8Array };

/** RFC 1035 section 3.3.13; all times in seconds. */
export interface StartOfAuthority {
  readonly primary: DomainName;
  readonly mailbox: DomainName;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** TTL of negative answers (RFC 2308 section 4). */
  readonly minimum: number;
}

export interface ResourceRecord {
  readonly name: DomainName;
  /** Seconds, 0 .. 2^31 - 1 (RFC 2181 section 8). */
  readonly ttl: number;
  readonly class: number;
  readonly data: RecordData;
}

export interface Question {
  readonly name: DomainName;
  readonly type: number;
  readonly class: number;
}

/** What the OPT record says (RFC 6891 section 6.1). */
export interface Edns {
  readonly version: number;
  /** The largest message that its sender takes over UDP, in bytes. */
  readonly udpBytes: number;
  readonly dnssecOk: boolean;
  readonly options: readonly { readonly code: number; readonly bytes: Uint8Array }[];
}

export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** 0 .. 4095; above 15 only with `edns`. */
  readonly responseCode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** Without the OPT record. */
  readonly additionals: readonly ResourceRecord[];
  readonly edns: Edns | undefined;
}

export type ParsedDns =
  | { readonly kind: 'message'; readonly message: DnsMessage }
  /** `id` is there when at least the header is: a server answers such a query with FORMERR. */
  | {
      readonly kind: 'malformed';
      readonly what: string;
      readonly id: number | undefined;
      readonly isResponse: boolean;
    };

/** A message with nothing in it: what is left out of a query or response means this. */
export const emptyDnsMessage: DnsMessage = {
  id: 0,
  isResponse: false,
  opcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
  responseCode: 0,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  edns: undefined,
};

/** `A`, `TYPE65400`. */
export function typeName(code: number): string {
  return Object.entries(recordTypes).find(([, value]) => value === code)?.[0] ?? `TYPE${code}`;
}

/** The code of `a`, `MX`, `TYPE99` (RFC 3597 section 5); undefined when there is no such type. */
export function typeCode(text: string): number | undefined {
  const name = text.toUpperCase();
  const known = Object.entries(recordTypes).find(([each]) => each === name);
  if (known !== undefined) return known[1];
  const match = /^TYPE(\d{1,5})$/.exec(name);
  return match === null || Number(match[1]) > 0xffff ? undefined : Number(match[1]);
}

/** The type code of a record's data. */
export function dataCode(data: RecordData): number {
  return data.type === 'other' ? data.code : recordTypes[data.type];
}

/** `NXDOMAIN`, `RCODE23`. */
export function responseCodeName(code: number): string {
  return responseCodeNames[code] ?? `RCODE${code}`;
}

class Malformed extends Error {}

/** Reads a whole message; what follows the counted records is ignored. Never throws. */
export function parseDns(bytes: Uint8Array): ParsedDns {
  try {
    return { kind: 'message', message: new MessageReader(bytes).read() };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const whole = bytes.length >= headerBytes;
    return {
      kind: 'malformed',
      what: error.message,
      id: whole ? read16(bytes, 0) : undefined,
      isResponse: whole && (read16(bytes, 2) & 0x8000) !== 0,
    };
  }
}

class MessageReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #edns: Edns | undefined;
  #extendedCode = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(): DnsMessage {
    this.#need(headerBytes, 'the header is cut off');
    const [id, flags] = [this.#word(), this.#word()];
    const [questionCount, answerCount, authorityCount, additionalCount] = [
      this.#word(),
      this.#word(),
      this.#word(),
      this.#word(),
    ];
    const questions = this.#list(questionCount, () => this.#question());
    const answers = this.#list(answerCount, () => this.#record());
    const authorities = this.#list(authorityCount, () => this.#record());
    const additionals = this.#list(additionalCount, () => this.#record());
    const isOption = ({ data }: ResourceRecord): boolean => dataCode(data) === recordTypes.OPT;
    if ([...answers, ...authorities].some(isOption)) throw new Malformed('an OPT record in the wrong section');
    return {
      id,
      isResponse: (flags & 0x8000) !== 0,
      opcode: (flags >>> 11) & 15,
      authoritative: (flags & 0x0400) !== 0,
      truncated: (flags & 0x0200) !== 0,
      recursionDesired: (flags & 0x0100) !== 0,
      recursionAvailable: (flags & 0x0080) !== 0,
      authenticData: (flags & 0x0020) !== 0,
      checkingDisabled: (flags & 0x0010) !== 0,
      responseCode: (this.#extendedCode << 4) | (flags & 15),
      questions,
      answers,
      authorities,
      additionals: additionals.filter((record) => !isOption(record)),
      edns: this.#edns,
    };
  }

  #list<T>(count: number, read: () => T): T[] {
    const items: T[] = [];
    for (let index = 0; index < count; index += 1) items.push(read());
    return items;
  }

  #question(): Question {
    const name = this.#name(this.#bytes.length);
    this.#need(4, 'a question is cut off');
    return { name, type: this.#word(), class: this.#word() };
  }

  #record(): ResourceRecord {
    const name = this.#name(this.#bytes.length);
    this.#need(10, 'a record is cut off');
    const [type, recordClass] = [this.#word(), this.#word()];
    const ttl = read32(this.#bytes, this.#at);
    this.#at += 4;
    const length = this.#word();
    this.#need(length, 'the data of a record is cut off');
    const end = this.#at + length;
    if (type === recordTypes.OPT) this.#option(name, recordClass, ttl, end);
    const data = this.#data(type, end);
    if (this.#at !== end) throw new Malformed(`the data of a ${typeName(type)} record has another length`);
    // RFC 2181 section 8: a TTL with the top bit set counts as zero
    return { name, class: recordClass, ttl: ttl > 0x7fff_ffff ? 0 : ttl, data };
  }

  #option(name: DomainName, udpBytes: number, word: number, end: number): void {
    if (name !== '' || this.#edns !== undefined) throw new Malformed('a second OPT record, or one that has a name');
    const options: Edns['options'][number][] = [];
    let at = this.#at;
    while (at < end) {
      const length = at + 4 <= end ? read16(this.#bytes, at + 2) : Infinity;
      if (at + 4 + length > end) throw new Malformed('an EDNS option is cut off');
      options.push({ code: read16(this.#bytes, at), bytes: this.#bytes.slice(at + 4, at + 4 + length) });
      at += 4 + length;
    }
    this.#extendedCode = word >>> 24;
    this.#edns = { version: (word >>> 16) & 0xff, udpBytes, dnssecOk: (word & 0x8000) !== 0, options };
  }

  #data(code: number, end: number): RecordData {
    switch (code) {
      case recordTypes.A: {
        this.#needUntil(end, 4, 'an A record');
        this.#at += 4;
        return { type: 'A', address: readIpv4Address(this.#bytes, this.#at - 4) };
      }
      case recordTypes.AAAA: {
        this.#needUntil(end, 16, 'an AAAA record');
        this.#at += 16;
        return { type: 'AAAA', address: ipv6FromBytes(this.#bytes, this.#at - 16) };
      }
      case recordTypes.NS:
        return { type: 'NS', target: this.#name(end) };
      case recordTypes.CNAME:
        return { type: 'CNAME', target: this.#name(end) };
      case recordTypes.PTR:
        return { type: 'PTR', target: this.#name(end) };
      case recordTypes.MX: {
        this.#needUntil(end, 2, 'an MX record');
        return { type: 'MX', preference: this.#word(), exchange: this.#name(end) };
      }
      case recordTypes.TXT:
        return { type: 'TXT', strings: this.#strings(end) };
      case recordTypes.SOA:
        return this.#startOfAuthority(end);
      default: {
        const bytes = this.#bytes.slice(this.#at, end);
        this.#at = end;
        return { type: 'other', code, bytes };
      }
    }
  }

  #strings(end: number): Uint8Array[] {
    const strings: Uint8Array[] = [];
    while (this.#at < end) {
      const length = this.#bytes[this.#at] as number; // at < end
      this.#needUntil(end, 1 + length, 'a TXT record');
      strings.push(this.#bytes.slice(this.#at + 1, this.#at + 1 + length));
      this.#at += 1 + length;
    }
    if (strings.length === 0) throw new Malformed('a TXT record without a string');
    return strings;
  }

  #startOfAuthority(end: number): RecordData {
    const [primary, mailbox] = [this.#name(end), this.#name(end)];
    this.#needUntil(end, 20, 'a SOA record');
    const at = this.#at;
    this.#at += 20;
    return {
      type: 'SOA',
      primary,
      mailbox,
      serial: read32(this.#bytes, at),
      refresh: read32(this.#bytes, at + 4),
      retry: read32(this.#bytes, at + 8),
      expire: read32(this.#bytes, at + 12),
      minimum: read32(this.#bytes, at + 16),
    };
  }

  #name(end: number): DomainName {
    const read = readName(this.#bytes, this.#at, end);
    if (read === undefined) throw new Malformed('a malformed name');
    this.#at = read.next;
    return read.name;
  }

  #word(): number {
    this.#at += 2;
    return read16(this.#bytes, this.#at - 2);
  }

  #need(count: number, what: string): void {
    if (this.#at + count > this.#bytes.length) throw new Malformed(what);
  }

  #needUntil(end: number, count: number, what: string): void {
    if (this.#at + count > end) throw new Malformed(`${what} is too short`);
  }
}

/**
 * The bytes of `message`. When they would be more than `maximumBytes`, records are left out from the end; unless only
 * additional ones are missing, the message says that it is truncated (RFC 2181 section 9).
 */
export function writeDns(message: DnsMessage, maximumBytes = 0xffff): Uint8Array {
  const writer = new MessageWriter(maximumBytes - (message.edns === undefined ? 0 : ednsBytes(message.edns)));
  for (const question of message.questions) writer.question(question);
  const counts = [message.answers, message.authorities, message.additionals].map((records) => {
    const left = records.findIndex((record) => !writer.record(record));
    return left < 0 ? records.length : left;
  });
  const [answers = 0, authorities = 0, additionals = 0] = counts;
  const isCut = answers < message.answers.length || authorities < message.authorities.length;
  if (message.edns !== undefined) writer.edns(message.edns, message.responseCode);
  const bytes = writer.bytes();
  write16(bytes, 0, message.id);
  write16(bytes, 2, flagsOf(message) | (isCut ? 0x0200 : 0));
  write16(bytes, 4, message.questions.length);
  write16(bytes, 6, answers);
  write16(bytes, 8, authorities);
  write16(bytes, 10, additionals + (message.edns === undefined ? 0 : 1));
  return bytes;
}

function flagsOf(message: DnsMessage): number {
  return (
    (message.isResponse ? 0x8000 : 0) |
    (message.opcode << 11) |
    (message.authoritative ? 0x0400 : 0) |
    (message.truncated ? 0x0200 : 0) |
    (message.recursionDesired ? 0x0100 : 0) |
    (message.recursionAvailable ? 0x0080 : 0) |
    (message.authenticData ? 0x0020 : 0) |
    (message.checkingDisabled ? 0x0010 : 0) |
    (message.responseCode & 15)
  );
}

function ednsBytes(edns: Edns): number {
  return edns.options.reduce((sum, option) => sum + 4 + option.bytes.length, 11);
}

class MessageWriter {
  readonly #names = new NameOffsets();
  readonly #limit: number;
  #bytes = new Uint8Array(512);
  #at = headerBytes;
  #isFull = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  question(question: Question): void {
    this.#name(question.name);
    this.#word(question.type);
    this.#word(question.class);
  }

  /** False when it does not fit any more; from then on nothing fits. */
  record(record: ResourceRecord): boolean {
    if (this.#isFull) return false;
    const start = this.#at;
    this.#name(record.name);
    this.#word(dataCode(record.data));
    this.#word(record.class);
    this.#long(record.ttl);
    this.#word(0);
    const dataStart = this.#at;
    this.#data(record.data);
    if (this.#at > this.#limit) {
      this.#names.forgetFrom(start);
      this.#at = start;
      this.#isFull = true;
      return false;
    }
    write16(this.#bytes, dataStart - 2, this.#at - dataStart);
    return true;
  }

  edns(edns: Edns, code: number): void {
    this.#raw(Uint8Array.of(0));
    this.#word(recordTypes.OPT);
    this.#word(edns.udpBytes);
    this.#long((((code >>> 4) << 24) | (edns.version << 16) | (edns.dnssecOk ? 0x8000 : 0)) >>> 0);
    this.#word(ednsBytes(edns) - 11);
    for (const option of edns.options) {
      this.#word(option.code);
      this.#word(option.bytes.length);
      this.#raw(option.bytes);
    }
  }

  #data(data: RecordData): void {
    switch (data.type) {
      case 'A':
        return this.#long(data.address);
      case 'AAAA':
        return this.#raw(ipv6Bytes(data.address));
      case 'NS':
      case 'CNAME':
      case 'PTR':
        return this.#name(data.target);
      case 'MX':
        this.#word(data.preference);
        return this.#name(data.exchange);
      case 'TXT':
        for (const string of data.strings) {
          this.#raw(Uint8Array.of(string.length));
          this.#raw(string);
        }
        return undefined;
      case 'SOA':
        this.#name(data.primary);
        this.#name(data.mailbox);
        for (const value of [data.serial, data.refresh, data.retry, data.expire, data.minimum]) this.#long(value);
        return undefined;
      case 'other':
        return this.#raw(data.bytes);
    }
  }

  #name(name: DomainName): void {
    this.#raw(this.#names.write(name, this.#at));
  }

  #word(value: number): void {
    this.#room(2);
    write16(this.#bytes, this.#at, value);
    this.#at += 2;
  }

  #long(value: number): void {
    this.#room(4);
    write32(this.#bytes, this.#at, value);
    this.#at += 4;
  }

  #raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #room(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
