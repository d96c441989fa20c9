// Starts a lab of echo hosts and waits to be killed: the orchestrator that dies in the tests of adoption.
//   node echo-lab-process.ts STATE-DIRECTORY LAB
import { fileURLToPath } from 'node:url';
import { RealClock } from '../../src/host/real-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { DockerRuntime } from '../../src/runtime/docker/docker-runtime.ts';
import { routedHosts } from './plan.ts';

const [stateDirectory = '', labId = ''] = process.argv.slice(2);
const runtime = await DockerRuntime.open({
  clock: new RealClock(),
  random: systemRandom(),
  environment: process.env,
  stateDirectory,
  scope: labId,
  agentEntry: fileURLToPath(new URL('echo-agent.ts', import.meta.url)),
});
const lab = await runtime.start(routedHosts(), {
  labId,
  progress: (event) => console.log(`${event.step} ${event.name} ${event.state}`),
});
await lab.hosts.get('client')?.run('remember before');
console.log('running');
