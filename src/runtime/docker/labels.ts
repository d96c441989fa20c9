// What we write on everything we make, so that it can be found again: by us, by a later process, by a person.
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Plan } from '../../lab/plan.ts';

export const labelNames = {
  /** On everything of ours; the value is `lab` or `image`. */
  kind: 'ackademy.kind',
  lab: 'ackademy.lab',
  /** Whose lab it is: only a process of the same scope takes it over. */
  scope: 'ackademy.scope',
  /** Hash of the plan that the thing was made for. */
  planHash: 'ackademy.plan-hash',
  /** The plan itself, packed; on the containers of every host, so that any one that is left can tell. */
  plan: 'ackademy.plan',
  host: 'ackademy.host',
  segment: 'ackademy.segment',
  /** Hash of what the thing was made from: another one means that it must be made anew. */
  fingerprint: 'ackademy.fingerprint',
  /** Who makes impairments true: `tc netem` or `agent model`. */
  applier: 'ackademy.applier',
  /** When the lab was started, ms since the Unix epoch: captured frames count from there. */
  startedAt: 'ackademy.started-at',
} as const;

export const nameLimits = { bridge: 15 } as const;

/** First letters of every bridge interface of ours, which the rules on the engine's machine match. */
export const bridgePrefix = 'ack';

export type Labels = Readonly<Record<string, string>>;

/** A short, stable name for `value` (plain data). */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/** A plan as a label's value. */
export function packPlan(plan: Plan): string {
  return gzipSync(JSON.stringify(plan)).toString('base64');
}

/** The plan that `packPlan` packed; undefined when the text is nothing of the kind. */
export function unpackPlan(text: string): Plan | undefined {
  try {
    const value: unknown = JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString());
    // The hash beside it has shown that we wrote it (see `found`): its shape is ours.
    return typeof value === 'object' && value !== null && 'hosts' in value ? (value as Plan) : undefined;
  } catch {
    return undefined;
  }
}

export function networkName(labId: string, segment: string): string {
  return `ackademy-${labId}-${segment}`;
}

export function containerName(labId: string, host: string): string {
  return `ackademy-${labId}-${host}`;
}

/** Interface names hold 15 characters: a hash of lab and segment. */
export function bridgeName(labId: string, segment: string): string {
  return `${bridgePrefix}${fingerprint([labId, segment])}`.slice(0, nameLimits.bridge);
}
