// The agent's frame: devices, control channel and the host between them. What the host is, is given (main.ts).
import { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { toHex } from '../../base/bytes.ts';
import { Fault } from '../../base/fault.ts';
import { randomBytes, type Random } from '../../base/random.ts';
import type { NetworkDevice } from '../../stack/device.ts';
import type { ImpairedDevice } from '../../wiring/devices/impaired-device.ts';
import { impairmentProblem, type Impairment } from '../../wiring/impairment/impairment.ts';
import { AgentLink } from './agent-link.ts';
import { giveUpPrivileges, openDevices } from './attachments.ts';
import { readConfiguration, type AgentConfiguration } from './configuration.ts';
import type { HostNews, HostRequest } from './messages.ts';

/** What a host is made of in a container. */
export interface HostParts {
  readonly configuration: AgentConfiguration;
  readonly clock: Clock;
  /** By the plan's names. */
  readonly devices: ReadonlyMap<string, NetworkDevice>;
  readonly news: (news: HostNews) => void;
  /** Cuts an interface off both ways, or restores it. Throws `Fault` bad-argument. */
  readonly cut: (interfaceName: string, cut: boolean) => void;
  /** Replaces what is wrong with what leaves an interface. Throws `Fault` bad-argument. */
  readonly impair: (interfaceName: string, impairment: Impairment) => void;
}

/** The host as the agent needs it. */
export interface HostedHost {
  handle(request: HostRequest): void;
  /** Another orchestrator has taken over: closes terminals, cancels commands, stops capturing. */
  forgetClient(): void;
}

/** Boots the host of this container and serves whoever attaches, until the process is killed. */
export function runAgent(clock: Clock, random: Random, createHost: (parts: HostParts) => HostedHost): void {
  const configuration = readConfiguration(process.env);
  const devices = openDevices(configuration, clock);
  giveUpPrivileges();
  const deviceOf = (name: string): ImpairedDevice => {
    const device = devices.get(name);
    if (device === undefined) throw new Fault('bad-argument', `there is no interface ${name}`);
    return device;
  };

  // `process.stdout` would make a slow reader stop the host: this one queues, and the channel watches the queue.
  const output = new Socket({ fd: 1, readable: false, writable: true });
  const input = new Socket({ fd: 0, readable: true, writable: false });
  output.on('error', () => undefined); // nobody reads: what matters is sent again to the next who attaches
  input.on('error', () => undefined);

  const link: AgentLink = new AgentLink({
    clock,
    boot: toHex(randomBytes(random, new Uint8Array(16))),
    write: (bytes) => void output.write(bytes),
    backlogBytes: () => output.writableLength,
    onClient: () => host.forgetClient(),
    onMessage: (message) => {
      if (isRequest(message)) host.handle(message);
    },
  });
  const wallClockOffsetMs = clock.wallClock() - clock.now(); // frames of several hosts are compared by wall clock
  const host = createHost({
    configuration,
    clock,
    devices,
    cut: (name, isCut) => deviceOf(name).setCut(isCut),
    impair: (name, impairment) => {
      const problem = impairmentProblem(impairment);
      if (problem !== undefined)
        throw new Fault('bad-argument', `${problem.message}.`, { place: { key: problem.part } });
      deviceOf(name).setImpairment(impairment);
    },
    news: (news) => {
      if (news.kind === 'frame') link.sendPlain({ ...news, atMs: news.atMs + wallClockOffsetMs });
      else link.send(news);
    },
  });
  input.on('data', (bytes: Buffer) => link.push(bytes)); // last: what asks finds a host
}

/** The channel delivers what an orchestrator of the same release sent; only its presence is checked. */
function isRequest(message: unknown): message is HostRequest {
  return typeof message === 'object' && message !== null && 'kind' in message && typeof message.kind === 'string';
}
