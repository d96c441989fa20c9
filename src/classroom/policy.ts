// Who may do what: a table of roles and actions, asked before every call and every realtime message.
import { Fault } from '../base/fault.ts';
import type { LabId, PlayerId, Role } from '../messages/ids.ts';

/** Somebody the server knows: by a cookie or a token. */
export interface Member {
  readonly player: PlayerId;
  readonly name: string;
  readonly role: Role;
  /** The one lab that a player may enter; absent for instructors. */
  readonly lab?: LabId;
}

/** `own lab`: in the lab whose join link they hold. */
type Permission = 'yes' | 'own lab' | 'no';

export const policy = {
  'see the status': { instructor: 'yes', player: 'yes' },
  'see the catalogue': { instructor: 'yes', player: 'yes' },
  'see a lab': { instructor: 'yes', player: 'own lab' },
  'start a lab': { instructor: 'yes', player: 'no' },
  'end a lab': { instructor: 'yes', player: 'no' },
  'end all labs': { instructor: 'yes', player: 'no' },
  'invite to a lab': { instructor: 'yes', player: 'no' },
  'watch a terminal': { instructor: 'yes', player: 'own lab' },
  'type into a terminal': { instructor: 'yes', player: 'own lab' },
  'inspect a host': { instructor: 'yes', player: 'own lab' },
  'capture frames': { instructor: 'yes', player: 'own lab' },
  'run a command': { instructor: 'yes', player: 'no' },
  'restart a host': { instructor: 'yes', player: 'no' },
  'change a link': { instructor: 'yes', player: 'no' },
} as const satisfies Readonly<Record<string, Readonly<Record<Role, Permission>>>>;

export type Action = keyof typeof policy;

/** True when `member` may do this; `lab` is the lab concerned, absent for what concerns none. */
export function may(member: Member, action: Action, lab?: string): boolean {
  const permission: Permission = policy[action][member.role];
  return permission === 'yes' || (permission === 'own lab' && lab !== undefined && member.lab === lab);
}

/** Throws `Fault` not-authorised unless `member` may. */
export function authorise(member: Member, action: Action, lab?: string): void {
  if (may(member, action, lab)) return;
  throw new Fault('not-authorised', `As a ${member.role} you may not ${action}${lab === undefined ? '' : ' here'}.`, {
    place: lab === undefined ? {} : { lab },
    nextStep: 'Ask whoever runs the lab server.',
  });
}
