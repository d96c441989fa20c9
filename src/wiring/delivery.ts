// Hands frames over in the next turn of the clock, many at once: no device delivers while another one transmits.
import type { Clock, Timer } from '../base/clock.ts';
import type { FrameOffload } from '../stack/device.ts';

/** Frames under way, one column per property: no object per frame. */
class Batch<T> {
  targets: T[] = [];
  frames: Uint8Array[] = [];
  offloads: (FrameOffload | undefined)[] = [];
}

/** Frames on a wire without length, each with its target, in the order in which they were put there. */
export class Delivery<T> {
  readonly #clock: Clock;
  readonly #arrive: (target: T, frame: Uint8Array, offload?: FrameOffload) => void;
  #pending = new Batch<T>();
  #timer: Timer | undefined;

  constructor(clock: Clock, arrive: (target: T, frame: Uint8Array, offload?: FrameOffload) => void) {
    this.#clock = clock;
    this.#arrive = arrive;
  }

  put(target: T, frame: Uint8Array, offload?: FrameOffload): void {
    const { targets, frames, offloads } = this.#pending;
    targets.push(target);
    frames.push(frame);
    offloads.push(offload);
    this.#timer ??= this.#clock.schedule(0, () => this.#run());
  }

  /** Loses what is on the wire. */
  clear(): void {
    this.#pending = new Batch();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #run(): void {
    const { targets, frames, offloads } = this.#pending;
    this.#pending = new Batch(); // what these set off goes with the next turn
    this.#timer = undefined;
    for (let index = 0; index < frames.length; index += 1) {
      this.#arrive(targets[index] as T, frames[index] as Uint8Array, offloads[index]); // columns of one length
    }
  }
}
