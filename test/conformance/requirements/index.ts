// Every requirement that the table knows.
import { internetLayer } from './ip.ts';
import type { Requirement } from './requirement.ts';
import { rfc9293 } from './rfc9293.ts';
import { tcpExtensions } from './tcp.ts';

export const requirements: readonly Requirement[] = [...rfc9293, ...tcpExtensions, ...internetLayer];
