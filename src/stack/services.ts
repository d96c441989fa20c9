// What every part of one stack is given: time, chance, counters, knobs, and the one way to refuse and to tell.
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Counters } from './counters.ts';
import type { DropReason } from './drop.ts';
import type { StackEvent, StackEventListener } from './events.ts';
import type { KnobReader } from './knobs.ts';

/** Handed down from the stack to its parts; nothing in it knows them. */
export class StackServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly knobs: KnobReader;
  readonly drops = new Map<DropReason, number>();
  readonly #listener: StackEventListener | undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly random: Random;
    readonly counters: Counters;
    readonly knobs: KnobReader;
    readonly onEvent: StackEventListener | undefined;
  }) {
    this.clock = options.clock;
    this.random = options.random;
    this.counters = options.counters;
    this.knobs = options.knobs;
    this.#listener = options.onEvent;
  }

  /** Refuses a frame, packet or segment: counted and announced, never silent. */
  drop(reason: DropReason, interfaceName?: string): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1);
    this.#listener?.({ kind: 'drop', reason, interface: interfaceName });
  }

  emit(event: StackEvent): void {
    this.#listener?.(event);
  }
}
