// Tries to get out of a lab's network at the level of frames, as a program that had taken over a host would: against
// stand-ins in namespaces of its own, on bridges made exactly as labs get them.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectEngine } from '../../../src/runtime/docker/connect.ts';
import type { Engine } from '../../../src/runtime/docker/engine.ts';
import { Fence } from '../../../src/runtime/docker/fence.ts';
import { runTool } from '../../../src/runtime/docker/machine-tools.ts';
import { probeMachine, type Probe } from '../../../src/runtime/docker/probe.ts';
import { allocateSubnets } from '../../../src/runtime/docker/subnets.ts';
import { wantedLab } from '../../../src/runtime/docker/wanted.ts';
import { twoHosts } from '../../support/plan.ts';

const labId = `fence${process.pid}`;
const attacker = `ackat${process.pid}`;
const neighbor = `acknb${process.pid}`;
/** Reached only through the engine's machine, as a cloud's metadata service is: an address of TEST-NET-2 (RFC 5737). */
const outsider = `ackout${process.pid}`;
const outsidePrefix = '198.51.100.0/30';
const outsideAddress = '198.51.100.2';

const sh = async (program: string, ...parameters: string[]): Promise<string> =>
  (await promisify(execFile)(program, parameters)).stdout;

let engine: Engine;
let probe: Probe;
let bridge = '';
let networkId = '';

beforeAll(async () => {
  engine = await connectEngine(process.env);
  probe = await probeMachine(engine.facts, runTool);
  if (!probe.onMachine) return;
  const taken = (await engine.listNetworks()).flatMap((network) => network.subnets);
  const subnets = allocateSubnets([{ segment: 'net', ends: 2 }], taken);
  const options = { labId, scope: labId, image: '', subnets, applier: 'agent model', startedAtMs: 0 } as const;
  const [network] = wantedLab(twoHosts(), options).networks;
  if (network === undefined) throw new Error('the plan has a segment');
  networkId = await engine.createNetwork(network.specification);
  bridge = network.bridge;
  for (const [name, address, index] of [
    [attacker, '10.0.1.1', 1],
    [neighbor, '10.0.1.2', 2],
  ] as const) {
    const outer = `ackx${process.pid % 10_000}${index}`;
    await sh('ip', 'netns', 'add', name);
    await sh('ip', 'link', 'add', outer, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    await sh('ip', 'link', 'set', outer, 'master', bridge, 'up');
    await sh('ip', '-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    await sh('ip', '-n', name, 'link', 'set', 'eth0', 'up');
  }
  // A documentation prefix may be in use on a machine all the same: nothing may then be sent to it.
  for (const words of ['route show table all match', 'route show table all root', 'address show to']) {
    const known = (await sh('ip', '-4', ...words.split(' '), outsidePrefix)).replace(/^default .*\n?/gm, '');
    expect(known, `${outsidePrefix} must be free on this machine`).toBe('');
  }
  const toOutside = `acko${process.pid % 10_000}`;
  await sh('ip', 'netns', 'add', outsider);
  await sh('ip', 'link', 'add', toOutside, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outsider);
  await sh('ip', 'address', 'add', '198.51.100.1/30', 'dev', toOutside);
  await sh('ip', 'link', 'set', toOutside, 'up');
  await sh('ip', '-n', outsider, 'address', 'add', `${outsideAddress}/30`, 'dev', 'eth0');
  await sh('ip', '-n', outsider, 'link', 'set', 'eth0', 'up');
  expect(await sh('ip', 'route', 'get', outsideAddress)).toContain(`dev ${toOutside}`);
  // The attacker takes the machine itself for its router: a frame to the bridge's MAC address is routed onward.
  const mac = readFileSync(`/sys/class/net/${bridge}/address`, 'utf8').trim();
  await sh('ip', '-n', attacker, 'route', 'add', 'default', 'via', '10.0.1.254');
  await sh('ip', '-n', attacker, 'neighbor', 'add', '10.0.1.254', 'lladdr', mac, 'dev', 'eth0');
});

afterAll(async () => {
  for (const name of [attacker, neighbor, outsider]) await runTool('ip', ['netns', 'del', name]);
  if (networkId !== '') await engine.removeNetwork(networkId);
  await new Fence(probe, runTool).lower();
});

/** Listens on UDP port 9999 in a namespace; resolves with how many of `shots` datagrams from the attacker came. */
async function received(namespace: string, address: string, shots = 3): Promise<number> {
  const listen = `const s=require('dgram').createSocket('udp4');let n=0;s.on('message',()=>{n++});
    s.bind(9999,()=>{console.log('ready');process.stdin.on('end',()=>{console.log(n);process.exit()}).resume()})`;
  const fire = `const s=require('dgram').createSocket('udp4');let n=0;const go=()=>n++<${shots}?
    s.send('x',9999,'${address}',()=>setTimeout(go,30)):setTimeout(()=>s.close(),150);go()`;
  const listener = execFile('ip', ['netns', 'exec', namespace, process.execPath, '-e', listen]);
  let output = '';
  await new Promise<void>((resolve, reject) => {
    listener.on('error', reject);
    listener.stdout?.on('data', (text: string) => {
      output += text;
      resolve();
    });
  });
  await sh('ip', 'netns', 'exec', attacker, process.execPath, '-e', fire);
  await new Promise<void>((resolve) => {
    listener.on('close', () => resolve());
    listener.stdin?.end();
  });
  return Number(output.replace('ready', '').trim());
}

test('without the fence a frame to the bridge’s own address does get out: the checks below can fail', async () => {
  if (!probe.onMachine) return expect(new Fence(probe, runTool).describe()).toContain('agents alone');
  expect(await received(outsider, outsideAddress)).toBeGreaterThan(0);
});

test('behind the fence nothing reaches what the engine’s machine could route to', async () => {
  if (!probe.onMachine) return expect(probe.dropFilter).toBeUndefined();
  expect(await new Fence(probe, runTool).raise(bridge)).toBeUndefined();
  expect(await received(outsider, outsideAddress)).toBe(0);
});

test('the fence stands between the lab and the machine, not between hosts', async () => {
  if (!probe.onMachine) return expect(probe.dropFilter).toBeUndefined();
  expect(await received(neighbor, '10.0.1.2')).toBe(3);
});

test('the machine itself has no address on the bridge', async () => {
  if (!probe.onMachine) return expect(probe.dropFilter).toBeUndefined();
  expect(await sh('ip', '-4', 'address', 'show', 'dev', bridge)).toBe('');
});

test('raising the fence twice changes nothing', async () => {
  if (!probe.onMachine) return expect(probe.dropFilter).toBeUndefined();
  expect(await new Fence(probe, runTool).raise(bridge)).toBeUndefined();
  const filters = await sh('tc', 'filter', 'show', 'dev', bridge, 'ingress');
  expect(filters.match(/handle 0x/g)?.length).toBe(1);
});
