// The table of the commands that use the network.
import type { CommandDefinition } from '../../command.ts';
import { dig } from './dig.ts';
import { ip } from './ip.ts';
import { named, zone } from './named.ts';
import { host, nslookup } from './nslookup.ts';
import { nstat } from './nstat.ts';
import { ping } from './ping.ts';
import { resolvectl } from './resolvectl.ts';
import { ss } from './ss.ts';
import { traceroute } from './traceroute.ts';

export const networkCommands: readonly CommandDefinition[] = [
  dig,
  host,
  ip,
  named,
  nslookup,
  nstat,
  ping,
  resolvectl,
  ss,
  traceroute,
  zone,
];
