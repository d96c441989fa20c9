// One lab host with nothing but its loopback, in real time, whose timers do not keep the process alive.
import { systemRandom } from '../../../src/host/system-random.ts';
import { createLabHost } from '../../../src/host/lab-host.ts';
import type { Host } from '../../../src/host/host.ts';
import { RealClock } from '../../../src/host/real-clock.ts';

export function loneHost(): Host {
  return createLabHost({
    planned: {
      name: 'node',
      role: 'client',
      interfaces: [],
      routes: [],
      forwarding: false,
      services: [],
      nameservers: [],
      searchDomain: '',
      knobs: {},
      files: {},
      zones: [],
    },
    devices: new Map(),
    clock: new RealClock({ keepsProcess: false }),
    random: systemRandom(),
  });
}
