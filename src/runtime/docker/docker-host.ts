// One host of a lab on the engine: its container, the line to its agent, and what must be set again after a restart.
import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { HostNews } from '../../host/agent/messages.ts';
import type { StackInspection } from '../../stack/inspect.ts';
import type { Impairment } from '../../wiring/impairment/impairment.ts';
import { HostClient } from '../host-client.ts';
import type { CommandResult, HostTerminal, RunningHost, RunOptions } from '../runtime.ts';
import { AgentChannel } from './agent-channel.ts';
import type { Engine } from './engine.ts';
import { isNews } from './news.ts';

export interface DockerHostOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly containerId: string;
  readonly labId: string;
  readonly name: string;
  /** The line's name, unique among all that ever were. */
  readonly line: string;
  readonly applier: 'tc netem' | 'agent model';
  readonly onFrame: (frame: Extract<HostNews, { readonly kind: 'frame' }>) => void;
  /** Another server has taken the host over. */
  readonly onSuperseded: () => void;
  /** The container has booted: whatever is set from outside is to be set now. */
  readonly onBooted: () => Promise<void>;
}

export class DockerHost implements RunningHost {
  readonly name: string;
  readonly containerId: string;
  /** What was set since the start, by interface: set again after a restart. */
  readonly impairments = new Map<string, Impairment>();
  readonly #options: DockerHostOptions;
  readonly #channel: AgentChannel;
  readonly #client: HostClient;
  readonly #news = new Emitter<HostNews>();
  readonly #cut = new Set<string>();
  #capturing = false;
  #restarting: Promise<void> | undefined;

  constructor(options: DockerHostOptions) {
    this.#options = options;
    this.name = options.name;
    this.containerId = options.containerId;
    this.#channel = new AgentChannel({
      engine: options.engine,
      clock: options.clock,
      containerId: options.containerId,
      labId: options.labId,
      host: options.name,
      client: options.line,
      onMessage: (message) => {
        if (isNews(message)) this.#news.emit(message);
      },
      onForgotten: () => this.#beginAnew(),
      onSuperseded: options.onSuperseded,
    });
    this.#client = new HostClient({
      name: options.name,
      restart: () => this.restart(),
      frame: options.onFrame,
    });
    this.#beginAnew();
  }

  /** True from the order to restart until the agent answers again: its container's end is no surprise. */
  get restarting(): boolean {
    return this.#restarting !== undefined;
  }

  /** What the agent last wrote to its standard error. */
  get errorTail(): string {
    return this.#channel.errorTail;
  }

  /** Resolves when the host's shell answers. Throws `Fault` host-down. */
  async ready(): Promise<void> {
    await Promise.all([this.#channel.answered(), this.#options.onBooted()]);
  }

  async openTerminal(size: { readonly columns: number; readonly rows: number }): Promise<HostTerminal> {
    return await this.#client.openTerminal(size);
  }

  async run(command: string, options?: RunOptions): Promise<CommandResult> {
    return await this.#client.run(command, options);
  }

  async inspect(): Promise<StackInspection> {
    return await this.#client.inspect();
  }

  async restart(): Promise<void> {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined;
    });
    await this.#restarting;
  }

  /** Has the agent's own model apply `impairment`. */
  async impair(interfaceName: string, impairment: Impairment): Promise<void> {
    await this.#client.impair(interfaceName, impairment);
  }

  /** Cuts the interface off or connects it again; the carrier stays. */
  async setCut(interfaceName: string, cut: boolean): Promise<void> {
    if (cut) this.#cut.add(interfaceName);
    else this.#cut.delete(interfaceName);
    await this.#client.cut(interfaceName, cut);
  }

  /** Starts or stops the stream of captured frames. */
  async setCapture(on: boolean): Promise<void> {
    this.#capturing = on;
    await this.#client.setCapture(on);
  }

  /** Ends the line; the container goes on. */
  close(reason: string): void {
    this.#channel.close();
    this.#client.detach(reason);
  }

  /** What was open over the line is over: requests fail, terminals close; the line itself goes on. */
  #beginAnew(): void {
    this.#client.attach({ send: (request) => this.#channel.send(request), onNews: this.#news.on });
  }

  async #restart(): Promise<void> {
    this.#channel.expectRestart();
    this.#client.detach('it is being restarted');
    await this.#options.engine.restartContainer(this.containerId);
    this.#channel.reattach();
    await this.ready();
    await Promise.all([
      ...Array.from(this.#cut, (name) => this.setCut(name, true)),
      ...(this.#options.applier === 'agent model'
        ? Array.from(this.impairments, ([name, impairment]) => this.impair(name, impairment))
        : []),
      ...(this.#capturing ? [this.setCapture(true)] : []),
    ]);
  }
}
