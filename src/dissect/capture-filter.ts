// Capture filters in the words of pcap-filter(7): `host a and tcp port 80`, `tcp[tcpflags] & tcp-syn != 0`, `icmp or arp`.
// Left out: VLANs, gateways, protochains, link layers other than Ethernet.
import { ethernetHeaderLength, etherType } from '../stack/wire/ethernet.ts';
import { read16, read32 } from '../stack/wire/field.ts';
import {
  ipv6FromBytes,
  parseIp,
  parsePrefix,
  prefixContains,
  readIpv4Address,
  type IpAddress,
  type Ipv4Address,
  type Prefix,
} from '../stack/wire/ip-address.ts';
import { nextHeader } from '../stack/wire/ipv6.ts';
import { parseMac, readMac } from '../stack/wire/mac-address.ts';
import { servicePort } from './service-names.ts';

export type FrameTest = (frame: Uint8Array) => boolean;

export type CaptureFilter =
  | { readonly ok: true; readonly matches: FrameTest }
  /** `unknownHost`: the filter would do if that name had an address. */
  | { readonly ok: false; readonly message: string; readonly unknownHost?: string };

/** The filter as a test of frames; the empty text lets everything pass. `lookUp` gives the addresses of a name. */
export function parseCaptureFilter(
  text: string,
  lookUp: (name: string) => readonly IpAddress[] | undefined = () => undefined,
): CaptureFilter {
  const words = wordsOf(text);
  if (words.length === 0) return { ok: true, matches: () => true };
  try {
    return { ok: true, matches: new FilterParser(words, lookUp).parse() };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return { ok: false, message: error.message, ...(error.host !== undefined && { unknownHost: error.host }) };
  }
}

/** Words and signs. A colon belongs to an address, but between brackets it stands by itself. */
function wordsOf(text: string): readonly string[] {
  const outside = /&&|\|\||<=|>=|==|!=|<<|>>|[()[\]&|!<>=+*/]|[^\s()[\]&|!<>=+*/]+(?:\/\d+)?/g;
  const inside = /<<|>>|[()[\]&|+*/:]|[^\s()[\]&|+*/:]+/g;
  return text.split(/(\[[^\]]*\]?)/).flatMap((part) => part.match(part.startsWith('[') ? inside : outside) ?? []);
}

class FilterError extends Error {
  readonly host: string | undefined;

  constructor(message: string, host?: string) {
    super(message);
    this.host = host;
  }
}

type Direction = 'src' | 'dst' | 'src or dst' | 'src and dst';
type Kind = 'host' | 'net' | 'port' | 'portrange';

/** What stands before an identifier; the next one takes it over when it has none: `port 80 or 443`. */
interface Qualifiers {
  readonly protocol: string | undefined;
  readonly direction: Direction;
  readonly kind: Kind | undefined;
}

const protocols: Readonly<Record<string, FrameTest>> = {
  ip: (frame) => typeOf(frame) === etherType.ipv4,
  ip6: (frame) => typeOf(frame) === etherType.ipv6,
  arp: (frame) => typeOf(frame) === etherType.arp,
  icmp: (frame) => typeOf(frame) === etherType.ipv4 && transportOf(frame)?.protocol === 1,
  icmp6: (frame) => typeOf(frame) === etherType.ipv6 && transportOf(frame)?.protocol === 58,
  tcp: (frame) => transportOf(frame)?.protocol === 6,
  udp: (frame) => transportOf(frame)?.protocol === 17,
  ether: () => true,
};
const noQualifiers: Qualifiers = { protocol: undefined, direction: 'src or dst', kind: undefined };

const constants: Readonly<Record<string, number>> = {
  tcpflags: 13,
  'tcp-fin': 1,
  'tcp-syn': 2,
  'tcp-rst': 4,
  'tcp-push': 8,
  'tcp-ack': 16,
  'tcp-urg': 32,
  'tcp-ece': 64,
  'tcp-cwr': 128,
  icmptype: 0,
  icmpcode: 1,
  'icmp-echoreply': 0,
  'icmp-unreach': 3,
  'icmp-redirect': 5,
  'icmp-echo': 8,
  'icmp-timxceed': 11,
};

type Quantity = (frame: Uint8Array) => number;

class FilterParser {
  readonly #words: readonly string[];
  readonly #lookUp: (name: string) => readonly IpAddress[] | undefined;
  #at = 0;
  #last: Qualifiers = noQualifiers;

  constructor(words: readonly string[], lookUp: (name: string) => readonly IpAddress[] | undefined) {
    this.#words = words;
    this.#lookUp = lookUp;
  }

  parse(): FrameTest {
    const test = this.#or();
    if (this.#at < this.#words.length) throw new FilterError(`syntax error near '${this.#next}'`);
    return test;
  }

  get #next(): string {
    return this.#words[this.#at] ?? '';
  }

  #accept(...words: readonly string[]): boolean {
    if (!words.includes(this.#next) || this.#next === '') return false;
    this.#at += 1;
    return true;
  }

  #take(what: string): string {
    const word = this.#next;
    if (word === '') throw new FilterError(`syntax error: ${what} is missing at the end`);
    this.#at += 1;
    return word;
  }

  #or(): FrameTest {
    const parts = [this.#and()];
    while (this.#accept('or', '||')) parts.push(this.#and());
    return parts.length === 1 ? (parts[0] ?? never) : (frame) => parts.some((part) => part(frame));
  }

  #and(): FrameTest {
    const parts = [this.#not()];
    while (this.#accept('and', '&&')) parts.push(this.#not());
    return parts.length === 1 ? (parts[0] ?? never) : (frame) => parts.every((part) => part(frame));
  }

  #not(): FrameTest {
    if (this.#accept('not', '!')) {
      const inner = this.#not();
      return (frame) => !inner(frame);
    }
    return this.#primary();
  }

  #primary(): FrameTest {
    const start = this.#at;
    if (this.#isQuantity()) {
      const relation = this.#relation();
      if (relation !== undefined) return relation;
      this.#at = start;
    }
    if (this.#accept('(')) {
      const inner = this.#or();
      if (!this.#accept(')')) throw new FilterError("syntax error: ')' is missing");
      return inner;
    }
    return this.#simple();
  }

  /** Could an arithmetic relation begin here? */
  #isQuantity(): boolean {
    const [word, after] = [this.#next, this.#words[this.#at + 1]];
    return (
      after === '[' ||
      word === 'len' ||
      word === '(' ||
      (/^(0x[0-9a-f]+|\d+)$/i.test(word) && after !== undefined && /^[&|<>=!+*/-]/.test(after))
    );
  }

  #simple(): FrameTest {
    if (this.#accept('less')) return this.#length((length, limit) => length <= limit);
    if (this.#accept('greater')) return this.#length((length, limit) => length >= limit);
    if (this.#accept('broadcast')) return (frame) => readMac(frame, 0) === 0xffff_ffff_ffff;
    if (this.#accept('multicast')) return (frame) => ((frame[0] ?? 0) & 1) === 1;
    const qualifiers = this.#qualifiers();
    if (qualifiers.protocol === 'ether') return this.#ether(qualifiers);
    const isAlone =
      qualifiers.kind === undefined && qualifiers.protocol !== undefined && qualifiers.direction === 'src or dst';
    if (isAlone && !this.#startsIdentifier()) return protocols[qualifiers.protocol ?? ''] ?? never;
    this.#last = qualifiers;
    return this.#identifier(qualifiers);
  }

  #length(holds: (length: number, limit: number) => boolean): FrameTest {
    const limit = Number(this.#take('a length'));
    if (!Number.isInteger(limit)) throw new FilterError('syntax error: a length is a number');
    return (frame) => holds(frame.length, limit);
  }

  #qualifiers(): Qualifiers {
    const start = this.#at;
    const protocol = Object.hasOwn(protocols, this.#next) ? this.#take('a protocol') : undefined;
    let direction: Direction = 'src or dst';
    if (this.#accept('src')) {
      direction = 'src';
      const joined = this.#next;
      if ((joined === 'or' || joined === 'and') && this.#words[this.#at + 1] === 'dst') {
        this.#at += 2;
        direction = joined === 'or' ? 'src or dst' : 'src and dst';
      }
    } else if (this.#accept('dst')) direction = 'dst';
    const kinds: readonly string[] = ['host', 'net', 'port', 'portrange'];
    const kind = kinds.includes(this.#next) ? (this.#take('a kind') as Kind) : undefined; // one of the list
    return this.#at === start ? this.#last : { protocol, direction, kind };
  }

  #startsIdentifier(): boolean {
    return !['', ')', 'and', '&&', 'or', '||'].includes(this.#next);
  }

  #ether({ direction }: Qualifiers): FrameTest {
    if (this.#accept('broadcast')) return (frame) => readMac(frame, 0) === 0xffff_ffff_ffff;
    if (this.#accept('multicast')) return (frame) => ((frame[0] ?? 0) & 1) === 1;
    if (this.#accept('proto')) {
      const type = Number(this.#take('a type'));
      return (frame) => typeOf(frame) === type;
    }
    const text = this.#take('a MAC address');
    const mac = parseMac(text);
    if (mac === undefined) throw new FilterError(`'${text}' is not a MAC address`);
    return directed(direction, (frame, side) => readMac(frame, side === 'src' ? 6 : 0) === mac);
  }

  #identifier(qualifiers: Qualifiers): FrameTest {
    const word = this.#take('an address or a port');
    const inner = this.#identified(qualifiers, word);
    const { protocol } = qualifiers;
    const outer = protocol === undefined ? undefined : protocols[protocol];
    return outer === undefined ? inner : (frame) => outer(frame) && inner(frame);
  }

  #identified({ kind = 'host', direction }: Qualifiers, word: string): FrameTest {
    switch (kind) {
      case 'port': {
        const port = portOf(word);
        return directed(direction, (frame, side) => portAt(frame, side) === port);
      }
      case 'portrange': {
        const [from, to] = word.split('-').map(portOf);
        if (from === undefined || to === undefined)
          throw new FilterError(`'${word}' is no range of ports: 20-25 is one`);
        return directed(direction, (frame, side) => {
          const port = portAt(frame, side);
          return port !== undefined && port >= from && port <= to;
        });
      }
      case 'net': {
        const prefix = prefixOf(word);
        return directed(direction, (frame, side) => {
          const address = addressAt(frame, side);
          return address !== undefined && prefixContains(prefix, address);
        });
      }
      case 'host': {
        const literal = parseIp(word);
        const addresses = literal === undefined ? this.#lookUp(word) : [literal];
        if (addresses === undefined) {
          if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(word)) throw new FilterError(`syntax error near '${word}'`);
          throw new FilterError(`unknown host '${word}'`, word);
        }
        return directed(direction, (frame, side) => {
          const address = addressAt(frame, side);
          return address !== undefined && addresses.includes(address);
        });
      }
    }
  }

  /** `tcp[13] & 2 != 0`; undefined when it is no relation after all. */
  #relation(): FrameTest | undefined {
    const left = this.#sum();
    if (left === undefined) return undefined;
    const operator = this.#next;
    if (!['=', '==', '!=', '<', '>', '<=', '>='].includes(operator)) return undefined;
    this.#at += 1;
    const right = this.#sum();
    if (right === undefined) throw new FilterError(`syntax error after '${operator}'`);
    return (frame) => {
      const [a, b] = [left(frame), right(frame)];
      return compare(operator, a, b); // what is not there is NaN, and equal to nothing
    };
  }

  #sum(): Quantity | undefined {
    let left = this.#factor();
    while (left !== undefined && ['+', '-', '*', '/', '&', '|', '<<', '>>'].includes(this.#next)) {
      const operator = this.#take('an operator');
      const [before, after] = [left, this.#factor()];
      if (after === undefined) throw new FilterError(`syntax error after '${operator}'`);
      left = (frame) => calculate(operator, before(frame), after(frame));
    }
    return left;
  }

  #factor(): Quantity | undefined {
    if (this.#accept('(')) {
      const inner = this.#sum();
      return inner !== undefined && this.#accept(')') ? inner : undefined;
    }
    if (this.#accept('len')) return (frame) => frame.length;
    const word = this.#next;
    if (this.#words[this.#at + 1] === '[') {
      this.#at += 2;
      return this.#bytesOf(word);
    }
    const value = Object.hasOwn(constants, word)
      ? constants[word]
      : /^(0x[0-9a-f]+|\d+)$/i.test(word)
        ? Number(word)
        : undefined;
    if (value === undefined) return undefined;
    this.#at += 1;
    return () => value;
  }

  #bytesOf(protocol: string): Quantity {
    if (!Object.hasOwn(protocols, protocol))
      throw new FilterError(`'${protocol}' is no protocol whose bytes can be read`);
    const offset = this.#sum();
    if (offset === undefined) throw new FilterError(`syntax error in '${protocol}[...]'`);
    const size = this.#accept(':') ? Number(this.#take('a size')) : 1;
    if (![1, 2, 4].includes(size)) throw new FilterError('a size is 1, 2 or 4 bytes');
    if (!this.#accept(']')) throw new FilterError("syntax error: ']' is missing");
    const isIt = protocols[protocol] ?? never;
    return (frame) => {
      const start = isIt(frame) ? startOf(frame, protocol) : undefined;
      const at = start === undefined ? Number.NaN : start + offset(frame);
      if (!(at + size <= frame.length)) return Number.NaN;
      return size === 1 ? (frame[at] as number) : size === 2 ? read16(frame, at) : read32(frame, at);
    };
  }
}

const never: FrameTest = () => false;

type Side = 'src' | 'dst';

function directed(direction: Direction, test: (frame: Uint8Array, side: Side) => boolean): FrameTest {
  switch (direction) {
    case 'src':
    case 'dst':
      return (frame) => test(frame, direction);
    case 'src or dst':
      return (frame) => test(frame, 'src') || test(frame, 'dst');
    case 'src and dst':
      return (frame) => test(frame, 'src') && test(frame, 'dst');
  }
}

function typeOf(frame: Uint8Array): number {
  return frame.length < ethernetHeaderLength ? -1 : read16(frame, 12);
}

/** The transport's protocol number and where it starts; `start` is undefined in a fragment that is not the first. */
function transportOf(frame: Uint8Array): { readonly protocol: number; readonly start: number | undefined } | undefined {
  const at = ethernetHeaderLength;
  if (typeOf(frame) === etherType.ipv4 && frame.length >= at + 20) {
    const isLater = (read16(frame, at + 6) & 0x1fff) !== 0;
    const start = at + ((frame[at] as number) & 15) * 4;
    return { protocol: frame[at + 9] as number, start: isLater ? undefined : start };
  }
  if (typeOf(frame) !== etherType.ipv6 || frame.length < at + 40) return undefined;
  const next = frame[at + 6] as number; // 40 bytes are there
  const behindFragment = next === nextHeader.fragment ? frame[at + 40] : undefined;
  // libpcap looks behind a fragment header for the protocol, but not for ports.
  return behindFragment === undefined
    ? { protocol: next, start: at + 40 }
    : { protocol: behindFragment, start: undefined };
}

function startOf(frame: Uint8Array, protocol: string): number | undefined {
  if (protocol === 'ether') return 0;
  if (['ip', 'ip6', 'arp'].includes(protocol)) return ethernetHeaderLength;
  // As in pcap-filter(7): `tcp[13]` and its like do not work against IPv6, only `icmp6[0]` does.
  const isRight = typeOf(frame) === (protocol === 'icmp6' ? etherType.ipv6 : etherType.ipv4);
  return isRight ? transportOf(frame)?.start : undefined;
}

function portAt(frame: Uint8Array, side: Side): number | undefined {
  const transport = transportOf(frame);
  if (transport?.start === undefined || (transport.protocol !== 6 && transport.protocol !== 17)) return undefined;
  const at = transport.start + (side === 'src' ? 0 : 2);
  return at + 2 <= frame.length ? read16(frame, at) : undefined;
}

function addressAt(frame: Uint8Array, side: Side): IpAddress | undefined {
  const at = ethernetHeaderLength;
  const isSource = side === 'src';
  switch (typeOf(frame)) {
    case etherType.ipv4:
      return frame.length < at + 20 ? undefined : readIpv4Address(frame, at + (isSource ? 12 : 16));
    case etherType.arp:
      return frame.length < at + 28 ? undefined : readIpv4Address(frame, at + (isSource ? 14 : 24));
    case etherType.ipv6:
      return frame.length < at + 40 ? undefined : ipv6FromBytes(frame, at + (isSource ? 8 : 24));
    default:
      return undefined;
  }
}

function portOf(word: string): number {
  const port = /^\d+$/.test(word) ? Number(word) : servicePort(word);
  if (port === undefined || port > 65_535) throw new FilterError(`unknown port '${word}'`);
  return port;
}

/** `10.0.1.0/24`, `10.0.1` (a /24), `10` (a /8). */
function prefixOf(word: string): Prefix {
  const whole = parsePrefix(word);
  if (whole !== undefined) return whole;
  const literal = parseIp(word);
  if (literal !== undefined) return { address: literal, length: typeof literal === 'number' ? 32 : 128 };
  const parts = /^\d{1,3}(\.\d{1,3}){0,2}$/.test(word) ? word.split('.').map(Number) : [];
  if (parts.length === 0 || parts.some((part) => part > 255))
    throw new FilterError(`'${word}' is no network: 10.0.1.0/24 is one`);
  const value = parts.reduce((sum, part, index) => sum + part * 2 ** (24 - 8 * index), 0);
  return { address: value as Ipv4Address, length: 8 * parts.length }; // below 2^32: each part is a byte
}

function compare(operator: string, a: number, b: number): boolean {
  switch (operator) {
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
    case '!=':
      return a !== b && !Number.isNaN(a) && !Number.isNaN(b);
    default:
      return a === b;
  }
}

function calculate(operator: string, a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN; // before the bits are cut off
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return Math.trunc(a / b);
    case '&':
      return (a & b) >>> 0;
    case '|':
      return (a | b) >>> 0;
    case '<<':
      return (a << b) >>> 0;
    default:
      return a >>> b;
  }
}
