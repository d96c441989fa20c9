// What a check says: passed, failed, or could not be made. The third is never taken for one of the others.
import type { LocalText } from '../lab/exercise.ts';

/** `error`: the check itself could not run (a dead host, a time limit, a bug); not a word about the work. */
export type Verdict = 'pass' | 'fail' | 'error';

export interface Outcome {
  readonly verdict: Verdict;
  /** The check as a sentence: "client reaches server". */
  readonly sentence: LocalText;
  /** What was seen instead, or what went wrong; empty when it passed. */
  readonly seen: string;
  /** Host, interface or file; empty when it is about the whole lab. */
  readonly where: string;
  /** Of the checks that it is made of. */
  readonly parts: readonly Outcome[];
}

export const both = (en: string, ko: string): LocalText => ({ en, ko });

export function passed(sentence: LocalText, where = ''): Outcome {
  return { verdict: 'pass', sentence, seen: '', where, parts: [] };
}

export function failed(sentence: LocalText, seen: string, where = ''): Outcome {
  return { verdict: 'fail', sentence, seen, where, parts: [] };
}

export function errored(sentence: LocalText, problem: string, where = ''): Outcome {
  return { verdict: 'error', sentence, seen: problem, where, parts: [] };
}

/** Passed when `isTrue`, else failed with what was seen. */
export function judged(isTrue: boolean, sentence: LocalText, seen: string, where = ''): Outcome {
  return isTrue ? passed(sentence, where) : failed(sentence, seen, where);
}

/** All must pass; a failure is certain whatever else could not be checked. */
export function allOf(parts: readonly Outcome[]): Outcome {
  const verdicts = parts.map(({ verdict }) => verdict);
  const verdict = verdicts.includes('fail') ? 'fail' : verdicts.includes('error') ? 'error' : 'pass';
  return { verdict, sentence: both('all of these', '다음 모두'), seen: seenOf(parts, verdict), where: '', parts };
}

/** One must pass; what could not be checked might have. */
export function anyOf(parts: readonly Outcome[]): Outcome {
  const verdicts = parts.map(({ verdict }) => verdict);
  const verdict = verdicts.includes('pass') ? 'pass' : verdicts.includes('error') ? 'error' : 'fail';
  return { verdict, sentence: both('one of these', '다음 중 하나'), seen: seenOf(parts, verdict), where: '', parts };
}

/** The opposite; what could not be checked stays so. */
export function notOf(inner: Outcome): Outcome {
  const { en, ko } = inner.sentence;
  const sentence = both(`not: ${en}`, `아님: ${ko}`);
  const where = inner.where;
  if (inner.verdict === 'error') return { ...inner, sentence };
  return inner.verdict === 'pass'
    ? { verdict: 'fail', sentence, seen: 'it is so', where, parts: [inner] }
    : { verdict: 'pass', sentence, seen: '', where, parts: [inner] };
}

/** The first reason for a verdict. */
function seenOf(parts: readonly Outcome[], verdict: Verdict): string {
  if (verdict === 'pass') return '';
  const reason = parts.find((part) => part.verdict === verdict);
  return reason === undefined ? '' : `${reason.sentence.en}: ${reason.seen}`;
}

/** The innermost reasons why it did not pass. */
export function reasonsOf(outcome: Outcome): readonly Outcome[] {
  if (outcome.verdict === 'pass') return [];
  const reasons = outcome.parts.filter(({ verdict }) => verdict === outcome.verdict).flatMap(reasonsOf);
  return reasons.length > 0 ? reasons : [outcome];
}
