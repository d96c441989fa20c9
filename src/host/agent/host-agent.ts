// Serves one host to an orchestrator: terminals, command runs, inspection, capture. What carries the messages is not its affair.
import type { Disposable } from '../../base/dispose.ts';
import { Fault } from '../../base/fault.ts';
import type { Impairment } from '../../wiring/impairment/impairment.ts';
import type { Host } from '../host.ts';
import type { InteractiveShell } from '../shell/interactive-shell.ts';
import { bytesSource, CollectingSink } from '../shell/pipe.ts';
import type { HostNews, HostRequest, HostResult } from './messages.ts';
import { CreditedOutput } from './terminal-output.ts';

/** What a run may print on each stream before the rest is left out, in bytes. */
export const runOutputLimitBytes = 8 * 1024 * 1024;

export interface HostAgentOptions {
  readonly host: Host;
  send(news: HostNews): void;
  /** Makes an interface's egress impairment true; throws `Fault` when it cannot. */
  impair(interfaceName: string, impairment: Impairment): void | Promise<void>;
  /** Cuts an interface off both ways, or restores it. */
  cut(interfaceName: string, cut: boolean): void | Promise<void>;
}

interface AgentTerminal {
  readonly shell: InteractiveShell;
  readonly output: CreditedOutput;
}

export class HostAgent implements Disposable {
  readonly #options: HostAgentOptions;
  readonly #terminals = new Map<number, AgentTerminal>();
  readonly #runs = new Map<number, AbortController>();
  #tap: Disposable | undefined;
  #watching: Disposable | undefined;
  #disposed = false;

  constructor(options: HostAgentOptions) {
    this.#options = options;
  }

  /** Takes one request; never throws: what fails is told in the reply. */
  handle(request: HostRequest): void {
    if (this.#disposed) return;
    switch (request.kind) {
      case 'terminal-input':
        this.#terminals.get(request.terminal)?.shell.input(request.bytes);
        break;
      case 'terminal-resize':
        this.#terminals.get(request.terminal)?.shell.resize(sizeOf(request));
        break;
      case 'terminal-credit':
        this.#terminals.get(request.terminal)?.output.credit(request.offset);
        break;
      case 'close-terminal':
        this.#terminals.get(request.terminal)?.shell.close();
        break;
      case 'cancel-run':
        this.#runs.get(request.request)?.abort();
        break;
      default:
        void this.#answer(request);
    }
  }

  /** Closes terminals, interrupts runs, stops the capture; the host itself goes on. */
  dispose(): void {
    this.#disposed = true;
    for (const { shell } of Array.from(this.#terminals.values())) shell.close();
    for (const run of Array.from(this.#runs.values())) run.abort();
    this.#tap?.dispose();
    this.#watching?.dispose();
  }

  #send(news: HostNews): void {
    if (!this.#disposed) this.#options.send(news);
  }

  async #answer(request: Extract<HostRequest, { readonly request: number }>): Promise<void> {
    let result: HostResult;
    try {
      result = await this.#perform(request);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      result = { kind: 'failed', message, ...(error instanceof Fault ? { code: error.code } : {}) };
    }
    this.#send({ kind: 'reply', request: request.request, result });
  }

  async #perform(request: Extract<HostRequest, { readonly request: number }>): Promise<HostResult> {
    switch (request.kind) {
      case 'open-terminal':
        this.#openTerminal(request);
        break;
      case 'run':
        return this.#run(request);
      case 'inspect':
        return { kind: 'inspection', inspection: this.#options.host.stack.inspect() };
      case 'impair':
        await this.#options.impair(request.interface, request.impairment);
        break;
      case 'cut':
        await this.#options.cut(request.interface, request.cut);
        break;
      case 'watch':
        this.#watch(request.on);
        break;
      case 'capture':
        this.#capture(request.on);
        break;
      case 'cancel-run':
        break;
    }
    return { kind: 'done' };
  }

  #openTerminal(request: Extract<HostRequest, { readonly kind: 'open-terminal' }>): void {
    const { terminal } = request;
    if (this.#terminals.has(terminal)) throw new Fault('bad-argument', `terminal ${terminal} is open already.`);
    const output = new CreditedOutput(this.#options.host.services.clock, (offset, bytes) =>
      this.#send({ kind: 'terminal-output', terminal, offset, bytes }),
    );
    const shell = this.#options.host.openShell(
      sizeOf(request),
      (bytes) => output.write(bytes),
      () => {
        this.#terminals.delete(terminal);
        output.close();
        this.#send({ kind: 'terminal-closed', terminal });
      },
    );
    this.#terminals.set(terminal, { shell, output });
  }

  async #run(request: Extract<HostRequest, { readonly kind: 'run' }>): Promise<HostResult> {
    const { host } = this.#options;
    const controller = new AbortController();
    const stdout = new CollectingSink(runOutputLimitBytes);
    const stderr = new CollectingSink(runOutputLimitBytes);
    let timedOut = false;
    const timer = host.services.clock.schedule(request.timeoutMs, () => {
      timedOut = true;
      controller.abort();
    });
    this.#runs.set(request.request, controller);
    try {
      const streams = { stdin: bytesSource(request.stdin), stdout, stderr, signal: controller.signal };
      const status = await host.run(request.command, { ...streams, asJudge: request.asJudge });
      for (const sink of [stdout, stderr]) {
        if (sink.lostBytes > 0) stderr.note(`\nackademy: ${sink.lostBytes} bytes of output were left out\n`);
      }
      return { kind: 'run', status, stdout: stdout.bytes, stderr: stderr.bytes, timedOut };
    } finally {
      timer.cancel();
      this.#runs.delete(request.request);
    }
  }

  #watch(on: boolean): void {
    this.#watching?.dispose();
    this.#watching = on ? this.#options.host.onStackEvent((event) => this.#send({ kind: 'event', event })) : undefined;
  }

  #capture(on: boolean): void {
    this.#tap?.dispose();
    this.#tap = on
      ? this.#options.host.stack.tap(undefined, (record) => this.#send({ kind: 'frame', ...record }))
      : undefined;
  }
}

/** Terminals between 2 x 1 and 1000 x 1000: anything else is somebody's mistake. */
function sizeOf({ columns, rows }: { readonly columns: number; readonly rows: number }): {
  columns: number;
  rows: number;
} {
  const clamp = (value: number, least: number): number => Math.max(least, Math.min(1000, Math.floor(value) || 80));
  return { columns: clamp(columns, 2), rows: clamp(rows, 1) };
}
