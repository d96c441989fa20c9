// Names of things as they cross the wire: branded, so that a host's name can not be passed for a lab's id.
import { z } from 'zod';

/** A lab: lower-case letters, digits and dashes, at most 20 characters (the runtime's rule). */
export const labId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,19}$/, 'must be lower-case letters, digits and dashes, at most 20')
  .brand<'LabId'>();
export type LabId = z.infer<typeof labId>;

/** A host of a lab: one label of a domain name. */
export const hostName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a host name such as client or router-1')
  .brand<'HostName'>();
export type HostName = z.infer<typeof hostName>;

/** A person, as the server knows one: made by the server at login, kept in the signed cookie. */
export const playerId = z
  .string()
  .regex(/^[a-z0-9]{8,32}$/, 'must be a player id')
  .brand<'PlayerId'>();
export type PlayerId = z.infer<typeof playerId>;

/** A template of the catalogue. */
export const templateName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'must be a template name such as hello')
  .brand<'TemplateName'>();
export type TemplateName = z.infer<typeof templateName>;

/** A segment or an interface: `left`, `eth0`. */
export const placeName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be a name such as left or eth0');

/** Which of a host's shared terminals: most have one. */
export const terminalNumber = z.int().min(1).max(4);
export type TerminalNumber = z.infer<typeof terminalNumber>;

/** What people call themselves; without control characters. */
export const displayName = z
  .string()
  .trim()
  .min(1)
  .max(40)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, 'must not contain control characters');

export const role = z.enum(['instructor', 'player']);
/** Instructors may do everything; a player is a guest of one lab. */
export type Role = z.infer<typeof role>;
