// Pipes between programs.
import { expect, test } from 'vitest';
import { BrokenPipe } from '../../../src/host/shell/command.ts';
import {
  bytesSource,
  CollectingSink,
  Pipe,
  pipeCapacityBytes,
  readAll,
  readLines,
} from '../../../src/host/shell/pipe.ts';

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

test('bytes come out in order, small pieces together, then the end', async () => {
  const pipe = new Pipe();
  await pipe.write('a');
  await pipe.write('b');
  pipe.closeWriter();
  expect(text(await pipe.read())).toBe('ab');
  expect(await pipe.read()).toBeUndefined();
});

test('a writer waits while the pipe is full and goes on when it was read', async () => {
  const pipe = new Pipe();
  await pipe.write(new Uint8Array(pipeCapacityBytes));
  let written = false;
  const second = pipe.write('more').then(() => (written = true));
  await Promise.resolve();
  expect(written).toBe(false);
  expect((await pipe.read())?.length).toBe(pipeCapacityBytes);
  await second;
  expect(text(await pipe.read())).toBe('more');
});

test('a reader waits for a writer', async () => {
  const pipe = new Pipe();
  const reading = pipe.read();
  await pipe.write('late');
  expect(text(await reading)).toBe('late');
});

test('writing to a pipe whose reader is gone breaks, also for who waits already', async () => {
  const pipe = new Pipe();
  await pipe.write(new Uint8Array(pipeCapacityBytes));
  const waiting = expect(pipe.write('x')).rejects.toBeInstanceOf(BrokenPipe);
  pipe.closeReader();
  await waiting;
  await expect(pipe.write('y')).rejects.toBeInstanceOf(BrokenPipe);
});

test('lines are whole whatever the pieces are, with characters cut in two', async () => {
  const lines: string[] = [];
  for await (const line of readLines(bytesSource(new TextEncoder().encode('한글\n\nend'), 2))) lines.push(line);
  expect(lines).toEqual(['한글', '', 'end']);
});

test('a collector with a limit counts what it leaves out', async () => {
  const sink = new CollectingSink(3);
  await sink.write('ab');
  await sink.write('cd');
  expect([sink.text, sink.lostBytes]).toEqual(['abc', 1]);
});

test('reading all of a source joins its pieces', async () => {
  expect((await readAll(bytesSource(new Uint8Array(10), 3))).length).toBe(10);
});
