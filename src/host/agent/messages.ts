// What an orchestrator and a running host say to each other, whatever carries it: a worker's message port (embedded)
// or a container's attached stdio (Docker). Plain data with byte arrays; addressed to one host.
import type { FaultCode } from '../../base/fault.ts';
import type { StackEvent } from '../../stack/events.ts';
import type { StackInspection } from '../../stack/inspect.ts';
import type { Impairment } from '../../wiring/impairment/impairment.ts';

/** Orchestrator to host. `request` numbers are the orchestrator's; every request gets exactly one reply. */
export type HostRequest =
  | {
      readonly kind: 'open-terminal';
      readonly request: number;
      readonly terminal: number;
      readonly columns: number;
      readonly rows: number;
    }
  | { readonly kind: 'terminal-input'; readonly terminal: number; readonly bytes: Uint8Array }
  | { readonly kind: 'terminal-resize'; readonly terminal: number; readonly columns: number; readonly rows: number }
  /** The orchestrator has taken output up to `offset`: the host may send up to `creditBytes` beyond it. */
  | { readonly kind: 'terminal-credit'; readonly terminal: number; readonly offset: number }
  | { readonly kind: 'close-terminal'; readonly terminal: number }
  | {
      readonly kind: 'run';
      readonly request: number;
      readonly command: string;
      readonly stdin: Uint8Array;
      readonly timeoutMs: number;
      /** Its packets are told from what people send. */
      readonly asJudge: boolean;
    }
  | { readonly kind: 'cancel-run'; readonly request: number }
  | { readonly kind: 'inspect'; readonly request: number }
  | { readonly kind: 'impair'; readonly request: number; readonly interface: string; readonly impairment: Impairment }
  /** Cut: everything is lost both ways at this interface; the carrier stays. */
  | { readonly kind: 'cut'; readonly request: number; readonly interface: string; readonly cut: boolean }
  /** Start or stop sending `event` news. */
  | { readonly kind: 'watch'; readonly request: number; readonly on: boolean }
  /** Start or stop sending `frame` news. */
  | { readonly kind: 'capture'; readonly request: number; readonly on: boolean };

/** Host to orchestrator. */
export type HostNews =
  | { readonly kind: 'reply'; readonly request: number; readonly result: HostResult }
  /** Bytes of a terminal's output; `offset` counts all bytes of that terminal before these. */
  | { readonly kind: 'terminal-output'; readonly terminal: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'terminal-closed'; readonly terminal: number }
  /** Something happened in the host's stack. */
  | { readonly kind: 'event'; readonly event: StackEvent }
  | {
      readonly kind: 'frame';
      readonly interface: string;
      readonly direction: 'in' | 'out';
      readonly atMs: number;
      readonly frame: Uint8Array;
    };

export type HostResult =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'run';
      readonly status: number;
      readonly stdout: Uint8Array;
      readonly stderr: Uint8Array;
      readonly timedOut: boolean;
    }
  | { readonly kind: 'inspection'; readonly inspection: StackInspection }
  /** `code`: what kind of fault it is; absent for a bug. */
  | { readonly kind: 'failed'; readonly message: string; readonly code?: FaultCode };

/** A host sends this many bytes of terminal output beyond what was credited (and the write that crosses it), then its programs wait. */
export const terminalCreditBytes = 256 * 1024;
