// Words of a script: packetdrill's own rules, above all where one sign begins several words.
import { describe, expect, test } from 'vitest';
import { ScriptSyntaxError, tokenize } from './lexer.ts';

const kinds = (text: string): readonly string[] =>
  tokenize(text)
    .slice(0, -1)
    .map((token) => `${token.kind} ${token.text}`);

describe('tokens', () => {
  test('times, ranges and what follows them', () => {
    expect(kinds('+.1...0.200 f')).toEqual(['punctuation +', 'float .1', 'ellipsis ...', 'float 0.200', 'word f']);
    expect(kinds('0...0.1')).toEqual(['integer 0', 'ellipsis ...', 'float 0.1']);
    expect(kinds('+.3~+.310')).toEqual(['punctuation +', 'float .3', 'punctuation ~', 'punctuation +', 'float .310']);
  });

  test('sequence numbers are no IPv6 addresses; those are', () => {
    expect(kinds('1:1001(1000)')).toEqual([
      'integer 1',
      'punctuation :',
      'integer 1001',
      'punctuation (',
      'integer 1000',
      'punctuation )',
    ]);
    expect(kinds('2001:db8::1 192.0.2.1')).toEqual(['ip 2001:db8::1', 'ip 192.0.2.1']);
  });

  test('strings, commands, snippets and options give what is between their marks', () => {
    expect(kinds('"a b" `x\ny` %{ a }% --mtu=9000')).toEqual([
      'string a b',
      'command x\ny',
      'code  a ',
      'option mtu',
      'punctuation =',
      'integer 9000',
    ]);
  });

  test('comments of both kinds are space, and places are counted through them', () => {
    const [first, second] = tokenize('// one\n/* two\n */ a\n  b');
    expect(first?.place).toEqual({ line: 3, column: 5 });
    expect(second?.place).toEqual({ line: 4, column: 3 });
  });

  test('an open string is an error at its place', () => {
    expect(() => tokenize('a\n "b')).toThrow(ScriptSyntaxError);
    expect(() => tokenize('a `b')).toThrow('never closed');
  });
});
