// The line editor's keys, seen on the screen of a terminal emulator.
import { beforeEach, describe, expect, test } from 'vitest';
import { HostWorld, type TestTerminal } from '../../support/host-world.ts';

const prompt = 'root@client:~# ';
let terminal: TestTerminal;

beforeEach(() => {
  terminal = new HostWorld({
    files: { '/root/alpha.txt': 'a', '/root/alphabet.txt': 'b', '/etc/hosts': '10.0.0.2 server\n' },
  }).openTerminal(40, 10);
});

async function lastLine(): Promise<string | undefined> {
  return (await terminal.screen()).at(-1);
}

describe('moving and editing', () => {
  const cases: readonly (readonly [what: string, typed: string, line: string, cursor: number])[] = [
    ['text is inserted at the cursor', 'ac\x1b[Db', 'abc', 2],
    ['Home and End', 'bc\x1b[Ha\x1b[Fd', 'abcd', 4],
    ['Home and End as applications send them', 'bc\x1bOHa\x1bOFd', 'abcd', 4],
    ['Ctrl-A and Ctrl-E', 'bc\x01a\x05d', 'abcd', 4],
    ['Ctrl-B and Ctrl-F', 'ad\x02bc\x06e', 'abcde', 5],
    ['Backspace', 'abx\x7fc', 'abc', 3],
    ['Delete', 'axb\x1b[D\x1b[D\x1b[3~', 'ab', 1],
    ['Ctrl-D deletes within a line', 'xab\x01\x04', 'ab', 0],
    ['Ctrl-K kills to the end', 'abcdef\x1b[D\x1b[D\x0b', 'abcd', 4],
    ['Ctrl-U kills to the start', 'abcdef\x1b[D\x1b[D\x15', 'ef', 0],
    ['Ctrl-W kills a word of anything but blanks', 'one two-2 \x17', 'one', 4],
    ['Ctrl-Y brings the killed text back', 'ab cd\x17\x01\x19', 'cdab', 2],
    ['Ctrl-T swaps two characters', 'acb\x14', 'abc', 3],
    ['Ctrl-Left and Ctrl-Right go by words', 'one two\x1b[1;5D\x1b[1;5DX\x1b[1;5CY', 'XoneY two', 5],
    ['unknown sequences do nothing', 'a\x1b[15~\x1b[200;3Zb', 'ab', 2],
    ['text arrives whole when its bytes do not', '가나', '가나', 4],
    ['Left steps over a wide character', '가나\x1b[D다', '가다나', 4],
    ['Backspace takes a whole syllable', '한글\x7f', '한', 2],
    ['a syllable of separate letters is one character', '\u1112\u1161\u11ab글\x7f\x7f', '', 0],
  ];
  test.each(cases)('%s', async (_what, typed, line, cursor) => {
    await terminal.type(typed);
    expect(await lastLine()).toBe(`${prompt}${line}`.trimEnd());
    expect((await terminal.cursor())[0]).toBe(prompt.length + cursor);
  });

  test('bytes of one character may come one at a time', async () => {
    for (const byte of new TextEncoder().encode('한\x1b[Da')) terminal.send(Uint8Array.of(byte));
    await terminal.type('');
    expect(await lastLine()).toBe(`${prompt}a한`);
  });
});

describe('lines longer than the screen', () => {
  test('wrap, and the cursor goes where it belongs', async () => {
    await terminal.type('x'.repeat(30));
    expect(await terminal.screen()).toContain(prompt + 'x'.repeat(25));
    await terminal.type('\x01AB');
    const lines = await terminal.screen();
    expect(lines.slice(-2)).toEqual([`${prompt}AB${'x'.repeat(23)}`, 'x'.repeat(7)]);
    expect(await terminal.cursor()).toEqual([17, lines.length - 2]);
  });

  test('a row that is exactly full puts the cursor on the next', async () => {
    await terminal.type('x'.repeat(25));
    const [column, row] = await terminal.cursor();
    expect(column).toBe(0);
    await terminal.type('\x7f');
    expect(await terminal.cursor()).toEqual([39, row - 1]);
  });

  test('a wide character that does not fit at the edge goes to the next row whole', async () => {
    await terminal.type(`${'x'.repeat(24)}가나\x01\x0b`);
    expect(await lastLine()).toBe(prompt.trimEnd());
    await terminal.type('\x19');
    const lines = await terminal.screen();
    expect(lines.slice(-2)).toEqual([prompt + 'x'.repeat(24), '가나']);
    expect((await terminal.cursor())[0]).toBe(4);
  });

  test('Enter from the first row continues below the last', async () => {
    await terminal.type(`echo ${'y'.repeat(50)}\x01\r`);
    const lines = await terminal.screen();
    expect(lines.slice(-3)).toEqual(['y'.repeat(40), 'y'.repeat(10), prompt.trimEnd()]);
  });
});

describe('history', () => {
  test('Up and Down walk, and the line being written is kept', async () => {
    await terminal.type('echo one\r');
    await terminal.type('echo two\r');
    await terminal.type('draft\x1b[A');
    expect(await lastLine()).toBe(`${prompt}echo two`);
    await terminal.type('\x1b[A\x1b[A');
    expect(await lastLine()).toBe(`${prompt}echo one`);
    await terminal.type('\x1b[B\x1b[B');
    expect(await lastLine()).toBe(`${prompt}draft`);
  });

  test('Ctrl-R searches backwards and Enter runs what it found', async () => {
    await terminal.type('echo alpha\r');
    await terminal.type('echo beta\r');
    await terminal.type('\x12lph');
    expect(await lastLine()).toBe("(reverse-i-search)'lph': echo alpha");
    await terminal.type('\r');
    expect((await terminal.screen()).slice(-2)).toEqual(['alpha', prompt.trimEnd()]);
  });

  test('Ctrl-G gives the search up', async () => {
    await terminal.type('echo alpha\r');
    await terminal.type('mine\x12alp\x07');
    expect(await lastLine()).toBe(`${prompt}mine`);
  });
});

describe('completion', () => {
  test('a single candidate is completed with a blank', async () => {
    await terminal.type('sha2\t');
    expect((await terminal.cursor())[0]).toBe(prompt.length + 'sha256sum '.length);
  });

  test('several candidates grow to what they share, then are listed', async () => {
    await terminal.type('cat al\t');
    expect(await lastLine()).toBe(`${prompt}cat alpha`);
    await terminal.type('\t\t');
    expect((await terminal.screen()).slice(-2)).toEqual(['alpha.txt     alphabet.txt', `${prompt}cat alpha`]);
  });

  test('options come from the command’s table', async () => {
    await terminal.type('grep --inv\t');
    expect(await lastLine()).toBe(`${prompt}grep --invert-match`);
  });

  test('the command behind a pipe is completed too', async () => {
    await terminal.type('yes | hea\t');
    expect(await lastLine()).toBe(`${prompt}yes | head`);
  });
});

test('Ctrl-L clears the screen and keeps the line', async () => {
  await terminal.type('echo one\r');
  await terminal.type('half\x0c');
  expect(await terminal.screen()).toEqual([`${prompt}half`]);
});

test('a bracketed paste is text: its line feeds run nothing, its controls are left out', async () => {
  await terminal.type('\x1b[200~echo a\necho\tb\x1b[3~\x07\n\x1b[201~');
  expect((await terminal.screen()).slice(-2)).toEqual([`${prompt}echo a`, 'echo    b[3~']);
  await terminal.type('\r');
  expect((await terminal.screen()).slice(-3)).toEqual(['a', 'b[3~', prompt.trimEnd()]);
});
