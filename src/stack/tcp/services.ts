// What a TCP is given from outside: layers, time, chance, settings, and whom to tell. Shared by all its connections.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { DropReason } from '../drop.ts';
import type { StackEventListener } from '../events.ts';
import type { NetworkInterface } from '../interface.ts';
import type { InternetLayer } from '../ip/internet-layer.ts';
import type { TcpCounters } from './counters.ts';
import type { TcpKnobs } from './knobs.ts';

/** Counts and announces a refused segment; `on` is the interface it came by, when known. */
export type DropListener = (reason: DropReason, on: NetworkInterface | undefined) => void;

export interface TcpServices {
  readonly internet: InternetLayer;
  readonly clock: Clock;
  readonly random: Random;
  /** Read on every use: whoever holds it may change it (see knobs.ts). */
  readonly knobs: TcpKnobs;
  readonly counters: TcpCounters;
  readonly drop: DropListener;
  readonly onEvent: StackEventListener;
}
