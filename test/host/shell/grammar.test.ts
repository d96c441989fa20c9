// Command lines as the shell reads them.
import { describe, expect, test } from 'vitest';
import { expandWords, type ExpansionScope } from '../../../src/host/shell/expansion.ts';
import { parseLine, type ListItem } from '../../../src/host/shell/grammar.ts';

const scope: ExpansionScope = {
  variable: (name) => ({ A: 'one two', E: '', '?': '7', S: '*' })[name],
  files: () => ['/root/a.txt', '/root/b.txt', '/root/.hidden', '/etc/hosts'],
};

function items(line: string): readonly ListItem[] {
  const parsed = parseLine(line);
  if (parsed.kind === 'error') throw new Error(parsed.message);
  return parsed.items;
}

const words = (line: string): string[] => expandWords(items(line)[0]?.first.commands[0]?.words ?? [], scope);

describe('words', () => {
  const cases: readonly (readonly [line: string, expected: readonly string[]])[] = [
    ['echo  a   b', ['echo', 'a', 'b']],
    [`echo 'a  "b"' "c 'd'"`, ['echo', 'a  "b"', "c 'd'"]],
    [String.raw`echo a\ b \" "\$A" '\n'`, ['echo', 'a b', '"', '$A', String.raw`\n`]],
    ['echo $A "$A" x${A}y', ['echo', 'one', 'two', 'one two', 'xone', 'twoy']],
    ['echo $E "$E" "" $?', ['echo', '', '', '7']],
    ["echo '$A' $ $1 a#b # comment", ['echo', '$A', '$', '$1', 'a#b']],
    ['echo *.txt "*.txt" nothing* /etc/h?sts', ['echo', 'a.txt', 'b.txt', '*.txt', 'nothing*', '/etc/hosts']],
    ['echo ~ ~/x a~ "~"', ['echo', '/root', '/root/x', 'a~', '~']],
    ['echo 한글 "빈 칸"', ['echo', '한글', '빈 칸']],
    ['echo $S "$S"', ['echo', 'a.txt', 'b.txt', '*']],
  ];
  test.each(cases)('%s', (line, expected) => {
    expect(words(line)).toEqual(expected);
  });
});

describe('operators', () => {
  test('pipelines, lists and the background', () => {
    const list = items('a | b && ! c || d; e & f');
    expect(list.map(({ text, background }) => [text, background])).toEqual([
      ['a | b && ! c || d', false],
      ['e', true],
      ['f', false],
    ]);
    expect(list[0]?.first.commands).toHaveLength(2);
    expect(list[0]?.rest.map(({ operator, pipeline }) => [operator, pipeline.negated])).toEqual([
      ['&&', true],
      ['||', false],
    ]);
  });

  test('redirections stand anywhere in a command', () => {
    const command = items('>out cmd <in 2>>log arg 2>&1')[0]?.first.commands[0];
    expect(command?.words).toHaveLength(2);
    expect(
      command?.redirections.map((one) => (one.kind === 'output' ? `${one.stream}${one.append ? '+' : ''}` : one.kind)),
    ).toEqual(['out', 'input', 'error+', 'join']);
  });

  test('a digit that belongs to a word is no stream', () => {
    expect(items('echo a2>f')[0]?.first.commands[0]?.redirections[0]).toMatchObject({ kind: 'output', stream: 'out' });
  });

  test('assignments come before the command only', () => {
    const command = items('A=1 B="x y" cmd C=3')[0]?.first.commands[0];
    expect(command?.assignments.map(({ name }) => name)).toEqual(['A', 'B']);
    expect(command?.words).toHaveLength(2);
  });

  test('line feeds end commands, and may follow && and stand alone', () => {
    expect(items('a\n\nb &&\n c\n').map(({ text }) => text)).toEqual(['a', 'b &&\n c']);
    expect(items('  # nothing')).toEqual([]);
  });
});

describe('what is no command line', () => {
  const cases: readonly (readonly [line: string, message: RegExp])[] = [
    ['| a', /unexpected token '\|'/],
    ['a | ', /unexpected token 'newline'/],
    ['a && ', /unexpected token 'newline'/],
    ['a ; ; b', /unexpected token ';'/],
    ['a >', /unexpected token 'newline'/],
    ["echo 'x", /matching '''/],
    ['echo "x', /matching '"'/],
    ['echo $(date)', /command substitution/],
    ['(a)', /groups/],
    ['echo ${x', /bad substitution/],
  ];
  test.each(cases)('%s', (line, message) => {
    const parsed = parseLine(line);
    expect(parsed).toMatchObject({ kind: 'error', message: expect.stringMatching(message) });
  });
});
