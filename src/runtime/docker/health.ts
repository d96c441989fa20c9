// Hears from the engine when a container of ours ends, and asks again when the engine itself was away.
import type { Clock, Timer } from '../../base/clock.ts';
import type { Engine } from './engine.ts';
import { labelNames } from './labels.ts';

export interface HealthListener {
  /** The container of a host has ended, by itself or by somebody's hand. */
  onDeath(labId: string, containerId: string): void;
  /** Whatever happened while nobody listened: the containers that run now. */
  onReview(running: ReadonlySet<string>): void;
}

const listenAgainMs = 1000;

export class Health {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #listener: HealthListener;
  #stream: { destroy(): void } | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(engine: Engine, clock: Clock, listener: HealthListener) {
    this.#engine = engine;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Resolves when deaths are heard of. */
  async open(): Promise<void> {
    const stream = await this.#engine.events(labelNames.lab, {
      onEvent: (event) => {
        if (event.action === 'die') this.#listener.onDeath(event.labels[labelNames.lab] ?? '', event.containerId);
      },
      onEnd: () => this.#listenAgain(),
    });
    if (this.#closed) stream.destroy();
    else this.#stream = stream;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#stream?.destroy();
  }

  #listenAgain(): void {
    this.#stream = undefined;
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.schedule(listenAgainMs, () => {
      this.#review().catch(() => this.#listenAgain()); // the engine is still away
    });
  }

  async #review(): Promise<void> {
    await this.open();
    const containers = await this.#engine.listContainers(labelNames.lab);
    this.#listener.onReview(new Set(containers.flatMap((one) => (one.state === 'running' ? [one.id] : []))));
  }
}
