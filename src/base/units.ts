// Quantities as people write them: "50ms", "10mbit", "20%". The vocabulary is tc's (see tc(8), "PARAMETERS").

const durationFactorMs: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};
const rateFactor: Readonly<Record<string, number>> = {
  bit: 1,
  kbit: 1e3,
  mbit: 1e6,
  gbit: 1e9,
  bps: 8,
  kbps: 8e3,
  mbps: 8e6,
  gbps: 8e9,
};

/** "50ms", "1.5s", "200us", "2m": milliseconds; a bare number counts as milliseconds. Undefined when not a duration. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s|min|m|h)?$/.exec(text.trim());
  return match?.[1] === undefined ? undefined : Number(match[1]) * (durationFactorMs[match[2] ?? 'ms'] ?? 1);
}

/** "10mbit", "512kbit", "1gbit": bits per second; tc's "bps" family means bytes per second. Undefined when not a rate. */
export function parseRateBitsPerSecond(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?(?:bit|bps))$/i.exec(text.trim());
  return match?.[1] === undefined ? undefined : Number(match[1]) * (rateFactor[(match[2] ?? 'bit').toLowerCase()] ?? 1);
}

/** "20%", "0.5%": a share in 0 .. 1. Undefined when not a percentage between 0 and 100. */
export function parsePercent(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  if (match?.[1] === undefined) return undefined;
  const share = Number(match[1]) / 100;
  return share <= 1 ? share : undefined;
}

/** The shortest form that `parseDurationMs` reads back: 50 is "50ms", 1500 is "1.5s". */
export function formatDurationMs(ms: number): string {
  if (ms !== 0 && ms < 1) return `${trim(ms * 1000)}us`;
  return ms < 1000 ? `${trim(ms)}ms` : `${trim(ms / 1000)}s`;
}

/** The shortest form that `parseRateBitsPerSecond` reads back. */
export function formatRate(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1e9) return `${trim(bitsPerSecond / 1e9)}gbit`;
  if (bitsPerSecond >= 1e6) return `${trim(bitsPerSecond / 1e6)}mbit`;
  if (bitsPerSecond >= 1e3) return `${trim(bitsPerSecond / 1e3)}kbit`;
  return `${trim(bitsPerSecond)}bit`;
}

/** A share in 0 .. 1 as a percentage: 0.2 is "20%". */
export function formatPercent(share: number): string {
  return `${trim(share * 100)}%`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(6)));
}
