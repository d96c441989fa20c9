// The Python of snippets: what holds, what does not, and what is refused.
import { describe, expect, test } from 'vitest';
import { SnippetError } from './snippet-expression.ts';
import { SnippetAssertion, SnippetRunner } from './snippet.ts';

function runner(printed: string[] = []): SnippetRunner {
  const values: Readonly<Record<string, number>> = { tcpi_snd_cwnd: 10, tcpi_lost: 3, TCP_CA_Open: 0 };
  return new SnippetRunner({ lookup: (name) => values[name], print: (text) => printed.push(text) });
}

describe('assertions', () => {
  test.each([
    'assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd',
    'assert 9 <= tcpi_snd_cwnd <= 11 and not tcpi_lost == 4',
    'assert tcpi_snd_cwnd in (9, 10) and tcpi_lost not in [1, 2]',
    'assert (tcpi_snd_cwnd + 2) * 3 == 36 and 7 // 2 == 3 and 2 ** 3 == 8 and -7 % 3 == 2',
    'assert tcpi_snd_cwnd & 2 and tcpi_snd_cwnd | 1 == 11 or False',
    'assert abs(-3) == 3 and max(1, 2, 3) == 3 and min(4, 5) == 4 and int(2.7) == 2',
    'assert (1 if tcpi_lost > 2 else 0) == 1',
    "assert 'a' != 'b', 'message, with a comma'",
    'assert 0x10 == 16; assert 1e3 == 1000',
    'assert (tcpi_snd_cwnd ==\n  10)',
    'assert tcpi_snd_cwnd == 10; \\\n assert tcpi_lost == 3;\\\n',
  ])('holds: %s', (text) => {
    expect(() => runner().run(text)).not.toThrow();
  });

  test('one that does not hold says its message', () => {
    expect(() => runner().run('assert tcpi_snd_cwnd == 11, tcpi_snd_cwnd')).toThrow(
      new SnippetAssertion('assert tcpi_snd_cwnd == 11 does not hold (10)'),
    );
    expect(() => runner().run('\nassert tcpi_lost == 3\nassert tcpi_lost == 4\n')).toThrow(SnippetAssertion);
    expect(() => runner().run('assert 9 <= tcpi_snd_cwnd <= 9')).toThrow(SnippetAssertion);
  });
});

describe('statements', () => {
  test('variables live from one snippet to the next', () => {
    const snippets = runner();
    snippets.run('cwnd = tcpi_snd_cwnd');
    snippets.run('cwnd += 2; cwnd *= 2');
    snippets.run('assert cwnd == 24');
  });

  test('prints with and without parentheses', () => {
    const printed: string[] = [];
    runner(printed).run("print(tcpi_snd_cwnd, 'x'); print tcpi_lost; print('%d of %d' % (1, 2))");
    expect(printed).toEqual(['10 x', '3', '1 of 2']);
  });

  test('if, elif and else, on one line and in blocks', () => {
    const printed: string[] = [];
    runner(printed).run("if tcpi_lost == 3: print('one')");
    runner(printed).run(
      "\nif tcpi_lost == 4:\n  print('no')\nelif tcpi_lost == 3:\n  print('two')\n  print('three')\nelse:\n  print('no')\nprint('four')",
    );
    expect(printed).toEqual(['one', 'two', 'three', 'four']);
  });
});

describe('refusals', () => {
  test.each([
    ['assert tcpi_other == 1', "name 'tcpi_other' is not defined"],
    ['assert (1', 'never ends'],
    ['assert 1 +', 'ends too early'],
    ['assert 1 / 0', 'division by zero'],
    ['assert ?', 'cannot read'],
  ])('%s', (text, message) => {
    expect(() => runner().run(text)).toThrow(SnippetError);
    expect(() => runner().run(text)).toThrow(message);
  });
});
