// Fresh frames: zeroed, aligned behind the link header, never sharing a byte, and never keeping much alive.
import { expect, test } from 'vitest';
import { newFrame, slabBytes } from '../../../src/stack/link/frame.ts';

test('no two frames share a byte, and each begins zeroed, across many slabs', () => {
  const frames = Array.from({ length: 400 }, (_, index) => newFrame((index * 37) % 1500));
  frames.forEach((frame, index) => {
    expect(frame.length).toBe(14 + ((index * 37) % 1500));
    expect(frame.every((byte) => byte === 0)).toBe(true);
    frame.fill((index % 255) + 1);
  });
  expect(frames.every((frame, index) => frame.every((byte) => byte === (index % 255) + 1))).toBe(true);
});

test('the packet behind the link header of a frame in a slab begins at a whole word', () => {
  for (const packetLength of [60, 61, 62, 63, 1500, 9000]) expect((newFrame(packetLength).byteOffset + 14) % 4).toBe(0);
});

test('a frame that is kept keeps one slab at most; a super-frame owns its buffer', () => {
  for (const packetLength of [40, 100, 1500, 9000, 65_535]) {
    const frame = newFrame(packetLength);
    expect(frame.buffer.byteLength).toBeLessThanOrEqual(Math.max(slabBytes, frame.length));
  }
  expect(newFrame(65_535).buffer.byteLength).toBe(14 + 65_535);
});
