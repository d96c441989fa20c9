// Repairing loss: the timer and its back-off, fast retransmit, SACK, RACK, tail loss probe. RFC 6298, 5681, 6582, 8985.
import { describe, expect, test } from 'vitest';
import { TcpScript } from '../../support/tcp-script.ts';

const bytes = (length: number): Uint8Array => new Uint8Array(length);

/** Established with a peer of MSS 1000 whose handshake took `rttMs`; SACK if asked. */
function established(rttMs: number, sackOk: boolean, knobs: Record<string, number | string> = {}): TcpScript {
  const script = new TcpScript(knobs);
  script.connect();
  script.expect({ flags: 'S' });
  script.advance(rttMs);
  script.send({ flags: 'S.', seq: 0, ack: 1, mss: 1000, sackOk });
  script.expect({ flags: '.' });
  return script;
}

function expectSegments(script: TcpScript, first: number, count: number): void {
  for (let index = 0; index < count; index += 1) {
    script.expect({ flags: '.', seq: first + 1000 * index, length: 1000 });
  }
}

describe('the retransmission timer', () => {
  test('[RFC9293-MUST-19] [RFC6298-5.5] fires after SRTT + max(200 ms, 4 RTTVAR) and doubles', () => {
    const script = established(100, false); // SRTT 100, RTTVAR 50
    script.open.send(bytes(10));
    script.expect({ flags: 'P.', seq: 1, length: 10 });
    script.expectAfter(300, { flags: 'P.', seq: 1, length: 10 });
    script.expectAfter(600, { flags: 'P.', seq: 1, length: 10 });
    script.expectAfter(1200, { flags: 'P.', seq: 1, length: 10 });
    script.expectAfter(2400, { flags: 'P.', seq: 1, length: 10 });
  });

  test('[RFC9293-MUST-20] [RFC9293-3.8.3-a] after 15 retransmissions the connection is given up: with a small RTT after 924.6 s', () => {
    const script = established(0, false);
    script.open.send(bytes(10));
    script.advance(924_500);
    expect(script.skip()).toBe(16);
    script.expectState('ESTABLISHED');
    script.advance(200);
    script.expectState('CLOSED');
    script.expectHeard('established', 'closed ETIMEDOUT');
    expect(script.clock.pending).toBe(0);
  });

  test('[RFC6298-5.3] an ACK of new data starts it over; the last ACK stops it', () => {
    const script = established(100, false);
    script.open.send(bytes(2000));
    expectSegments(script, 1, 2);
    script.advance(200);
    script.send({ flags: '.', seq: 1, ack: 1001 });
    script.expectNothing(250);
    script.send({ flags: '.', seq: 1, ack: 2001 });
    script.expectNothing(60_000);
    expect(script.clock.pending).toBe(0);
  });

  test('[RFC9293-MUST-18] [RFC6298-3-a] Karn: an ACK of what was sent twice is no sample, and the back-off stays', () => {
    const script = established(100, false);
    script.open.send(bytes(10));
    script.expect({ flags: 'P.' });
    script.expectAfter(300, { flags: 'P.', seq: 1 });
    script.advance(100);
    script.send({ flags: '.', seq: 1, ack: 11 });
    script.open.send(bytes(10));
    script.expect({ flags: 'P.', seq: 11 });
    script.expectAfter(600, { flags: 'P.', seq: 11 });
  });

  test('[RFC5681-3.1-b] it leaves a window of one segment and ssthresh of half the flight (Reno)', () => {
    const script = established(100, false, { 'net.ipv4.tcp_congestion_control': 'reno' });
    script.open.send(bytes(8000));
    expectSegments(script, 1, 7);
    script.expect({ flags: 'P.', seq: 7001 });
    script.expectAfter(300, { flags: '.', seq: 1, length: 1000 });
    script.expectNothing(100);
    const control = script.tcp.inspect()[0]?.control;
    expect(control?.cwnd).toBe(1000);
    expect(control?.ssthresh).toBe(4000);
    script.send({ flags: '.', seq: 1, ack: 1001 });
    expectSegments(script, 1001, 2); // slow start again
  });
});

describe('fast retransmit without SACK', () => {
  test('[RFC5681-3.2-a] the third duplicate ACK sends the segment again; new data follows the first two', () => {
    const script = established(100, false, { 'net.ipv4.tcp_initial_cwnd': 4 });
    script.open.send(bytes(20_000));
    expectSegments(script, 1, 4);
    script.send({ flags: '.', seq: 1, ack: 1 });
    script.expect({ flags: '.', seq: 4001 }); // limited transmit (RFC 3042)
    script.send({ flags: '.', seq: 1, ack: 1 });
    script.expect({ flags: '.', seq: 5001 });
    script.send({ flags: '.', seq: 1, ack: 1 });
    script.expect({ flags: '.', seq: 1, length: 1000 });
    expect(script.counters.TcpExtTCPRenoRecovery).toBe(1);
  });

  test('[RFC6582-3.2-a] a partial ACK sends the next hole at once (NewReno)', () => {
    const script = established(100, false);
    script.open.send(bytes(8000));
    script.advance(1);
    expect(script.skip()).toBe(8);
    for (let count = 0; count < 3; count += 1) script.send({ flags: '.', seq: 1, ack: 1 });
    script.expect({ flags: '.', seq: 1 });
    script.send({ flags: '.', seq: 1, ack: 3001 });
    script.expect({ flags: '.', seq: 3001, length: 1000 });
    script.send({ flags: '.', seq: 1, ack: 8001 });
    const control = script.tcp.inspect()[0]?.control;
    expect(control?.cwnd).toBe(control?.ssthresh);
  });

  test('an ACK with data or a new window is no duplicate', () => {
    const script = established(100, false);
    script.open.send(bytes(4000));
    expect(script.skip()).toBe(4);
    for (const window of [60_000, 50_000, 40_000, 30_000]) script.send({ flags: '.', seq: 1, ack: 1, window });
    script.expectNothing(10);
  });
});

describe('with SACK', () => {
  test('[RFC6675-5-a] exactly the holes are sent again', () => {
    const script = established(100, true);
    script.open.send(bytes(8000));
    script.advance(100);
    expect(script.skip()).toBe(8);
    script.send({ flags: '.', seq: 1, ack: 1, sack: [[1001, 2001]] });
    script.send({
      flags: '.',
      seq: 1,
      ack: 1,
      sack: [
        [3001, 4001],
        [1001, 2001],
      ],
    });
    script.expectNothing();
    script.send({
      flags: '.',
      seq: 1,
      ack: 1,
      sack: [
        [3001, 5001],
        [1001, 2001],
      ],
    });
    script.expect({ flags: '.', seq: 1, length: 1000 });
    script.send({
      flags: '.',
      seq: 1,
      ack: 1,
      sack: [
        [3001, 8001],
        [1001, 2001],
      ],
    });
    script.expect({ flags: '.', seq: 2001, length: 1000 });
    script.expectNothing(50);
  });

  test('[RFC8985-6.2-a] a retransmission that is lost again is noticed without a timeout', () => {
    const script = established(100, true);
    script.open.send(bytes(10_000));
    script.advance(100);
    expect(script.skip()).toBe(10);
    script.open.send(bytes(10_000));
    script.send({ flags: '.', seq: 1, ack: 1, sack: [[1001, 5001]] });
    script.expect({ flags: '.', seq: 1, length: 1000 });
    script.skip();
    script.send({ flags: '.', seq: 1, ack: 1, sack: [[1001, 10_001]] });
    const sent = script.skip(); // new data, sent after the retransmission
    expect(sent).toBeGreaterThan(0);
    script.advance(100);
    script.send({ flags: '.', seq: 1, ack: 1, sack: [[1001, 12_001]] });
    script.advance(30); // at most a reordering window
    script.expect({ flags: '.', seq: 1, length: 1000 });
    expect(script.counters.TcpExtTCPTimeouts).toBe(0);
  });

  test('[RFC8985-7.2-a] a lost tail is probed after two round trips, and repaired', () => {
    const script = established(100, true);
    script.open.send(bytes(4000));
    expect(script.skip()).toBe(4);
    script.advance(100);
    script.send({ flags: '.', seq: 1, ack: 1001 });
    script.expectAfter(202, { flags: 'P.', seq: 3001, length: 1000 });
    script.advance(100);
    script.send({ flags: '.', seq: 1, ack: 1001, sack: [[3001, 4001]] });
    script.expect({ flags: '.', seq: 1001, length: 1000 });
    script.expectNothing(); // one segment was delivered: one may leave (RFC 9937 section 6.2)
    script.advance(100);
    script.send({ flags: '.', seq: 1, ack: 2001, sack: [[3001, 4001]] });
    script.expect({ flags: '.', seq: 2001, length: 1000 });
    expect(script.counters.TcpExtTCPTimeouts).toBe(0);
  });

  test('[RFC2018-8-a] a peer that takes SACK back gets everything again', () => {
    const script = established(100, true);
    script.open.send(bytes(4000));
    expect(script.skip()).toBe(4);
    script.advance(100);
    script.send({ flags: '.', seq: 1, ack: 1, sack: [[1001, 4001]] });
    script.skip();
    script.send({ flags: '.', seq: 1, ack: 1001 }); // 4001 if it still had the rest
    script.expectAfter(300, { flags: '.', seq: 1001, length: 1000 });
    script.send({ flags: '.', seq: 1, ack: 2001 });
    script.expect({ flags: '.', seq: 2001, length: 1000 });
    script.expect({ flags: '.', seq: 3001, length: 1000 });
  });

  test('blocks about what was never sent are ignored', () => {
    const script = established(100, true);
    script.open.send(bytes(2000));
    expect(script.skip()).toBe(2);
    script.send({ flags: '.', seq: 1, ack: 1, sack: [[50_001, 60_001]] });
    script.send({ flags: '.', seq: 1, ack: 2001 });
    expect(script.open.sendQueued).toBe(0);
    script.expectNothing(10_000);
  });
});

describe('what the receiver says', () => {
  test('[RFC2018-4-a] the latest block comes first, at most four', () => {
    const script = established(0, true);
    for (const seq of [1001, 3001, 5001, 7001, 9001]) script.send({ flags: '.', seq, ack: 1, length: 100 });
    for (let count = 0; count < 4; count += 1) script.expect({ flags: '.', ack: 1 });
    script.expect({
      flags: '.',
      ack: 1,
      sack: [
        [9001, 9101],
        [7001, 7101],
        [5001, 5101],
        [3001, 3101],
      ],
    });
  });

  test('blocks grow and merge', () => {
    const script = established(0, true);
    script.send({ flags: '.', seq: 101, ack: 1, length: 100 });
    script.expect({ flags: '.', sack: [[101, 201]] });
    script.send({ flags: '.', seq: 301, ack: 1, length: 100 });
    script.expect({
      flags: '.',
      sack: [
        [301, 401],
        [101, 201],
      ],
    });
    script.send({ flags: '.', seq: 201, ack: 1, length: 100 });
    script.expect({ flags: '.', sack: [[101, 401]] });
    script.send({ flags: '.', seq: 1, ack: 1, length: 100 });
    script.expect({ flags: '.', ack: 401, sack: [] });
  });

  test('[RFC2883-4.1-a] a duplicate is reported in the first block', () => {
    const script = established(0, true);
    script.send({ flags: '.', seq: 1, ack: 1, length: 100 });
    script.send({ flags: '.', seq: 1, ack: 1, length: 100 });
    script.expect({ flags: '.', ack: 101, sack: [[1, 101]] });
    script.send({ flags: '.', seq: 201, ack: 1, length: 100 });
    script.expect({ flags: '.', ack: 101, sack: [[201, 301]] });
    script.send({ flags: '.', seq: 201, ack: 1, length: 100 });
    script.expect({
      flags: '.',
      ack: 101,
      sack: [
        [201, 301],
        [201, 301],
      ],
    });
  });

  test('[RFC2018-2-a] no SACK for a peer that did not permit it', () => {
    const script = established(0, false);
    script.send({ flags: '.', seq: 1001, ack: 1, length: 100 });
    script.expect({ flags: '.', ack: 1, sack: [] });
  });
});

describe('timestamps', () => {
  function withTimestamps(): TcpScript {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S' });
    script.send({ flags: 'S.', seq: 0, ack: 1, mss: 1000, timestamps: [500, 0] });
    const ack = script.expect({ flags: '.' });
    expect(ack.timestamps?.[1]).toBe(500);
    return script;
  }

  test('[RFC7323-3.2-a] once agreed they are on every segment and shorten the data', () => {
    const script = withTimestamps();
    script.open.send(bytes(1500));
    const sent = script.expect({ flags: '.', length: 988 });
    expect(sent.timestamps?.[1]).toBe(500);
  });

  test('[RFC7323-3.2-b] a segment without them is dropped', () => {
    const script = withTimestamps();
    script.send({ flags: '.', seq: 1, ack: 1, length: 10 });
    script.expectNothing(100);
    expect(script.takeDrops()).toEqual(['tcp-paws']);
  });

  test('[RFC7323-5.3-a] PAWS: an older timestamp is answered with an ACK and dropped', () => {
    const script = withTimestamps();
    script.send({ flags: '.', seq: 1, ack: 1, length: 10, timestamps: [499, 0] });
    script.expect({ flags: '.', ack: 1 });
    expect(script.takeDrops()).toEqual(['tcp-paws']);
    expect(script.counters.TcpExtPAWSEstab).toBe(1);
    expect(script.open.receivable).toBe(0);
  });

  test('[RFC7323-5.3-b] RST is not subject to PAWS', () => {
    const script = withTimestamps();
    script.send({ flags: 'R', seq: 1, timestamps: [1, 0] });
    script.expectState('CLOSED');
  });

  test('[RFC7323-4.3-a] the echo is of the segment that the ACK answers, not of a later one out of order', () => {
    const script = withTimestamps();
    script.send({ flags: '.', seq: 101, ack: 1, length: 100, timestamps: [600, 0] });
    expect(script.expect({ flags: '.', ack: 1 }).timestamps?.[1]).toBe(500);
    script.send({ flags: '.', seq: 1, ack: 1, length: 100, timestamps: [610, 0] });
    expect(script.expect({ flags: '.', ack: 201 }).timestamps?.[1]).toBe(610);
  });

  test('[RFC3522-3.2-a] a timeout that the echo shows to be spurious is undone', () => {
    const script = withTimestamps();
    script.open.send(bytes(5000));
    const first = script.expect({ flags: '.', seq: 1 });
    script.skip();
    const before = script.tcp.inspect()[0]?.control;
    script.advance(300);
    script.skip();
    script.send({ flags: '.', seq: 1, ack: 989, timestamps: [700, first.timestamps?.[0] ?? 0] });
    expect(script.tcp.inspect()[0]?.control?.ssthresh).toBe(before?.ssthresh);
    expect(script.counters.TcpExtTCPSpuriousRTOs).toBe(1);
  });
});
