// The REST API: shape of every request and response under /api. Responses that are not 2xx carry `faultResponse`.
//
//   POST   /api/session                     sessionRequest   -> sessionResponse (sets the cookie)
//   GET    /api/status                                       -> statusResponse
//   GET    /api/catalogue                                    -> catalogueResponse
//   GET    /api/catalogue/:name                              -> templateResponse
//   GET    /api/labs                                         -> labsResponse (a player sees only their own)
//   POST   /api/labs                        startRequest     -> startResponse (202: progress comes by realtime)
//   GET    /api/labs/:lab                                    -> labDetail
//   DELETE /api/labs/:lab                                    -> 204 when it is gone
//   POST   /api/labs/:lab/impair            impairRequest    -> labDetail
//   POST   /api/labs/:lab/segments/:name    segmentRequest   -> labDetail
//   GET    /api/labs/:lab/capture                            -> application/x-pcapng, as frames come, until hung up
//   POST   /api/labs/:lab/hosts/:host/run   runRequest       -> runResponse
//   GET    /api/labs/:lab/hosts/:host/inspect                -> inspectResponse
//   POST   /api/labs/:lab/hosts/:host/restart                -> 204
//   GET    /api/labs/:lab/exercises                          -> exercisesResponse (messages/exercise.ts)
//   POST   /api/labs/:lab/exercises/:id/check                -> exerciseResponse
//   POST   /api/labs/:lab/exercises/:id/answer  answerRequest -> exerciseResponse
//   POST   /api/down-all                                     -> downAllResponse
//
// Who asks is known by the cookie, or by `Authorization: Bearer TOKEN` with an instructor's or a lab's join token.
import { z } from 'zod';
import type { StackInspection } from '../stack/inspect.ts';
import { base64Bytes } from './bytes.ts';
import { displayName, hostName, labId, placeName, playerId, role, templateName } from './ids.ts';
import { impairment } from './impairment.ts';
import { labSummary, localText, runtimeKind } from './lab.ts';

/** Changes when an old page and a new server would misunderstand each other. */
export const protocolVersion = 1;

/** Exchanges the token of a link (its fragment: `#token=...`) for a cookie. */
export const sessionRequest = z.strictObject({ token: z.string().min(1).max(200), name: displayName.optional() });
export type SessionRequest = z.infer<typeof sessionRequest>;

/** Who you are. */
export const sessionResponse = z.object({
  player: playerId,
  name: displayName,
  role,
  /** The one lab that a player may enter; absent for instructors. */
  lab: labId.optional(),
});
export type SessionResponse = z.infer<typeof sessionResponse>;

export const fact = z.object({ name: z.string(), value: z.string(), ok: z.boolean() });

export const statusResponse = z.object({
  protocolVersion: z.number(),
  version: z.string(),
  /** Which runtime labs start on unless they say otherwise, and why. */
  runtime: z.object({ kind: runtimeKind, reason: z.string() }),
  facts: z.array(fact),
  me: sessionResponse,
});
export type StatusResponse = z.infer<typeof statusResponse>;

export const catalogueEntry = z.object({
  name: templateName,
  title: localText,
  summary: localText,
  /** How many. */
  hosts: z.number(),
  links: z.number(),
});
export type CatalogueEntry = z.infer<typeof catalogueEntry>;

export const catalogueResponse = z.object({ templates: z.array(catalogueEntry) });
export type CatalogueResponse = z.infer<typeof catalogueResponse>;

/** `guide`: Markdown per language. */
export const templateResponse = z.object({ template: catalogueEntry, guide: localText });
export type TemplateResponse = z.infer<typeof templateResponse>;

export const labsResponse = z.object({ labs: z.array(labSummary) });
export type LabsResponse = z.infer<typeof labsResponse>;

export const seed = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be letters, digits, dot, dash or underscore, at most 64');

/** The text of a template file, with the name that faults are to show. */
const templateSource = z.strictObject({
  text: z.string().min(1).max(200_000),
  file: z.string().min(1).max(200),
});

/** A template of the catalogue, or one that is sent along. */
export const startRequest = z
  .strictObject({
    template: templateName.optional(),
    source: templateSource.optional(),
    runtime: runtimeKind.optional(),
    seed: seed.optional(),
  })
  .refine(({ template, source }) => (template === undefined) !== (source === undefined), {
    message: 'name a template, or send one as source',
    path: ['template'],
  });
export type StartRequest = z.infer<typeof startRequest>;

export const startResponse = z.object({ labId });
export type StartResponse = z.infer<typeof startResponse>;

export const impairRequest = z.strictObject({ host: hostName, interface: placeName, impairment });
export type ImpairRequest = z.infer<typeof impairRequest>;

export const segmentRequest = z.strictObject({ state: z.enum(['up', 'cut']) });
export type SegmentRequest = z.infer<typeof segmentRequest>;

export const maximumStdinBytes = 1024 * 1024;

export const runRequest = z.strictObject({
  command: z.string().min(1).max(8_192),
  /** Base64. */
  stdin: base64Bytes(maximumStdinBytes).optional(),
  /** ms of lab time. */
  timeoutMs: z.int().min(1).max(600_000).optional(),
});
export type RunRequest = z.input<typeof runRequest>;

/** Base64 output; a command's own failure is a status, not a fault. */
export const runResponse = z.object({ status: z.number(), stdout: z.string(), stderr: z.string() });
export type RunResponse = z.infer<typeof runResponse>;

/** Addresses are values as in stack/wire (format them with `formatIp`, `formatMac`); absent numbers are left out. */
export interface InspectResponse {
  readonly inspection: StackInspection;
}

export const downAllResponse = z.object({ removed: z.array(z.string()) });
export type DownAllResponse = z.infer<typeof downAllResponse>;
