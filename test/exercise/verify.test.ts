// The judge of the judge: what it shows of the catalogue, and what it finds in exercises that prove nothing.
import { describe, expect, test } from 'vitest';
import { listTemplates, readTemplate } from '../../src/catalogue/read.ts';
import { claimText, verifyExercises, type Proof } from '../../src/exercise/verify.ts';
import { onVirtualTime } from '../../src/exercise/world.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import { templateOf } from '../../src/lab/parse.ts';
import type { Template } from '../../src/lab/template.ts';
import { VirtualLab } from '../../src/runtime/embedded/virtual-runtime.ts';

async function verified(template: Template, seed: string): Promise<readonly Proof[]> {
  const plan = planLab(template, { seed });
  return await verifyExercises({
    plan,
    exercises: template.exercises,
    open: async () => {
      const lab = await VirtualLab.start(plan, { labId: 'verify' });
      return { judged: onVirtualTime(lab), close: async () => await lab.stop() };
    },
  });
}

const said = (proofs: readonly Proof[]): readonly string[] =>
  proofs.map(
    (proof) =>
      `${proof.exercise}: ${claimText(proof.claim)}: ${proof.result}${proof.detail === '' ? '' : ` (${proof.detail})`}`,
  );

describe.each(await listTemplates())('the lab %s', (name) => {
  test('has exercises that prove something, whatever the seed', async () => {
    const { template } = await readTemplate(name);
    expect(template.exercises.length).toBeGreaterThanOrEqual(2);
    for (const seed of ['1', '2', 'three']) {
      expect((await verified(template, seed)).filter(({ result }) => result !== 'shown')).toEqual([]);
    }
  });

  test('is judged the same when it is judged again', async () => {
    const { template } = await readTemplate(name);
    expect(await verified(template, '7')).toEqual(await verified(template, '7'));
  });
});

const withExercise = (exercise: string): Template =>
  templateOf(
    `
name: pair
title: { en: Pair }
summary: { en: For tests. }
hosts: { a: {}, b: {} }
links: [a -- b]
exercises:
  - id: one
    title: { en: One }
    task: { en: Do it. }
${exercise}`,
    'pair.yaml',
  );

describe('an exercise that proves nothing is found out', () => {
  test.each([
    [
      'a check that passes before anything was done',
      `
    check: { ping: { from: a, to: b } }
    solution: a$ ping -c 1 b`,
      [
        'one: open at the start: refuted (the check passes, though nothing was done that solves it)',
        expect.stringContaining('is idle'),
      ],
    ],
    [
      'a solution that does not solve it',
      `
    check: { file: { on: a, path: /tmp/x } }
    solution: a$ echo > /tmp/y`,
      [expect.stringContaining('one: solved by the solution: refuted (/tmp/x exists on a: ')],
    ],
    [
      'a wrong way that solves it',
      `
    check: { packets: { at: b eth0, where: icmp } }
    solution: a$ ping -c 1 {b}
    wrong: ["b$ ping -c 1 {a}"]`,
      ['one: not solved by wrong way 1: refuted (the check passes, though nothing was done that solves it)'],
    ],
    [
      'a step that does nothing for it',
      `
    check: { packets: { at: b eth0, where: icmp } }
    solution: |
      a$ ip addr
      a$ ping -c 1 {b}`,
      [`one: not solved without 'a$ ip addr': warning (this step is idle: the check passes without it)`],
    ],
    [
      'a check that can not be made',
      `
    check: { not: { counter: { on: a, name: NoSuch, is: 1 } } }
    solution: a$ true`,
      [
        expect.stringContaining("one: open at the start: refuted (not: check 'counter': a has no counter 'NoSuch')"),
        expect.stringContaining('one: solved by the solution: refuted'),
      ],
    ],
  ])('%s', async (_what, exercise, expected) => {
    const unshown = (await verified(withExercise(exercise), '1')).filter(({ result }) => result !== 'shown');
    expect(said(unshown)).toEqual(expected);
  });
});
