// The server's log: one JSON object per line on standard error; tokens and cookies are never in it.
import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Only what a line names is logged: no request objects, whose headers hold cookies. */
export function makeLog(level: LogLevel, destination: DestinationStream = pino.destination(2)): Log {
  return pino({ level, base: null, redact: ['token', 'cookie', '*.token', '*.cookie'] }, destination);
}
