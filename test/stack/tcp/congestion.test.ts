// The congestion window alone: slow start, Reno, CUBIC. RFC 5681 section 3.1, RFC 9438 section 4.
import { describe, expect, test } from 'vitest';
import { congestionControl } from '../../../src/stack/tcp/congestion/control.ts';
import { ControlBlock } from '../../../src/stack/tcp/control-block.ts';

function block(cwnd: number, ssthresh: number): ControlBlock {
  const made = new ControlBlock();
  made.sndMss = 1000;
  made.cwnd = cwnd;
  made.ssthresh = ssthresh;
  return made;
}

/** One round trip: the whole window acknowledged, two segments at a time. */
function roundTrip(name: string, control: ReturnType<typeof congestionControl>, it: ControlBlock, nowMs: number): void {
  expect(control.name).toBe(name);
  for (let left = Math.floor(it.cwnd); left > 0; left -= 2000) {
    control.acknowledged(it, Math.min(left, 2000), nowMs, 100);
  }
}

describe.each(['reno', 'cubic'])('%s', (name) => {
  test('[RFC9293-MUST-19] [RFC5681-3.1-c] slow start doubles the window in a round trip', () => {
    const it = block(10_000, Infinity);
    roundTrip(name, congestionControl(name), it, 0);
    expect(it.cwnd).toBe(20_000);
  });

  test('every segment that an ACK covers counts, as on Linux', () => {
    const it = block(10_000, Infinity);
    congestionControl(name).acknowledged(it, 9000, 0, 100);
    expect(it.cwnd).toBe(19_000);
  });

  test('[RFC5681-3.1-d] a loss never leaves less than two segments', () => {
    expect(congestionControl(name).reduce(block(1000, Infinity), 1000)).toBe(2000);
  });
});

describe('reno', () => {
  test('[RFC9293-MUST-19] [RFC5681-3.1-e] congestion avoidance adds a segment per round trip', () => {
    const it = block(10_000, 10_000);
    const control = congestionControl('reno');
    for (let round = 0; round < 5; round += 1) roundTrip('reno', control, it, 100 * round);
    expect(it.cwnd).toBe(15_000);
  });

  test('[RFC5681-3.1-f] a loss halves the flight', () => {
    expect(congestionControl('reno').reduce(block(50_000, Infinity), 40_000)).toBe(20_000);
  });
});

describe('cubic', () => {
  test('[RFC9293-MAY-18] [RFC9438-4.6-a] a loss takes 30 %', () => {
    expect(congestionControl('cubic').reduce(block(50_000, Infinity), 50_000)).toBe(35_000);
  });

  test('[RFC9438-4.2-a] returns to the old window after K seconds, slowly around it, faster beyond', () => {
    const it = block(100_000, Infinity);
    const control = congestionControl('cubic');
    it.ssthresh = control.reduce(it, 100_000);
    it.cwnd = it.ssthresh;
    const windows: number[] = [];
    for (let nowMs = 0; nowMs < 9000; nowMs += 100) {
      roundTrip('cubic', control, it, nowMs);
      windows.push(it.cwnd / 1000);
    }
    const at = (seconds: number): number => windows[seconds * 10] ?? 0;
    const kSeconds = Math.cbrt((100 * 0.3) / 0.4); // 4.2 s
    expect(at(Math.round(kSeconds))).toBeGreaterThan(95);
    expect(at(Math.round(kSeconds))).toBeLessThan(106);
    expect(at(1) - at(0)).toBeGreaterThan(at(4) - at(3)); // concave before
    expect(at(8) - at(7)).toBeGreaterThan(at(6) - at(5)); // convex after
  });

  test('[RFC9438-4.7-a] a second loss below the last maximum gives way further', () => {
    const control = congestionControl('cubic');
    const it = block(100_000, Infinity);
    control.reduce(it, 100_000);
    it.cwnd = 80_000;
    it.ssthresh = control.reduce(it, 80_000);
    it.cwnd = it.ssthresh;
    for (let nowMs = 0; nowMs < 2100; nowMs += 100) roundTrip('cubic', control, it, nowMs);
    expect(it.cwnd).toBeLessThan(72_000); // its plateau is 68, not 80 segments
    expect(it.cwnd).toBeGreaterThan(66_000);
  });
});
