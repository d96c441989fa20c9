// The table of who may do what, cell by cell.
import { describe, expect, test } from 'vitest';
import { Fault } from '../../src/base/fault.ts';
import { authorise, may, policy, type Action, type Member } from '../../src/classroom/policy.ts';
import { labId, playerId } from '../../src/messages/ids.ts';

const player = playerId.parse('abcdefgh');
const instructor: Member = { player, name: 'Kim', role: 'instructor' };
const guest: Member = { player, name: 'Lee', role: 'player', lab: labId.parse('own') };

/** [instructor, player in the own lab, player in another lab, player where no lab is concerned] */
const expected: Readonly<Record<Action, readonly [boolean, boolean, boolean, boolean]>> = {
  'see the status': [true, true, true, true],
  'see the catalogue': [true, true, true, true],
  'see a lab': [true, true, false, false],
  'start a lab': [true, false, false, false],
  'end a lab': [true, false, false, false],
  'end all labs': [true, false, false, false],
  'invite to a lab': [true, false, false, false],
  'watch a terminal': [true, true, false, false],
  'type into a terminal': [true, true, false, false],
  'inspect a host': [true, true, false, false],
  'capture frames': [true, true, false, false],
  'run a command': [true, false, false, false],
  'restart a host': [true, false, false, false],
  'change a link': [true, false, false, false],
};

describe('who may', () => {
  for (const action of Object.keys(policy) as Action[]) {
    test(action, () => {
      expect([
        may(instructor, action, 'own'),
        may(guest, action, 'own'),
        may(guest, action, 'other'),
        may(guest, action),
      ]).toEqual(expected[action]);
    });
  }

  test('a player without a lab enters none', () => {
    expect(may({ player, name: 'x', role: 'player' }, 'see a lab', 'own')).toBe(false);
  });

  test('who may not is told so, with the lab', () => {
    expect(() => authorise(guest, 'see a lab', 'own')).not.toThrow();
    try {
      authorise(guest, 'see a lab', 'other');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(Fault);
      expect(error).toMatchObject({ code: 'not-authorised', place: { lab: 'other' }, exitCode: 6, httpStatus: 401 });
    }
  });
});
