// A terminal that many share: late joiners, slow viewers, credit, resuming, who decides size and pace.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SharedTerminal } from '../../../src/classroom/terminal/shared-terminal.ts';
import type { PlayerId } from '../../../src/messages/ids.ts';
import { creditBytes, maximumLagBytes } from '../../../src/messages/terminal.ts';
import { VirtualClock } from '../../../src/wiring/virtual-clock.ts';
import { ScriptedTerminal } from '../../support/scripted-terminal.ts';
import { TestViewer } from '../../support/terminal-viewer.ts';

const size = { columns: 80, rows: 24 };

function setup() {
  const host = new ScriptedTerminal();
  const clock = new VirtualClock();
  let ended = false;
  const shared = new SharedTerminal(host, size, clock, () => (ended = true));
  let said = 0;
  return {
    host,
    clock,
    shared,
    hasEnded: () => ended,
    /** Resolves when the host may go on. */
    say: (output: string | Uint8Array): Promise<void> => {
      said += Buffer.byteLength(output);
      return host.say(output);
    },
    said: () => said,
    join(name: string, options: { columns?: number; rows?: number; lastOffset?: number } = {}): TestViewer {
      const viewer = new TestViewer();
      viewer.attachment = shared.attach({ player: name as PlayerId, name }, viewer, { ...size, ...options });
      return viewer;
    },
  };
}

const kilobytes = (count: number): Uint8Array => new Uint8Array(count * 1024).fill('x'.charCodeAt(0));

describe('a late joiner', () => {
  const scenes: Readonly<Record<string, string>> = {
    text: 'hello\r\nworld\r\n$ ls',
    colours: '\u001b[1;31mred\u001b[0m and \u001b[44mblue\u001b[4m under',
    'a full-screen program': 'before\r\n\u001b[?1049h\u001b[2J\u001b[5;10Hmenu\u001b[?25l\u001b[7m chosen ',
    'a scroll region': '\u001b[2J\u001b[1;1Htop\u001b[24;1Hstatus\u001b[2;23r\u001b[10;5Hinside',
    'a scroll region in origin mode': '\u001b[5;15r\u001b[?6h\u001b[3;7Hhere',
    'application keys and bracketed paste': '\u001b[?1h\u001b=\u001b[?2004h$ ',
    'a mouse program': '\u001b[?1002h\u001b[?1006hclick',
    'wide characters': '안녕하세요 \u001b[2;3H日本 e\u0301',
    'half a character': Buffer.from('한글').subarray(0, 4).toString('latin1'),
    'half an escape sequence': 'abc\u001b[3',
    'half a title': 'abc\u001b]0;tit',
    'a full last column': 'x'.repeat(80),
    'line drawing': '\u001b(0lqqk\u001b(B ok \u001b(0',
  };
  // What follows tells whether modes that are not on the screen were restored too.
  const afterwards = '1m2;3Hq\u001b[10Bz\r\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nend\u001b[1;1Hhome';

  for (const [name, scene] of Object.entries(scenes)) {
    test(`sees the same as an early one, now and afterwards: ${name}`, async () => {
      const { join, say, said } = setup();
      const early = join('early');
      await say(Buffer.from(scene, name === 'half a character' ? 'latin1' : 'utf8'));
      await early.reach(said());
      const late = join('late');
      await late.reach(0);
      await say(' ');
      await Promise.all([early.reach(said()), late.reach(said())]);
      expect(late.look()).toEqual(early.look());
      await say(afterwards);
      await Promise.all([early.reach(said()), late.reach(said())]);
      expect(late.look()).toEqual(early.look());
      expect(late.keyframes).toHaveLength(1);
    });
  }

  test('sees the same wherever random output is cut', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\u001b[A',
        '\u001b[3;7H',
        '\u001b[K',
        '\u001b[2J',
        '\u001b[31m',
        '\u001b[0m',
        '\u001b[3;9r',
      ),
      fc.constantFrom(
        '\u001b[r',
        '\u001b[L',
        '\u001b[2M',
        '\u001b[S',
        '\u001b]0;name\u0007',
        '\u001bP+q\u001b\\',
        '\u001bM',
        '\t',
      ),
      fc.constantFrom('가', '🙂', 'é', '한국어', 'word', '1234567890'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), fc.nat(), async (pieces, cut) => {
        const { join, say, said, shared } = setup();
        const output = Buffer.from(pieces.join(''));
        const at = output.length === 0 ? 0 : cut % output.length;
        const early = join('early');
        await say(output.subarray(0, at));
        const late = join('late');
        await say(output.subarray(at));
        await say('\r\n');
        await Promise.all([early.reach(said()), late.reach(said())]);
        expect(late.look()).toEqual(early.look());
        shared.dispose();
      }),
      { numRuns: 150 },
    );
  });

  test('is told hidden cursor, mouse encoding and cursor style, which serializing loses', async () => {
    const { join, say } = setup();
    await say('\u001b[?25l\u001b[?1000h\u001b[?1006h\u001b[4 q');
    const late = join('late');
    await late.reach(say.length);
    const data = late.keyframes[0]?.data ?? '';
    for (const sequence of ['\u001b[?25l', '\u001b[?1006h', '\u001b[4 q', '\u001b[?1000h'])
      expect(data).toContain(sequence);
    await say('\u001bc');
    const later = join('later');
    await later.reach(1);
    expect(later.keyframes[0]?.data).not.toContain('\u001b[?25l');
  });
});

describe('credit', () => {
  test('a viewer is sent no more than its credit before it acknowledges', async () => {
    const { join, say, said } = setup();
    join('typist').attachment?.input(new Uint8Array([97]));
    const slow = join('slow');
    await slow.reach(0);
    await say('x');
    await slow.reach(said());
    slow.acknowledges = false;
    await say(kilobytes(100));
    await say(kilobytes(100));
    expect(slow.receivedBytes - 1).toBe(creditBytes);
    slow.catchUp();
    await slow.reach(said());
    expect(slow.receivedBytes).toBe(said());
    expect(slow.gaps).toBe(0);
  });

  test('a viewer that is too far behind gets one keyframe when it has caught up, not the backlog', async () => {
    const { join, say, said } = setup();
    const typist = join('typist');
    typist.attachment?.input(new Uint8Array([97]));
    const slow = join('slow');
    await say('x');
    await Promise.all([typist.reach(said()), slow.reach(said())]);
    slow.acknowledges = false;
    for (let piece = 0; piece < 40; piece += 1) await say(kilobytes(64));
    await say('\r\nthe end');
    await typist.reach(said());
    const received = slow.receivedBytes;
    expect(received).toBeLessThanOrEqual(creditBytes + 1);
    slow.catchUp();
    await slow.reach(said());
    expect(slow.keyframes).toHaveLength(2);
    expect(slow.look()).toEqual(typist.look());
    expect(typist.keyframes).toHaveLength(1);
    expect(typist.receivedBytes).toBe(said());
  });

  test('an acknowledgement of what was never sent, or of the past, changes nothing', async () => {
    const { join, say, said } = setup();
    const viewer = join('viewer');
    await viewer.reach(0);
    await say('x');
    await viewer.reach(said());
    viewer.acknowledges = false;
    viewer.attachment?.acknowledge(creditBytes * 10);
    viewer.attachment?.acknowledge(0);
    void say(kilobytes(200));
    await viewer.reach(creditBytes + 1);
    expect(viewer.receivedBytes - 1).toBe(creditBytes);
  });
});

describe('the pace', () => {
  test('a slow onlooker does not make the host wait; a slow typist does', async () => {
    const { join, say, said } = setup();
    const typist = join('typist');
    const onlooker = join('onlooker');
    await say('x');
    await Promise.all([typist.reach(said()), onlooker.reach(said())]);
    onlooker.acknowledges = false;
    for (let piece = 0; piece < 8; piece += 1) await say(kilobytes(64)); // would hang here
    await typist.reach(said());
    typist.acknowledges = false;
    let mayGoOn = false;
    const waiting = say(kilobytes(200)).then(() => (mayGoOn = true));
    await typist.reach(said() - kilobytes(200).length + creditBytes);
    expect(mayGoOn).toBe(false);
    typist.catchUp();
    await waiting;
    await typist.reach(said());
    expect(typist.keyframes).toHaveLength(1);
  });

  test('a typist that has stopped to answer holds the host up for two seconds, not for ever', async () => {
    const { join, say, said, clock } = setup();
    const typist = join('typist');
    await say('x');
    await typist.reach(said());
    typist.acknowledges = false;
    let mayGoOn = false;
    const waiting = say(kilobytes(200)).then(() => (mayGoOn = true));
    await typist.reach(creditBytes);
    clock.runFor(1_900);
    await Promise.resolve();
    expect(mayGoOn).toBe(false);
    clock.runFor(200);
    await waiting;
    for (let piece = 0; piece < 8; piece += 1) await say(kilobytes(64));
    typist.catchUp();
    await typist.reach(said());
    expect(typist.keyframes).toHaveLength(2);
  });

  test('a typist that leaves lets the host go on', async () => {
    const { join, say } = setup();
    const typist = join('typist');
    typist.acknowledges = false;
    await typist.reach(0);
    const waiting = say(kilobytes(200));
    await typist.reach(creditBytes);
    typist.attachment?.dispose();
    await waiting;
  });
});

describe('coming back', () => {
  test('goes on where the copy ended, without a keyframe, while the log reaches back', async () => {
    const { join, say, said } = setup();
    const first = join('typist');
    await say('one two ');
    await first.reach(said());
    first.attachment?.dispose();
    await say('three');
    const second = join('typist', { lastOffset: first.offset });
    await second.reach(said());
    expect(second.keyframes).toHaveLength(0);
    expect(second.receivedBytes).toBe('three'.length);
  });

  test('gets a keyframe when it was away for too much, or claims what never was', async () => {
    const { join, say, said } = setup();
    const stays = join('stays');
    await say(kilobytes(100));
    await stays.reach(said());
    for (let sent = 0; sent <= maximumLagBytes; sent += 65_536) await say(kilobytes(64));
    await stays.reach(said());
    for (const lastOffset of [0, 10, said() + 1]) {
      const back = join('back', { lastOffset });
      await back.reach(said());
      expect(back.keyframes).toHaveLength(1);
      expect(back.look()).toEqual(stays.look());
    }
  });
});

describe('size', () => {
  test('follows the window of who typed last; a small onlooker changes nothing', async () => {
    const { join, host } = setup();
    const teacher = join('teacher', { columns: 100, rows: 30 });
    const phone = join('phone', { columns: 40, rows: 20 });
    expect(host.sizes).toEqual(['100x30']);
    phone.attachment?.resize(41, 20);
    expect(host.sizes).toEqual(['100x30']);
    phone.attachment?.input(new Uint8Array([13]));
    expect(host.sizes).toEqual(['100x30', '41x20']);
    expect(teacher.told).toContain('size 41x20');
    teacher.attachment?.resize(120, 40);
    expect(host.sizes).toHaveLength(2);
  });
});

describe('people', () => {
  test('see who is there and who types; typing fades', () => {
    const { join, clock } = setup();
    const ann = join('ann');
    const min = join('min');
    expect(ann.told.at(-1)).toBe('ann min');
    min.attachment?.input(new Uint8Array([97]));
    expect(ann.told.at(-1)).toBe('ann min*');
    clock.runFor(2_100);
    expect(ann.told.at(-1)).toBe('ann min');
    min.attachment?.dispose();
    expect(ann.told.at(-1)).toBe('ann');
  });

  test('type into the same shell', () => {
    const { join, host } = setup();
    join('ann').attachment?.input(Buffer.from('ec'));
    join('min').attachment?.input(Buffer.from('ho\r'));
    expect(host.typed).toBe('echo\r');
  });

  test('who comes when the shell has just ended is told so', () => {
    const { join, host } = setup();
    host.close();
    expect(join('late').told).toEqual(['closed: the shell has ended']);
  });

  test('are told when the shell ends, and can not type any more', () => {
    const { join, host, hasEnded } = setup();
    const ann = join('ann');
    host.close();
    expect(ann.told.at(-1)).toBe('closed: the shell has ended');
    expect(hasEnded()).toBe(true);
    ann.attachment?.input(Buffer.from('x'));
    expect(host.written).toEqual([]);
  });
});

test('a question to the terminal is answered once, however many look', async () => {
  const { join, say, said, host } = setup();
  const viewers = [join('a'), join('b'), join('c')];
  await say('\u001b[6n');
  await Promise.all(viewers.map((viewer) => viewer.reach(said())));
  expect(host.typed).toBe('\u001b[1;1R');
});
