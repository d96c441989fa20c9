// What a TCP is given from outside: layers, time, chance, settings, and whom to tell. Shared by all its connections.
import type { Random } from '../../base/random.ts';
import type { DropReason } from '../drop.ts';
import type { StackEventListener } from '../events.ts';
import type { InternetLayer } from '../ip/internet-layer.ts';
import type { KnobReader } from '../knobs.ts';
import type { StepClock } from '../step-clock.ts';
import type { Connection } from './connection.ts';
import type { TcpCounters } from './counters.ts';
import type { TcpFields, TcpSettings } from './knobs.ts';
import type { TimerKind } from './timers.ts';

export interface TcpOptions {
  readonly internet: InternetLayer;
  /** Stands still while a segment or a socket call is handled. */
  readonly clock: StepClock;
  readonly random: Random;
  /** Holds the knobs of knobs.ts and `net.ipv4.ip_local_port_range`. */
  readonly knobs: KnobReader;
  readonly counters: TcpCounters;
  /** Counts and announces a refused segment. */
  readonly drop: (reason: DropReason, interfaceName?: string) => void;
  readonly onEvent: StackEventListener;
}

/** What one connection may use of the rest of TCP. */
export interface ConnectionServices extends Omit<TcpOptions, 'knobs'> {
  readonly settings: TcpSettings;
  /** `settings.fields`: the numbers that every segment may need. */
  readonly fields: TcpFields;
  /** A timer of `connection` is due. */
  readonly timerDue: (connection: Connection, kind: TimerKind) => void;
  /** The connection has reached CLOSED: its four-tuple is free. */
  readonly closed: (connection: Connection) => void;
  /** Connections in TIME_WAIT. */
  readonly timeWaits: { count: number };
  /** May another challenge ACK be sent this second (RFC 5961 section 7)? Counts it when so. */
  readonly mayChallenge: () => boolean;
}
