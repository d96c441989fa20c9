// From the text of a packetdrill script to its events. Grammar: google/packetdrill, gtests/net/packetdrill/parser.y.
// Left out: encapsulation (GRE, MPLS, IP in IP) and fuzzing marks, which are refused with their place.
import { ScriptSyntaxError, type Token } from './lexer.ts';
import { parseArguments, parseExpression } from './expression-parser.ts';
import { parsePacket } from './packet-parser.ts';
import type { Action, CallSpec, EventTime, Script, ScriptEvent, ScriptOption } from './script.ts';
import { TokenStream } from './token-stream.ts';

/** `defines` says what words stand for, as `--define=NAME=value` in the script does. Throws `ScriptSyntaxError`. */
export function parseScript(text: string, defines: ReadonlyMap<string, string> = new Map()): Script {
  const tokens = new TokenStream(text);
  for (const [name, value] of defines) tokens.define(name, value);
  const options: ScriptOption[] = [];
  while (tokens.isKind('option')) {
    const option = parseOption(tokens);
    const [name = '', value = ''] = (option.value ?? '').split(/=(.*)/s);
    if (option.name === 'define') tokens.define(name, value);
    else options.push(option);
  }
  const events: ScriptEvent[] = [];
  while (!tokens.isKind('end')) events.push(parseEvent(tokens));
  return { options, events };
}

function parseOption(tokens: TokenStream): ScriptOption {
  const { text: name, place } = tokens.next();
  if (!tokens.accept('=')) return { name, value: undefined, place };
  let value = tokens.next().text;
  if (tokens.accept('=')) value += `=${quoted(tokens.next())}`; // --define=NAME=value
  while (tokens.isAt('/') && tokens.peek().touchesPrevious) value += tokens.next().text + tokens.next().text;
  return { name, value, place };
}

function quoted(token: Token): string {
  if (token.kind === 'string') return `"${token.text}"`;
  return token.kind === 'command' ? `\`${token.text}\`` : token.text;
}

function parseEvent(tokens: TokenStream): ScriptEvent {
  const { place } = tokens.peek();
  if (tokens.isKind('command')) {
    // The first and last command of a script need no time.
    return { time: { kind: 'relative', ms: 0 }, action: { kind: 'command', text: tokens.next().text }, place };
  }
  const time = parseTime(tokens);
  const action = parseAction(tokens, time);
  const isOutbound = action.kind === 'packet' && action.packet.direction === 'out';
  if (!isOutbound && (time.kind === 'any' || time.endMs !== undefined)) {
    throw new ScriptSyntaxError(place, 'only an outbound packet may come at any time or within a range');
  }
  return { time, action, place };
}

function parseTime(tokens: TokenStream): EventTime {
  if (tokens.accept('*')) return { kind: 'any' };
  const kind = tokens.accept('+') ? 'relative' : 'absolute';
  const { place } = tokens.peek();
  const ms = parseSeconds(tokens);
  if (!tokens.accept('~')) return { kind, ms };
  if (kind === 'relative') tokens.expect('+');
  const endMs = parseSeconds(tokens);
  if (endMs < ms) throw new ScriptSyntaxError(place, 'the time range is backwards');
  return { kind, ms, endMs };
}

/** Seconds as written, in ms rounded to µs. */
function parseSeconds(tokens: TokenStream): number {
  const token = tokens.peek();
  if (token.kind !== 'integer' && token.kind !== 'float') return tokens.fail('a time in seconds');
  tokens.next();
  const seconds = Number(token.text);
  if (seconds < 0) throw new ScriptSyntaxError(token.place, 'a time is not negative');
  return Math.round(seconds * 1e6) / 1000;
}

function parseAction(tokens: TokenStream, time: EventTime): Action {
  const token = tokens.peek();
  if (token.kind === 'command') return { kind: 'command', text: tokens.next().text };
  if (token.kind === 'code') return { kind: 'code', text: tokens.next().text };
  if (tokens.isAt('<') || tokens.isAt('>')) return { kind: 'packet', packet: parsePacket(tokens) };
  return { kind: 'call', call: parseCall(tokens, time) };
}

function parseCall(tokens: TokenStream, time: EventTime): CallSpec {
  let returnMs: number | undefined;
  if (tokens.isKind('ellipsis')) {
    const { place } = tokens.next();
    returnMs = parseSeconds(tokens);
    if (time.kind !== 'any' && returnMs < time.ms) {
      throw new ScriptSyntaxError(place, 'a call does not return before it is made');
    }
  }
  const name = tokens.expectKind('word', 'a packet, a system call, a `command` or a %{ snippet }%').text;
  const args = parseArguments(tokens);
  tokens.expect('=');
  const result = parseExpression(tokens);
  const errno = tokens.isKind('word') ? tokens.next().text : undefined;
  if (tokens.isAt('(')) skipNote(tokens, tokens.peek());
  return { name, arguments: args, result, errno, returnMs };
}

/** `(Operation now in progress)`: for people. */
function skipNote(tokens: TokenStream, start: Token): void {
  while (!tokens.isAt(')')) {
    if (tokens.isKind('end')) throw new ScriptSyntaxError(start.place, 'this parenthesis is never closed');
    tokens.next();
  }
  tokens.next();
}
