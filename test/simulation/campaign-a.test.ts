// The first half of the campaign: see campaign.ts for what a seed stands for, and invariants.ts for what is checked.
import { expect, test } from 'vitest';
import { failuresOf } from './seed-range.ts';

test('2,500 transfers between whole stacks end with the same bytes and nothing left', { timeout: 120_000 }, () => {
  expect(failuresOf(1, 2500)).toEqual([]);
});
