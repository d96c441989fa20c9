// The second half of the campaign, so that two processors share it.
import { expect, test } from 'vitest';
import { failuresOf } from './seed-range.ts';

test('2,500 more transfers end with the same bytes and nothing left', { timeout: 120_000 }, () => {
  expect(failuresOf(2501, 5000)).toEqual([]);
});
