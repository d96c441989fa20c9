// poll and epoll over kernel sockets: level and edge triggered, one-shot; an edge is a wake-up since the last report.
import { argument, fieldOf, isEllipsis, numberOf } from './evaluation.ts';
import { done, failed, Unsupported, type CallOutcome, type KernelSocket } from './kernel-socket.ts';
import { pollBit } from './constants.ts';
import type { Expression } from './script.ts';

interface Watch {
  readonly socket: KernelSocket;
  events: number;
  /** What the script wants to see beside the events: the `fd` or `u32`... it has given. */
  data: number;
  isArmed: boolean;
  isDisabled: boolean;
  wakeCount: string;
}

const alwaysReported = pollBit.error | pollBit.hangUp;

export class Epoll {
  readonly #watches = new Map<number, Watch>();

  control(operation: number, fd: number, socket: KernelSocket, event: Expression): CallOutcome {
    const known = this.#watches.get(fd);
    if (operation === 2) return this.#watches.delete(fd) ? done(0) : failed('ENOENT');
    if (operation === 1 && known !== undefined) return failed('EEXIST');
    if (operation === 3 && known === undefined) return failed('ENOENT');
    const events = numberOf(fieldOf(event, 'events') ?? { kind: 'ellipsis' });
    const watch = { socket, events, data: dataOf(event) ?? fd, isArmed: true, isDisabled: false };
    this.#watches.set(fd, { ...watch, wakeCount: socket.wakeCount });
    return done(0);
  }

  forget(fd: number): void {
    this.#watches.delete(fd);
  }

  /** Notes wake-ups; to be called after everything that may have caused one. */
  observe(): void {
    for (const watch of this.#watches.values()) {
      const { wakeCount } = watch.socket;
      if (wakeCount !== watch.wakeCount) watch.isArmed = true;
      watch.wakeCount = wakeCount;
    }
  }

  /** Reports of at most `maximum` sockets; empty when nothing is ready. */
  take(maximum: number): readonly { readonly events: number; readonly data: number }[] {
    this.observe();
    const reports: { events: number; data: number }[] = [];
    for (const watch of this.#watches.values()) {
      if (reports.length >= maximum || watch.isDisabled || !watch.isArmed) continue;
      const events = watch.socket.readiness & (watch.events | alwaysReported);
      const isEdge = (watch.events & pollBit.edge) !== 0;
      if (isEdge) watch.isArmed = false;
      if (events === 0) continue;
      if ((watch.events & pollBit.oneShot) !== 0) watch.isDisabled = true;
      reports.push({ events, data: watch.data });
    }
    return reports;
  }
}

/** The number in `fd`, `u32`, `u64` or `ptr` of an epoll_event. */
function dataOf(event: Expression): number | undefined {
  const field = ['fd', 'u32', 'u64', 'ptr'].map((name) => fieldOf(event, name)).find((value) => value !== undefined);
  return field === undefined || isEllipsis(field) ? undefined : numberOf(field);
}

/** Compares what epoll_wait has found with the event or list of events that the script expects. */
export function compareReports(
  expected: Expression,
  reports: readonly { readonly events: number; readonly data: number }[],
): readonly string[] {
  if (isEllipsis(expected) || reports.length === 0) return [];
  const wanted = expected.kind === 'list' ? expected.items : [expected];
  return reports.flatMap((report, index) => {
    const event = argument(wanted, index);
    const events = numberOf(fieldOf(event, 'events') ?? { kind: 'ellipsis' });
    const data = dataOf(event);
    const mismatches: string[] = [];
    if (events !== report.events) mismatches.push(`events: expected ${hex(events)}, seen ${hex(report.events)}`);
    if (data !== undefined && data !== report.data) mismatches.push(`data: expected ${data}, seen ${report.data}`);
    return mismatches;
  });
}

/** poll(): the ready ones, and where their `revents` differ from the script's; undefined when none is ready. */
export function poll(
  list: Expression,
  socketOf: (fd: number) => KernelSocket,
  isTimedOut: boolean,
): CallOutcome | undefined {
  if (list.kind !== 'list') throw new Unsupported('poll of something that is not a list');
  let ready = 0;
  const mismatches: string[] = [];
  for (const item of list.items) {
    const fd = numberOf(fieldOf(item, 'fd') ?? { kind: 'ellipsis' });
    const events = numberOf(fieldOf(item, 'events') ?? { kind: 'ellipsis' });
    const expected = fieldOf(item, 'revents');
    const seen = socketOf(fd).readiness & (events | alwaysReported);
    if (seen !== 0) ready += 1;
    if (expected === undefined || isEllipsis(expected)) continue;
    if (numberOf(expected) !== seen)
      mismatches.push(`revents of ${fd}: expected ${hex(numberOf(expected))}, seen ${hex(seen)}`);
  }
  return ready > 0 || isTimedOut ? done(ready, mismatches) : undefined;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
