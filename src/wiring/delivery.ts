// Hands frames over in the next turn of the clock, many at once: no device delivers while another one transmits.
import type { Clock, Timer } from '../base/clock.ts';
import type { FrameOffload } from '../stack/device.ts';

interface Pending<T> {
  readonly target: T;
  readonly frame: Uint8Array;
  readonly offload: FrameOffload | undefined;
}

/** Frames on a wire without length, each with its target, in the order in which they were put there. */
export class Delivery<T> {
  readonly #clock: Clock;
  readonly #arrive: (target: T, frame: Uint8Array, offload?: FrameOffload) => void;
  #pending: Pending<T>[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock, arrive: (target: T, frame: Uint8Array, offload?: FrameOffload) => void) {
    this.#clock = clock;
    this.#arrive = arrive;
  }

  put(target: T, frame: Uint8Array, offload?: FrameOffload): void {
    this.#pending.push({ target, frame, offload });
    this.#timer ??= this.#clock.schedule(0, () => this.#run());
  }

  /** Loses what is on the wire. */
  clear(): void {
    this.#pending = [];
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #run(): void {
    const batch = this.#pending;
    this.#pending = []; // what these set off goes with the next turn
    this.#timer = undefined;
    for (const { target, frame, offload } of batch) this.#arrive(target, frame, offload);
  }
}
