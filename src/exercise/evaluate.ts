// A check to its outcome. Whatever goes wrong while checking is an error, never a pass and never a failure of the work.
import { Fault } from '../base/fault.ts';
import { unreachable } from '../base/assert.ts';
import type { Check, SimpleCheck } from '../lab/exercise.ts';
import { CheckError, type Evidence } from './evidence.ts';
import { checkAnswer, checkDisorder, checkPackets, checkSequence, checkWas } from './kinds/history.ts';
import { checkConnect, checkName, checkOutput, checkPage, checkPath, checkPing } from './kinds/probes.ts';
import { checkCounter, checkFile, checkNeighbor, checkRoute, checkSetting, checkSocket } from './kinds/states.ts';
import { allOf, anyOf, both, errored, notOf, type Outcome } from './outcome.ts';

/** ms of lab time between two looks at something that is still to come, or has to stay. */
const lookEveryMs = 100;

/** `evidence` gives the latest knowledge at each call: what waits looks again. */
export async function evaluate(check: Check, evidence: () => Evidence): Promise<Outcome> {
  switch (check.kind) {
    case 'all':
      return allOf(await inTurn(check.checks, evidence));
    case 'any':
      return anyOf(await inTurn(check.checks, evidence));
    case 'not':
      return notOf(await evaluate(check.check, evidence));
    case 'eventually':
      return await eventually(check.check, check.withinMs, evidence);
    case 'always':
      return await always(check.check, check.forMs, evidence);
    default:
      return await guarded(check, evidence());
  }
}

/** One after the other: checks that try something would disturb each other. */
async function inTurn(checks: readonly Check[], evidence: () => Evidence): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const check of checks) outcomes.push(await evaluate(check, evidence));
  return outcomes;
}

async function eventually(check: Check, withinMs: number, evidence: () => Evidence): Promise<Outcome> {
  const { judged } = evidence();
  const endMs = judged.now() + withinMs;
  for (;;) {
    const outcome = await evaluate(check, evidence);
    if (outcome.verdict === 'pass' || judged.now() >= endMs) return outcome;
    await judged.pass(lookEveryMs);
  }
}

async function always(check: Check, forMs: number, evidence: () => Evidence): Promise<Outcome> {
  const { judged } = evidence();
  const endMs = judged.now() + forMs;
  for (;;) {
    const outcome = await evaluate(check, evidence);
    if (outcome.verdict !== 'pass' || judged.now() >= endMs) return outcome;
    await judged.pass(lookEveryMs);
  }
}

async function guarded(check: SimpleCheck, evidence: Evidence): Promise<Outcome> {
  try {
    return await evaluateSimple(check, evidence);
  } catch (error) {
    const sentence = both(`check '${check.kind}'`, `'${check.kind}' 검사`);
    if (error instanceof CheckError || error instanceof Fault) return errored(sentence, error.message);
    return errored(sentence, `a bug: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function evaluateSimple(check: SimpleCheck, evidence: Evidence): Promise<Outcome> {
  switch (check.kind) {
    case 'ping':
      return await checkPing(check, evidence);
    case 'connect':
      return await checkConnect(check, evidence);
    case 'path':
      return await checkPath(check, evidence);
    case 'output':
      return await checkOutput(check, evidence);
    case 'name':
      return await checkName(check, evidence);
    case 'page':
      return await checkPage(check, evidence);
    case 'route':
      return await checkRoute(check, evidence);
    case 'neighbor':
      return await checkNeighbor(check, evidence);
    case 'socket':
      return await checkSocket(check, evidence);
    case 'counter':
      return await checkCounter(check, evidence);
    case 'file':
      return await checkFile(check, evidence);
    case 'setting':
      return await checkSetting(check, evidence);
    case 'was':
      return checkWas(check, evidence);
    case 'packets':
      return checkPackets(check, evidence);
    case 'sequence':
      return checkSequence(check, evidence);
    case 'disorder':
      return checkDisorder(check, evidence);
    case 'answer':
      return checkAnswer(check, evidence);
    default:
      return unreachable(check);
  }
}
