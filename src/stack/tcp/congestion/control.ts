// The seam between loss recovery and congestion control: when the window grows, and what a loss leaves of it.
// RFC 5681 section 3.1; the fields of the window itself are in the control block.
import type { ControlBlock } from '../control-block.ts';
import { Cubic } from './cubic.ts';
import { Reno } from './reno.ts';

export interface CongestionControl {
  readonly name: string;
  /** New data was acknowledged outside recovery while the window was the limit. Grows `block.cwnd`. */
  acknowledged(block: ControlBlock, bytes: number, nowMs: number, srttMs: number): void;
  /** Loss was detected: the new ssthresh in bytes, given the bytes in flight. */
  reduce(block: ControlBlock, flightBytes: number): number;
  /** Nothing was sent for a while, or a timeout started over: forget the shape of the past. */
  restart(): void;
}

/** The algorithm that the knob `net.ipv4.tcp_congestion_control` names. */
export function congestionControl(name: string): CongestionControl {
  return name === 'reno' ? new Reno() : new Cubic();
}
