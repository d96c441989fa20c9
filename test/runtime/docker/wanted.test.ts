import { expect, test } from 'vitest';
import { readConfiguration } from '../../../src/host/agent/configuration.ts';
import { groupByLab } from '../../../src/runtime/docker/found.ts';
import { bridgeName, labelNames } from '../../../src/runtime/docker/labels.ts';
import { planHash, wantedLab } from '../../../src/runtime/docker/wanted.ts';
import { plannedHost, plannedLab, routedHosts } from '../../support/plan.ts';

const options = {
  labId: 'lab1',
  scope: 'tests',
  image: 'ackademy/host:1',
  subnets: new Map([
    ['left', '198.18.0.0/29'],
    ['right', '198.18.0.8/29'],
  ]),
  applier: 'agent model',
  startedAtMs: 1_790_000_000_000,
} as const;

test('the same plan gives the same containers and networks', () => {
  expect(wantedLab(routedHosts(), options)).toEqual(wantedLab(routedHosts(), options));
});

test('no network translates addresses or gives the engine’s machine an address', () => {
  for (const { specification } of wantedLab(routedHosts(), options).networks) {
    expect(specification.options).toMatchObject({
      'com.docker.network.bridge.enable_ip_masquerade': 'false',
      'com.docker.network.bridge.inhibit_ipv4': 'true',
    });
  }
});

test('each end of a segment has an address of its own in the segment’s subnet', () => {
  const lab = wantedLab(routedHosts(), options);
  const router = lab.containers.find((container) => container.host === 'router');
  expect(router?.specification.endpoints).toEqual([
    { network: 'ackademy-lab1-left', address: '198.18.0.3' },
    { network: 'ackademy-lab1-right', address: '198.18.0.10' },
  ]);
});

test('the agent learns its own part of the plan and whom it may speak to', () => {
  const lab = wantedLab(routedHosts(), options);
  const client = lab.containers.find((container) => container.host === 'client');
  const configuration = readConfiguration(client?.specification.environment ?? {});
  expect(configuration.host).toEqual(routedHosts().hosts[0]);
  expect(configuration.attachments).toEqual([
    { interface: 'eth0', engineAddress: '198.18.0.2', peers: ['02:00:00:00:01:01'] },
  ]);
});

test('a configuration larger than one variable may be is spread over several', () => {
  // Text that does not compress: each line is another one.
  const lines = Array.from({ length: 40_000 }, (_, index) => Math.sin(index).toString(36)).join('\n');
  const host = plannedHost('a', [], { files: { '/root/large': lines } });
  const [container] = wantedLab(plannedLab([host]), options).containers;
  const variables = Object.values(container?.specification.environment ?? {});
  expect(variables.length).toBeGreaterThan(1);
  expect(Math.max(...variables.map((value) => value.length))).toBeLessThan(128 * 1024);
  expect(readConfiguration(container?.specification.environment ?? {}).host).toEqual(host);
});

test('an agent without its configuration says so', () => {
  expect(() => readConfiguration({})).toThrow(expect.objectContaining({ code: 'bad-argument' }));
});

test('bridge names fit an interface name and differ between labs and segments', () => {
  const names = [bridgeName('lab1', 'left'), bridgeName('lab1', 'right'), bridgeName('lab2', 'left')];
  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(name).toMatch(/^ack[0-9a-f]{12}$/);
});

test('a lab is recognised by its labels, with the plan it was made from', () => {
  const lab = wantedLab(routedHosts(), options);
  const containers = lab.containers.map(({ specification }, index) => ({
    id: `c${index}`,
    name: specification.name,
    image: specification.image,
    state: 'running',
    labels: specification.labels,
    addresses: {},
  }));
  const networks = lab.networks.map(({ specification }, index) => ({
    id: `n${index}`,
    name: specification.name,
    labels: specification.labels,
    subnets: [specification.subnet],
    options: specification.options,
  }));
  const [found, ...others] = groupByLab(containers, networks);
  expect(others).toEqual([]);
  expect(found?.labId).toBe('lab1');
  expect(found?.plan).toEqual(routedHosts());
  expect(found?.applier).toBe('agent model');
  expect(found?.networks.map((network) => network.subnet)).toEqual(['198.18.0.0/29', '198.18.0.8/29']);
});

test('a plan label that does not fit its hash is not believed', () => {
  const [container] = wantedLab(routedHosts(), options).containers;
  const labels = { ...container?.specification.labels, [labelNames.planHash]: 'something else' };
  const [found] = groupByLab([{ id: 'c', name: 'c', image: '', state: 'running', labels, addresses: {} }], []);
  expect(found?.plan).toBeUndefined();
  expect(planHash(routedHosts())).toMatch(/^[0-9a-f]{16}$/);
});
