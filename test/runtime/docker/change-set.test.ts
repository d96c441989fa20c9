import { expect, test } from 'vitest';
import { changeSet, describeChanges, isEmpty, removalOf } from '../../../src/runtime/docker/change-set.ts';
import type { FoundLab } from '../../../src/runtime/docker/found.ts';
import { wantedLab, type WantedLab } from '../../../src/runtime/docker/wanted.ts';
import { routedHosts } from '../../support/plan.ts';

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
const wanted = wantedLab(routedHosts(), options);

/** An engine that has exactly what was wanted. */
function whole(lab: WantedLab): FoundLab {
  return {
    labId: 'lab1',
    scope: 'tests',
    plan: undefined,
    image: undefined,
    applier: 'agent model',
    startedAtMs: 0,
    networks: lab.networks.map((network) => ({
      id: `id-${network.segment}`,
      name: network.specification.name,
      segment: network.segment,
      fingerprint: network.fingerprint,
      subnet: network.specification.subnet,
    })),
    containers: lab.containers.map((container) => ({
      id: `id-${container.host}`,
      name: container.specification.name,
      host: container.host,
      fingerprint: container.fingerprint,
      running: true,
    })),
  };
}

test('an engine that has nothing gets everything, networks first', () => {
  expect(describeChanges(changeSet(wanted, undefined))).toEqual([
    '+ network ackademy-lab1-left (missing)',
    '+ network ackademy-lab1-right (missing)',
    '+ container ackademy-lab1-client (missing)',
    '+ container ackademy-lab1-router (missing)',
    '+ container ackademy-lab1-server (missing)',
  ]);
});

test('a lab that is whole needs no change and keeps every container', () => {
  const changes = changeSet(wanted, whole(wanted));
  expect(isEmpty(changes)).toBe(true);
  expect([...changes.kept.keys()]).toEqual(['client', 'router', 'server']);
});

test('a host that does not run is made anew', () => {
  const found = whole(wanted);
  const containers = found.containers.map((one) => (one.host === 'server' ? { ...one, running: false } : one));
  expect(describeChanges(changeSet(wanted, { ...found, containers }))).toEqual([
    '- container ackademy-lab1-server (not running)',
    '+ container ackademy-lab1-server (not running)',
  ]);
});

test('when a network is gone, the hosts on it are made anew and the others stay', () => {
  const found = whole(wanted);
  const networks = found.networks.filter((network) => network.segment !== 'right');
  const changes = changeSet(wanted, { ...found, networks });
  expect(describeChanges(changes)).toEqual([
    '- container ackademy-lab1-router (its network is new)',
    '- container ackademy-lab1-server (its network is new)',
    '+ network ackademy-lab1-right (missing)',
    '+ container ackademy-lab1-router (its network is new)',
    '+ container ackademy-lab1-server (its network is new)',
  ]);
  expect([...changes.kept.keys()]).toEqual(['client']);
});

test('another image replaces every container and no network', () => {
  const newer = wantedLab(routedHosts(), { ...options, image: 'ackademy/host:2' });
  const lines = describeChanges(changeSet(newer, whole(wanted)));
  expect(lines.filter((line) => line.includes('network'))).toEqual([]);
  expect(lines.filter((line) => line.endsWith('(made from something else)')).length).toBe(6);
});

test('what the plan does not know is removed', () => {
  const found = whole(wanted);
  const stray = { id: 'x', name: 'ackademy-lab1-ghost', host: 'ghost', fingerprint: '', running: true };
  expect(describeChanges(changeSet(wanted, { ...found, containers: [...found.containers, stray] }))).toEqual([
    '- container ackademy-lab1-ghost (not in the plan)',
  ]);
});

test('stopping removes everything that was found', () => {
  const changes = removalOf(whole(wanted));
  expect(changes.removeContainers.length + changes.removeNetworks.length).toBe(5);
  expect(changes.createContainers.length + changes.createNetworks.length).toBe(0);
});
