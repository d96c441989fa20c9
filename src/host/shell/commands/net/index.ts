// The table of the commands that use the network.
import type { CommandDefinition } from '../../command.ts';
import { named, zone } from './named.ts';
import { resolvectl } from './resolvectl.ts';

export const networkCommands: readonly CommandDefinition[] = [named, resolvectl, zone];
