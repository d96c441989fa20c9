// The seam between labs and what runs them. Everything above it works the same on every runtime; one contract suite
// (test/contract/runtime-contract.ts) proves it for each.
import type { Disposable } from '../base/dispose.ts';
import type { Plan } from '../lab/plan.ts';
import type { StackEvent } from '../stack/events.ts';
import type { StackInspection } from '../stack/inspect.ts';
import type { Impairment } from '../wiring/impairment/impairment.ts';
import type { ProgressListener } from './progress.ts';

export type RuntimeKind = 'embedded' | 'docker';

export interface StartOptions {
  /** Lower-case letters, digits and dashes, at most 20 characters; unique among running labs. */
  readonly labId: string;
  readonly progress?: ProgressListener;
  /** Aborting a start leaves nothing behind. */
  readonly signal?: AbortSignal;
}

export interface Runtime {
  readonly kind: RuntimeKind;
  /**
   * Starts a lab and resolves when every host's shell answers. Starting a lab that already runs with the same id and
   * plan gives the running one. Throws `Fault`.
   */
  start(plan: Plan, options: StartOptions): Promise<RunningLab>;
  /** Labs of an earlier process that are still whole are taken over; what is not whole is removed. */
  adopt(progress?: ProgressListener): Promise<readonly RunningLab[]>;
  /** Removes everything that this product ever made here, running or broken, and says what. */
  removeAll(progress?: ProgressListener): Promise<readonly string[]>;
  /** Facts for `doctor` and the page, in order. */
  describe(): Promise<readonly RuntimeFact[]>;
  /** Lets go of the labs without stopping those that can outlive us (Docker); embedded labs end. */
  close(): Promise<void>;
}

export interface RuntimeFact {
  readonly name: string;
  readonly value: string;
  readonly ok: boolean;
}

export type LabState = 'running' | 'stopped' | 'failed';

export interface RunningLab {
  readonly id: string;
  readonly runtime: RuntimeKind;
  readonly plan: Plan;
  readonly hosts: ReadonlyMap<string, RunningHost>;
  /** Who makes impairments true here: shown to people, never silent. */
  readonly impairmentApplier: 'tc netem' | 'agent model' | 'embedded model';
  /** Replaces the egress impairment of one host's interface. Throws `Fault` host-unknown or bad-argument. */
  impair(host: string, interfaceName: string, impairment: Impairment): Promise<void>;
  /** Cuts a segment (everything on it is lost) or restores it; impairments are kept. */
  setSegment(segment: string, state: 'up' | 'cut'): Promise<void>;
  /** Frames as every interface sends and receives them, until disposed. */
  capture(listener: (frame: CapturedFrame) => void): Disposable;
  /** Hears, once, when the lab is no longer running, and why. */
  onEnded(listener: (state: LabState, reason: string) => void): Disposable;
  stop(progress?: ProgressListener): Promise<void>;
}

export interface CapturedFrame {
  readonly host: string;
  readonly interface: string;
  readonly direction: 'in' | 'out';
  /** Lab time, ms since the lab's start. */
  readonly atMs: number;
  readonly frame: Uint8Array;
}

export interface CommandResult {
  readonly status: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

export interface RunOptions {
  readonly stdin?: Uint8Array;
  /** ms of lab time; default 60,000. The command is interrupted and the call throws `Fault` command-timeout. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** A check's own command: its packets use ports from 61000 up, which nobody else gets, and it leaves the host's caches alone. */
  readonly asJudge?: boolean;
}

export interface RunningHost {
  readonly name: string;
  openTerminal(size: { readonly columns: number; readonly rows: number }): Promise<HostTerminal>;
  /** Runs one shell command line without a terminal. */
  run(command: string, options?: RunOptions): Promise<CommandResult>;
  inspect(): Promise<StackInspection>;
  /** Hears what happens in the host's stack, also after a restart, until disposed. */
  onEvent(listener: (event: StackEvent) => void): Disposable;
  /** As pulling the plug and booting again: same addresses, links and impairments; everything in memory is gone. */
  restart(): Promise<void>;
}

/** A shell on a host, with a screen. One is shared by many people; who may type is decided further up. */
export interface HostTerminal {
  write(bytes: Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** Output in order; the next piece comes when the returned promise has resolved (back-pressure). */
  onOutput(listener: (bytes: Uint8Array) => void | Promise<void>): Disposable;
  onClosed(listener: () => void): Disposable;
  close(): void;
}
