// One host of a lab on the engine: its container, the line to its agent, and what must be set again after a restart.
import type { Clock } from '../../base/clock.ts';
import type { StackInspection } from '../../stack/inspect.ts';
import type { Impairment } from '../../wiring/impairment/impairment.ts';
import type { CommandResult, HostTerminal, RunningHost, RunOptions } from '../runtime.ts';
import { AgentChannel } from './agent-channel.ts';
import type { Engine } from './engine.ts';
import { HostConversation, type FrameNews } from './host-conversation.ts';

export interface DockerHostOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly containerId: string;
  readonly labId: string;
  readonly name: string;
  readonly client: string;
  readonly applier: 'tc netem' | 'agent model';
  readonly onFrame: (frame: FrameNews) => void;
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
  readonly #conversation: HostConversation;
  readonly #cut = new Set<string>();
  #capturing = false;
  #restarting: Promise<void> | undefined;

  constructor(options: DockerHostOptions) {
    this.#options = options;
    this.name = options.name;
    this.containerId = options.containerId;
    this.#conversation = new HostConversation({
      labId: options.labId,
      host: options.name,
      send: (request) => this.#channel.send(request),
      onFrame: options.onFrame,
    });
    this.#channel = new AgentChannel({
      engine: options.engine,
      clock: options.clock,
      containerId: options.containerId,
      labId: options.labId,
      host: options.name,
      client: options.client,
      onMessage: (message) => this.#conversation.receive(message),
      onForgotten: () => this.#conversation.forget('the host was started again'),
    });
  }

  /** True from the order to restart until the agent answers again: its container's end is no surprise. */
  get restarting(): boolean {
    return this.#restarting !== undefined;
  }

  get errorTail(): string {
    return this.#channel.errorTail;
  }

  /** Resolves when the host's shell answers. Throws `Fault` host-down. */
  async ready(): Promise<void> {
    await Promise.all([this.#channel.answered(), this.#options.onBooted()]);
  }

  async openTerminal(size: { readonly columns: number; readonly rows: number }): Promise<HostTerminal> {
    return await this.#conversation.openTerminal(size);
  }

  async run(command: string, options?: RunOptions): Promise<CommandResult> {
    return await this.#conversation.run(command, options);
  }

  async inspect(): Promise<StackInspection> {
    return await this.#conversation.inspect();
  }

  async restart(): Promise<void> {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined;
    });
    await this.#restarting;
  }

  /** Has the agent's own model apply `impairment`. */
  async impair(interfaceName: string, impairment: Impairment): Promise<void> {
    await this.#conversation.order({ kind: 'impair', interface: interfaceName, impairment });
  }

  /** Cuts the interface off or connects it again; the carrier stays. */
  async setCut(interfaceName: string, cut: boolean): Promise<void> {
    if (cut) this.#cut.add(interfaceName);
    else this.#cut.delete(interfaceName);
    await this.#conversation.order({ kind: 'cut', interface: interfaceName, cut });
  }

  /** Starts or stops the stream of captured frames. */
  async setCapture(on: boolean): Promise<void> {
    this.#capturing = on;
    await this.#conversation.order({ kind: 'capture', on });
  }

  /** Ends the line; the container goes on. */
  close(): void {
    this.#channel.close();
    this.#conversation.forget('the lab is no longer served here');
  }

  async #restart(): Promise<void> {
    this.#channel.expectRestart();
    await this.#options.engine.restartContainer(this.containerId);
    this.#conversation.forget('the host was started again');
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
