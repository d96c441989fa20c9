// The Docker benchmark runs, says its ratio, and leaves no container and no network behind.
import { expect, test } from 'vitest';
import { connectEngine } from '../../src/runtime/docker/connect.ts';
import { labelNames } from '../../src/runtime/docker/labels.ts';
import { quickBench } from '../support/bench-process.ts';

/** What docker-start.ts writes on its bare containers and networks. */
const benchLabel = 'ackademy.bench';

test('docker-start compares a lab with bare containers and cleans up', { timeout: 180_000 }, async () => {
  const { lines, pid } = await quickBench('docker-start');
  expect(lines).toContainEqual(expect.stringMatching(/^5 hosts, 1 networks: lab [\d.]+ s, bare [\d.]+ s$/));
  expect(lines).toContainEqual(expect.stringMatching(/^ratio docker-start-5: \d+\.\d{3} of bare containers$/));
  const engine = await connectEngine(process.env);
  for (const label of [`${benchLabel}=bench${pid}`, `${labelNames.scope}=bench${pid}`]) {
    expect(await engine.listContainers(label)).toEqual([]);
    expect(await engine.listNetworks(label)).toEqual([]);
  }
});
