// What an embedded lab and the thread (or the pace) that runs it say to each other: plain data over a message port.
import { Fault, type FaultCode, type FaultPlace } from '../../base/fault.ts';
import type { HostNews, HostRequest } from '../../host/agent/messages.ts';
import type { Plan } from '../../lab/plan.ts';

/** To the world. `ask` numbers are the lab's; every ask gets exactly one `answer`. */
export type ToWorld =
  | { readonly kind: 'start'; readonly plan: Plan }
  | { readonly kind: 'host'; readonly host: string; readonly request: HostRequest }
  | { readonly kind: 'ask'; readonly number: number; readonly ask: WorldAsk }
  /** The lab has taken this many bytes of captured frames. */
  | { readonly kind: 'frames-taken'; readonly bytes: number };

export type WorldAsk =
  | { readonly kind: 'restart'; readonly host: string }
  | { readonly kind: 'segment'; readonly segment: string; readonly state: 'up' | 'cut' }
  | { readonly kind: 'capture'; readonly on: boolean };

/** From the world. */
export type FromWorld =
  | { readonly kind: 'built'; readonly what: 'network' | 'host'; readonly name: string }
  /** Every host's shell answers. */
  | { readonly kind: 'started' }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'news'; readonly host: string; readonly news: HostNews }
  | { readonly kind: 'answer'; readonly number: number; readonly failure?: Failure }
  | { readonly kind: 'frames'; readonly batch: FrameBatch }
  | { readonly kind: 'report'; readonly text: string; readonly host: string };

/** Frames one after the other in `bytes`, so that one buffer travels for many. */
export interface FrameBatch {
  readonly frames: readonly {
    readonly host: string;
    readonly interface: string;
    readonly direction: 'in' | 'out';
    readonly atMs: number;
    readonly length: number;
  }[];
  readonly bytes: Uint8Array;
  /** Frames left out before these, because the lab took them too slowly. */
  readonly lost: number;
}

/** A `Fault` as data; `code` is absent for a bug. */
export interface Failure {
  readonly message: string;
  readonly code?: FaultCode;
  readonly place?: FaultPlace;
  readonly nextStep?: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof Fault) {
    return { message: error.message, code: error.code, place: error.place, nextStep: error.nextStep };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function faultOf(failure: Failure, lab: string): Fault {
  const { message, code = 'internal', place = {}, nextStep = '' } = failure;
  return new Fault(code, message, { place: { lab, ...place }, nextStep });
}
