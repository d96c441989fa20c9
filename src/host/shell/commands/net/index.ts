// The table of the commands that use the network.
import type { CommandDefinition } from '../../command.ts';
import { curl } from './curl.ts';
import { dig } from './dig.ts';
import { discardd, echod } from './echod.ts';
import { httpd } from './httpd.ts';
import { ip } from './ip.ts';
import { iperf3 } from './iperf3.ts';
import { named, zone } from './named.ts';
import { nc } from './nc.ts';
import { host, nslookup } from './nslookup.ts';
import { nstat } from './nstat.ts';
import { ping } from './ping.ts';
import { radvd } from './radvd.ts';
import { resolvectl } from './resolvectl.ts';
import { ss } from './ss.ts';
import { tcpdump } from './tcpdump.ts';
import { telnet } from './telnet.ts';
import { traceroute } from './traceroute.ts';

export const networkCommands: readonly CommandDefinition[] = [
  curl,
  dig,
  discardd,
  echod,
  host,
  httpd,
  ip,
  iperf3,
  named,
  nc,
  nslookup,
  nstat,
  ping,
  radvd,
  resolvectl,
  ss,
  tcpdump,
  telnet,
  traceroute,
  zone,
];
