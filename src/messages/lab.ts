// A lab as the page draws it and as lists show it: state, hosts with their places and addresses, segments.
import { z } from 'zod';
import { faultMessage } from './faults.ts';
import { displayName, hostName, labId, placeName, playerId, role } from './ids.ts';
import { impairment } from './impairment.ts';

export const runtimeKind = z.enum(['embedded', 'docker']);

/** In both languages of the page. */
export const localText = z.object({ en: z.string(), ko: z.string() });
export type LocalText = z.infer<typeof localText>;

/** `stopped` and `failed` have a reason; such labs are listed for a minute, so that people learn it. */
export const labState = z.enum(['starting', 'running', 'stopping', 'stopped', 'failed']);
export type LabState = z.infer<typeof labState>;

/** One step of starting or stopping a lab (runtime/progress.ts says the same to the server). */
export const labProgress = z.object({
  step: z.enum(['plan', 'image', 'network', 'host', 'shell', 'stop', 'remove']),
  /** What is being worked on: a host, a segment, an image. */
  name: z.string(),
  state: z.enum(['started', 'done', 'failed']),
  done: z.int().min(0),
  total: z.int().min(0),
  detail: z.string().optional(),
});
export type LabProgress = z.infer<typeof labProgress>;

export const labSummary = z.object({
  id: labId,
  template: z.string(),
  title: localText,
  runtime: runtimeKind,
  state: labState,
  /** Why it stopped or failed; empty otherwise. */
  reason: z.string(),
  hosts: z.array(hostName),
  /** ms since the Unix epoch. */
  createdAt: z.number(),
});
export type LabSummary = z.infer<typeof labSummary>;

export const labInterface = z.object({
  name: placeName,
  segment: placeName,
  mac: z.string(),
  /** `10.0.1.2/24`. */
  addresses: z.array(z.string()),
  mtu: z.number(),
  /** What happens, now, to frames that leave here. */
  egress: impairment,
});
export type LabInterface = z.infer<typeof labInterface>;

export const labHost = z.object({
  name: hostName,
  role: z.enum(['client', 'server', 'router', 'dns']),
  /** Where to draw it: x and y in 0 .. 1. */
  position: z.object({ x: z.number(), y: z.number() }),
  interfaces: z.array(labInterface),
  services: z.array(z.string()),
});
export type LabHost = z.infer<typeof labHost>;

export const labSegment = z.object({
  name: placeName,
  kind: z.enum(['link', 'network']),
  prefixes: z.array(z.string()),
  ends: z.array(z.object({ host: hostName, interface: placeName })),
  state: z.enum(['up', 'cut']),
});
export type LabSegment = z.infer<typeof labSegment>;

export const labDetail = z.object({
  lab: labSummary,
  /** What went wrong, when it failed. */
  fault: faultMessage.optional(),
  seed: z.string(),
  domain: z.string(),
  /** Who makes impairments true; absent while the lab starts. */
  impairmentApplier: z.enum(['tc netem', 'agent model', 'embedded model']).optional(),
  /** The latest state of every step that has been told so far. */
  progress: z.array(labProgress),
  hosts: z.array(labHost),
  segments: z.array(labSegment),
  /** Link that makes its holder a player of this lab; only instructors are told. */
  joinLink: z.string().optional(),
});
export type LabDetail = z.infer<typeof labDetail>;

/** A person in a lab. */
export const person = z.object({
  player: playerId,
  name: displayName,
  role,
  /** The host whose terminals they look at; absent: the map. */
  host: hostName.optional(),
});
export type Person = z.infer<typeof person>;
