// The log of a terminal's output: bytes by offset, the oldest forgotten.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputLog } from '../../../src/classroom/terminal/output-log.ts';

test('what was written can be read from any offset that is kept, in any piece', () => {
  const piece = fc.uint8Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 60 }),
      fc.nat(),
      fc.integer({ min: 1, max: 100 }),
      (pieces, from, count) => {
        const log = new OutputLog(200);
        for (const bytes of pieces) log.append(bytes);
        const all = Buffer.concat(pieces);
        expect(log.endOffset).toBe(all.length);
        expect(log.endOffset - log.startOffset).toBeGreaterThanOrEqual(Math.min(200, all.length));
        expect(log.endOffset - log.startOffset).toBeLessThan(240);
        const offset = log.startOffset + (from % (log.endOffset - log.startOffset + 1));
        expect(Buffer.from(log.read(offset, count))).toEqual(all.subarray(offset, offset + count));
      },
    ),
  );
});

test('a million small pieces are kept no longer than their bytes', () => {
  const log = new OutputLog(1_000);
  for (let count = 0; count < 1_000_000; count += 1) log.append(Uint8Array.of(count & 255));
  expect([log.startOffset, log.endOffset]).toEqual([999_000, 1_000_000]);
  expect(log.read(999_999, 10)).toEqual(Uint8Array.of(999_999 & 255));
});

test('what was forgotten, or is not written yet, can not be asked for', () => {
  const log = new OutputLog(10);
  for (let count = 0; count < 5; count += 1) log.append(new Uint8Array(10));
  expect(() => log.read(log.startOffset - 1, 1)).toThrow();
  expect(() => log.read(log.endOffset + 1, 1)).toThrow();
  expect(log.read(log.endOffset, 1)).toEqual(new Uint8Array());
});
