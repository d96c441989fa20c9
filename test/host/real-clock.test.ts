// The real clock: the one test file that waits for real time, some milliseconds of it.
import { expect, test } from 'vitest';
import { RealClock } from '../../src/host/real-clock.ts';

test('timers fire by due time, zero delays in order and never synchronously', async () => {
  const clock = new RealClock();
  const fired: string[] = [];
  await new Promise<void>((resolve) => {
    clock.schedule(60, () => (fired.push('late'), resolve()));
    clock.schedule(40, () => fired.push('soon'));
    clock.schedule(0, () => fired.push('a'));
    clock.schedule(-1, () => fired.push('b'));
    clock.schedule(0, () => clock.schedule(0, () => fired.push('c')));
    expect(fired).toEqual([]);
  });
  expect(fired).toEqual(['a', 'b', 'c', 'soon', 'late']);
  expect(clock.pending).toBe(0);
});

test('a timer is never early, and a cancelled one never fires', async () => {
  const clock = new RealClock();
  const startedAtMs = clock.now();
  let wrong = false;
  const cancelled = [1, 0].map((delayMs) => clock.schedule(delayMs, () => (wrong = true)));
  for (const timer of cancelled) timer.cancel();
  cancelled[0]?.cancel();
  await new Promise<void>((resolve) => void clock.schedule(5, resolve));
  expect(clock.now() - startedAtMs).toBeGreaterThanOrEqual(5);
  expect(wrong).toBe(false);
});

test('thousands of armed and cancelled timers leave nothing behind', () => {
  const clock = new RealClock();
  for (let index = 0; index < 10_000; index += 1) clock.schedule(1000, () => undefined).cancel();
  expect(clock.pending).toBe(0);
});
