// What each of a connection's timers does when it is due (RFC 9293 section 3.10.8 and the RFCs of each timer).
import type { Connection } from './connection.ts';
import { delayedAckTimerDue } from './delayed-ack.ts';
import { keepAliveTimerDue } from './keep-alive.ts';
import { persistTimerDue } from './persist.ts';
import { reorderTimerDue } from './recovery/fast-retransmit.ts';
import { lossProbeTimerDue } from './recovery/tail-loss-probe.ts';
import { retransmitTimerDue } from './retransmit.ts';
import { output } from './send.ts';
import { timerKind, type TimerKind } from './timers.ts';

type DueAction = (connection: Connection) => void;

const actions: Readonly<Record<TimerKind, DueAction>> = {
  [timerKind.lossProbe]: lossProbeTimerDue,
  [timerKind.reorder]: (connection) => {
    reorderTimerDue(connection);
    output(connection);
  },
  [timerKind.retransmit]: retransmitTimerDue,
  [timerKind.persist]: persistTimerDue,
  [timerKind.delayedAck]: delayedAckTimerDue,
  [timerKind.keepAlive]: keepAliveTimerDue,
  [timerKind.finWait2]: (connection) => connection.end('delete', undefined),
  [timerKind.timeWait]: (connection) => connection.end('two-msl', undefined),
};

/** Called by `Timers`, from the clock. */
export function timerDue(connection: Connection, kind: TimerKind): void {
  actions[kind](connection);
  connection.tellNews();
}
