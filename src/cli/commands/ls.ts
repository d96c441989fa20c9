// `ackademy ls`: the labs of the running server.
import { labsResponse } from '../../messages/api.ts';
import type { Output } from '../output.ts';
import { ServerClient } from '../server-client.ts';
import type { World } from '../world.ts';

export async function ls(world: World, output: Output): Promise<number> {
  const server = await ServerClient.require(world.stateDirectory);
  const { labs } = await server.ask(labsResponse, 'GET', '/api/labs');
  output.data(labs);
  if (labs.length === 0) output.note('No labs. Start one with "ackademy up TEMPLATE".');
  else {
    output.table(
      ['LAB', 'TEMPLATE', 'RUNTIME', 'STATE', 'HOSTS'],
      labs.map((lab) => [lab.id, lab.template, lab.runtime, lab.state, lab.hosts.join(' ')]),
    );
  }
  return 0;
}
