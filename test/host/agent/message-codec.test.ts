import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../src/host/agent/message-codec.ts';

const leaves = fc.oneof(
  fc.string(),
  fc.double({ noNaN: false }).map((value) => (Object.is(value, -0) ? 0 : value)),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => new Uint8Array(bytes)),
);
const keys = fc
  .string({ maxLength: 6 })
  .filter((key) => !key.startsWith('$') && key !== '__proto__' && key !== 'toJSON');
const messages = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaves,
    fc.array(tie('value')),
    fc.dictionary(keys, tie('value'), { noNullPrototype: true }),
  ),
})).value;

test('a message comes back as it was written', () => {
  fc.assert(
    fc.property(messages, (message) => {
      expect(decodeMessage(encodeMessage(message))).toEqual(message);
    }),
  );
});

test('a Buffer comes back as plain bytes', () => {
  const decoded = decodeMessage(encodeMessage({ bytes: Buffer.from('abc') })) as { bytes: Uint8Array };
  expect([...decoded.bytes]).toEqual([97, 98, 99]);
});

test('every shorter message is refused, not guessed', () => {
  const encoded = encodeMessage({ kind: 'run', stdin: Uint8Array.of(1, 2, 3), size: 4n });
  for (let length = 0; length < encoded.length; length += 1) {
    expect(() => decodeMessage(encoded.subarray(0, length)), `${length} bytes`).toThrow();
  }
});

test('arbitrary bytes either decode or throw a RangeError or TypeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeMessage(bytes);
      } catch (error) {
        expect(error instanceof RangeError || error instanceof TypeError).toBe(true);
      }
    }),
  );
});
