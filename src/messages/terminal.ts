// Shared terminals, by socket.io on their own path: bytes with offsets, credit, keyframes.
//
// One socket carries many terminals; the page numbers them (`channel`). Page to server: `socket.emit(terminalEvent,
// TerminalRequest)`; server to page: `socket.on(terminalEvent, (news: TerminalNews) => ...)`. No acknowledgement callbacks.
//
// How a page uses it
//   1. `attach`. The answer is `attached`, then a `keyframe` (reset the terminal, resize it, write `data`; the stream goes
//      on at `offset`) or, when `lastOffset` is still in the server's log, only `output` from there.
//   2. After each xterm write callback it remembers offset + bytes.length, and sends `acknowledge` every
//      `acknowledgeEveryBytes` *and* `acknowledgeIdleMs` after the last byte. The server sends at most `creditBytes`
//      beyond what was acknowledged; to a viewer that is more than `maximumLagBytes` behind it sends a keyframe later.
//   3. `output` whose offset is not the one expected means that something was lost: detach, attach again.
//   4. The server's own mirror answers the terminal's queries (DA, DSR): the page must swallow them and send no answers,
//      and it sends no input, resize or acknowledgement while it writes a keyframe.
//   5. Who typed last decides the size (`size` news); the others scale what they see.
import { z } from 'zod';
import { wireBytes } from './bytes.ts';
import { faultMessage } from './faults.ts';
import { displayName, hostName, labId, playerId, terminalNumber } from './ids.ts';

export const terminalPath = '/terminals';
export const terminalEvent = 'terminal';

/** Bytes in flight to one viewer: two windows' worth of fast output, small enough to fit a slow link's buffers. */
export const creditBytes = 128 * 1024;
/** A viewer this far behind what the host has written gets a keyframe instead of the backlog. */
export const maximumLagBytes = 256 * 1024;
export const acknowledgeEveryBytes = 16 * 1024;
export const acknowledgeIdleMs = 50;
/** One message of input: a large paste is sent in several. */
export const maximumInputBytes = 16 * 1024;

const channel = z.int().min(0).max(255);
const offset = z.int().min(0);
const columns = z.int().min(2).max(500);
const rows = z.int().min(1).max(200);

export const terminalRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('attach'),
    channel,
    lab: labId,
    host: hostName,
    terminal: terminalNumber,
    columns,
    rows,
    /** Where the page's copy of the stream ends, after a reconnect. */
    lastOffset: offset.optional(),
  }),
  z.strictObject({ kind: z.literal('detach'), channel }),
  z.strictObject({
    kind: z.literal('input'),
    channel,
    bytes: wireBytes.refine((bytes) => bytes.length <= maximumInputBytes, 'must be at most 16 KiB'),
  }),
  /** Everything before `offset` has been parsed. */
  z.strictObject({ kind: z.literal('acknowledge'), channel, offset }),
  z.strictObject({ kind: z.literal('resize'), channel, columns, rows }),
]);
export type TerminalRequest = z.infer<typeof terminalRequest>;

/** Somebody who looks at a terminal; `typing`: pressed a key within the last seconds. */
export const terminalViewer = z.object({ player: playerId, name: displayName, typing: z.boolean() });
export type TerminalViewer = z.infer<typeof terminalViewer>;

export const terminalNews = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('attached'), channel, mayType: z.boolean(), columns, rows }),
  z.object({ kind: z.literal('keyframe'), channel, offset, columns, rows, data: z.string() }),
  z.object({ kind: z.literal('output'), channel, offset, bytes: wireBytes }),
  z.object({ kind: z.literal('size'), channel, columns, rows }),
  z.object({ kind: z.literal('viewers'), channel, viewers: z.array(terminalViewer) }),
  /** The shell has ended or the lab is gone; attaching again opens a new shell if the lab still runs. */
  z.object({ kind: z.literal('closed'), channel, reason: z.string() }),
  /** A request on this channel was refused; without a channel: it could not be read. */
  z.object({ kind: z.literal('fault'), channel: channel.optional(), fault: faultMessage }),
]);
export type TerminalNews = z.infer<typeof terminalNews>;
