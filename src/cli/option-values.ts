// Values of options as they are typed: ports and durations, refused with the reason.
import { InvalidArgumentError } from 'commander';
import { parseDurationMs } from '../base/units.ts';

/** 0 asks for a free port. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.');
  return port;
}

/** `30s`, `500ms`: milliseconds, up to ten minutes. */
export function parseDuration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < 1 || ms > 600_000)
    throw new InvalidArgumentError('It must be a time such as 500ms or 30s, at most 10min.');
  return Math.round(ms);
}
