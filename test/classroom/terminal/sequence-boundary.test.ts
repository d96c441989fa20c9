// Where the last finished character or sequence ends.
import { expect, test } from 'vitest';
import { SequenceBoundary } from '../../../src/classroom/terminal/sequence-boundary.ts';

/** Bytes that are pending after `text`, and after each of its bytes came alone. */
function pending(text: string | Uint8Array): number {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const [whole, single] = [new SequenceBoundary(), new SequenceBoundary()];
  whole.advance(bytes);
  for (const byte of bytes) single.advance(Uint8Array.of(byte));
  expect(single.pendingBytes).toBe(whole.pendingBytes);
  return whole.pendingBytes;
}

test.each([
  ['', 0],
  ['plain\r\n', 0],
  ['\u001b', 1],
  ['x\u001b[', 2],
  ['\u001b[12;3', 6],
  ['\u001b[12;3H', 0],
  ['\u001b[?25', 5],
  ['\u001b[4 ', 4],
  ['\u001b[4 q', 0],
  ['\u001b(', 2],
  ['\u001b(0', 0],
  ['\u001b7', 0],
  ['\u001b\u001b[1', 3],
  ['\u001b[1\u001b[', 2],
  ['\u001b[1\u0018', 0],
  ['\u001b]0;ti', 6],
  ['\u001b]0;title\u0007', 0],
  ['\u001b]0;title\u001b', 10],
  ['\u001b]0;title\u001b\\', 0],
  ['\u001b]0;title\u001b[', 2],
  ['\u001bPdata', 6],
  ['한', 0],
  ['a한', 0],
])('%j leaves %i bytes open', (text, open) => {
  expect(pending(text)).toBe(open);
});

test('a character counts until its last byte; what can be none does not', () => {
  const bytes = new TextEncoder().encode('🙂');
  expect([1, 2, 3, 4].map((count) => pending(bytes.subarray(0, count)))).toEqual([1, 2, 3, 0]);
  expect(pending(Uint8Array.of(0xff))).toBe(0);
  expect(pending(Uint8Array.of(0xed, 0x41))).toBe(0);
  expect(pending(Uint8Array.of(0xed, 0x1b))).toBe(1);
});

test('a sequence that never ends counts as text after 64 KiB', () => {
  const boundary = new SequenceBoundary();
  boundary.advance(new TextEncoder().encode(`\u001b]0;${'x'.repeat(70_000)}`));
  expect(boundary.pendingBytes).toBe(0);
});
