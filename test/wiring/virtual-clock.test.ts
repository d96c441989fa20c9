import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';

describe('a virtual clock', () => {
  test('fires timers in order of due time, then of scheduling', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.schedule(10, () => fired.push('b'));
    clock.schedule(5, () => fired.push('a'));
    clock.schedule(10, () => fired.push('c'));
    clock.runFor(10);
    expect(fired).toEqual(['a', 'b', 'c']);
    expect(clock.now()).toBe(10);
  });

  test('does not move time by itself and never fires a cancelled timer', () => {
    const clock = new VirtualClock();
    let fired = 0;
    const timer = clock.schedule(1, () => (fired += 1));
    timer.cancel();
    timer.cancel();
    expect(clock.pending).toBe(0);
    expect(clock.step()).toBe(false);
    expect(fired).toBe(0);
    expect(clock.now()).toBe(0);
  });

  test('a timer scheduled with 0 ms from a timer fires in the same instant, after those already due', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.schedule(3, () => {
      fired.push('first');
      clock.schedule(0, () => fired.push('third'));
    });
    clock.schedule(3, () => fired.push('second'));
    clock.runUntil(3);
    expect(fired).toEqual(['first', 'second', 'third']);
  });

  test('keeps the order of a churn of 20,000 timers in which most are cancelled', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    for (let index = 0; index < 20_000; index += 1) {
      const due = (index * 7919) % 10_007;
      const timer = clock.schedule(due, () => fired.push(due));
      if (index % 4 !== 0) timer.cancel();
    }
    expect(clock.pending).toBe(5_000);
    clock.runFor(20_000);
    expect(fired).toHaveLength(5_000);
    expect(fired).toEqual([...fired].sort((a, b) => a - b));
  });
});
