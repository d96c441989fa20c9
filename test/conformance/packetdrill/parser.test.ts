// Events of a script: what is understood, and what is refused with the place where it stands.
import { describe, expect, test } from 'vitest';
import { tcpFlag } from '../../../src/stack/wire/tcp.ts';
import { ScriptSyntaxError } from './lexer.ts';
import { parseScript } from './parser.ts';
import type { Action, ScriptEvent, TcpPacketSpec } from './script.ts';

function only(text: string): ScriptEvent {
  const { events } = parseScript(text);
  expect(events).toHaveLength(1);
  return events[0] as ScriptEvent; // the line above has counted
}

function tcp(text: string): TcpPacketSpec {
  const { action } = only(text);
  if (action.kind !== 'packet' || action.packet.kind !== 'tcp') throw new Error('not a TCP packet');
  return action.packet;
}

function call(text: string): Extract<Action, { kind: 'call' }>['call'] {
  const { action } = only(text);
  if (action.kind !== 'call') throw new Error('not a call');
  return action.call;
}

function refusal(text: string): string {
  try {
    parseScript(text);
  } catch (error) {
    if (error instanceof ScriptSyntaxError) return `${error.place.line}:${error.place.column} ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('times', () => {
  test.each([
    ['1.5 `x`', { kind: 'absolute', ms: 1500 }],
    ['+.000250 `x`', { kind: 'relative', ms: 0.25 }],
    ['* > . 1:1(0) ack 1', { kind: 'any' }],
    ['+.3~+.31 > . 1:1(0) ack 1', { kind: 'relative', ms: 300, endMs: 310 }],
    ['1~2 > . 1:1(0) ack 1', { kind: 'absolute', ms: 1000, endMs: 2000 }],
  ])('%s', (text, time) => {
    expect(only(text).time).toEqual(time);
  });

  test('a command needs none', () => {
    expect(only('`a`').time).toEqual({ kind: 'relative', ms: 0 });
  });
});

describe('definitions', () => {
  test('a word stands for what the script or the command line defines', () => {
    expect(parseScript('--define=CODE=host_unreachable\n+0 < icmp unreachable CODE').events[0]?.action).toMatchObject({
      packet: { code: 'host_unreachable' },
    });
    const [event] = parseScript('+0 > S 0:0(0) <FO COOKIE>', new Map([['COOKIE', '0a0b']])).events;
    expect(event?.action).toMatchObject({ packet: { options: [{ number: 34, bytes: [10, 11] }] } });
    expect(parseScript('--define=CLEAN=`true`\nCLEAN\n').events[0]?.action).toEqual({ kind: 'command', text: 'true' });
  });
});

describe('packets', () => {
  test('flags, numbers, window and options', () => {
    expect(tcp('+0 < [ce] SEW. 5:15(10) ack 7 win 100 urg 3 <mss 9,nop,wscale 2,sackOK,eol>')).toEqual({
      kind: 'tcp',
      direction: 'in',
      ip: { ecn: 'ce' },
      ports: undefined,
      flags: tcpFlag.syn | tcpFlag.ece | tcpFlag.cwr | tcpFlag.ack,
      sequence: 5,
      payloadBytes: 10,
      ack: 7,
      window: 100,
      urgent: 3,
      options: [
        { kind: 'mss', value: 9 },
        { kind: 'nop' },
        { kind: 'wscale', value: 2 },
        { kind: 'sackOK' },
        { kind: 'eol' },
      ],
    });
  });

  test('ports, SACK blocks, timestamps, a cookie, no flags, no options, any options', () => {
    expect(tcp('+0 > 80 > 9 . 1:1(0) ack 1').ports).toEqual({ source: 80, destination: 9 });
    expect(tcp('+0 < . 1:1(0) ack 1 win 1 <sack 1:2 5:9,TS val 3 ecr 4,FO 0a0b>').options).toEqual([
      {
        kind: 'sack',
        blocks: [
          [1, 2],
          [5, 9],
        ],
      },
      { kind: 'TS', value: 3, echo: 4 },
      { kind: 'other', name: 'FO', number: 34, bytes: [10, 11] },
    ]);
    expect(tcp('+0 < - 1:1(0) win 1')).toMatchObject({ flags: 0, options: [] });
    expect(tcp('+0 > S 0:0(0) <...>').options).toBeUndefined();
  });

  test('ICMP with what it quotes', () => {
    const { action } = only('+0 < icmp unreachable frag_needed mtu 1000 [1:1461(1460)]');
    expect(action).toMatchObject({
      packet: {
        kind: 'icmp',
        type: 'unreachable',
        code: 'frag_needed',
        mtu: 1000,
        quoted: { protocol: 'tcp', sequence: 1, payloadBytes: 1460 },
      },
    });
  });
});

describe('system calls', () => {
  test('arguments, result, errno and the time of return', () => {
    const made = call('+.5...0.75 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)');
    expect(made).toMatchObject({ name: 'connect', errno: 'EINPROGRESS', returnMs: 750 });
    expect(made.arguments).toEqual([{ kind: 'integer', value: 3 }, { kind: 'ellipsis' }, { kind: 'ellipsis' }]);
    expect(call('+0 fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)').result).toEqual({ kind: 'integer', value: 2 });
  });

  test('structures, lists, joined flags and calls within arguments', () => {
    const message = 'recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=A|B}, 0) = 10';
    const [, struct] = call(`+0 ${message}`).arguments;
    if (struct?.kind !== 'struct') throw new Error('not a structure');
    expect([...struct.fields.keys()]).toEqual(['msg_name', 'msg_iov', 'msg_flags']);
    const address = '{sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("192.0.2.1")}';
    const [, sockaddr] = call(`+0 bind(3, ${address}, 16) = 0`).arguments;
    expect(sockaddr?.kind).toBe('struct');
  });
});

describe('refusals say where', () => {
  test.each([
    ['+0 < S 0:5(0) win 1', '1:8 0:5 does not hold 0 bytes'],
    ['+0 < SX 0:0(0) win 1', '1:6 `X` is no TCP flag (of FSRP.UEW)'],
    ['+0 > . 1:1(0) ack 1\n+0 < . 1:1(0) ack 1 win 1 <...>', '2:8 <...> is for outbound packets'],
    ['* < . 1:1(0) ack 1 win 1', '1:1 only an outbound packet may come at any time or within a range'],
    ['+2~+1 > . 1:1(0) ack 1', '1:2 the time range is backwards'],
    ['+0 socket(3) 5', '1:14 expected `=`, found `5`'],
    ['+0 > . 1:1(0) ack 1 <window 5>', '1:22 `window` is no TCP option'],
    [
      '+0 < ipv4 1.2.3.4 > 5.6.7.8: . 1:1(0) win 1',
      '1:6 expected a packet without encapsulation (tunnels are not supported), found `ipv4`',
    ],
    ['+0 < . 1:1(0) ack 1', '1:8 a packet that arrives needs a window'],
  ])('%s', (text, expected) => {
    expect(refusal(text)).toBe(expected);
  });
});
