// News going up: a list of listeners that survives listeners leaving while it speaks.
import { disposable, type Disposable } from './dispose.ts';

/** Publishes values of one type to any number of listeners, in the order in which they registered. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Registers a listener; dispose the result to leave. */
  readonly on = (listener: (value: T) => void): Disposable => {
    const own = (value: T): void => listener(value); // the same function may register twice
    this.#listeners.add(own);
    return disposable(() => this.#listeners.delete(own));
  };

  emit(value: T): void {
    for (const listener of Array.from(this.#listeners)) if (this.#listeners.has(listener)) listener(value);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }
}
