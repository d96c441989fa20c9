// A small lab of hosts with real stacks under virtual time: wires, name server, commands, terminals.
import { assert } from '../../src/base/assert.ts';
import { concatBytes } from '../../src/base/bytes.ts';
import { seededRandom } from '../../src/base/random.ts';
import { StubResolver } from '../../src/host/dns/resolver.ts';
import { Host, type HostReport } from '../../src/host/host.ts';
import { hostCommands } from '../../src/host/shell/commands/index.ts';
import { networkCommands } from '../../src/host/shell/commands/net/index.ts';
import { bytesSource, CollectingSink, toBytes } from '../../src/host/shell/pipe.ts';
import type { ByteSink, ByteSource } from '../../src/host/shell/command.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import { templateOf } from '../../src/lab/parse.ts';
import type { PlannedHost } from '../../src/lab/plan.ts';
import { Stack } from '../../src/stack/stack.ts';
import { parseMac } from '../../src/stack/wire/mac-address.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { turn, type RunResult } from './host-world.ts';
import { Wire, type WireDevice } from './wire-pair.ts';

/** Interface name -> the wire it is on and its addresses. */
export type Attachments = Readonly<
  Record<
    string,
    { readonly wire: Wire; readonly addresses: readonly string[]; readonly mac?: number; readonly mtu?: number }
  >
>;

const plainHost: PlannedHost = {
  name: 'client',
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
};

export class NetWorld {
  readonly clock = new VirtualClock();
  readonly reports: HostReport[] = [];
  readonly #hosts: NetHost[] = [];
  #nextMac = 0x0200_0000_0001;

  wire(delayMs = 1): Wire {
    return new Wire(this.clock, delayMs);
  }

  host(name: string, attachments: Attachments, planned: Partial<PlannedHost> = {}): NetHost {
    const devices = new Map<string, WireDevice>();
    const interfaces = Object.entries(attachments).map(
      ([interfaceName, { wire, addresses, mac = this.#nextMac++, mtu = 1500 }]) => {
        devices.set(interfaceName, wire.attach(mac, mtu));
        return { name: interfaceName, segment: 's', mac: '', addresses, mtu, egress: {} };
      },
    );
    const host = new Host({
      planned: { ...plainHost, name, interfaces, ...planned },
      devices,
      clock: this.clock,
      random: seededRandom(name),
      commands: [...hostCommands, ...networkCommands],
      createStack: (clock, random) => new Stack({ clock, random, hostName: name }),
      createResolver: (services) => new StubResolver(services),
      report: (news) => this.reports.push(news),
    });
    const made = new NetHost(this, host, devices);
    this.#hosts.push(made);
    return made;
  }

  /** Moves virtual time on until `work` is done. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const watched = work.finally(() => (done = true));
    watched.catch(() => undefined);
    for (let steps = 0; ; steps += 1) {
      await turn();
      if (done) return watched;
      if (!this.clock.step()) {
        await turn();
        assert(done, 'the work waits for what never comes');
      }
      assert(steps < 200_000, 'the work never ends');
    }
  }

  /** Moves virtual time on by `durationMs`. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.clock.now() + durationMs;
    await turn();
    while ((this.clock.nextDueMs ?? Infinity) <= endMs) {
      this.clock.step();
      await turn();
    }
    this.clock.runUntil(endMs);
    await turn();
  }

  /** Ends every host; says which sockets and timers are left, which must be none. */
  async end(): Promise<readonly string[]> {
    const left = this.reports.flatMap((news) =>
      news.kind === 'bug' ? [`${news.command}: ${String(news.error)}`] : [],
    );
    for (const { host } of this.#hosts) host.dispose();
    await turn();
    this.clock.runFor(20); // frames that are on the wires arrive nowhere
    await turn();
    return this.clock.pending === 0 ? left : [...left, `${this.clock.pending} timers`];
  }
}

/** The hosts of a template on perfect wires, booted; by name. */
export function templateWorld(text: string): {
  readonly world: NetWorld;
  readonly hosts: ReadonlyMap<string, NetHost>;
} {
  const world = new NetWorld();
  const plan = planLab(templateOf(text, 'lab.yaml'), { seed: '1' });
  const wires = new Map(plan.segments.map(({ name }) => [name, world.wire()]));
  const hosts = plan.hosts.map((planned): [string, NetHost] => {
    const attachments = Object.fromEntries(
      planned.interfaces.map(({ name, segment, addresses, mac, mtu }) => [
        name,
        { wire: wires.get(segment) ?? world.wire(), addresses, mac: parseMac(mac) ?? 0, mtu },
      ]),
    );
    const { interfaces: _, ...rest } = planned;
    return [planned.name, world.host(planned.name, attachments, rest)];
  });
  return { world, hosts: new Map(hosts) };
}

export class NetHost {
  readonly host: Host;
  readonly devices: ReadonlyMap<string, WireDevice>;
  readonly #world: NetWorld;

  constructor(world: NetWorld, host: Host, devices: ReadonlyMap<string, WireDevice>) {
    this.#world = world;
    this.host = host;
    this.devices = devices;
  }

  /** Runs a line to its end. */
  async run(line: string, stdin: string | Uint8Array = ''): Promise<RunResult> {
    const program = this.start(line, bytesSource(toBytes(stdin)));
    const status = await this.#world.finish(program.status);
    return { status, stdout: program.stdout, stderr: program.stderr };
  }

  /** Starts a line; time goes on only when the test says so. Its standard input stays open unless given. */
  start(line: string, stdin: ByteSource = idleSource): Program {
    return new Program(this.host, line, stdin);
  }
}

const idleSource: ByteSource = { read: () => new Promise(() => undefined) };

/** A command line that runs. */
export class Program {
  readonly status: Promise<number>;
  readonly #stdout = new CollectingSink();
  readonly #stderr = new CollectingSink();
  readonly #controller = new AbortController();

  constructor(host: Host, line: string, stdin: ByteSource) {
    const [stdout, stderr]: ByteSink[] = [this.#stdout, this.#stderr];
    assert(stdout !== undefined && stderr !== undefined, 'two sinks');
    this.status = host.run(line, { stdin, stdout, stderr, signal: this.#controller.signal });
  }

  get stdout(): string {
    return this.#stdout.text;
  }

  get stdoutBytes(): Uint8Array {
    return concatBytes([this.#stdout.bytes]);
  }

  get stderr(): string {
    return this.#stderr.text;
  }

  /** Ends it, as `kill` does. */
  kill(): void {
    this.#controller.abort();
  }
}

export const labZone = {
  origin: 'lab',
  defaultTtl: 300,
  records: [
    '@ IN SOA dns admin 1 3600 600 86400 30',
    '@ IN NS dns',
    'dns IN A 10.0.2.3',
    'server 60 IN A 10.0.2.2',
    'www IN CNAME server',
    'r1 IN A 10.0.1.1',
    'client IN A 10.0.1.2',
  ],
};
export const reverseZones = [
  {
    origin: '2.0.10.in-addr.arpa',
    defaultTtl: 300,
    records: ['@ SOA dns.lab. admin.lab. 1 1 1 1 30', '@ NS dns.lab.', '2 PTR server.lab.', '3 PTR dns.lab.'],
  },
  {
    origin: '1.0.10.in-addr.arpa',
    defaultTtl: 300,
    records: ['@ SOA dns.lab. admin.lab. 1 1 1 1 30', '@ NS dns.lab.', '1 PTR r1.lab.', '2 PTR client.lab.'],
  },
];

export interface SmallLab {
  readonly world: NetWorld;
  readonly client: NetHost;
  readonly router: NetHost;
  readonly server: NetHost;
  readonly dns: NetHost;
  readonly left: Wire;
  readonly right: Wire;
}

/**
 * client 10.0.1.2 - r1 10.0.1.1 / 10.0.2.1 - { server 10.0.2.2, dns 10.0.2.3 }: both wires 1 ms, the name server running,
 * ARP announcements over.
 */
export async function smallLab(
  planned: { readonly server?: Partial<PlannedHost>; readonly client?: Partial<PlannedHost> } = {},
): Promise<SmallLab> {
  const world = new NetWorld();
  const [left, right] = [world.wire(), world.wire()];
  const names = { nameservers: ['10.0.2.3'], searchDomain: 'lab' };
  const route = (gateway: string) => [{ destination: '0.0.0.0/0', gateway, interface: 'eth0', metric: 0 }];
  const client = world.host(
    'client',
    { eth0: { wire: left, addresses: ['10.0.1.2/24'] } },
    { ...names, routes: route('10.0.1.1'), ...planned.client },
  );
  const router = world.host(
    'r1',
    { eth0: { wire: left, addresses: ['10.0.1.1/24'] }, eth1: { wire: right, addresses: ['10.0.2.1/24'] } },
    { ...names, forwarding: true },
  );
  const server = world.host(
    'server',
    { eth0: { wire: right, addresses: ['10.0.2.2/24'] } },
    { ...names, routes: route('10.0.2.1'), ...planned.server },
  );
  const dns = world.host(
    'dns',
    { eth0: { wire: right, addresses: ['10.0.2.3/24'] } },
    {
      ...names,
      routes: route('10.0.2.1'),
      zones: [labZone, ...reverseZones],
      services: [{ name: 'named', command: 'named' }],
    },
  );
  await world.pass(3000);
  return { world, client, router, server, dns, left, right };
}
