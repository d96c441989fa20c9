// Three outcomes, and how they combine: what could not be checked is never taken for a pass, negated or not.
import { array, assert, constantFrom, letrec, oneof, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  both,
  errored,
  failed,
  notOf,
  passed,
  reasonsOf,
  type Outcome,
} from '../../src/exercise/outcome.ts';

const sentence = both('it rains', '비가 옵니다');
const outcomes = { pass: passed(sentence), fail: failed(sentence, 'the sun'), error: errored(sentence, 'no window') };

describe('all of', () => {
  test.each([
    [['pass', 'pass'], 'pass'],
    [['pass', 'fail'], 'fail'],
    [['pass', 'error'], 'error'],
    [['error', 'fail'], 'fail'],
  ] as const)('%j is %s', (parts, verdict) => {
    expect(allOf(parts.map((part) => outcomes[part])).verdict).toBe(verdict);
  });
});

describe('any of', () => {
  test.each([
    [['fail', 'pass'], 'pass'],
    [['fail', 'fail'], 'fail'],
    [['fail', 'error'], 'error'],
    [['error', 'pass'], 'pass'],
  ] as const)('%j is %s', (parts, verdict) => {
    expect(anyOf(parts.map((part) => outcomes[part])).verdict).toBe(verdict);
  });
});

test('not turns pass and fail, and leaves an error what it is', () => {
  expect(notOf(outcomes.pass)).toMatchObject({ verdict: 'fail', seen: 'it is so', sentence: { en: 'not: it rains' } });
  expect(notOf(outcomes.fail).verdict).toBe('pass');
  expect(notOf(outcomes.error)).toMatchObject({ verdict: 'error', seen: 'no window' });
});

test('the reasons are the innermost ones that decided', () => {
  const outcome = allOf([passed(both('a', 'a')), anyOf([failed(both('b', 'b'), 'x'), failed(both('c', 'c'), 'y')])]);
  expect(reasonsOf(outcome).map(({ sentence: { en }, seen }) => `${en}: ${seen}`)).toEqual(['b: x', 'c: y']);
});

/** A tree of combinators over leaves. */
const trees = (leaves: readonly Outcome[]) =>
  letrec<{ tree: Outcome; leaf: Outcome }>((tie) => ({
    leaf: constantFrom(...leaves),
    tree: oneof(
      { maxDepth: 5 },
      tie('leaf'),
      tie('tree').map(notOf),
      array(tie('tree'), { minLength: 1, maxLength: 4 }).map(allOf),
      array(tie('tree'), { minLength: 1, maxLength: 4 }).map(anyOf),
    ),
  })).tree;

test('a check made of errors alone is an error, however it is combined', () => {
  assert(
    property(trees([outcomes.error]), (outcome) => outcome.verdict === 'error'),
    { numRuns: 2000 },
  );
});

test('a verdict that errors were left out of does not depend on what they would have said', () => {
  // Whatever the errors had been, a pass stays a pass and a failure a failure.
  const shaped = tuple(trees([outcomes.error, outcomes.pass, outcomes.fail]), constantFrom('pass', 'fail'));
  const resolve = (outcome: Outcome, as: 'pass' | 'fail'): Outcome => {
    if (outcome.parts.length === 0) return outcome.verdict === 'error' ? outcomes[as] : outcome;
    const parts = outcome.parts.map((part) => resolve(part, as));
    if (outcome.sentence.en === 'all of these') return allOf(parts);
    if (outcome.sentence.en === 'one of these') return anyOf(parts);
    return notOf(parts[0] ?? outcome);
  };
  assert(
    property(
      shaped,
      ([outcome, as]) =>
        outcome.verdict === 'error' || resolve(outcome, as as 'pass' | 'fail').verdict === outcome.verdict,
    ),
    { numRuns: 2000 },
  );
});
