// Packets in a script: `< S 0:0(0) win 1000 <mss 1460,nop,wscale 7>`, `> [ect0] P. 1:1001(1000) ack 1`, UDP and ICMP.
import { tcpFlag } from '../../../src/stack/wire/tcp.ts';
import { ScriptSyntaxError } from './lexer.ts';
import type { IcmpPacketSpec, IpSpec, PacketSpec, TcpOptionSpec, TcpPacketSpec } from './script.ts';
import type { TokenStream } from './token-stream.ts';

type Direction = 'in' | 'out';
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const flagLetters: Readonly<Record<string, number>> = {
  F: tcpFlag.fin,
  S: tcpFlag.syn,
  R: tcpFlag.rst,
  P: tcpFlag.psh,
  '.': tcpFlag.ack,
  U: tcpFlag.urg,
  E: tcpFlag.ece,
  W: tcpFlag.cwr,
};

/** Letters in the order in which scripts write them. */
export function formatFlags(flags: number): string {
  const order = ['S', 'F', 'R', 'P', 'U', 'E', 'W', '.'];
  const letters = order.filter((letter) => (flags & (flagLetters[letter] ?? 0)) !== 0).join('');
  return letters === '' ? '-' : letters;
}

/** The stream stands at `<` or `>`. */
export function parsePacket(tokens: TokenStream): PacketSpec {
  const direction: Direction = tokens.next().text === '<' ? 'in' : 'out';
  for (const wrapped of ['ipv4', 'ipv6', 'gre', 'GREv0', 'mpls']) {
    if (tokens.isAt(wrapped)) tokens.fail('a packet without encapsulation (tunnels are not supported)');
  }
  const ip = parseIpSpec(tokens, direction);
  if (tokens.accept('icmp')) return parseIcmp(tokens, direction, ip);
  if (tokens.accept('udp')) {
    const ports = parsePorts(tokens);
    tokens.expect('(');
    const payloadBytes = tokens.expectNumber('the payload in bytes', 65_535);
    tokens.expect(')');
    return { kind: 'udp', direction, ip, ports, payloadBytes };
  }
  return parseTcp(tokens, direction, ip);
}

function parseIpSpec(tokens: TokenStream, direction: Direction): IpSpec {
  const close = tokens.isAt('[') ? ']' : tokens.isAt('(') ? ')' : undefined;
  if (close === undefined) return {};
  const { place } = tokens.next();
  const spec: Mutable<IpSpec> = {};
  do {
    const word = tokens.expectKind('word', 'ect0, ect1, ect01, ce, noecn, tos or ttl').text;
    if (word === 'ect0' || word === 'ect1' || word === 'ce' || word === 'noecn' || word === 'ect01') spec.ecn = word;
    else if (word === 'tos') spec.tos = Number(tokens.next().text);
    else if (word === 'ttl') spec.ttl = tokens.expectNumber('a TTL', 255);
    else if (word === 'flowlabel') throw new ScriptSyntaxError(place, 'flow labels are not supported');
    else throw new ScriptSyntaxError(place, `\`${word}\` says nothing about an IP header`);
  } while (tokens.accept(','));
  tokens.expect(close);
  if (spec.ecn === 'ect01' && direction === 'in') throw new ScriptSyntaxError(place, 'ect01 is for outbound packets');
  return spec;
}

function parsePorts(tokens: TokenStream): TcpPacketSpec['ports'] {
  if (!tokens.isKind('integer') || !tokens.isAt('>', 1)) return undefined;
  const source = tokens.expectNumber('a port', 65_535);
  tokens.next();
  return { source, destination: tokens.expectNumber('a port', 65_535) };
}

function parseTcp(tokens: TokenStream, direction: Direction, ip: IpSpec): TcpPacketSpec {
  const ports = parsePorts(tokens);
  const flags = parseFlags(tokens);
  const { place } = tokens.peek();
  const { sequence, payloadBytes } = parseSequence(tokens);
  const ack = tokens.accept('ack') ? tokens.expectNumber('an acknowledgment number') : 0;
  const window = tokens.accept('win') ? tokens.expectNumber('a window', 65_535) : undefined;
  const urgent = tokens.accept('urg') ? tokens.expectNumber('an urgent pointer', 65_535) : 0;
  const options = parseOptions(tokens);
  if (options === undefined && direction === 'in') {
    throw new ScriptSyntaxError(place, '<...> is for outbound packets');
  }
  if (window === undefined && direction === 'in' && (flags & tcpFlag.rst) === 0) {
    throw new ScriptSyntaxError(place, 'a packet that arrives needs a window');
  }
  if (tokens.isAt('{')) tokens.fail('the next event (fuzzing marks are not supported)');
  return { kind: 'tcp', direction, ip, ports, flags, sequence, payloadBytes, ack, window, urgent, options };
}

function parseFlags(tokens: TokenStream): number {
  const { place } = tokens.peek();
  if (tokens.accept('-')) return 0;
  let letters = '';
  if (tokens.isKind('word')) letters = tokens.next().text;
  if (tokens.isKind('float')) {
    throw new ScriptSyntaxError(tokens.peek().place, 'the ACE field of AccECN is not supported');
  }
  if (tokens.isAt('.')) {
    tokens.next();
    letters += '.';
  }
  if (letters === '') tokens.fail('TCP flags');
  let flags = 0;
  for (const letter of letters) {
    const bit = flagLetters[letter];
    if (bit === undefined) throw new ScriptSyntaxError(place, `\`${letter}\` is no TCP flag (of FSRP.UEW)`);
    flags |= bit;
  }
  return flags;
}

function parseSequence(tokens: TokenStream): { sequence: number; payloadBytes: number } {
  const { place } = tokens.peek();
  const sequence = tokens.expectNumber('a sequence number');
  tokens.expect(':');
  const end = tokens.expectNumber('the sequence number of the end');
  tokens.expect('(');
  const payloadBytes = tokens.expectNumber('the payload in bytes', 65_535);
  tokens.expect(')');
  if (end !== (sequence + payloadBytes) >>> 0) {
    throw new ScriptSyntaxError(place, `${sequence}:${end} does not hold ${payloadBytes} bytes`);
  }
  return { sequence, payloadBytes };
}

/** None: no options; `<...>`: undefined. */
function parseOptions(tokens: TokenStream): readonly TcpOptionSpec[] | undefined {
  // A `<` that follows begins options only on an outbound packet's or this packet's line: an event begins with a time.
  if (!tokens.isAt('<')) return [];
  tokens.next();
  if (tokens.isKind('ellipsis')) {
    tokens.next();
    tokens.expect('>');
    return undefined;
  }
  const options = [parseTcpOption(tokens)];
  while (tokens.accept(',')) options.push(parseTcpOption(tokens));
  tokens.expect('>');
  return options;
}

function parseTcpOption(tokens: TokenStream): TcpOptionSpec {
  const token = tokens.expectKind('word', 'a TCP option');
  switch (token.text) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return { kind: token.text };
    case 'mss':
      return { kind: 'mss', value: tokens.expectNumber('an MSS', 65_535) };
    case 'wscale':
      return { kind: 'wscale', value: tokens.expectNumber('a window shift', 255) };
    case 'sack':
      return { kind: 'sack', blocks: parseSackBlocks(tokens) };
    case 'TS': {
      tokens.expect('val');
      const value = tokens.expectNumber('a timestamp');
      tokens.expect('ecr');
      return { kind: 'TS', value, echo: tokens.expectNumber('a timestamp') };
    }
    case 'FO':
      return { kind: 'other', name: 'FO', number: 34, bytes: parseBlob(tokens) };
    case 'FOEXP':
      return { kind: 'other', name: 'FOEXP', number: 254, bytes: [0xf9, 0x89, ...parseBlob(tokens)] };
    case 'md5':
      return { kind: 'other', name: 'md5', number: 19, bytes: parseBlob(tokens) };
    default:
      throw new ScriptSyntaxError(token.place, `\`${token.text}\` is no TCP option`);
  }
}

function parseSackBlocks(tokens: TokenStream): readonly (readonly [number, number])[] {
  const blocks: [number, number][] = [];
  do {
    const left = tokens.expectNumber('the left edge of a SACK block');
    tokens.expect(':');
    blocks.push([left, tokens.expectNumber('the right edge of a SACK block')]);
  } while (tokens.isKind('integer'));
  return blocks;
}

function parseBlob(tokens: TokenStream): readonly number[] {
  if (!tokens.isKind('word') && !tokens.isKind('integer')) return [];
  const token = tokens.next();
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(token.text)) throw new ScriptSyntaxError(token.place, 'not a string of hex digits');
  return (token.text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

function parseIcmp(tokens: TokenStream, direction: Direction, ip: IpSpec): IcmpPacketSpec {
  const type = tokens.expectKind('word', 'an ICMP type').text;
  const code = tokens.isKind('word') && !tokens.isAt('mtu') && !tokens.isAt('id') ? tokens.next().text : undefined;
  const mtu = tokens.accept('mtu') ? tokens.expectNumber('an MTU', 65_535) : undefined;
  if (tokens.accept('id')) tokens.expectNumber('an identifier', 65_535);
  let quoted: IcmpPacketSpec['quoted'] = { protocol: 'tcp', sequence: 0, payloadBytes: 0 };
  if (tokens.accept('[')) {
    if (tokens.accept('udp')) {
      tokens.expect('(');
      quoted = { protocol: 'udp', sequence: 0, payloadBytes: tokens.expectNumber('the payload', 65_535) };
      tokens.expect(')');
    } else {
      quoted = { protocol: 'tcp', ...parseSequence(tokens) };
    }
    tokens.expect(']');
  }
  return { kind: 'icmp', direction, ip, type, code, mtu, quoted };
}
