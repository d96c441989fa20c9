// What crosses the wire: what fits is read, what does not is refused with the key that is wrong.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fault, formatFault } from '../../src/base/fault.ts';
import { runRequest, startRequest } from '../../src/messages/api.ts';
import { fromBase64, toBase64 } from '../../src/messages/bytes.ts';
import { faultMessage, fromFaultMessage, parseArgument, toFaultMessage } from '../../src/messages/faults.ts';
import { displayName, labId } from '../../src/messages/ids.ts';
import { impairment } from '../../src/messages/impairment.ts';
import { maximumInputBytes, terminalRequest } from '../../src/messages/terminal.ts';

const fault = (run: () => unknown): Fault => {
  try {
    run();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a value that does not fit', () => {
  test('is a fault whose place names the key', () => {
    const refused = fault(() => parseArgument(startRequest, { template: 'Two Ways' }, 'request'));
    expect(refused.code).toBe('bad-argument');
    expect(refused.place).toEqual({ key: 'template' });
    expect(formatFault(refused)).toContain('must be a template name');
  });

  test('with a key that nobody knows is refused, not ignored', () => {
    expect(startRequest.safeParse({ template: 'lan', sede: '1' }).success).toBe(false);
  });
});

describe('names', () => {
  test('a lab id is what every runtime can label its things with', () => {
    expect(labId.safeParse('two-ways-x7q2').success).toBe(true);
    for (const wrong of ['', '-a', 'A', 'a b', 'a/../b', 'a'.repeat(21)])
      expect(labId.safeParse(wrong).success).toBe(false);
  });

  test('a person may be called 김민지, but not hide control characters in a name', () => {
    expect(displayName.parse('  김민지 ')).toBe('김민지');
    for (const wrong of ['   ', 'a\u001b[31m', 'a\u202eb', 'a'.repeat(41)])
      expect(displayName.safeParse(wrong).success).toBe(false);
  });
});

describe('base64', () => {
  test('any bytes come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  test('what is not base64 is refused', () => {
    for (const wrong of ['a', 'ab=', 'a===', 'ab\n=', 'äöüß']) expect(fromBase64(wrong)).toBeUndefined();
    expect(runRequest.safeParse({ command: 'cat', stdin: '!' }).success).toBe(false);
    expect(runRequest.parse({ command: 'cat', stdin: 'aGk=' }).stdin).toEqual(new Uint8Array([104, 105]));
  });
});

describe('an impairment', () => {
  test('in full is accepted', () => {
    const value = {
      delay: { delayMs: 50, jitterMs: 5, correlation: 0.25, distribution: 'normal' },
      loss: { kind: 'gilbert-elliott', p: 0.01, r: 0.3, lossBad: 1, lossGood: 0 },
      duplicate: { share: 0.01, correlation: 0 },
      corrupt: { share: 0.01, correlation: 0 },
      reorder: { share: 0.25, correlation: 0.5, gap: 5 },
      rateBitsPerSecond: 1_000_000,
      limitPackets: 100,
    };
    expect(impairment.parse(value)).toEqual(value);
    expect(impairment.parse({})).toEqual({});
  });

  test('of 120 % loss, or that reorders without delay, is refused with its key', () => {
    const refusals = [
      { loss: { kind: 'random', share: 1.2, correlation: 0 } },
      { reorder: { share: 0.1, correlation: 0, gap: 0 } },
      { delay: { delayMs: Infinity, jitterMs: 0, correlation: 0, distribution: 'normal' } },
    ].map((value) => fault(() => parseArgument(impairment, value, 'impairment')).place.key);
    expect(refusals).toEqual(['loss.share', 'reorder', 'delay.delayMs']);
  });
});

describe('terminal input', () => {
  const input = (bytes: unknown) => terminalRequest.safeParse({ kind: 'input', channel: 0, bytes });

  test('arrives as a Uint8Array, whatever the transport made of it', () => {
    expect(input(Buffer.from('ls\r')).data).toMatchObject({ bytes: expect.any(Uint8Array) });
    expect(input(new Uint8Array([3]).buffer).data).toMatchObject({ bytes: new Uint8Array([3]) });
    expect(input('ls').success).toBe(false);
  });

  test('has a size that one message may not exceed', () => {
    expect(input(new Uint8Array(maximumInputBytes)).success).toBe(true);
    expect(input(new Uint8Array(maximumInputBytes + 1)).success).toBe(false);
  });
});

test('a fault crosses the wire unchanged', () => {
  const original = new Fault('host-unknown', 'The lab has no host cilent.', {
    place: { lab: 'lan-1', host: 'cilent' },
    nextStep: 'Did you mean client?',
  });
  const copy = fromFaultMessage(faultMessage.parse(JSON.parse(JSON.stringify(toFaultMessage(original)))));
  expect(copy).toMatchObject({
    code: 'host-unknown',
    message: original.message,
    place: original.place,
    nextStep: original.nextStep,
  });
});
