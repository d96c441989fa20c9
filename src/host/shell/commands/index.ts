// The table of every command that a host has.
import type { CommandDefinition } from '../command.ts';
import { basicCommands } from './basic-commands.ts';
import { byteCommands } from './byte-commands.ts';
import { processCommands } from './process-commands.ts';
import { shellCommands } from './shell-commands.ts';
import { textCommands } from './text-commands.ts';

export const hostCommands: readonly CommandDefinition[] = [
  ...basicCommands,
  ...textCommands,
  ...byteCommands,
  ...shellCommands,
  ...processCommands,
];
