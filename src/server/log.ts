// The server's log: one JSON object per line on standard error; tokens and cookies are never in it.
import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/** Only what a line names is logged: no request objects, whose headers hold cookies. */
export function makeLog(level: LogLevel, destination: DestinationStream = pino.destination(2)): Log {
  return pino({ level, base: null, redact: ['token', 'cookie', '*.token', '*.cookie'] }, destination);
}
