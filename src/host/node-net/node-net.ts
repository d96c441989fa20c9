// `node:net`, `dns`, `dgram`, `http`, `https` and `tls` for programs of one lab host, on the host's stack and resolver.
import type { Clock } from '../../base/clock.ts';
import type { HostServices } from '../shell/command.ts';
import { ProcessHold, type NodeNetContext } from './context.ts';
import { createDgram } from './dgram-module.ts';
import { createLookup, type Lookup } from './dns-lookup.ts';
import { createDns } from './dns-module.ts';
import { createWeb, type WebModules } from './http-module.ts';
import { createNet, type HostNet } from './net-module.ts';

export interface NodeNetOptions {
  /** Rules `Socket.setTimeout`; by default Node's own timers do. */
  readonly clock?: Clock;
  /** The program's name, for `ss -p`; default `node`. */
  readonly owner?: string;
}

export interface NodeNet extends WebModules {
  readonly net: HostNet['module'];
  readonly dgram: typeof import('node:dgram');
  readonly dns: typeof import('node:dns');
}

/** Modules that behave as Node's do, on the stack of `services`. They share nothing with another host's. */
export function createNodeNet(services: HostServices, options: NodeNetOptions = {}): NodeNet {
  const { clock, owner = 'node' } = options;
  const context: NodeNetContext = { services, stack: services.stack, clock, hold: new ProcessHold(), owner };
  const dns = createDns(context, createLookup(context));
  // Asked for anew at each call, as Node does: a program may replace `dns.lookup`.
  const lookup: Lookup = (...args) => (dns.lookup as unknown as Lookup)(...args);
  const net = createNet(context, lookup);
  return { net: net.module, ...createWeb(net), dgram: createDgram(context, lookup), dns };
}
