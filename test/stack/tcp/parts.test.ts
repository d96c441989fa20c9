// The small parts, each alone: sequence arithmetic, RTT, the state table, timers, buffers, queues, knobs.
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { ipKnobs } from '../../../src/stack/ip/knobs.ts';
import { Knobs } from '../../../src/stack/knobs.ts';
import { ByteRing } from '../../../src/stack/tcp/byte-ring.ts';
import { TcpSettings, tcpKnobs } from '../../../src/stack/tcp/knobs.ts';
import { OutOfOrderQueue } from '../../../src/stack/tcp/out-of-order.ts';
import { RetransmissionQueue, segmentMark } from '../../../src/stack/tcp/retransmission-queue.ts';
import { RttEstimator } from '../../../src/stack/tcp/rtt.ts';
import { seqAdd, seqAfter, seqBefore, seqDiff, seqMax, seqMin, seqOf } from '../../../src/stack/tcp/sequence.ts';
import { nextTcpState, tcpStates, tcpTransitions } from '../../../src/stack/tcp/state.ts';
import { timerKind, Timers, type TimerKind } from '../../../src/stack/tcp/timers.ts';
import { windowShiftFor } from '../../../src/stack/tcp/window.ts';
import { VirtualClock } from '../../../src/wiring/virtual-clock.ts';

describe('sequence numbers', () => {
  test('[RFC9293-3.4-a] compare across the wrap', () => {
    const before = seqOf(0xffff_fff0);
    const after = seqAdd(before, 0x20);
    expect(after).toBe(0x10);
    expect(seqBefore(before, after) && seqAfter(after, before)).toBe(true);
    expect(seqDiff(after, before)).toBe(0x20);
    expect(seqDiff(before, after)).toBe(-0x20);
    expect(seqMax(before, after)).toBe(after);
    expect(seqMin(before, after)).toBe(before);
    expect(seqAdd(after, -0x20)).toBe(before);
  });
});

describe('the round-trip estimate', () => {
  test('[RFC6298-2.2] the first sample R gives SRTT = R, RTTVAR = R/2', () => {
    const rtt = new RttEstimator();
    expect(rtt.rtoMs(200, 120_000)).toBe(1000);
    rtt.sample(100);
    expect([rtt.srttMs, rtt.rttvarMs, rtt.rtoMs(200, 120_000)]).toEqual([100, 50, 300]);
  });

  test('[RFC6298-2.3] further samples: RTTVAR by 1/4 first, then SRTT by 1/8', () => {
    const rtt = new RttEstimator();
    rtt.sample(100);
    rtt.sample(180);
    expect([rtt.srttMs, rtt.rttvarMs]).toEqual([110, 57.5]);
    expect(rtt.rtoMs(200, 120_000)).toBe(340);
    rtt.backOff = 3;
    expect(rtt.rtoMs(200, 120_000)).toBe(2720);
    rtt.backOff = 30;
    expect(rtt.rtoMs(200, 120_000)).toBe(120_000);
  });
});

describe('the state table', () => {
  test('[RFC9293-3.3.2-a] knows every state, has one successor per event, and every state can reach CLOSED', () => {
    const used = new Set(tcpTransitions.flatMap(({ from, to }) => [from, to]));
    expect([...used].sort()).toEqual([...tcpStates].sort());
    const pairs = tcpTransitions.map(({ from, event }) => `${from} ${event}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    const ends = new Set<string>(['CLOSED']);
    for (let round = 0; round < tcpStates.length; round += 1) {
      for (const { from, to } of tcpTransitions) if (ends.has(to)) ends.add(from);
    }
    expect(ends.size).toBe(tcpStates.length);
  });

  test('refuses what cannot happen', () => {
    expect(nextTcpState('LISTEN', 'ack-of-fin')).toBeUndefined();
    expect(nextTcpState('FIN_WAIT_2', 'fin-arrives')).toBe('TIME_WAIT');
  });
});

describe('timers', () => {
  test('one clock timer serves all deadlines, and moving one later costs none', () => {
    const clock = new VirtualClock();
    const fired: [TimerKind, number][] = [];
    const timers: Timers = new Timers(clock, (kind) => fired.push([kind, clock.now()]));
    timers.set(timerKind.retransmit, 100);
    for (let step = 0; step < 50; step += 1) timers.set(timerKind.retransmit, 100 + step);
    timers.set(timerKind.delayedAck, 40);
    expect(clock.pending).toBe(1);
    expect(timers.leftMs(timerKind.delayedAck)).toBe(40);
    clock.runFor(1000);
    expect(fired).toEqual([
      [timerKind.delayedAck, 40],
      [timerKind.retransmit, 149],
    ]);
    expect(clock.pending).toBe(0);
  });

  test('clearing all gives the clock its timer back', () => {
    const clock = new VirtualClock();
    const timers = new Timers(clock, () => expect.unreachable());
    timers.set(timerKind.persist, 5);
    timers.clearAll();
    expect(clock.pending).toBe(0);
    expect(timers.isSet(timerKind.persist)).toBe(false);
  });
});

describe('the byte ring', () => {
  test('holds a stream of any pieces, growing and wrapping', () => {
    const ring = new ByteRing(5000);
    const random = seededRandom('ring');
    let head = 0;
    let tail = 0;
    const byteAt = (index: number): number => (index * 31) & 0xff;
    for (let step = 0; step < 2000; step += 1) {
      const add = Math.min(random.uint32() % 700, 5000 - (tail - head));
      ring.write(
        tail - head,
        Uint8Array.from({ length: add + 3 }, (_, index) => byteAt(tail + index - 3)),
        3,
        add,
        tail - head,
      );
      tail += add;
      const remove = Math.min(random.uint32() % 700, tail - head);
      const out = new Uint8Array(remove);
      ring.read(0, out, 0, remove);
      expect(out.every((byte, index) => byte === byteAt(head + index))).toBe(true);
      ring.discard(remove);
      head += remove;
    }
    expect(tail).toBeGreaterThan(100_000);
  });
});

describe('the out-of-order queue', () => {
  test('calls for what is missing only, once, in order', () => {
    const queue = new OutOfOrderQueue();
    const missing: [number, number][] = [];
    const add = (start: number, end: number): boolean =>
      queue.add(seqOf(start), seqOf(end), (from, to) => missing.push([from, to]));
    add(10, 20);
    add(30, 40);
    add(15, 35);
    add(5, 50);
    expect(missing).toEqual([
      [10, 20],
      [30, 40],
      [20, 30],
      [5, 10],
      [40, 50],
    ]);
    expect(queue.bytes).toBe(45);
    expect(queue.holds(seqOf(6), seqOf(49))).toBe(true);
    expect(queue.advance(seqOf(4))).toBe(4);
    expect(queue.advance(seqOf(5))).toBe(50);
    expect(queue.isEmpty).toBe(true);
  });

  test('has a limit of ranges', () => {
    const queue = new OutOfOrderQueue();
    let refused = 0;
    for (let index = 0; index < 600; index += 1) {
      if (!queue.add(seqOf(10 * index), seqOf(10 * index + 1), () => undefined)) refused += 1;
    }
    expect(refused).toBe(88);
  });
});

describe('the retransmission queue', () => {
  test('counts what is selectively acknowledged and lost, across growth, splits and partial ACKs', () => {
    const queue = new RetransmissionQueue();
    for (let index = 0; index < 40; index += 1) queue.push(seqOf(100 * index), seqOf(100 * index + 100), index, 0);
    queue.markSacked(3);
    queue.markLost(0);
    queue.markLost(1);
    expect([queue.sackedBytes, queue.sackedCount, queue.lostBytes]).toEqual([100, 1, 200]);
    queue.trim(seqOf(50));
    expect(queue.lostBytes).toBe(150);
    expect(queue.nextLost()).toBe(0);
    queue.markResent(0, 99);
    expect(queue.nextLost()).toBe(1);
    expect(queue.marks(0) & segmentMark.everResent).not.toBe(0);
    queue.split(1, seqOf(140));
    expect([queue.length(1), queue.length(2), queue.lostBytes, queue.count]).toEqual([40, 60, 100, 41]);
    for (let count = 0; count < 5; count += 1) queue.shift();
    expect([queue.start(0), queue.sackedBytes, queue.lostBytes]).toEqual([400, 0, 0]);
  });
});

describe('the order of sending', () => {
  test('is that of the sequence numbers while no segment that was sent again is outstanding', () => {
    const queue = new RetransmissionQueue();
    for (let start = 0; start < 3; start += 1) queue.push(seqOf(10 * start), seqOf(10 * start + 10), start, 0);
    expect(queue.inOrderOfSending).toBe(true);
    queue.markLost(0);
    queue.markResent(0, 5);
    queue.markResent(0, 6);
    queue.split(0, seqOf(5));
    expect(queue.inOrderOfSending).toBe(false);
    queue.shift();
    expect(queue.inOrderOfSending).toBe(false);
    queue.shift();
    expect(queue.inOrderOfSending).toBe(true);
    queue.markResent(0, 7);
    queue.clear();
    expect(queue.inOrderOfSending).toBe(true);
  });
});

describe('knobs', () => {
  test('every field of the settings has a value, and follows its knob', () => {
    const knobs = new Knobs(ipKnobs, tcpKnobs);
    const settings = new TcpSettings(knobs);
    expect(Object.values(settings.fields).every(Number.isInteger)).toBe(true);
    expect(knobs.write('net.ipv4.tcp_fin_timeout', '7')).toBeUndefined();
    expect(settings.fields.finTimeoutSeconds).toBe(7);
    expect(knobs.write('net.ipv4.tcp_rmem', '4096 8192 16384')).toBeUndefined();
    expect(settings.receiveBufferBytes).toBe(8192);
    expect(knobs.write('net.ipv4.tcp_congestion_control', 'bbr')).toContain('reno, cubic');
  });

  test('[RFC7323-2.3-b] the window shift is the smallest that can express the buffer', () => {
    expect([1, 65_535, 65_536, 262_140, 262_144, 1 << 30].map(windowShiftFor)).toEqual([0, 0, 1, 2, 3, 14]);
  });
});
