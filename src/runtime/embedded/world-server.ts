// The world's side of the messages: builds the world when told to, serves its hosts, answers what is asked of it.
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/dispose.ts';
import type { Random } from '../../base/random.ts';
import { HostAgent } from '../../host/agent/host-agent.ts';
import type { HostReport } from '../../host/host.ts';
import type { Plan } from '../../lab/plan.ts';
import { FrameGatherer } from './frame-gatherer.ts';
import { failureOf, type FromWorld, type ToWorld, type WorldAsk } from './worker-messages.ts';
import { World } from './world.ts';

export interface WorldServerOptions {
  readonly clock: Clock;
  /** Chance by its label, for a plan. */
  randomFor(plan: Plan, label: string): Random;
  /** Sends to the lab; byte arrays in messages are the receiver's from then on. */
  send(message: FromWorld): void;
}

export class WorldServer implements Disposable {
  readonly #options: WorldServerOptions;
  readonly #agents = new Map<string, HostAgent>();
  readonly #gatherer: FrameGatherer;
  #world: World | undefined;
  #capture: Disposable | undefined;

  constructor(options: WorldServerOptions) {
    this.#options = options;
    this.#gatherer = new FrameGatherer(options.clock, (batch) => options.send({ kind: 'frames', batch }));
  }

  handle(message: ToWorld): void {
    switch (message.kind) {
      case 'start':
        this.#start(message.plan);
        break;
      case 'host':
        this.#agents.get(message.host)?.handle(message.request);
        break;
      case 'ask':
        this.#answer(message.number, message.ask);
        break;
      case 'frames-taken':
        this.#gatherer.taken(message.bytes);
        break;
    }
  }

  /** Hands over the captured frames that wait for others. */
  flush(): void {
    this.#gatherer.flush();
  }

  dispose(): void {
    for (const agent of this.#agents.values()) agent.dispose();
    this.#capture?.dispose();
    this.#gatherer.flush();
    this.#world?.dispose();
  }

  #start(plan: Plan): void {
    const { clock, send, randomFor } = this.#options;
    try {
      this.#world = new World({
        plan,
        clock,
        randomFor: (label) => randomFor(plan, label),
        report: (news) => send({ kind: 'report', ...textOf(news) }),
        built: (what, name) => send({ kind: 'built', what, name }),
      });
      for (const host of plan.hosts) this.#serve(this.#world, host.name);
      send({ kind: 'started' });
    } catch (error) {
      send({ kind: 'refused', failure: failureOf(error) });
    }
  }

  #serve(world: World, name: string): void {
    this.#agents.get(name)?.dispose();
    const agent = new HostAgent({
      host: world.host(name),
      send: (news) => this.#options.send({ kind: 'news', host: name, news }),
      impair: (interfaceName, impairment) => world.impair(name, interfaceName, impairment),
      cut: (interfaceName, cut) => world.setCut(name, interfaceName, cut),
    });
    this.#agents.set(name, agent);
  }

  #answer(number: number, ask: WorldAsk): void {
    try {
      if (this.#world !== undefined) this.#perform(this.#world, ask);
      this.#options.send({ kind: 'answer', number });
    } catch (error) {
      this.#options.send({ kind: 'answer', number, failure: failureOf(error) });
    }
  }

  #perform(world: World, ask: WorldAsk): void {
    switch (ask.kind) {
      case 'restart':
        this.#agents.get(ask.host)?.dispose(); // before its host: nothing that ends now is told any more
        world.restart(ask.host);
        this.#serve(world, ask.host);
        break;
      case 'segment':
        world.setSegment(ask.segment, ask.state);
        break;
      case 'capture':
        this.#capture?.dispose();
        this.#capture = ask.on ? world.capture((frame) => this.#gatherer.add(frame)) : undefined;
        if (!ask.on) this.#gatherer.flush();
        break;
    }
  }
}

function textOf(news: HostReport): { readonly host: string; readonly text: string } {
  const { host } = news;
  if (news.kind === 'bug') return { host, text: `bug in ${news.command}: ${failureOf(news.error).message}` };
  return { host, text: `service ${news.service.name} has ended with status ${news.service.status ?? 0}` };
}
