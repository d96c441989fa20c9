// News about labs and the people in them, by socket.io on `realtimePath`: one event name per direction, a union each.
//
// Server to page: `socket.on(newsEvent, (news: RealtimeNews) => ...)`.
// Page to server: `socket.emit(requestEvent, request, (reply: RealtimeReply) => ...)`; every request is answered.
// After a reconnect the page enters its lab again and is told everything anew: news is idempotent.
import { z } from 'zod';
import { faultMessage } from './faults.ts';
import { hostName, labId } from './ids.ts';
import { labDetail, labProgress, labState, labSummary, person } from './lab.ts';

export const realtimePath = '/realtime';
export const newsEvent = 'news';
export const requestEvent = 'request';

export const realtimeRequest = z.discriminatedUnion('kind', [
  /** From now on: this lab's progress, changes and people. Leaves the lab entered before. */
  z.strictObject({ kind: z.literal('enter-lab'), lab: labId }),
  z.strictObject({ kind: z.literal('leave-lab') }),
  /** Tells the others which host's terminals one looks at; absent: the map. */
  z.strictObject({ kind: z.literal('look-at'), host: hostName.optional() }),
]);
export type RealtimeRequest = z.infer<typeof realtimeRequest>;

export const realtimeReply = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done') }),
  z.object({ kind: z.literal('fault'), fault: faultMessage }),
]);
export type RealtimeReply = z.infer<typeof realtimeReply>;

export const realtimeNews = z.discriminatedUnion('kind', [
  /** All labs that one may see: at connection, and whenever one starts, changes state or is gone. */
  z.object({ kind: z.literal('labs'), labs: z.array(labSummary) }),
  /** Everything about the lab entered: on entering, when it runs, and when an impairment or segment changes. */
  z.object({ kind: z.literal('lab'), detail: labDetail }),
  z.object({ kind: z.literal('lab-progress'), lab: labId, progress: labProgress }),
  z.object({ kind: z.literal('lab-ended'), lab: labId, state: labState, reason: z.string() }),
  /** Who is in the lab entered, oneself included. */
  z.object({ kind: z.literal('people'), lab: labId, people: z.array(person) }),
]);
export type RealtimeNews = z.infer<typeof realtimeNews>;
