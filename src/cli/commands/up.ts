// `ackademy up`: starts a lab on the running server and waits until it runs.
import { readFile } from 'node:fs/promises';
import { Fault } from '../../base/fault.ts';
import { startResponse } from '../../messages/api.ts';
import { fromFaultMessage } from '../../messages/faults.ts';
import { labDetail, type LabDetail, type LabProgress } from '../../messages/lab.ts';
import type { Output } from '../output.ts';
import { ServerClient } from '../server-client.ts';
import type { RuntimeChoice, World } from '../world.ts';

/** How often the server is asked how far it is. */
const pollMs = 150;

export interface UpOptions {
  readonly runtime: RuntimeChoice;
  readonly seed?: string;
}

export async function up(world: World, output: Output, template: string, options: UpOptions): Promise<number> {
  const server = await ServerClient.require(world.stateDirectory);
  const { labId } = await server.ask(startResponse, 'POST', '/api/labs', {
    ...(await templateOrSource(template)),
    ...(options.runtime !== 'auto' && { runtime: options.runtime }),
    ...(options.seed !== undefined && { seed: options.seed }),
  });
  const detail = await output.working(
    `Starting ${template}`,
    async (tell) => await untilStarted(world, server, labId, tell),
  );
  output.data({ lab: labId, runtime: detail.lab.runtime, hosts: detail.lab.hosts, joinLink: detail.joinLink });
  output.say(labId);
  output.note(
    `Runs on ${detail.lab.runtime} with ${detail.lab.hosts.join(', ')}. Students join at ${detail.joinLink ?? server.url}`,
  );
  return 0;
}

/** A name of the catalogue, or what a file says. Throws `Fault` template-unknown. */
async function templateOrSource(template: string) {
  if (!/\.ya?ml$/.test(template)) return { template };
  const text = await readFile(template, 'utf8').catch((cause: unknown) => {
    throw new Fault('template-unknown', `The template ${template} can not be read.`, {
      cause,
      place: { file: template },
      nextStep: 'Check the path.',
    });
  });
  return { source: { text, file: template } };
}

async function untilStarted(
  world: World,
  server: ServerClient,
  lab: string,
  tell: (progress: LabProgress) => void,
): Promise<LabDetail> {
  for (;;) {
    const detail = await server.ask(labDetail, 'GET', `/api/labs/${lab}`);
    if (detail.lab.state === 'running') return detail;
    if (detail.lab.state !== 'starting')
      throw detail.fault === undefined
        ? new Fault('host-down', `The lab did not start: ${detail.lab.reason}.`, { place: { lab } })
        : fromFaultMessage(detail.fault);
    const latest = detail.progress.at(-1);
    if (latest !== undefined) tell(latest);
    await new Promise<void>((resolve) => world.clock.schedule(pollMs, resolve));
  }
}
