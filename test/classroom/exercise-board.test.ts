// Exercises in a session: done as things happen, checked on demand, told to whoever listens.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExerciseBoard, isPassive } from '../../src/classroom/exercise-board.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import { templateOf } from '../../src/lab/parse.ts';
import { VirtualLab } from '../../src/runtime/embedded/virtual-runtime.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';

const template = templateOf(
  `
name: board
title: { en: Board }
summary: { en: For tests. }
hosts: { a: {}, b: {} }
links: [a -- b]
exercises:
  - id: ping
    title: { en: Ping }
    task: { en: Ping b. }
    check: { packets: { at: b eth0, where: icmp.type == 8, count: 1 } }
    solution: a$ ping -c 1 {b}
  - id: file
    title: { en: File }
    task: { en: Make a file. }
    check: { file: { on: a, path: /tmp/x } }
    solution: a$ echo > /tmp/x
  - id: question
    title: { en: Question }
    task: { en: Answer. }
    check: { answer: { question: { en: How many?, ko: 몇 개? }, is: 2 } }
    solution: answer 2
  - id: broken
    title: { en: Broken }
    task: { en: Nobody can. }
    check: { counter: { on: a, name: NoSuch, is: 1 } }
    solution: a$ true
`,
  'board.yaml',
);

let lab: VirtualLab;
let clock: VirtualClock;
let board: ExerciseBoard;
let heard: () => void;

beforeEach(async () => {
  lab = await VirtualLab.start(planLab(template, { seed: '1' }), { labId: 'board' });
  clock = new VirtualClock();
  heard = () => undefined;
  board = await ExerciseBoard.open({ lab, clock, onChange: () => heard() });
});
afterEach(async () => {
  board.dispose();
  await lab.stop();
});

const stateOf = (id: string) => board.list.find((exercise) => exercise.id === id);
const nextChange = (): Promise<void> => new Promise((resolve) => (heard = resolve));

test('at the start nothing is done, and nothing of the solution is told', () => {
  expect(board.list.map(({ id, isDone }) => `${id} ${isDone}`)).toEqual([
    'ping false',
    'file false',
    'question false',
    'broken false',
  ]);
  expect(JSON.stringify(board.list)).not.toMatch(/solution|"is":/);
  expect(stateOf('question')?.question).toEqual({ text: { en: 'How many?', ko: '몇 개?' }, choices: [] });
});

test('what only looks is checked as things happen, and stays done', async () => {
  const changed = nextChange();
  await lab.hosts.get('a')?.run('ping -c 1 10.0.1.2');
  clock.runFor(300);
  await changed;
  expect(stateOf('ping')).toMatchObject({ isDone: true, reasons: [] });
  await lab.hosts.get('a')?.run('ping -c 1 10.0.1.2'); // two are one too many, but it was done
  clock.runFor(300);
  expect(await board.check('ping')).toMatchObject({ isDone: true });
});

test('what tries something is checked on demand, and says why not', async () => {
  expect(await board.check('file')).toMatchObject({
    isDone: false,
    reasons: [{ verdict: 'fail', sentence: { en: '/tmp/x exists on a' }, where: 'a:/tmp/x' }],
  });
  await lab.hosts.get('a')?.run('echo > /tmp/x');
  expect(await board.check('file')).toMatchObject({ isDone: true, reasons: [] });
});

test('an answer is taken and checked', async () => {
  expect(await board.answer('question', '3')).toMatchObject({
    isDone: false,
    reasons: [{ seen: "the answer was '3'" }],
  });
  expect(await board.answer('question', ' 2 ')).toMatchObject({ isDone: true });
  await expect(board.answer('ping', '2')).rejects.toMatchObject({ code: 'bad-argument' });
});

test('a check that can not be made is told as such', async () => {
  expect(await board.check('broken')).toMatchObject({ isDone: false, reasons: [{ verdict: 'error' }] });
});

test('an exercise that there is not is refused', async () => {
  await expect(board.check('nosuch')).rejects.toMatchObject({
    code: 'bad-argument',
    nextStep: 'It has ping, file, question, broken.',
  });
});

test('what happens after the board is gone is nobody’s business', async () => {
  board.dispose();
  await lab.hosts.get('a')?.run('ping -c 1 10.0.1.2');
  expect(clock.pending).toBe(0);
});

describe('passive checks', () => {
  test('are those that send nothing, run nothing and take no time', () => {
    const passive = template.exercises.map(({ id, check }) => `${id} ${isPassive(check)}`);
    expect(passive).toEqual(['ping true', 'file false', 'question true', 'broken true']);
  });
});
