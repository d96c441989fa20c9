// Buckets that refill with time.
import { expect, test } from 'vitest';
import { RateLimits, TokenBucket } from '../../src/server/rate-limit.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';

test('a burst, then as fast as it refills, never more than a burst', () => {
  const clock = new VirtualClock();
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, clock);
  const takes = (count: number) => Array.from({ length: count }, () => bucket.take()).filter(Boolean).length;
  expect(takes(5)).toBe(3);
  clock.runFor(1_000);
  expect(takes(5)).toBe(2);
  clock.runFor(60_000);
  expect(takes(9)).toBe(3);
});

test('one person’s haste is not another’s', () => {
  const limits = new RateLimits({ burst: 1, perSecond: 1 }, new VirtualClock());
  expect([limits.take('ann'), limits.take('ann'), limits.take('min')]).toEqual([true, false, true]);
});

test('a thousand strangers do not fill the memory, and who was limited stays limited', () => {
  const clock = new VirtualClock();
  const limits = new RateLimits({ burst: 1, perSecond: 1 }, clock);
  for (let index = 0; index < 1_000; index += 1) limits.take(`stranger ${index}`);
  clock.runFor(900);
  limits.take('ann');
  clock.runFor(200);
  limits.take('somebody new');
  expect(limits.take('ann')).toBe(false);
});
