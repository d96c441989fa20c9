// What every router and gateway of the server is given.
import type { Clock } from '../base/clock.ts';
import type { LabRegistry, RuntimeSource } from '../classroom/lab-registry.ts';
import { may, type Member } from '../classroom/policy.ts';
import type { LabSession } from '../classroom/lab-session.ts';
import type { Templates } from '../classroom/templates.ts';
import type { LabDetail } from '../messages/lab.ts';
import type { Access } from './access.ts';
import type { Log } from './log.ts';
import type { OriginRule } from './origin.ts';

export interface ServerContext {
  readonly registry: LabRegistry;
  readonly runtimes: RuntimeSource;
  readonly templates: Templates;
  readonly access: Access;
  readonly origins: OriginRule;
  readonly clock: Clock;
  readonly log: Log;
  /** The product's version, for people. */
  readonly version: string;
}

/** A lab as `member` may see it. `authority`: host and port by which they reached us, for the link they pass on. */
export function detailFor(context: ServerContext, session: LabSession, member: Member, authority: string): LabDetail {
  if (!may(member, 'invite to a lab', session.id)) return session.detail;
  const token = context.access.joinToken(session.id);
  return { ...session.detail, joinLink: `http://${authority}/join/${session.id}#token=${token}` };
}
