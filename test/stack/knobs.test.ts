// Knobs: tables joined, values read and written as sysctl does.
import { expect, test } from 'vitest';
import { ipKnobs } from '../../src/stack/ip/knobs.ts';
import { Knobs, type KnobDefinition } from '../../src/stack/knobs.ts';

const table: readonly KnobDefinition[] = [
  { name: 'a.count', type: 'integer', default: 3, minimum: 1, maximum: 10, doc: 'a number' },
  { name: 'a.range', type: 'integers', default: [10, 20], minimum: 1, maximum: 99, doc: 'two numbers' },
  { name: 'a.algorithm', type: 'choice', default: 'reno', choices: ['reno', 'cubic'], doc: 'a word' },
];

test('every value starts at its default and reads as sysctl prints it', () => {
  const knobs = new Knobs(table);
  expect(knobs.names().map((name) => knobs.read(name))).toEqual(['reno', '3', '10\t20']);
  expect(knobs.read('b')).toBeUndefined();
});

test('what is written is read back, in every form', () => {
  const knobs = new Knobs(table);
  expect(knobs.write('a.count', ' 10 ')).toBeUndefined();
  expect(knobs.write('a.range', '5  6')).toBeUndefined();
  expect(knobs.write('a.algorithm', 'cubic\n')).toBeUndefined();
  expect([knobs.number('a.count'), knobs.numbers('a.range'), knobs.choice('a.algorithm')]).toEqual([
    10,
    [5, 6],
    'cubic',
  ]);
});

test('what does not fit is refused with a sentence, and nothing changes', () => {
  const knobs = new Knobs(table);
  expect(knobs.write('b', '1')).toBe('there is no knob b');
  for (const text of ['', 'x', '0', '11', '1.5', '1 2', '1e1', '99999999999999999999']) {
    expect(knobs.write('a.count', text)).toBe('a.count must be a whole number from 1 to 10');
  }
  expect(knobs.write('a.range', '7')).toBe('a.range must be 2 whole numbers from 1 to 99');
  expect(knobs.write('a.range', '7 6')).toBe('the numbers of a.range must ascend');
  expect(knobs.write('a.algorithm', 'bbr')).toBe('a.algorithm must be one of reno, cubic');
  expect(knobs.number('a.count')).toBe(3);
});

test('who watches hears the value at once and after every change, until it leaves', () => {
  const knobs = new Knobs(table);
  const heard: number[] = [];
  const watch = knobs.watch('a.count', (value) => heard.push(value));
  knobs.write('a.count', '4');
  knobs.write('a.count', '40');
  watch.dispose();
  knobs.write('a.count', '5');
  expect(heard).toEqual([3, 4]);
});

test('two tables can not define one knob, and asking for an unknown one is a bug', () => {
  expect(() => new Knobs(table, table)).toThrow('two tables define a.count');
  expect(() => new Knobs(table).number('b')).toThrow('b is not a knob of numbers');
});

test('the defaults of the internet layer lie inside their own ranges', () => {
  const knobs = new Knobs(ipKnobs);
  for (const name of knobs.names()) expect(knobs.write(name, knobs.read(name) ?? '')).toBeUndefined();
});
