import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { encodeFrame, FrameDecoder } from '../../../src/host/agent/framing.ts';

/** Payloads with many zeros and long runs without, which are the borders of the encoding. */
const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 700 }),
  fc.array(fc.constantFrom(0, 0, 1, 255), { maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
  fc.integer({ min: 250, max: 1020 }).map((length) => new Uint8Array(length).fill(7)),
);

function decodeAll(pieces: readonly Uint8Array[]): { payloads: Uint8Array[]; damaged: number } {
  const received: Uint8Array[] = [];
  const decoder = new FrameDecoder((payload) => received.push(payload));
  for (const piece of pieces) decoder.push(piece);
  return { payloads: received, damaged: decoder.damaged };
}

function cut(stream: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.map((place) => place % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return edges.slice(1).map((edge, index) => stream.subarray(edges[index], edge));
}

test('an encoded frame holds no zero but its two delimiters', () => {
  fc.assert(
    fc.property(payloads, (payload) => {
      const frame = encodeFrame(payload);
      expect(frame[0]).toBe(0);
      expect(frame.indexOf(0, 1)).toBe(frame.length - 1);
    }),
  );
});

test('payloads arrive whole and in order however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(payloads, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (sent, places) => {
      const received = decodeAll(cut(concatBytes(sent.map(encodeFrame)), places));
      expect(received).toEqual({ payloads: sent.map((bytes) => new Uint8Array(bytes)), damaged: 0 });
    }),
  );
});

test('a reader who joins anywhere gets every frame that begins after that place', () => {
  fc.assert(
    fc.property(fc.array(payloads, { minLength: 2, maxLength: 6 }), fc.nat(), (sent, place) => {
      const frames = sent.map(encodeFrame);
      const stream = concatBytes(frames);
      const joined = place % stream.length;
      let begin = 0;
      const expected = sent.filter((_, index) => {
        const whole = begin >= joined;
        begin += (frames[index] as Uint8Array).length;
        return whole;
      });
      const received = decodeAll([stream.subarray(joined)]).payloads;
      expect(received.slice(received.length - expected.length)).toEqual(expected.map((bytes) => new Uint8Array(bytes)));
    }),
  );
});

test('a writer who died in the middle of a frame costs only that frame', () => {
  fc.assert(
    fc.property(payloads, fc.nat(), payloads, (unfinished, place, next) => {
      const frame = encodeFrame(unfinished);
      const torn = frame.subarray(0, place % (frame.length - 1));
      const received = decodeAll([torn, encodeFrame(next)]).payloads;
      expect(received.at(-1)).toEqual(new Uint8Array(next));
      expect(received.length).toBe(1);
    }),
  );
});

test('the torn beginning of a run of zeros is no empty payload', () => {
  const torn = encodeFrame(new Uint8Array(5)).subarray(0, 6);
  expect(decodeAll([torn, encodeFrame(Uint8Array.of(4))])).toEqual({ payloads: [Uint8Array.of(4)], damaged: 1 });
});

test('a damaged frame is counted and left out', () => {
  const frame = encodeFrame(Uint8Array.of(1, 2, 3));
  frame[3] = 9;
  expect(decodeAll([frame, encodeFrame(Uint8Array.of(4))])).toEqual({ payloads: [Uint8Array.of(4)], damaged: 1 });
});

test('the decoder keeps nothing of a buffer that its caller uses again', () => {
  const frame = encodeFrame(Uint8Array.of(1, 2, 3, 4));
  const received: Uint8Array[] = [];
  const decoder = new FrameDecoder((payload) => received.push(payload));
  const reused = frame.slice(0, 4);
  decoder.push(reused);
  reused.fill(0xee);
  decoder.push(frame.subarray(4));
  expect(received).toEqual([Uint8Array.of(1, 2, 3, 4)]);
});
