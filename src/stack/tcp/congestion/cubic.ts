// CUBIC (RFC 9438): the window as a cubic function of the time since the last loss, never slower than Reno would be.
// Left out: HyStart++ (RFC 9406) and the spurious-loss section 4.9 (undo is the recovery's, for every algorithm).
import type { ControlBlock } from '../control-block.ts';
import type { CongestionControl } from './control.ts';
import { slowStart } from './slow-start.ts';

/** RFC 9438 section 4.6 and 5: multiplicative decrease and aggressiveness (segments / s^3). */
const betaCubic = 0.7;
const scaleC = 0.4;
/** Section 4.3: growth of the Reno-friendly estimate until it reaches the last maximum. */
const alphaCubic = (3 * (1 - betaCubic)) / (1 + betaCubic);

export class Cubic implements CongestionControl {
  readonly name = 'cubic';
  /** Segments: the plateau (after fast convergence), the window before the last reduction, and the estimate of Reno's. */
  #wMax = 0;
  #cwndPrior = 0;
  #wEstimate = 0;
  /** Ms when this epoch of congestion avoidance began; undefined: at the next ACK. */
  #epochAtMs: number | undefined;
  #cwndEpoch = 0;
  /** Seconds from the epoch until the cubic reaches wMax. */
  #k = 0;

  acknowledged(block: ControlBlock, bytes: number, nowMs: number, srttMs: number): void {
    const rest = block.cwnd < block.ssthresh ? slowStart(block, bytes) : bytes;
    if (rest > 0) this.#avoid(block, rest, nowMs, srttMs);
  }

  reduce(block: ControlBlock): number {
    const window = block.cwnd / block.sndMss;
    this.#wMax = window < this.#wMax ? (window * (1 + betaCubic)) / 2 : window; // section 4.7: fast convergence
    this.#cwndPrior = window;
    this.#epochAtMs = undefined;
    // Of cwnd and not of what is in flight, as on Linux: section 4.6 allows it to those who let cwnd grow only while it is
    // used (isWindowUsed in send.ts).
    return Math.max(block.cwnd * betaCubic, 2 * block.sndMss);
  }

  restart(): void {
    this.#epochAtMs = undefined;
  }

  /** Section 4.2 to 4.5: congestion avoidance. */
  #avoid(block: ControlBlock, bytes: number, nowMs: number, srttMs: number): void {
    const mss = block.sndMss;
    const window = block.cwnd / mss;
    if (this.#epochAtMs === undefined) this.#begin(window, nowMs);
    const elapsed = (nowMs - (this.#epochAtMs ?? nowMs)) / 1000;
    const target = scaleC * (elapsed + srttMs / 1000 - this.#k) ** 3 + this.#wMax;
    const alpha = this.#wEstimate < this.#cwndPrior ? alphaCubic : 1;
    this.#wEstimate += (alpha * (bytes / mss)) / window;
    const bounded = Math.min(Math.max(target, window), 1.5 * window);
    const cubicWindow = window + ((bounded - window) / window) * (bytes / mss);
    block.cwnd = Math.max(cubicWindow, this.#wEstimate) * mss;
  }

  #begin(window: number, nowMs: number): void {
    this.#epochAtMs = nowMs;
    this.#cwndEpoch = window;
    this.#wEstimate = window;
    if (window >= this.#wMax) {
      this.#wMax = window;
      this.#k = 0;
    } else {
      this.#k = Math.cbrt((this.#wMax - this.#cwndEpoch) / scaleC);
    }
  }
}
