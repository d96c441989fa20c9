// The Docker runtime: labs as containers and bridges of a Docker engine, which outlive the process that started them.
import type { Clock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import { randomBytes, type Random } from '../../base/random.ts';
import { toHex } from '../../base/bytes.ts';
import type { Plan } from '../../lab/plan.ts';
import type { ProgressListener } from '../progress.ts';
import type { RunningLab, Runtime, RuntimeFact, StartOptions } from '../runtime.ts';
import { applyChanges } from './apply.ts';
import { changeSet, isEmpty, removalOf } from './change-set.ts';
import { connectEngine } from './connect.ts';
import { DockerLab } from './docker-lab.ts';
import { statusOf, type Engine } from './engine.ts';
import { Fence } from './fence.ts';
import { findLabs, type FoundLab } from './found.ts';
import { Health } from './health.ts';
import { agentEntry, describeHostImage, ensureHostImage } from './images.ts';
import { defaultStateDirectory, Journal } from './journal.ts';
import { bridgeName, fingerprint, labelNames } from './labels.ts';
import { runTool } from './machine-tools.ts';
import { probeMachine, type Probe } from './probe.ts';
import { allocateSubnets, overlappingPrefixes } from './subnets.ts';
import { planHash, wantedLab, type WantedOptions } from './wanted.ts';

export interface DockerRuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where DOCKER_HOST and XDG_STATE_HOME are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the journal is kept; default `$XDG_STATE_HOME/ackademy`. */
  readonly stateDirectory?: string;
  /**
   * Whose labs these are: `adopt` and `removeAll` leave those of another scope alone. By default one scope per state
   * directory, and `removeAll` knows no scope.
   */
  readonly scope?: string;
  /** The program in the hosts; default: the agent. Tests of the runtime alone have a smaller one. */
  readonly agentEntry?: string;
}

/** Somebody else may take the same subnet between our look and our request. */
const subnetAttempts = 5;

export class DockerRuntime implements Runtime {
  readonly kind = 'docker';
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #probe: Probe;
  readonly #fence: Fence;
  readonly #journal: Journal;
  readonly #health: Health;
  /** This process's name towards agents. */
  readonly #client: string;
  #lines = 0;
  readonly #agentEntry: string;
  readonly #scope: string;
  readonly #removesEveryScope: boolean;
  readonly #labs = new Map<string, DockerLab>();
  /** Labs whose hosts are still to answer. */
  readonly #building = new Map<string, DockerLab>();
  readonly #starting = new Map<string, { readonly hash: string; readonly lab: Promise<DockerLab> }>();
  /** Subnets given to labs whose networks do not exist yet. */
  readonly #reserved = new Set<string>();

  private constructor(options: DockerRuntimeOptions, engine: Engine, probe: Probe) {
    this.#engine = engine;
    this.#clock = options.clock;
    this.#probe = probe;
    this.#fence = new Fence(probe, runTool);
    const stateDirectory = options.stateDirectory ?? defaultStateDirectory(options.environment);
    this.#journal = new Journal(stateDirectory);
    this.#scope = options.scope ?? fingerprint(stateDirectory);
    this.#removesEveryScope = options.scope === undefined;
    this.#agentEntry = options.agentEntry ?? agentEntry;
    this.#client = toHex(randomBytes(options.random, new Uint8Array(8)));
    this.#health = new Health(engine, options.clock, {
      onDeath: (labId, containerId) => (this.#building.get(labId) ?? this.#labs.get(labId))?.handleDeath(containerId),
      onReview: (running) => this.#labs.forEach((lab) => lab.review(running)),
    });
  }

  /** Connects to the engine and looks at its machine. Throws `Fault` engine-unreachable. */
  static async open(options: DockerRuntimeOptions): Promise<DockerRuntime> {
    const engine = await connectEngine(options.environment);
    const runtime = new DockerRuntime(options, engine, await probeMachine(engine.facts, runTool));
    await runtime.#health.open();
    return runtime;
  }

  async start(plan: Plan, options: StartOptions): Promise<RunningLab> {
    const hash = planHash(plan);
    const running = this.#labs.get(options.labId);
    if (running !== undefined && !running.ended) {
      if (planHash(running.plan) !== hash) throw labIdTaken(options.labId, 'runs with another plan');
      return running;
    }
    const pending = this.#starting.get(options.labId);
    if (pending !== undefined) {
      if (pending.hash !== hash) throw labIdTaken(options.labId, 'runs with another plan');
      return await pending.lab;
    }
    const lab = this.#start(plan, hash, options).finally(() => this.#starting.delete(options.labId));
    this.#starting.set(options.labId, { hash, lab });
    return await lab;
  }

  async adopt(progress?: ProgressListener): Promise<readonly RunningLab[]> {
    const unfinished = new Set(
      (await this.#journal.entries()).filter((entry) => entry.intent !== 'running').map((entry) => entry.labId),
    );
    const adopted: DockerLab[] = [];
    for (const found of await findLabs(this.#engine)) {
      if (found.scope !== this.#scope || this.#labs.has(found.labId) || this.#starting.has(found.labId)) continue;
      const lab = unfinished.has(found.labId) ? undefined : await this.#takeOver(found);
      if (lab === undefined) await this.#remove(found.labId, progress);
      else adopted.push(lab);
    }
    return adopted;
  }

  async removeAll(progress?: ProgressListener): Promise<readonly string[]> {
    await Promise.allSettled(Array.from(this.#starting.values(), (pending) => pending.lab));
    for (const lab of this.#labs.values()) lab.release('stopped', 'every lab was removed');
    const removed: string[] = [];
    for (const found of await findLabs(this.#engine)) {
      if (!this.#removesEveryScope && found.scope !== this.#scope) continue;
      await this.#remove(found.labId, progress);
      removed.push(`lab ${found.labId}`);
    }
    const images = this.#removesEveryScope ? await this.#engine.listImages(`${labelNames.kind}=image`) : [];
    for (const image of images) {
      await this.#engine.removeImage(image);
      removed.push(`image ${image}`);
    }
    for (const entry of await this.#journal.entries()) await this.#journal.forget(entry.labId);
    return removed;
  }

  async describe(): Promise<readonly RuntimeFact[]> {
    const { facts } = this.#engine;
    const image = await describeHostImage(facts.architecture, this.#agentEntry);
    const built = await this.#engine.hasImage(image.tag);
    return [
      {
        name: 'engine',
        value: `Docker ${facts.version} (API ${facts.apiVersion}), ${facts.operatingSystem}`,
        ok: true,
      },
      { name: 'kernel', value: facts.kernel, ok: true },
      { name: 'host image', value: `${image.tag}, ${built ? 'built' : 'built at the first start'}`, ok: true },
      {
        name: 'impairments',
        value: this.#probe.netem
          ? 'tc netem'
          : `agent model (${this.#probe.onMachine ? 'the kernel has no sch_netem' : 'tc needs root on the engine’s machine'})`,
        ok: true,
      },
      { name: 'fence', value: this.#fence.describe(), ok: this.#probe.dropFilter !== undefined },
      {
        name: 'connection tracking',
        value: this.#probe.untracked ? 'lab frames are left out' : 'may see lab frames',
        ok: this.#probe.untracked,
      },
    ];
  }

  async close(): Promise<void> {
    await Promise.allSettled(Array.from(this.#starting.values(), (pending) => pending.lab));
    this.#health.close();
    for (const lab of this.#labs.values()) lab.detach();
    this.#labs.clear();
  }

  async #start(plan: Plan, hash: string, options: StartOptions): Promise<DockerLab> {
    const { labId, progress, signal } = options;
    signal?.throwIfAborted();
    const [present] = await findLabs(this.#engine, labId);
    if (present !== undefined && present.scope !== this.#scope) throw labIdTaken(labId, 'belongs to another server');
    const image = await ensureHostImage(this.#engine, this.#agentEntry, progress);
    await this.#journal.write({ labId, planHash: hash, intent: 'starting' });
    let lab: DockerLab | undefined;
    try {
      for (let attempt = 1; lab === undefined; attempt += 1) {
        try {
          lab = await this.#build(plan, image, options);
        } catch (error) {
          if (!isPoolOverlap(error) || attempt === subnetAttempts) throw error;
        }
      }
      signal?.throwIfAborted();
      await this.#journal.write({ labId, planHash: hash, intent: 'running' });
      this.#labs.set(labId, lab);
      return lab;
    } catch (error) {
      lab?.detach();
      await this.#remove(labId).catch(() => undefined); // the start's own failure is the one to tell
      throw error;
    }
  }

  async #build(plan: Plan, image: string, options: StartOptions): Promise<DockerLab> {
    const { labId, progress, signal } = options;
    const [found, networks] = await Promise.all([findLabs(this.#engine, labId), this.#engine.listNetworks()]);
    this.#refuseTranslated(plan, networks);
    const subnets = this.#subnetsFor(
      plan,
      found[0],
      networks.flatMap((network) => network.subnets),
    );
    const wantedOptions: WantedOptions = {
      labId,
      scope: this.#scope,
      image,
      subnets,
      applier: this.#probe.netem ? 'tc netem' : 'agent model',
      startedAtMs: this.#clock.wallClock(),
    };
    const lab = this.#newLab(plan, wantedOptions);
    this.#building.set(labId, lab);
    try {
      const dead = this.#labs.get(labId)?.dead;
      const changes = changeSet(wantedLab(plan, wantedOptions), found[0] && withoutDead(found[0], dead));
      const ready: Promise<void>[] = [];
      const track = (host: string, id: string): void => {
        const booted = lab.addHost(host, id).ready();
        booted.catch(() => undefined); // awaited below, with the others
        ready.push(booted);
      };
      await applyChanges(this.#engine, this.#clock, changes, {
        progress,
        signal,
        onNetwork: (bridge) => this.#raiseFence(bridge),
        onContainer: track,
      });
      changes.kept.forEach((id, host) => track(host, id));
      await Promise.all(ready);
      return lab;
    } catch (error) {
      const { endReason } = lab;
      lab.detach();
      // A host that died says more than that it does not answer.
      if (endReason !== undefined)
        throw new Fault('host-down', `${endReason}.`, { place: { lab: labId }, cause: error });
      throw error;
    } finally {
      this.#building.delete(labId);
      for (const subnet of subnets.values()) this.#reserved.delete(subnet);
    }
  }

  /** A lab of an earlier process, if nothing of it is missing. */
  async #takeOver(found: FoundLab): Promise<DockerLab | undefined> {
    const { plan, image, applier } = found;
    if (plan === undefined || image === undefined || applier === undefined) return undefined;
    if (applier === 'tc netem' && !this.#probe.netem) return undefined; // nobody here could change its wires
    const subnets = new Map(found.networks.map((network) => [network.segment, network.subnet]));
    if (plan.segments.some((segment) => !subnets.has(segment.name))) return undefined;
    const options = { labId: found.labId, scope: found.scope, image, subnets, applier, startedAtMs: found.startedAtMs };
    const changes = changeSet(wantedLab(plan, options), found);
    if (!isEmpty(changes)) return undefined;
    await Promise.all(plan.segments.map((segment) => this.#raiseFence(bridgeName(found.labId, segment.name))));
    const lab = this.#newLab(plan, options);
    changes.kept.forEach((id, host) => lab.addHost(host, id));
    try {
      await lab.ready();
    } catch {
      lab.detach();
      return undefined; // its agents do not answer: broken, whatever it looks like
    }
    this.#labs.set(found.labId, lab);
    await this.#journal.write({ labId: found.labId, planHash: planHash(plan), intent: 'running' });
    return lab;
  }

  #newLab(plan: Plan, options: WantedOptions): DockerLab {
    return new DockerLab({
      engine: this.#engine,
      clock: this.#clock,
      run: runTool,
      id: options.labId,
      plan,
      applier: options.applier,
      startedAtMs: options.startedAtMs,
      newLineName: () => `${this.#client}-${(this.#lines += 1)}`,
      subnets: options.subnets,
      remove: (progress) => this.#remove(options.labId, progress),
    });
  }

  async #remove(labId: string, progress?: ProgressListener): Promise<void> {
    this.#labs.delete(labId);
    const [found] = await findLabs(this.#engine, labId);
    if (found !== undefined) {
      await this.#journal.write({ labId, planHash: '', intent: 'stopping' });
      await applyChanges(this.#engine, this.#clock, removalOf(found), { progress });
    }
    await this.#journal.forget(labId);
    if ((await this.#engine.listNetworks(labelNames.lab)).length === 0) await this.#fence.lower();
  }

  /** Segments keep the subnets that their networks have already. */
  #subnetsFor(plan: Plan, found: FoundLab | undefined, taken: readonly string[]): ReadonlyMap<string, string> {
    const own = new Map((found?.networks ?? []).map((network) => [network.segment, network.subnet]));
    const missing = plan.segments.filter((segment) => !own.has(segment.name));
    const requests = missing.map((segment) => ({ segment: segment.name, ends: segment.ends.length }));
    const given = allocateSubnets(requests, [...taken, ...this.#reserved]);
    for (const subnet of given.values()) this.#reserved.add(subnet);
    return new Map([...own, ...given]);
  }

  /** Where lab frames pass address translation, a network that is translated must not share the plan's addresses. */
  #refuseTranslated(plan: Plan, networks: Awaited<ReturnType<Engine['listNetworks']>>): void {
    if (this.#probe.untracked) return;
    const translated = networks.filter(
      (network) => network.options['com.docker.network.bridge.enable_ip_masquerade'] !== 'false',
    );
    const prefixes = plan.segments.flatMap((segment) => segment.prefixes);
    const [clash] = overlappingPrefixes(
      prefixes,
      translated.flatMap((network) => network.subnets),
    );
    if (clash === undefined) return;
    throw new Fault('engine-refused', `the lab's ${clash[0]} overlaps ${clash[1]}, which the engine translates`, {
      nextStep: 'Remove that network, or run the lab server as root on the engine’s machine.',
    });
  }

  async #raiseFence(bridge: string): Promise<void> {
    const failure = await this.#fence.raise(bridge);
    if (failure !== undefined)
      throw new Fault('engine-refused', `the fence around ${bridge} does not stand: ${failure}`);
  }
}

function isPoolOverlap(error: unknown): boolean {
  return statusOf(error) !== undefined && /pool overlaps/i.test(String(error));
}

function withoutDead(found: FoundLab, dead: ReadonlySet<string> = new Set()): FoundLab {
  return { ...found, containers: found.containers.map((one) => (dead.has(one.id) ? { ...one, running: false } : one)) };
}

function labIdTaken(labId: string, how: string): Fault {
  return new Fault('bad-argument', `a lab with the id ${labId} ${how}`, { place: { lab: labId } });
}
