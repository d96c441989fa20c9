import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { formatImpairment, impairmentProblem, type Impairment } from '../../../src/wiring/impairment/impairment.ts';
import { parseImpairment } from '../../../src/wiring/impairment/netem-text.ts';

function parsed(text: string): Impairment {
  const result = parseImpairment(text);
  if (!result.ok) throw new Error(`${text}: ${result.fault.message}`);
  return result.impairment;
}

function fault(text: string): string {
  const result = parseImpairment(text);
  return result.ok ? 'none' : `${result.fault.column}: ${result.fault.message}`;
}

describe('impairments in netem’s words', () => {
  test('every part of the manual page that we have is read', () => {
    const text =
      'limit 1000 delay 50ms 10ms 25% distribution normal loss 20% 25% duplicate 1% corrupt 0.1% reorder 25% 50% gap 5 rate 10mbit';
    expect(parsed(text)).toEqual({
      limitPackets: 1000,
      delay: { delayMs: 50, jitterMs: 10, correlation: 0.25, distribution: 'normal' },
      loss: { kind: 'random', share: 0.2, correlation: 0.25 },
      duplicate: { share: 0.01, correlation: 0 },
      corrupt: { share: 0.001, correlation: 0 },
      reorder: { share: 0.25, correlation: 0.5, gap: 5 },
      rateBitsPerSecond: 10e6,
    });
  });

  test('nothing is a perfect wire', () => {
    expect(parsed('  ')).toEqual({});
    expect(formatImpairment({})).toBe('');
  });

  test('gemodel takes one to four shares, and fills up as tc does', () => {
    const model = (text: string) => parsed(text).loss;
    const kind = 'gilbert-elliott';
    expect(model('loss gemodel 1% 10% 70% 0.1%')).toEqual({ kind, p: 0.01, r: 0.1, lossBad: 0.7, lossGood: 0.001 });
    expect(model('loss gemodel 1% 10%')).toEqual({ kind, p: 0.01, r: 0.1, lossBad: 1, lossGood: 0 });
    expect(model('loss gemodel 25%')).toEqual({ kind, p: 0.25, r: 0.75, lossBad: 1, lossGood: 0 });
  });

  test('the shorter and older spellings are read too', () => {
    expect(parsed('latency 200usec drop 5')).toEqual(parsed('delay 0.2ms loss random 5%'));
    expect(parsed('rate 8000')).toEqual(parsed('rate 8kbit'));
    expect(parsed('rate 1kbps')).toEqual(parsed('rate 8kbit'));
  });

  test.each([
    ['delay', '6: a time with its unit, such as 50ms is missing'],
    ['delay 50', "7: '50' is not a time with its unit, such as 50ms"],
    ['delay 50ms loss lots', "17: 'lots' is not a percentage such as 20%"],
    ['loss 120%', "6: '120%' is not a percentage such as 20%"],
    ['delay 5ms  lag 3ms', "12: 'lag' is none of limit, delay, latency"],
    ['loss 1% loss 2%', "9: 'loss' is there twice"],
    ['delay 10ms distribution normal', '12: a distribution needs a delay with jitter'],
    ['delay 10ms 1ms distribution gaussian', "29: 'gaussian' is not uniform, normal, pareto or paretonormal"],
    ['loss 1% reorder 25%', '9: reorder needs a delay, or nothing is overtaken'],
    ['delay 1ms gap 5', '11: gap needs a reorder'],
    ['limit 0', '1: a limit is between 1 and 1000000 packets'],
    ['rate fast', "6: 'fast' is not a rate such as 10mbit"],
    ['delay 2s rate 1bit', '10: a rate is between 8bit and 1000gbit'],
    ['constructor 5', "1: 'constructor' is none of"],
  ])('“%s” is refused with the place of the mistake', (text, expected) => {
    expect(fault(text)).toContain(expected);
  });

  test('a value from elsewhere is looked at as well', () => {
    const delay = { delayMs: 5, jitterMs: 0, correlation: 0, distribution: 'uniform' } as const;
    expect(impairmentProblem({ delay })).toBeUndefined();
    expect(impairmentProblem({ delay: { ...delay, delayMs: -1 } })?.part).toBe('delay');
    expect(impairmentProblem({ delay: { ...delay, delayMs: Number.NaN } })?.part).toBe('delay');
    expect(impairmentProblem({ loss: { kind: 'random', share: 1.5, correlation: 0 } })?.part).toBe('loss');
    expect(
      impairmentProblem({ loss: { kind: 'gilbert-elliott', p: 0, r: 0, lossBad: 2, lossGood: 0 } })?.message,
    ).toContain('1-h');
    expect(impairmentProblem({ delay, reorder: { share: 1, correlation: 0, gap: 2.5 } })?.part).toBe('reorder');
    expect(impairmentProblem({ rateBitsPerSecond: Infinity })?.part).toBe('rate');
  });
});

const share = fc.integer({ min: 0, max: 100_000 }).map((thousandths) => Number(`${thousandths / 1000}`) / 100);
const positiveShare = share.filter((value) => value > 0);
const ms = fc.integer({ min: 0, max: 900_000 }).map((microseconds) => microseconds / 1000);
const part = fc.record({ share, correlation: share });
const delay = fc
  .record({
    delayMs: ms.filter((value) => value > 0),
    jitterMs: ms.filter((value) => value > 0),
    correlation: share,
    distribution: fc.constantFrom('uniform' as const, 'normal' as const, 'pareto' as const, 'paretonormal' as const),
  })
  .chain((value) =>
    fc.constantFrom(value, { ...value, jitterMs: 0, correlation: 0, distribution: 'uniform' as const }),
  );
const loss = fc.oneof(
  part.map((value) => ({ kind: 'random' as const, ...value })),
  fc.record({
    kind: fc.constant('gilbert-elliott' as const),
    p: share,
    r: positiveShare,
    lossBad: share,
    lossGood: share,
  }),
);
const impairment: fc.Arbitrary<Impairment> = fc.record(
  {
    delay,
    loss,
    duplicate: part,
    corrupt: part,
    rateBitsPerSecond: fc.integer({ min: 8, max: 999_999_999 }),
    limitPackets: fc.integer({ min: 1, max: 1_000_000 }),
  },
  { requiredKeys: [] },
);

/** The value with its numbers at 12 digits: 9us times 0.001 is not quite 0.009. */
function rounded(value: Impairment): unknown {
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === 'number' ? one.toPrecision(12) : one)));
}

test('what is printed is read back as the same value, and printed again the same', () => {
  fc.assert(
    fc.property(
      impairment,
      fc.option(fc.record({ share, correlation: share, gap: fc.integer({ min: 0, max: 50 }) })),
      (value, reorder) => {
        const whole = value.delay !== undefined && reorder !== null ? { ...value, reorder } : value;
        const text = formatImpairment(whole);
        expect(rounded(parsed(text))).toEqual(rounded(whole));
        expect(formatImpairment(parsed(text))).toBe(text);
      },
    ),
    { seed: 1, numRuns: 1000 },
  );
});

test('whatever text comes, the answer is a value or a fault with a place inside the text', () => {
  const words = fc.constantFrom(
    'delay',
    'loss',
    'gemodel',
    '5%',
    '10ms',
    'reorder',
    'gap',
    '7',
    'rate',
    '1mbit',
    'x',
    'limit',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((list) => list.join(' ')),
      ),
      (text) => {
        const result = parseImpairment(text);
        if (result.ok) expect(impairmentProblem(result.impairment)).toBeUndefined();
        else {
          expect(result.fault.column).toBeGreaterThanOrEqual(1);
          expect(result.fault.column).toBeLessThanOrEqual(text.length + 1);
        }
      },
    ),
    { seed: 2, numRuns: 1000 },
  );
});
