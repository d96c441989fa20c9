// Reno's window (RFC 5681 section 3.1): one segment more per round trip, half of it after a loss.
import type { ControlBlock } from '../control-block.ts';
import type { CongestionControl } from './control.ts';
import { slowStart } from './slow-start.ts';

export class Reno implements CongestionControl {
  readonly name = 'reno';
  /** Bytes acknowledged towards the next segment of growth. */
  #credit = 0;

  acknowledged(block: ControlBlock, bytes: number): void {
    this.#credit += block.cwnd < block.ssthresh ? slowStart(block, bytes) : bytes;
    if (this.#credit < block.cwnd) return;
    this.#credit -= block.cwnd;
    block.cwnd += block.sndMss;
  }

  reduce(block: ControlBlock, flightBytes: number): number {
    this.#credit = 0;
    return Math.max(flightBytes / 2, 2 * block.sndMss);
  }

  restart(): void {
    this.#credit = 0;
  }
}
