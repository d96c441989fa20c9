import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { StreamDemultiplexer } from '../../../src/runtime/docker/stream-demultiplexer.ts';

function chunk(stream: 1 | 2, bytes: Uint8Array): Uint8Array {
  const header = new Uint8Array(8);
  header[0] = stream;
  new DataView(header.buffer).setUint32(4, bytes.length);
  return Buffer.concat([header, bytes]);
}

test('both streams come out whole however the engine’s answer is cut', () => {
  const chunks = fc.array(fc.tuple(fc.constantFrom(1 as const, 2 as const), fc.uint8Array({ maxLength: 30 })));
  fc.assert(
    fc.property(chunks, fc.integer({ min: 1, max: 13 }), (sent, step) => {
      const received: Record<1 | 2, number[]> = { 1: [], 2: [] };
      const demultiplexer = new StreamDemultiplexer(
        (bytes) => received[1].push(...bytes),
        (bytes) => received[2].push(...bytes),
      );
      const whole = Buffer.concat(sent.map(([stream, bytes]) => chunk(stream, bytes)));
      for (let offset = 0; offset < whole.length; offset += step) {
        demultiplexer.push(whole.subarray(offset, offset + step));
      }
      for (const stream of [1, 2] as const) {
        const expected = sent.filter(([of]) => of === stream).flatMap(([, bytes]) => [...bytes]);
        expect(received[stream]).toEqual(expected);
      }
    }),
  );
});
