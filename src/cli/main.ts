// The command's entry: gives the commands the real world, and the process their exit status.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RealClock } from '../host/real-clock.ts';
import { systemRandom } from '../host/system-random.ts';
import { onInterrupt } from './interrupts.ts';
import { runCommandLine } from './program.ts';
import { chooseRuntimes, runtimeOpeners } from '../runtime/choose.ts';
import { templateTools } from './template-tools.ts';
import type { World } from './world.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const clock = new RealClock();
const random = systemRandom();
const environment = process.env;

/** As the Docker runtime has it: one place for everything that outlives a process. */
const stateHome = environment['XDG_STATE_HOME'] ?? '';
const stateDirectory = join(stateHome === '' ? join(homedir(), '.local', 'state') : stateHome, 'ackademy');

const world: World = {
  clock,
  random,
  environment,
  streams: process,
  stdin: process.stdin,
  templates: templateTools,
  runtimes: async (choice) => await chooseRuntimes(choice, runtimeOpeners({ clock, random, environment })),
  stateDirectory,
  root,
  version: await readVersion(),
  onInterrupt,
  exit: (code) => process.exit(code),
};

// `ackademy ls | head -1`: whoever reads has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 141 : 1));

const status = await runCommandLine(process.argv.slice(2), world);
// A pipe takes its time: what was written is on its way only when this is.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit(status);

async function readVersion(): Promise<string> {
  const text = await readFile(join(root, 'package.json'), 'utf8');
  return String((JSON.parse(text) as { readonly version?: unknown }).version ?? '0');
}
