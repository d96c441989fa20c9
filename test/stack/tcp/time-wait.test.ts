// TIME_WAIT: how long, how many, and who may take the four-tuple over before its time (RFC 6191, tcp_tw_reuse).
import { describe, expect, test } from 'vitest';
import { TcpScript } from '../../support/tcp-script.ts';

/** Our side has closed first and waits. Returns the last time that the peer has sent. */
function waiting(knobs: Readonly<Record<string, number>> = {}, timestamps = true): TcpScript {
  const script = new TcpScript(knobs);
  script.connect();
  const first = script.expect({ flags: 'S' });
  const at = (value: number): { readonly timestamps?: readonly [number, number] } =>
    timestamps ? { timestamps: [value, first.timestamps?.[0] ?? 0] } : {};
  script.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460, ...at(100) });
  script.expect({ flags: '.' });
  script.open.finish();
  script.expect({ flags: 'F.' });
  script.send({ flags: 'F.', seq: 1, ack: 2, ...at(101) });
  script.expect({ flags: '.', ack: 2 });
  return script;
}

const states = (script: TcpScript): readonly string[] => script.tcp.inspect().map(({ state }) => state);

describe('the wait', () => {
  test.each([
    ['a minute, as everywhere', {}, 60_000],
    ['240 s, as RFC 9293 would have it', { 'net.ipv4.tcp_time_wait_ms': 240_000 }, 240_000],
  ] as const)('%s', (_name, knobs, lengthMs) => {
    const script = waiting(knobs);
    script.clock.runFor(lengthMs - 1);
    expect(states(script)).toEqual(['TIME_WAIT']);
    script.clock.runFor(1);
    expect(states(script)).toEqual([]);
    expect(script.counters.TcpExtTW).toBe(1);
  });

  test('beyond tcp_max_tw_buckets a connection is closed at once, its last ACK said', () => {
    const script = waiting({ 'net.ipv4.tcp_max_tw_buckets': 0 });
    expect(states(script)).toEqual([]);
    expect(script.counters).toMatchObject({ TcpExtTCPTimeWaitOverflow: 1, TcpExtTW: 0 });
  });
});

describe('a new connection of ours to the same port', () => {
  const sameTuple = (script: TcpScript): void => {
    const [old] = script.tcp.inspect();
    if (old?.remote === undefined) throw new Error('nobody waits');
    script.tcp.connect(old.remote, { localPort: old.local.port });
  };

  test('may take over with tcp_tw_reuse=1 and timestamps, a second later, with a later ISS', () => {
    const script = waiting({ 'net.ipv4.tcp_tw_reuse': 1 });
    expect(() => sameTuple(script)).toThrow('EADDRINUSE');
    script.clock.runFor(1001);
    const before = script.tcp.inspect()[0]?.control?.sndNxt ?? 0;
    sameTuple(script);
    expect(states(script)).toEqual(['SYN_SENT']);
    const iss = script.tcp.inspect()[0]?.control?.iss ?? 0;
    expect((iss - before) | 0).toBeGreaterThan(65_535);
    expect(script.counters.TcpExtTWRecycled).toBe(1);
  });

  test.each([
    ['by default only on the loopback', {}, true],
    ['never with tcp_tw_reuse=0', { 'net.ipv4.tcp_tw_reuse': 0 }, true],
    ['nor without timestamps', { 'net.ipv4.tcp_tw_reuse': 1 }, false],
  ] as const)('may not: %s', (_name, knobs, timestamps) => {
    const script = waiting(knobs, timestamps);
    script.clock.runFor(5000);
    expect(() => sameTuple(script)).toThrow('EADDRINUSE');
    expect(states(script)).toEqual(['TIME_WAIT']);
  });
});
