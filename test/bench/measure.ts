// What the benchmarks share: repeated measurements of several things in turn, medians, and numbers for people.

export interface BenchOptions {
  /** Few and small measurements: shows that the benchmark works, says little about speed. */
  readonly quick: boolean;
}

export function benchOptions(): BenchOptions {
  const words = process.argv.slice(2);
  const unknown = words.find((word) => word !== '--quick');
  if (unknown !== undefined) {
    console.error(`unknown word ${unknown}; there is: --quick`);
    process.exit(2);
  }
  return { quick: words.includes('--quick') };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Measures each thing once per round, in turn, so that a slow minute of the machine meets all of them; medians. */
export async function inTurn<Name extends string>(
  rounds: number,
  things: Readonly<Record<Name, () => Promise<number> | number>>,
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(things) as Name[]; // the keys of the record are its names
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) values[name].push(await things[name]());
  }
  return Object.fromEntries(names.map((name) => [name, median(values[name])])) as Record<Name, number>;
}

/** Seconds that `work` takes. */
export async function secondsOf(work: () => Promise<unknown> | unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}
