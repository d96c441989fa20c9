// Constructors that stand in for Node's old-style ones: they can be called with and without `new`, inherited from by
// `class` and by `util.inherits`, and say yes to `instanceof` for what Node itself makes.

export type Constructor = new (...args: never[]) => object;

/**
 * A constructor like `base` with `methods` (own property descriptors) over its prototype.
 * `prepare` may change the arguments before `base` sees them; `finish` runs on the made object.
 */
export function derive<T extends Constructor>(
  base: T,
  methods: object,
  steps: { prepare?(args: unknown[]): unknown[]; finish?(made: object): void } = {},
): T {
  function Derived(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined && !inherits(this)) return Reflect.construct(Derived, args);
    const made = this as object;
    Reflect.apply(base as unknown as (...all: unknown[]) => unknown, made, steps.prepare?.(args) ?? args);
    steps.finish?.(made);
    return undefined;
  }
  function inherits(value: unknown): boolean {
    return typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(prototype, value);
  }
  const prototype = Object.create(base.prototype as object, {
    ...Object.getOwnPropertyDescriptors(methods),
    constructor: { value: Derived, writable: true, configurable: true },
  }) as object;
  Object.setPrototypeOf(Derived, base);
  Object.defineProperties(Derived, {
    prototype: { value: prototype },
    name: { value: base.name, configurable: true },
    // What Node's own code makes (a TLSSocket, an accepted socket) passes for ours; a subclass is asked as usual.
    [Symbol.hasInstance]: {
      value(this: unknown, value: unknown) {
        if (this !== Derived) return Function.prototype[Symbol.hasInstance].call(this as () => void, value);
        return Function.prototype[Symbol.hasInstance].call(base, value);
      },
    },
  });
  return Derived as unknown as T;
}
