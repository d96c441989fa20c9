// Tokens and cookies: what they are good for, and that nobody else can make them.
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { Access } from '../../src/server/access.ts';
import { labId } from '../../src/messages/ids.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';

const lab = labId.parse('hello-abcd');
const other = labId.parse('hello-wxyz');

const setup = (seed = 'access') => {
  const clock = new VirtualClock();
  return { clock, access: new Access({ random: seededRandom(seed), clock, cookieName: 'ackademy_1' }) };
};
const cookieOf = (header: string): string => header.split(';')[0] ?? '';

describe('a token', () => {
  test('of the instructor opens everything, of a lab that lab', () => {
    const { access } = setup();
    expect(access.grantOf(access.instructorToken)).toEqual({ role: 'instructor' });
    expect(access.grantOf(access.joinToken(lab))).toEqual({ role: 'player', lab });
  });

  test('that was guessed, altered, or made for another lab or server is worth nothing', () => {
    const { access } = setup();
    const stranger = setup('another server').access;
    const token = access.joinToken(lab);
    const wrong = [
      '',
      'x',
      `${lab}.`,
      token.slice(0, -1),
      `${token}0`,
      token.replace(lab, other),
      stranger.joinToken(lab),
    ];
    expect(wrong.map((text) => access.grantOf(text))).toEqual(wrong.map(() => undefined));
    expect(access.grantOf(stranger.instructorToken)).toBeUndefined();
  });
});

describe('a cookie', () => {
  test('makes its bearer who it was made for', () => {
    const { access } = setup();
    const member = access.login(access.joinToken(lab), '민지', undefined);
    const header = access.cookieFor(member);
    expect(header).toMatch(/; HttpOnly; SameSite=Strict;/);
    const cookie = `other=1; ${cookieOf(header)}`;
    expect(access.identify({ cookie, authorization: undefined })).toEqual(member);
  });

  test('that was altered, is too old, or comes from another server is no cookie', () => {
    const { access, clock } = setup();
    const cookie = cookieOf(access.cookieFor(access.login(access.joinToken(lab), 'Ann', undefined)));
    const [name, text] = cookie.split('=');
    const [value, signature] = (text ?? '').split('.');
    const promoted = Buffer.from(value ?? '', 'base64url')
      .toString()
      .replace('"player"', '"instructor"');
    const forged = `${name}=${Buffer.from(promoted).toString('base64url')}.${signature}`;
    const identify = (candidate: string, by = access) => by.identify({ cookie: candidate, authorization: undefined });
    expect(identify(forged)).toBeUndefined();
    expect(identify(cookie, setup('another server').access)).toBeUndefined();
    expect(identify(cookie)).toBeDefined();
    clock.runFor(13 * 3_600_000);
    expect(identify(cookie)).toBeUndefined();
  });

  test('of an instructor is not lost by looking at a join link; a player’s id stays theirs', () => {
    const { access } = setup();
    const instructor = access.login(access.instructorToken, undefined, undefined);
    expect(access.login(access.joinToken(lab), undefined, instructor)).toMatchObject({
      role: 'instructor',
      player: instructor.player,
    });
    const player = access.login(access.joinToken(lab), 'Ann', undefined);
    expect(access.login(access.joinToken(other), undefined, player)).toEqual({ ...player, lab: other });
  });
});
