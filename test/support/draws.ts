// Bounds for shares that were drawn at random, so that a test of chance says how sure it is.

/** How many of `draws` may say yes when each does with `share`: 5 standard deviations around the mean (1 in 1.7 million is outside). */
export function binomialInterval(draws: number, share: number): { readonly least: number; readonly most: number } {
  const mean = draws * share;
  const width = 5 * Math.sqrt(draws * share * (1 - share));
  return { least: Math.floor(mean - width), most: Math.ceil(mean + width) };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function standardDeviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

/** The value below which `share` of all values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
