// The runtime contract on Docker, in a scope of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { RealClock } from '../../src/host/real-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { DockerRuntime } from '../../src/runtime/docker/docker-runtime.ts';
import { runtimeContract } from './runtime-contract.ts';

const stateDirectory = mkdtempSync(join(tmpdir(), 'ackademy-contract-'));
afterAll(() => rmSync(stateDirectory, { recursive: true, force: true }));

runtimeContract('Docker', () =>
  DockerRuntime.open({
    clock: new RealClock(),
    random: systemRandom(),
    environment: process.env,
    stateDirectory,
    scope: `contract-${process.pid}`,
  }),
);
