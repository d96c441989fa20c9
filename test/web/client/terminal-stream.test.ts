// A page's copy of a shared terminal: offsets, credit, keyframes, and coming back after a loss.
import { expect, test } from 'vitest';
import { hostName, labId } from '../../../src/messages/ids.ts';
import type { TerminalNews, TerminalRequest } from '../../../src/messages/terminal.ts';
import { VirtualClock } from '../../../src/wiring/virtual-clock.ts';
import { TerminalStream, type StreamPhase } from '../../../web/client/terminal-stream.ts';

function world() {
  const clock = new VirtualClock();
  const sent: TerminalRequest[] = [];
  const drawn: string[] = [];
  const phases: StreamPhase['kind'][] = [];
  /** What the screen has been given and has not parsed yet. */
  const parsing: (() => void)[] = [];
  const stream = new TerminalStream({
    channel: 0,
    lab: labId.parse('lab1'),
    host: hostName.parse('client'),
    columns: 80,
    rows: 24,
    send: (request) => sent.push(request),
    clock,
    screen: {
      restart: (columns, rows, data, parsed) => {
        drawn.push(`restart ${columns}x${rows} ${data}`);
        parsing.push(parsed);
      },
      write: (bytes, parsed) => {
        drawn.push(`write ${bytes.length}`);
        parsing.push(parsed);
      },
      resize: (columns, rows) => drawn.push(`resize ${columns}x${rows}`),
    },
    listener: { phase: (phase) => phases.push(phase.kind), viewers: () => undefined, mayType: () => undefined },
  });
  const parse = (): void => parsing.splice(0).forEach((parsed) => parsed());
  const hear = (news: Omit<TerminalNews, 'channel'>): void => stream.receive({ ...news, channel: 0 } as TerminalNews); // one channel
  const attached = { kind: 'attached', mayType: true, columns: 80, rows: 24 } as const;
  const keyframe = { kind: 'keyframe', offset: 100, columns: 80, rows: 24, data: 'screen' } as const;
  const output = (offset: number, length: number): void =>
    hear({ kind: 'output', offset, bytes: new Uint8Array(length) } as Omit<TerminalNews, 'channel'>);
  /** Attached, the keyframe of offset 100 drawn, nothing of it left in `sent`. */
  const live = (): void => {
    stream.connect();
    hear(attached);
    hear(keyframe);
    parse();
    sent.length = 0;
  };
  return { clock, sent, drawn, phases, stream, parse, hear, attached, keyframe, output, live };
}

const acknowledged = (sent: readonly TerminalRequest[]): number[] =>
  sent.flatMap((request) => (request.kind === 'acknowledge' ? [request.offset] : []));

test('the first attach has no offset; the keyframe is drawn and acknowledged', () => {
  const { stream, sent, hear, attached, keyframe, parse, drawn } = world();
  stream.connect();
  expect(sent).toEqual([
    { kind: 'attach', channel: 0, lab: 'lab1', host: 'client', terminal: 1, columns: 80, rows: 24 },
  ]);
  hear(attached);
  hear(keyframe);
  expect(acknowledged(sent)).toEqual([]);
  parse();
  expect(drawn).toContain('restart 80x24 screen');
  expect(acknowledged(sent)).toEqual([100]);
});

test('keys, sizes and acknowledgements wait while a keyframe is drawn', () => {
  const { stream, sent, hear, attached, keyframe, parse } = world();
  stream.connect();
  hear(attached);
  hear(keyframe);
  sent.length = 0;
  stream.input(new Uint8Array([97]));
  stream.resize(100, 30);
  expect(sent).toEqual([]);
  parse();
  expect(sent.map((request) => request.kind)).toEqual(['acknowledge', 'resize', 'input']);
});

test('output is acknowledged every 16 KiB, and 50 ms after the last byte', () => {
  const { sent, live, output, parse, clock } = world();
  live();
  output(100, 10);
  parse();
  clock.runUntil(49);
  expect(acknowledged(sent)).toEqual([]);
  clock.runUntil(50);
  expect(acknowledged(sent)).toEqual([110]);
  output(110, 16 * 1024);
  expect(acknowledged(sent)).toEqual([110]);
  parse();
  expect(acknowledged(sent)).toEqual([110, 110 + 16 * 1024]);
});

test('a gap: detach, attach from where our copy ends, and nothing of before is drawn', () => {
  const { sent, live, output, drawn, hear, attached } = world();
  live();
  output(100, 10);
  drawn.length = 0;
  output(120, 5);
  expect(sent.map((request) => request.kind)).toEqual(['detach', 'attach']);
  expect(sent.at(-1)).toMatchObject({ lastOffset: 110 });
  output(125, 5);
  expect(drawn).toEqual([]);
  hear(attached);
  output(110, 20);
  expect(drawn).toContain('write 20');
});

test('after a loss of the line the stream goes on where it stopped', () => {
  const { sent, live, output, stream, phases } = world();
  live();
  output(100, 10);
  stream.disconnect();
  stream.input(new Uint8Array([97]));
  stream.connect();
  expect(sent.at(-1)).toMatchObject({ kind: 'attach', lastOffset: 110 });
  expect(phases.slice(-2)).toEqual(['offline', 'attaching']);
});

test('what is typed while the line is lost is not typed later', () => {
  const { sent, live, stream, hear, attached, output } = world();
  live();
  output(100, 10);
  stream.disconnect();
  stream.input(new Uint8Array([97]));
  stream.connect();
  hear(attached);
  output(110, 5);
  expect(sent.filter(({ kind }) => kind === 'input')).toEqual([]);
  stream.input(new Uint8Array([98]));
  expect(sent.at(-1)).toMatchObject({ kind: 'input', bytes: new Uint8Array([98]) });
});

test('a line lost while a keyframe is drawn asks for a new keyframe', () => {
  const { sent, stream, hear, attached, keyframe } = world();
  stream.connect();
  hear(attached);
  hear(keyframe);
  stream.disconnect();
  stream.connect();
  expect(sent.at(-1)).not.toHaveProperty('lastOffset');
});

test('a shell that ended: a key opens a new one and is typed there', () => {
  const { sent, live, stream, hear, attached, keyframe, parse } = world();
  live();
  hear({ kind: 'closed', reason: 'exit' } as Omit<TerminalNews, 'channel'>);
  stream.input(new Uint8Array([97]));
  expect(sent.at(-1)).toMatchObject({ kind: 'attach' });
  expect(sent.at(-1)).not.toHaveProperty('lastOffset');
  hear(attached);
  hear(keyframe);
  parse();
  expect(sent.at(-1)).toMatchObject({ kind: 'input' });
});

test('a large paste goes in messages of at most 16 KiB', () => {
  const { sent, live, stream } = world();
  live();
  stream.input(new Uint8Array(40_000));
  expect(sent.map((request) => (request.kind === 'input' ? request.bytes.length : 0))).toEqual([16_384, 16_384, 7_232]);
});
