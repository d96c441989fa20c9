// How long a lab of 10 hosts takes on Docker until every host's shell has run a command, beside as many bare containers
// and networks of the same image, created and started through the same client, all in parallel.
//   npx node test/bench/docker-start.ts [--quick]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../../src/host/real-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { connectEngine } from '../../src/runtime/docker/connect.ts';
import { DockerRuntime } from '../../src/runtime/docker/docker-runtime.ts';
import type { Engine } from '../../src/runtime/docker/engine.ts';
import { agentEntry, ensureHostImage } from '../../src/runtime/docker/images.ts';
import { allocateSubnets, subnetAddress, subnetGateway } from '../../src/runtime/docker/subnets.ts';
import { askEveryShell, planOfHosts } from './many-hosts.ts';
import { benchOptions, inTurn, secondsOf } from './measure.ts';

const { quick } = benchOptions();
const hostCount = quick ? 5 : 10;
const rounds = quick ? 1 : 5;
/** Mininet 2.3 with 10 hosts on this kind of machine, recorded. */
const mininetSeconds = 0.6;

const plan = planOfHosts(hostCount);
const scope = `bench${process.pid}`;
const stateDirectory = mkdtempSync(join(tmpdir(), 'ackademy-bench-'));
/** On the bare things, so that what a killed run leaves behind can be found. */
const labels = { 'ackademy.bench': scope };
let made = 0;

async function labStart(runtime: DockerRuntime): Promise<number> {
  const labId = `${scope}-${(made += 1)}`;
  try {
    return await secondsOf(async () => askEveryShell(await runtime.start(plan, { labId })));
  } finally {
    await runtime.removeAll(); // of this scope alone
  }
}

/** Networks as the engine makes them by default; each container joins one only, and nobody waits for its program. */
async function bareStart(engine: Engine, image: string): Promise<number> {
  const name = `${scope}-bare-${(made += 1)}`;
  const subnets = await freeSubnets(engine);
  const networks: string[] = [];
  const containers: string[] = [];
  try {
    return await secondsOf(async () => {
      await everyOne(plan.segments, async (segment) => {
        const subnet = subnets.get(segment.name) ?? '';
        const gateway = subnetGateway(subnet);
        networks.push(
          await engine.createNetwork({ name: `${name}-${segment.name}`, labels, subnet, gateway, options: {} }),
        );
      });
      await everyOne(plan.hosts, async (host) => {
        const segment = host.interfaces[0]?.segment ?? '';
        const end = plan.segments.find((one) => one.name === segment)?.ends.findIndex((one) => one.host === host.name);
        const id = await engine.createContainer({
          name: `${name}-${host.name}`,
          labels,
          image,
          hostname: host.name,
          environment: {},
          endpoints: [{ network: `${name}-${segment}`, address: subnetAddress(subnets.get(segment) ?? '', end ?? 0) }],
          sysctls: {},
          capabilities: [],
          memoryBytes: 512 * 1024 * 1024,
          cpus: 1,
          processes: 64,
        });
        containers.push(id);
        await engine.startContainer(id);
      });
    });
  } finally {
    await everyOne(containers, (id) => engine.removeContainer(id));
    await everyOne(networks, (id) => engine.removeNetwork(id));
  }
}

async function freeSubnets(engine: Engine): Promise<ReadonlyMap<string, string>> {
  const taken = (await engine.listNetworks()).flatMap((network) => network.subnets);
  const requests = plan.segments.map(({ name, ends }) => ({ segment: name, ends: ends.length }));
  return allocateSubnets(requests, taken);
}

/** All in parallel; waits for every one, so that what was made is known, before it throws the first failure. */
async function everyOne<T>(things: readonly T[], act: (thing: T) => Promise<unknown>): Promise<void> {
  const outcomes = await Promise.allSettled(things.map(act));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

const environment = process.env;
const engine = await connectEngine(environment);
const runtime = await DockerRuntime.open({
  clock: new RealClock(),
  random: systemRandom(),
  environment,
  stateDirectory,
  scope,
});
try {
  const image = await ensureHostImage(engine, agentEntry);
  if (!quick) await labStart(runtime); // warm
  const { lab, bare } = await inTurn(rounds, { lab: () => labStart(runtime), bare: () => bareStart(engine, image) });
  const seconds = (value: number): string => `${value.toFixed(2)} s`;
  const count = `${plan.hosts.length} hosts, ${plan.segments.length} networks`;
  const recorded = hostCount === 10 ? `, Mininet ${seconds(mininetSeconds)}` : '';
  console.log(`${count}: lab ${seconds(lab)}, bare ${seconds(bare)}${recorded}`);
  console.log(`ratio docker-start-${hostCount}: ${(lab / bare).toFixed(3)} of bare containers`);
} finally {
  await runtime.close();
  rmSync(stateDirectory, { recursive: true, force: true });
}
