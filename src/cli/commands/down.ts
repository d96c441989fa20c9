// `ackademy down`: ends one lab, or removes everything that was ever made on this machine, also without a server.
import { z } from 'zod';
import { Fault } from '../../base/fault.ts';
import { downAllResponse } from '../../messages/api.ts';
import type { Output } from '../output.ts';
import { ServerClient } from '../server-client.ts';
import type { World } from '../world.ts';

export interface DownOptions {
  readonly lab: string | undefined;
  readonly all?: boolean;
}

export async function down(world: World, output: Output, options: DownOptions): Promise<number> {
  if ((options.lab === undefined) === (options.all !== true)) {
    throw new Fault('bad-argument', 'Either the id of a lab or --all is needed, not both.', {
      nextStep: '"ackademy ls" lists the labs.',
    });
  }
  if (options.lab !== undefined) {
    const server = await ServerClient.require(world.stateDirectory);
    await server.ask(z.undefined(), 'DELETE', `/api/labs/${encodeURIComponent(options.lab)}`);
    output.data({ removed: [`lab ${options.lab}`] });
    output.say(`Ended ${options.lab}.`);
    return 0;
  }
  const removed = await output.working('Removing everything', async () => await removeAll(world));
  output.data({ removed });
  if (removed.length === 0) output.say('Nothing was left to remove.');
  for (const what of removed) output.say(`Removed ${what}.`);
  return 0;
}

async function removeAll(world: World): Promise<readonly string[]> {
  const found = await ServerClient.find(world.stateDirectory);
  const server = await found?.ifAlive();
  if (server !== undefined) return (await server.ask(downAllResponse, 'POST', '/api/down-all')).removed;
  // Without a server only what outlives one can be left: the runtimes know it by its labels.
  const source = await world.runtimes('auto');
  const removed: string[] = [];
  for (const runtime of await source.all()) {
    removed.push(...(await runtime.removeAll()));
    await runtime.close();
  }
  return removed;
}
