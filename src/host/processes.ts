// The programs that run on a host: their ids, and the way to end each or all of them.
import type { Clock } from '../base/clock.ts';
import { Terminated, type HostProcess, type HostProcesses, type SignalName } from './shell/command.ts';

/** A program that runs: whoever started it says when it has ended. */
export interface OwnedProcess extends HostProcess {
  /** Aborted with a `Terminated` when the program is to end. */
  readonly signal: AbortSignal;
  kill(signalName: SignalName): void;
  ended(): void;
}

export class ProcessTable implements HostProcesses {
  readonly #clock: Clock;
  readonly #processes = new Map<number, OwnedProcess>();
  #lastPid = 1; // 1 is init's

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  list(): readonly HostProcess[] {
    return Array.from(this.#processes.values());
  }

  kill(pid: number, signalName: SignalName): boolean {
    const found = this.#processes.get(pid);
    found?.kill(signalName);
    return found !== undefined;
  }

  killAll(signalName: SignalName): void {
    for (const process of Array.from(this.#processes.values())) process.kill(signalName);
  }

  start(command: string, terminal: string | undefined): OwnedProcess {
    this.#lastPid += 1;
    const pid = this.#lastPid;
    const controller = new AbortController();
    const process: OwnedProcess = {
      pid,
      command,
      terminal,
      startedAtMs: this.#clock.now(),
      signal: controller.signal,
      kill: (signalName) => {
        if (!controller.signal.aborted) controller.abort(new Terminated(signalName));
      },
      ended: () => {
        this.#processes.delete(pid);
      },
    };
    this.#processes.set(pid, process);
    return process;
  }
}

/** The programs of one line or job, ended together. */
export class ProcessGroup {
  readonly #live = new Set<OwnedProcess>();
  #endedBy: SignalName | undefined;
  #lastPid = 0;

  /** Of the program that was started last. */
  get lastPid(): number {
    return this.#lastPid;
  }

  /** The signal that ended the whole group: nothing more of it is started. Ctrl-C ends only the programs that run. */
  get endedBy(): SignalName | undefined {
    return this.#endedBy;
  }

  add(process: OwnedProcess): void {
    this.#lastPid = process.pid;
    this.#live.add(process);
  }

  remove(process: OwnedProcess): void {
    this.#live.delete(process);
  }

  kill(signalName: SignalName): void {
    if (signalName !== 'INT') this.#endedBy ??= signalName;
    for (const process of Array.from(this.#live)) process.kill(signalName);
  }
}
