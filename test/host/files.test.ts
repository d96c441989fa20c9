// The host's file system in memory.
import { expect, test } from 'vitest';
import { absolutePath, MemoryFiles } from '../../src/host/files.ts';
import { FileError } from '../../src/host/shell/command.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each([
  ['a', '/root/a'],
  ['./a/../b', '/root/b'],
  ['/x//y/./z', '/x/y/z'],
  ['../../..', '/'],
  ['~', '/root'],
  ['~/a', '/root/a'],
  ['~a', '/root/~a'],
])('%s is %s', (path, expected) => {
  expect(absolutePath(path)).toBe(expected);
});

test('what is written and appended is read, and is the file’s own', () => {
  const files = new MemoryFiles();
  const given = bytes('one');
  files.write('f', given);
  given[0] = 0;
  files.append('/root/f', bytes('two'));
  expect(files.read('f')).toEqual(bytes('onetwo'));
  expect(files.list()).toEqual(['/root/f']);
  expect([files.remove('f'), files.remove('f'), files.read('f')]).toEqual([true, false, undefined]);
});

test('the space is limited, and comes back', () => {
  const files = new MemoryFiles(10);
  files.write('a', new Uint8Array(8));
  expect(() => files.append('a', new Uint8Array(3))).toThrow(new FileError('No space left on device'));
  files.write('a', new Uint8Array(10));
  files.remove('a');
  files.write('b', new Uint8Array(10));
  expect(files.list()).toEqual(['/root/b']);
});

test('a file is no directory and a directory no file', () => {
  const files = new MemoryFiles();
  files.write('/a/b', bytes('x'));
  expect(() => files.write('/a', bytes('x'))).toThrow('Is a directory');
  expect(() => files.write('/a/b/c', bytes('x'))).toThrow('Not a directory');
  expect(() => files.write('/', bytes('x'))).toThrow('Is a directory');
});
