// A lab host as both runtimes boot it: our stack, every command, the caching resolver.
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { PlannedHost } from '../lab/plan.ts';
import type { NetworkDevice } from '../stack/device.ts';
import type { StackEventListener } from '../stack/events.ts';
import { Stack } from '../stack/stack.ts';
import { StubResolver } from './dns/resolver.ts';
import { Host, type HostReport } from './host.ts';
import { hostCommands } from './shell/commands/index.ts';
import { networkCommands } from './shell/commands/net/index.ts';

export interface LabHostOptions {
  readonly planned: PlannedHost;
  /** Interface name -> what moves its frames; one for every planned interface. */
  readonly devices: ReadonlyMap<string, NetworkDevice>;
  readonly clock: Clock;
  readonly random: Random;
  report?(news: HostReport): void;
  readonly onStackEvent?: StackEventListener;
}

/** Boots the host: its services run when this returns. Throws `Fault` when the plan cannot be made true. */
export function createLabHost(options: LabHostOptions): Host {
  const { planned, devices, clock, random, report, onStackEvent } = options;
  return new Host({
    planned,
    devices,
    clock,
    random,
    commands: [...hostCommands, ...networkCommands],
    createStack: () =>
      new Stack({ clock, random, hostName: planned.name, ...(onStackEvent && { onEvent: onStackEvent }) }),
    createResolver: (services) => new StubResolver(services),
    ...(report && { report }),
  });
}
