// One host of a lab: its stack, files, programs and shells. The same class in both runtimes and in tests.
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/dispose.ts';
import { Emitter } from '../base/emitter.ts';
import { Fault } from '../base/fault.ts';
import type { Random } from '../base/random.ts';
import type { PlannedHost, PlannedService } from '../lab/plan.ts';
import type { NetworkDevice } from '../stack/device.ts';
import type { StackEvent, StackEventListener } from '../stack/events.ts';
import type { NetworkStack } from '../stack/network-stack.ts';
import { SocketError } from '../stack/sockets.ts';
import { parseIp, parsePrefix, type Prefix } from '../stack/wire/ip-address.ts';
import { zoneFilePath, zoneFileText } from './dns/zone-file.ts';
import { MemoryFiles } from './files.ts';
import { judgeStack } from './judge-stack.ts';
import { ProcessGroup, ProcessTable } from './processes.ts';
import type { ByteSink, ByteSource, CommandDefinition, HostServices, NameResolver } from './shell/command.ts';
import { InteractiveShell } from './shell/interactive-shell.ts';
import { emptySource } from './shell/pipe.ts';
import { Shell, type ShellEnvironment } from './shell/shell.ts';
import type { TerminalOutput, TerminalSize } from './shell/terminal.ts';

export interface HostOptions {
  readonly planned: PlannedHost;
  /** Interface name -> what moves its frames; one for every planned interface. */
  readonly devices: ReadonlyMap<string, NetworkDevice>;
  readonly clock: Clock;
  readonly random: Random;
  readonly commands: readonly CommandDefinition[];
  createStack(clock: Clock, random: Random, onEvent: StackEventListener): NetworkStack;
  /** The resolver; everything else of the host is there already. */
  createResolver(host: Omit<HostServices, 'resolver'>, planned: PlannedHost): NameResolver;
  /** News for the log of whoever runs the host: a service that ended, a bug in a command. */
  report?(news: HostReport): void;
}

export type HostReport =
  | { readonly kind: 'service-ended'; readonly host: string; readonly service: ServiceState }
  | { readonly kind: 'bug'; readonly host: string; readonly command: string; readonly error: unknown };

/** A service of the plan: `status` is undefined while it runs. */
export interface ServiceState {
  readonly name: string;
  readonly command: string;
  readonly status: number | undefined;
  /** Where its output goes. */
  readonly logFile: string;
}

export interface RunStreams {
  readonly stdin: ByteSource;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  /** Aborting interrupts the command as Ctrl-C does. */
  readonly signal?: AbortSignal;
  /** The command is the judge's: it takes ports that nobody else uses, and asks name servers itself. */
  readonly asJudge?: boolean;
}

export class Host {
  readonly name: string;
  readonly stack: NetworkStack;
  readonly services: HostServices;
  readonly #options: HostOptions;
  readonly #stackEvents = new Emitter<StackEvent>();
  readonly #processes: ProcessTable;
  readonly #environment: ShellEnvironment;
  readonly #shells = new Set<InteractiveShell>();
  readonly #states = new Map<string, ServiceState>();
  /** What ends each sleep at once, when the host ends. */
  readonly #sleeps = new Set<() => void>();
  #terminals = 0;
  #disposed = false;

  /** Throws `Fault` when the plan cannot be made true: what is wrong in it is said with its place. */
  constructor(options: HostOptions) {
    const { planned, clock, random } = options;
    this.#options = options;
    this.name = planned.name;
    this.stack = options.createStack(clock, random, (event) => this.#stackEvents.emit(event));
    this.#processes = new ProcessTable(clock);
    const files = new MemoryFiles();
    const withoutResolver = {
      name: planned.name,
      clock,
      random,
      stack: this.stack,
      files,
      processes: this.#processes,
      sleep: (delayMs: number, signal?: AbortSignal) => this.#sleep(delayMs, signal),
    };
    writeFiles(files, planned);
    configureStack(this.stack, options);
    this.services = { ...withoutResolver, resolver: options.createResolver(withoutResolver, planned) };
    this.#environment = {
      services: this.services,
      processes: this.#processes,
      commands: options.commands,
      bug: (error, command) => options.report?.({ kind: 'bug', host: this.name, command, error }),
    };
    for (const service of planned.services) void this.#runService(service);
  }

  /** The services of the plan, in its order. */
  get serviceStates(): readonly ServiceState[] {
    return Array.from(this.#states.values());
  }

  /** Opens a shell with a terminal; `closed` is called once, when it has ended. */
  openShell(size: TerminalSize, output: TerminalOutput, closed: () => void): InteractiveShell {
    this.#refuseWhenDisposed();
    const shell: InteractiveShell = new InteractiveShell({
      environment: this.#environment,
      name: `pts/${this.#terminals++}`,
      size,
      output,
      greeting: this.#greeting(),
      closed: () => {
        queueMicrotask(() => this.#shells.delete(shell)); // it may close before this constructor has returned
        closed();
      },
    });
    this.#shells.add(shell);
    return shell;
  }

  /** Runs one command line without a terminal and gives its exit status. */
  async run(line: string, streams: RunStreams): Promise<number> {
    this.#refuseWhenDisposed();
    const shell = new Shell(streams.asJudge === true ? this.#judgeEnvironment() : this.#environment);
    const group = new ProcessGroup();
    const interrupt = (): void => group.kill('TERM');
    if (streams.signal?.aborted === true) return 130;
    streams.signal?.addEventListener('abort', interrupt);
    try {
      const { stdin, stdout, stderr } = streams;
      return await shell.runLine(line, { stdin: () => stdin, stdout, stderr, isTerminal: false }, group);
    } finally {
      streams.signal?.removeEventListener('abort', interrupt);
    }
  }

  /** Hears what happens in the stack, until disposed. */
  onStackEvent(listener: StackEventListener): Disposable {
    return this.#stackEvents.on(listener);
  }

  /** Pulls the plug: programs end, sockets vanish without a word, no timer is left. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const shell of Array.from(this.#shells)) shell.close();
    this.#processes.killAll('KILL');
    for (const wake of Array.from(this.#sleeps)) wake();
    this.stack.dispose();
  }

  /** Names are looked up anew each time: a check neither fills nor uses the host's cache. */
  #judgeEnvironment(): ShellEnvironment {
    const { resolver: _, ...others } = this.services;
    const services = { ...others, stack: judgeStack(this.stack) };
    const resolver = this.#options.createResolver(services, this.#options.planned);
    return { ...this.#environment, services: { ...services, resolver } };
  }

  #refuseWhenDisposed(): void {
    if (this.#disposed)
      throw new Fault('host-down', `host ${this.name} is not running.`, { place: { host: this.name } });
  }

  #sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true || this.#disposed) {
        resolve();
        return;
      }
      const wake = (): void => {
        timer.cancel();
        this.#sleeps.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = this.#options.clock.schedule(delayMs, wake);
      this.#sleeps.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  async #runService(service: PlannedService): Promise<void> {
    const logFile = `/var/log/${service.name}.log`;
    const running: ServiceState = { name: service.name, command: service.command, status: undefined, logFile };
    this.#states.set(service.name, running);
    const log = boundedLog(this.services, logFile);
    const shell = new Shell(this.#environment);
    const streams = { stdin: () => emptySource, stdout: log, stderr: log, isTerminal: false };
    const status = await shell.runLine(service.command, streams, new ProcessGroup());
    const ended: ServiceState = { ...running, status };
    this.#states.set(service.name, ended);
    if (!this.#disposed) this.#options.report?.({ kind: 'service-ended', host: this.name, service: ended });
  }

  #greeting(): string {
    const ended = this.serviceStates.filter(({ status }) => status !== undefined);
    const lines = ended.map(
      ({ name, status, logFile }) => `Service ${name} has ended with status ${status ?? 0}: see ${logFile}`,
    );
    return [`This is ${this.name}. Type 'help' for the commands, 'man NAME' for one of them.`, ...lines].join('\n');
  }
}

/** A service's log keeps its newest bytes: when it is longer than this, the older half goes. */
const logLimitBytes = 256 * 1024;

function boundedLog(host: Pick<HostServices, 'files'>, logFile: string): ByteSink {
  const encoder = new TextEncoder();
  host.files.write(logFile, new Uint8Array(0));
  let size = 0;
  return {
    async write(data) {
      const bytes = typeof data === 'string' ? encoder.encode(data) : data;
      size += bytes.length;
      host.files.append(logFile, bytes);
      if (size <= logLimitBytes) return;
      const kept = (host.files.read(logFile) ?? bytes).slice(-logLimitBytes / 2);
      host.files.write(logFile, kept);
      size = kept.length;
    },
  };
}

function writeFiles(files: MemoryFiles, planned: PlannedHost): void {
  const encoder = new TextEncoder();
  const servers = planned.nameservers.map((address) => `nameserver ${address}\n`).join('');
  const search = planned.searchDomain === '' ? '' : `search ${planned.searchDomain}\n`;
  const made = {
    '/etc/hostname': `${planned.name}\n`,
    '/etc/hosts': `127.0.0.1 localhost\n::1 localhost\n`,
    '/etc/resolv.conf': search + servers,
  };
  const zones = Object.fromEntries(planned.zones.map((zone) => [zoneFilePath(zone.origin), zoneFileText(zone)]));
  for (const [path, text] of Object.entries({ ...made, ...zones, ...planned.files }))
    files.write(path, encoder.encode(text));
}

function configureStack(stack: NetworkStack, { planned, devices }: HostOptions): void {
  const place = (key: string): { readonly place: { readonly host: string; readonly key: string } } => ({
    place: { host: planned.name, key },
  });
  const knobs = { 'net.ipv4.ip_forward': planned.forwarding ? '1' : '0', ...planned.knobs };
  stack.setForwarding(planned.forwarding);
  for (const [name, value] of Object.entries(knobs)) {
    const why = stack.readKnob(name) === undefined ? 'there is no such knob' : stack.writeKnob(name, value);
    if (why !== undefined) throw new Fault('template-invalid', `${name}=${value}: ${why}.`, place('knobs'));
  }
  for (const one of planned.interfaces) {
    const device = devices.get(one.name);
    if (device === undefined) throw new Fault('internal', `no device for ${one.name}.`, place(one.name));
    stack.addInterface(
      one.name,
      device,
      one.addresses.map((text) => prefixOf(text, planned.name)),
    );
  }
  for (const route of planned.routes) {
    const gateway = route.gateway === undefined ? undefined : parseIp(route.gateway);
    try {
      stack.addRoute({
        destination: prefixOf(route.destination, planned.name),
        ...(gateway === undefined ? {} : { gateway }),
        interface: route.interface,
        metric: route.metric,
      });
    } catch (cause) {
      if (!(cause instanceof SocketError)) throw cause;
      throw new Fault('template-invalid', `route to ${route.destination}: ${cause.message}.`, {
        ...place('routes'),
        cause,
      });
    }
  }
}

function prefixOf(text: string, host: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Fault('template-invalid', `'${text}' is no prefix.`, { place: { host } });
  return prefix;
}
