// Ownership: whoever makes a thing gets back what undoes it, and keeps it in a stack that undoes in reverse order.

/** Something that can be undone once; further calls do nothing. */
export interface Disposable {
  dispose(): void;
}

/** A `Disposable` that runs `undo` at most once. */
export function disposable(undo: () => void): Disposable {
  let pending: (() => void) | undefined = undo;
  return {
    dispose() {
      const run = pending;
      pending = undefined;
      run?.();
    },
  };
}

/** Disposes what it holds in reverse order; what is added after disposal is disposed at once. */
export class DisposeStack implements Disposable {
  readonly #items: Disposable[] = [];
  #disposed = false;

  add<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.push(item);
    return item;
  }

  dispose(): void {
    this.#disposed = true;
    for (let item = this.#items.pop(); item !== undefined; item = this.#items.pop()) item.dispose();
  }
}
