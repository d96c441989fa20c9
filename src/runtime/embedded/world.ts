// A lab in memory: the plan's hosts on the plan's links and switches, with what is wrong with each wire. Pure apart from
// the hosts themselves: with a real clock it is a running lab, with a virtual one a simulation.
import { present } from '../../base/assert.ts';
import type { Clock, Milliseconds } from '../../base/clock.ts';
import { disposable, type Disposable } from '../../base/dispose.ts';
import { Fault } from '../../base/fault.ts';
import type { Random } from '../../base/random.ts';
import type { Host, HostReport } from '../../host/host.ts';
import { createLabHost } from '../../host/lab-host.ts';
import type { Plan, PlannedHost, PlannedInterface, PlannedSegment } from '../../lab/plan.ts';
import { parseMac } from '../../stack/wire/mac-address.ts';
import { CaptureDevice } from '../../wiring/devices/capture-device.ts';
import { ImpairedDevice } from '../../wiring/devices/impaired-device.ts';
import { impairmentProblem, type Impairment } from '../../wiring/impairment/impairment.ts';
import { Link } from '../../wiring/link.ts';
import type { Segment } from '../../wiring/segment.ts';
import { Switch } from '../../wiring/switch.ts';
import type { CapturedFrame } from '../runtime.ts';

export interface WorldOptions {
  readonly plan: Plan;
  readonly clock: Clock;
  /** Chance for one user of it, by its label: the same label gets the same draws when the world is to be repeatable. */
  randomFor(label: string): Random;
  /** News of hosts: a service that ended, a bug in a command. */
  report?(news: HostReport): void;
  /** Told as each segment and each host is there. */
  built?(kind: 'network' | 'host', name: string): void;
}

/** One interface's way to its segment: stack, capture, impairment, wire. */
interface Attached {
  readonly capture: CaptureDevice;
  readonly impaired: ImpairedDevice;
}

interface Inhabitant {
  readonly planned: PlannedHost;
  readonly attached: ReadonlyMap<string, Attached>;
  host: Host;
  boots: number;
}

export class World {
  readonly #options: WorldOptions;
  readonly #startMs: Milliseconds;
  readonly #segments = new Map<string, Segment>();
  readonly #inhabitants = new Map<string, Inhabitant>();
  #disposed = false;

  /** Builds everything and boots every host. Throws `Fault` when the plan cannot be made true; then nothing is left. */
  constructor(options: WorldOptions) {
    this.#options = options;
    this.#startMs = options.clock.now();
    try {
      for (const segment of options.plan.segments) this.#build(segment);
      for (const planned of options.plan.hosts) this.#settle(planned);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** ms since the lab's start. */
  get labMs(): Milliseconds {
    return this.#options.clock.now() - this.#startMs;
  }

  get hostNames(): readonly string[] {
    return Array.from(this.#inhabitants.keys());
  }

  /** The host as it runs now; another one after a restart. Throws `Fault` host-unknown. */
  host(name: string): Host {
    return this.#inhabitant(name).host;
  }

  /** Pulls the plug and boots again: same interfaces, same wires. */
  restart(name: string): Host {
    const inhabitant = this.#inhabitant(name);
    inhabitant.host.dispose();
    inhabitant.boots += 1;
    inhabitant.host = this.#boot(inhabitant.planned, inhabitant.attached, inhabitant.boots);
    return inhabitant.host;
  }

  /** Throws `Fault` host-unknown or bad-argument. */
  impair(host: string, interfaceName: string, impairment: Impairment): void {
    const problem = impairmentProblem(impairment);
    const { impaired } = this.#attached(host, interfaceName);
    if (problem !== undefined) {
      throw new Fault('bad-argument', `${problem.message}.`, { place: { host, key: problem.part } });
    }
    impaired.setImpairment(impairment);
  }

  impairmentOf(host: string, interfaceName: string): Impairment {
    return this.#attached(host, interfaceName).impaired.impairment;
  }

  /** Cuts one interface off both ways, or restores it. Throws `Fault` host-unknown or bad-argument. */
  setCut(host: string, interfaceName: string, cut: boolean): void {
    this.#attached(host, interfaceName).impaired.setCut(cut);
  }

  /** Throws `Fault` bad-argument for an unknown segment. */
  setSegment(name: string, state: 'up' | 'cut'): void {
    const segment = this.#segments.get(name);
    if (segment === undefined) throw new Fault('bad-argument', `the lab has no segment ${name}.`);
    segment.setCut(state === 'cut');
  }

  /** Shows every frame as the interfaces send and receive them, to one listener at a time. */
  capture(listener: (frame: CapturedFrame) => void): Disposable {
    this.#record(listener);
    return disposable(() => this.#record(undefined));
  }

  /** Ends every host; frames on their way are lost and no timer is left. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { host, attached } of this.#inhabitants.values()) {
      host.dispose();
      for (const { impaired } of attached.values()) impaired.dispose();
    }
    for (const segment of this.#segments.values()) segment.dispose();
  }

  #build({ name, kind }: PlannedSegment): void {
    const { clock } = this.#options;
    this.#segments.set(name, kind === 'link' ? new Link(clock) : new Switch(clock));
    this.#options.built?.('network', name);
  }

  #settle(planned: PlannedHost): void {
    const attached = new Map(planned.interfaces.map((one) => [one.name, this.#attach(planned.name, one)]));
    const host = this.#boot(planned, attached, 1);
    this.#inhabitants.set(planned.name, { planned, attached, host, boots: 1 });
    this.#options.built?.('host', planned.name);
  }

  #attach(host: string, planned: PlannedInterface): Attached {
    const { clock, randomFor } = this.#options;
    const segment = present(this.#segments.get(planned.segment), 'a plan names only segments that it has');
    const end = segment.attach({
      macAddress: present(parseMac(planned.mac), 'the MAC addresses of a plan are well-formed'),
      mtu: planned.mtu,
    });
    const random = randomFor(`impairment/${host}/${planned.name}`);
    const impaired = new ImpairedDevice(end, { clock, random, impairment: planned.egress });
    return { impaired, capture: new CaptureDevice(impaired, clock, planned.name) };
  }

  #boot(planned: PlannedHost, attached: ReadonlyMap<string, Attached>, boot: number): Host {
    const { clock, randomFor, report } = this.#options;
    return createLabHost({
      planned,
      devices: new Map(Array.from(attached, ([name, { capture }]) => [name, capture])),
      clock,
      random: randomFor(`host/${planned.name}/${boot}`),
      ...(report && { report }),
    });
  }

  #record(listener: ((frame: CapturedFrame) => void) | undefined): void {
    for (const [host, { attached }] of this.#inhabitants) {
      for (const { capture } of attached.values()) {
        capture.setRecorder(listener && ((record) => listener({ ...record, host, atMs: record.atMs - this.#startMs })));
      }
    }
  }

  #inhabitant(host: string): Inhabitant {
    const inhabitant = this.#inhabitants.get(host);
    if (inhabitant === undefined) {
      throw new Fault('host-unknown', `the lab has no host ${host}.`, {
        place: { host },
        nextStep: `Its hosts are ${this.hostNames.join(', ')}.`,
      });
    }
    return inhabitant;
  }

  #attached(host: string, interfaceName: string): Attached {
    const { attached } = this.#inhabitant(host);
    const found = attached.get(interfaceName);
    if (found !== undefined) return found;
    throw new Fault('bad-argument', `host ${host} has no interface ${interfaceName}.`, {
      place: { host, key: interfaceName },
      nextStep: `It has ${Array.from(attached.keys()).join(', ')}.`,
    });
  }
}
