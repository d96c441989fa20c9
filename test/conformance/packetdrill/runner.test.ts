// The runner itself: a script that is right passes, and a script that is wrong in one thing fails at that thing.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runScript, type ScriptResult } from './runner.ts';

/** Every line is true of our stack. */
const right = `
    0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
   +0 bind(3, ..., ...) = 0
   +0 listen(3, 1) = 0
   +0...0.100 accept(3, ..., ...) = 4
   +0 < S 0:0(0) win 30000 <mss 1000,sackOK,nop,nop>
   +0 > S. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,sackOK>
  +.1 < . 1:1(0) ack 1 win 30000
   +0 write(4, ..., 3000) = 3000
   +0 > P. 1:3001(3000) ack 1
   +0 %{ assert tcpi_unacked == 3, tcpi_unacked }%
  +.1 < . 1:1(0) ack 3001 win 30000
`;

function run(text: string): ScriptResult {
  return runScript('a script', text);
}

test('the right script passes', () => {
  expect(run(right)).toMatchObject({ outcome: 'ok', message: '', shortfalls: [] });
});

describe('one thing wrong', () => {
  test.each([
    ['a sequence number', '> P. 1:3001(3000)', '> P. 2:3002(3000)', /sequence: expected 2, seen 1/],
    ['a length', '> P. 1:3001(3000)', '> P. 1:2501(2500)', /payload: expected 2500, seen 2000/],
    ['a flag', '> P. 1:3001', '> PU. 1:3001', /flags: expected PU\., seen P\./],
    ['a push that is missing', '> P. 1:3001', '> . 1:3001', /flags: expected \., seen P\./],
    ['an acknowledgment', '(3000) ack 1', '(3000) ack 2', /ack: expected 2, seen 1/],
    ['a window', 'win 65535', 'win 65534', /win: expected 65534, seen 65535/],
    ['an option', '<mss 1460,', '<mss 1461,', /options: expected mss 1461,.*seen mss 1460/],
    ['an option too many', '<mss 1460,nop,nop,sackOK>', '<mss 1460,nop,nop,sackOK,nop,wscale 8>', /options:/],
    ['no options', '<mss 1460,nop,nop,sackOK>', '', /options: expected , seen mss/],
    ['a time', '+0 > P. 1:3001', '+.2 > P. 1:3001', /expected at 0\.300000, sent at 0\.100000/],
    ['a range of times', '+0 > P. 1:3001', '+.1~+.2 > P. 1:3001', /expected at 0\.200000 \.\. 0\.300000/],
    ['an ECN mark', '> P. 1:3001', '> [ect0] P. 1:3001', /ECN: expected ect0, seen noecn/],
    ['a result', '= 3000', '= 2999', /write: expected 2999, returned 3000/],
    ['an errno', 'listen(3, 1) = 0', 'listen(3, 1) = -1 EINVAL', /listen: expected -1 EINVAL, returned 0/],
    ['the time of a return', '+0...0.100 accept', '+0...0.050 accept', /return at 0\.050000, returned at 0\.100000/],
    ['an assertion', 'tcpi_unacked == 3', 'tcpi_unacked == 4', /does not hold \(3\)/],
    [
      'a packet that never comes',
      '  +.1 < . 1:1(0) ack 3001',
      '   +9 > . 1:1(0) ack 2\n   +0 < . 1:1(0) ack 3001',
      /seen/,
    ],
  ])('%s', (_what, from, to, message) => {
    expect(right).toContain(from);
    const result = run(right.replace(from, to));
    expect(result.outcome).toBe('failed');
    expect(result.message).toMatch(message);
  });

  test('says the line, both packets, and what went before', () => {
    const result = run(right.replace('> P. 1:3001(3000)', '> P. 2:3002(3000)'));
    expect(result.place).toEqual({ line: 10, column: 4 });
    expect(result.message).toContain('expected > P. 2:3002(3000) ack 1');
    expect(result.message).toContain('seen     > . 1:1001(1000) ack 1');
    expect(result.message).toContain('0.100000 < . 1:1(0) ack 1 win 30000');
  });

  test('nothing sent at all is said so', () => {
    const result = run(`${right}   +0 > . 1:1(0) ack 77\n`);
    expect(result.message).toContain('expected > . 1:1(0) ack 77\nseen     nothing');
  });
});

describe('counters', () => {
  const check = (value: number): string =>
    right.replace('+0 write', `+0 \`nstat -n\`\n   +0 write`) +
    `   +0 \`nstat | grep TcpOutSegs | grep -q " ${value} "\`\n`;

  test('a command checks one since `nstat -n`, and fails when it is another', () => {
    expect(run(check(3)).message).toBe('');
    expect(run(check(4))).toMatchObject({ outcome: 'failed' });
    expect(run(check(4)).message).toContain('TcpOutSegs: expected 4, seen 3');
  });
});

describe('runs of segments', () => {
  test('--strict_segments wants every segment by itself', () => {
    const result = run(`--strict_segments\n${right}`);
    expect(result.message).toMatch(/payload: expected 3000, seen 1000/);
    const each = [1, 1001, 2001].map((at) => `   +0 > ${at === 2001 ? 'P' : ''}. ${at}:${at + 1000}(1000) ack 1\n`);
    expect(run(`--strict_segments\n${right.replace(/ {3}\+0 > P.*\n/, each.join(''))}`).outcome).toBe('ok');
  });

  test('timestamps count only with --tcp_ts_tick_usecs', () => {
    const script = `
    0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
   +0 bind(3, ..., ...) = 0
   +0 listen(3, 1) = 0
   +0 < S 0:0(0) win 30000 <mss 1000,sackOK,TS val 100 ecr 0>
   +0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 500 ecr 100>
   +.5 < . 1:1(0) ack 1 win 30000 <nop,nop,TS val 200 ecr 500>
   +0 accept(3, ..., ...) = 4
   +0 write(4, ..., 10) = 10
   +0 > P. 1:11(10) ack 1 <nop,nop,TS val 600 ecr 200>
`;
    expect(run(script).outcome).toBe('ok');
    expect(run(`--tcp_ts_tick_usecs=1000\n${script}`).message).toContain('seen nop,nop,TS val 1000 ecr 200');
    expect(run(`--tcp_ts_tick_usecs=1000\n${script.replace('TS val 600', 'TS val 1000')}`).outcome).toBe('ok');
    expect(run(script.replace('ecr 200>\n`', 'ecr 201>\n`').replace('600 ecr 200', '600 ecr 201')).outcome).toBe(
      'failed',
    );
  });
});

describe('what cannot be run', () => {
  test.each([
    ['a call that we have not', '+0 splice(3, 4) = 0', 'unsupported', /the system call splice/],
    ['an option that changes the meaning', '--ip_version=ipv6', 'unsupported', /ip_version=ipv6/],
    [
      'a socket option',
      '+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 setsockopt(3, SOL_TCP, TCP_REPAIR, [1], 4) = 0',
      'unsupported',
      /TCP_REPAIR/,
    ],
    ['a syntax error', '+0 < X 0:0(0) win 1', 'unreadable', /no TCP flag/],
  ])('%s', (_what, text, outcome, message) => {
    const result = run(text);
    expect(result.outcome).toBe(outcome);
    expect(result.message).toMatch(message);
  });

  test('a setting that we have not is named, also when the script passes', () => {
    const result = run(`\`sysctl -q net.ipv4.tcp_no_such=1\`${right}`);
    expect(result.outcome).toBe('ok');
    expect(result.shortfalls).toEqual(['net.ipv4.tcp_no_such=1 (our stack has no such knob)']);
  });
});

describe('the command', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const scripts = fileURLToPath(new URL('../scripts/', import.meta.url));
  const start = (...args: readonly string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

  test('prints a line per script, totals last, and exits 0', () => {
    const { stdout, status } = start(`${scripts}refused.pkt`, `${scripts}poll.pkt`);
    expect(stdout).toMatch(
      /^ok .*refused\.pkt\nok .*poll\.pkt\n2 of 2 scripts ok, 0 failed, 0 unsupported, 0 unreadable\n$/,
    );
    expect(status).toBe(0);
  });

  test('exits 1 when one fails, and 2 without a file', () => {
    const { stdout, status } = start(main); // not a packet script
    expect(stdout).toContain('UNREADABLE');
    expect(status).toBe(1);
    expect(start().status).toBe(2);
    expect(start('--help').stdout).toContain('Usage: npm run packetdrill');
  });
});
