// The Docker engine in the few words that we need; the only file that knows dockerode.
import Docker from 'dockerode';
import { Fault } from '../../base/fault.ts';
import type { Labels } from './labels.ts';

/** How to reach an engine. */
export type EngineAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  readonly machine: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly operatingSystem: string;
}

export interface EngineContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  readonly labels: Labels;
  /** Network name -> the kernel interface's address there; empty text while it has none. */
  readonly addresses: Readonly<Record<string, string>>;
}

export interface EngineNetwork {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly subnets: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

export interface NetworkSpecification {
  readonly name: string;
  readonly labels: Labels;
  readonly subnet: string;
  readonly gateway: string;
  readonly options: Readonly<Record<string, string>>;
}

export interface ContainerEndpoint {
  readonly network: string;
  readonly address: string;
}

export interface ContainerSpecification {
  readonly name: string;
  readonly labels: Labels;
  readonly image: string;
  readonly hostname: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly endpoints: readonly ContainerEndpoint[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly processes: number;
}

export interface EngineEvent {
  /** The engine's word: `die`. */
  readonly action: string;
  readonly containerId: string;
  readonly labels: Labels;
}

/** The newest API version that this file was written for. */
const newestApiVersion = '1.47';

export class Engine {
  readonly facts: EngineFacts;
  readonly #docker: Docker;

  private constructor(docker: Docker, facts: EngineFacts) {
    this.#docker = docker;
    this.facts = facts;
  }

  /** Agrees on an API version with the engine. Throws what the connection threw: `connect` explains it. */
  static async open(address: EngineAddress): Promise<Engine> {
    const where = address.kind === 'socket' ? { socketPath: address.path } : { host: address.host, port: address.port };
    const version = await new Docker({ ...where, timeout: 15_000 }).version();
    const apiVersion = lowerVersion(version.ApiVersion, newestApiVersion);
    const docker = new Docker({ ...where, version: `v${apiVersion}` });
    const info = (await docker.info()) as { Name?: string; OperatingSystem?: string };
    return new Engine(docker, {
      version: version.Version,
      apiVersion,
      machine: info.Name ?? '',
      kernel: version.KernelVersion ?? '',
      architecture: version.Arch,
      operatingSystem: info.OperatingSystem ?? '',
    });
  }

  /** Containers that wear `label`, running or not. */
  async listContainers(label: string): Promise<readonly EngineContainer[]> {
    const found = await this.#ask('listing containers', () =>
      this.#docker.listContainers({ all: true, filters: { label: [label] } }),
    );
    return found.map((container) => ({
      id: container.Id,
      name: (container.Names[0] ?? '').replace(/^\//, ''),
      image: container.Image,
      state: container.State,
      labels: container.Labels,
      addresses: Object.fromEntries(
        Object.entries(container.NetworkSettings.Networks).map(([name, endpoint]) => [
          name,
          // A container that does not run has no address yet, but what was asked for.
          endpoint.IPAddress || ((endpoint.IPAMConfig as { IPv4Address?: string } | null)?.IPv4Address ?? ''),
        ]),
      ),
    }));
  }

  async listNetworks(label?: string): Promise<readonly EngineNetwork[]> {
    const filters: Record<string, string[]> = label === undefined ? {} : { label: [label] };
    const found = await this.#ask('listing networks', () => this.#docker.listNetworks({ filters }));
    return found.map((network) => ({
      id: network.Id,
      name: network.Name,
      labels: network.Labels ?? {},
      subnets: (network.IPAM?.Config ?? []).flatMap((pool) => (pool.Subnet === undefined ? [] : [pool.Subnet])),
      options: network.Options ?? {},
    }));
  }

  /** Gives the network's id. */
  async createNetwork(network: NetworkSpecification): Promise<string> {
    const created = await this.#ask(`creating network ${network.name}`, () =>
      this.#docker.createNetwork({
        Name: network.name,
        Driver: 'bridge',
        CheckDuplicate: true,
        Labels: { ...network.labels },
        Options: { ...network.options },
        IPAM: { Driver: 'default', Config: [{ Subnet: network.subnet, Gateway: network.gateway }] },
      }),
    );
    return created.id;
  }

  async removeNetwork(id: string): Promise<void> {
    await this.#ask('removing a network', () => this.#docker.getNetwork(id).remove(), [404]);
  }

  /** Creates the container with all its endpoints; does not start it. Gives its id. */
  async createContainer(container: ContainerSpecification): Promise<string> {
    const [first, ...others] = container.endpoints;
    const created = await this.#ask(`creating container ${container.name}`, () =>
      this.#docker.createContainer(createOptions(container, first)),
    );
    // Engines before API 1.44 take one endpoint at creation; on a container that does not run, another is cheap.
    for (const endpoint of others) {
      await this.#ask(`connecting ${container.name} to ${endpoint.network}`, () =>
        this.#docker.getNetwork(endpoint.network).connect({
          Container: created.id,
          EndpointConfig: { IPAMConfig: { IPv4Address: endpoint.address } },
        }),
      );
    }
    return created.id;
  }

  async startContainer(id: string): Promise<void> {
    await this.#ask('starting a container', () => this.#docker.getContainer(id).start(), [304]);
  }

  /** Kills the container and starts it again, with the same endpoints. */
  async restartContainer(id: string): Promise<void> {
    await this.#ask('restarting a container', () => this.#docker.getContainer(id).restart({ t: 0 }));
  }

  /** Kills and removes the container; one that is gone is fine. */
  async removeContainer(id: string): Promise<void> {
    await this.#ask(
      'removing a container',
      () => this.#docker.getContainer(id).remove({ force: true, v: true }),
      [404],
    );
  }

  /** The process id of the container's first process on the engine's machine; 0 when it does not run. */
  async containerProcess(id: string): Promise<number> {
    const inspection = await this.#ask('inspecting a container', () => this.#docker.getContainer(id).inspect());
    return inspection.State.Pid;
  }

  /** The container's standard streams, multiplexed as the engine does (see stream-demultiplexer.ts). */
  async attach(id: string): Promise<NodeJS.ReadWriteStream> {
    return await this.#ask('attaching to a container', () =>
      this.#docker.getContainer(id).attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true }),
    );
  }

  /** Hears of containers with `label` that end, until the returned stream is destroyed or ends by itself. */
  async events(
    label: string,
    listener: { readonly onEvent: (event: EngineEvent) => void; readonly onEnd: () => void },
  ): Promise<{ destroy(): void }> {
    const stream = await this.#ask('listening to events', () =>
      this.#docker.getEvents({ filters: { type: ['container'], event: ['die'], label: [label] } }),
    );
    let pending = '';
    stream.on('data', (bytes: Buffer) => {
      const lines = (pending + bytes.toString()).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines.filter((text) => text.trim() !== '')) {
        const event = JSON.parse(line) as { Action: string; Actor: { ID: string; Attributes: Record<string, string> } };
        listener.onEvent({ action: event.Action, containerId: event.Actor.ID, labels: event.Actor.Attributes });
      }
    });
    stream.on('error', () => undefined); // its end follows
    stream.on('close', () => listener.onEnd());
    return stream as unknown as { destroy(): void }; // an IncomingMessage
  }

  async hasImage(tag: string): Promise<boolean> {
    return (await this.#ask('looking for an image', () => this.#docker.getImage(tag).inspect(), [404])) !== undefined;
  }

  /** Tags (or ids of what has none) of the images that wear `label`. */
  async listImages(label: string): Promise<readonly string[]> {
    const found = await this.#ask('listing images', () => this.#docker.listImages({ filters: { label: [label] } }));
    return found.map((image) => image.RepoTags?.[0] ?? image.Id);
  }

  async removeImage(tag: string): Promise<void> {
    await this.#ask('removing an image', () => this.#docker.getImage(tag).remove({ force: true }), [404]);
  }

  /** Builds an image from a tar stream; `progress` gets the engine's lines. Throws `Fault` image-build-failed. */
  async buildImage(
    context: NodeJS.ReadableStream,
    options: { readonly tag: string; readonly labels: Labels; readonly arguments: Readonly<Record<string, string>> },
    progress: (line: string) => void,
  ): Promise<void> {
    const stream = await this.#ask('building the host image', () =>
      this.#docker.buildImage(context, {
        t: options.tag,
        labels: { ...options.labels },
        buildargs: { ...options.arguments },
        rm: true,
        forcerm: true,
        pull: undefined,
      }),
    );
    await new Promise<void>((resolve, reject) => {
      let failure: string | undefined;
      this.#docker.modem.followProgress(
        stream,
        (error) => {
          const reason = failure ?? error?.message;
          if (reason === undefined) resolve();
          else reject(new Fault('image-build-failed', `the host image could not be built: ${reason}`));
        },
        (step: { stream?: string; error?: string }) => {
          if (step.error !== undefined) failure = step.error;
          const line = step.stream?.trim() ?? '';
          if (line !== '') progress(line);
        },
      );
    });
  }

  /** Undefined for a status in `expected`; any other refusal becomes a `Fault`. */
  async #ask<T>(what: string, question: () => Promise<T>): Promise<T>;
  async #ask<T>(what: string, question: () => Promise<T>, expected: readonly number[]): Promise<T | undefined>;
  async #ask<T>(what: string, question: () => Promise<T>, expected: readonly number[] = []): Promise<T | undefined> {
    try {
      return await question();
    } catch (error) {
      const status = statusOf(error);
      if (status !== undefined && expected.includes(status)) return undefined;
      throw engineFault(what, error, status);
    }
  }
}

/** The HTTP status of an engine's refusal; undefined when the engine did not answer. */
export function statusOf(error: unknown): number | undefined {
  const source = error instanceof Fault ? error.cause : error;
  const status = (source as { statusCode?: unknown } | null | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function engineFault(what: string, error: unknown, status: number | undefined): Fault {
  const details = error as { json?: { message?: string }; message?: string } | undefined;
  const reason = details?.json?.message ?? details?.message ?? String(error);
  if (status === undefined) {
    return new Fault('engine-unreachable', `${what}: the Docker engine does not answer (${reason.trim()}).`, {
      cause: error,
      nextStep: 'Is it still running?',
    });
  }
  return new Fault('engine-refused', `${what}: ${reason.trim()}`, { cause: error });
}

function createOptions(
  container: ContainerSpecification,
  first: ContainerEndpoint | undefined,
): Docker.ContainerCreateOptions {
  return {
    name: container.name,
    Image: container.image,
    Hostname: container.hostname,
    Labels: { ...container.labels },
    Env: Object.entries(container.environment).map(([name, value]) => `${name}=${value}`),
    Tty: false,
    OpenStdin: true, // the control channel; stays open when an orchestrator leaves
    StdinOnce: false,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    HostConfig: {
      NetworkMode: first?.network ?? 'none',
      CapDrop: ['ALL'],
      CapAdd: [...container.capabilities],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=8m' },
      Sysctls: { ...container.sysctls },
      Dns: ['127.0.0.1'], // nobody answers there: the engine's own resolver must not lead out of the lab
      Memory: container.memoryBytes,
      MemorySwap: container.memoryBytes,
      NanoCpus: container.cpus * 1e9,
      PidsLimit: container.processes,
      IpcMode: 'private',
      ShmSize: 65_536,
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
    },
    ...(first === undefined
      ? {}
      : {
          NetworkingConfig: {
            EndpointsConfig: { [first.network]: { IPAMConfig: { IPv4Address: first.address } } },
          },
        }),
  };
}

/** The lower of two API versions such as 1.41 and 1.9, compared by parts. */
export function lowerVersion(a: string, b: string): string {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor < bMajor || (aMajor === bMajor && aMinor <= bMinor) ? a : b;
}
