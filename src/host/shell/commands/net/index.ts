// The table of the commands that use the network.
import type { CommandDefinition } from '../../command.ts';
import { named, zone } from './named.ts';
import { ping } from './ping.ts';
import { resolvectl } from './resolvectl.ts';
import { traceroute } from './traceroute.ts';

export const networkCommands: readonly CommandDefinition[] = [named, ping, resolvectl, traceroute, zone];
