// The hosts, routers, links and switches of one run, each host a whole stack, on one virtual clock.
import { present } from '../../src/base/assert.ts';
import { seededRandom, type SeededRandom } from '../../src/base/random.ts';
import { Stack } from '../../src/stack/stack.ts';
import type { MacAddress } from '../../src/stack/wire/mac-address.ts';
import { ImpairedDevice } from '../../src/wiring/devices/impaired-device.ts';
import { noImpairment, type Impairment } from '../../src/wiring/impairment/impairment.ts';
import { Link } from '../../src/wiring/link.ts';
import type { Segment } from '../../src/wiring/segment.ts';
import { Switch } from '../../src/wiring/switch.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { ip, prefix } from '../support/stack-world.ts';
import type { RunPlan } from './campaign.ts';

/** Segment `n` is 10.0.n.0/24; whoever is nearer to the client is .1 on it, whoever is nearer to the server .2. */
export class Network {
  readonly clock = new VirtualClock();
  readonly client: Stack;
  readonly server: Stack;
  readonly serverAddress;
  readonly #random: SeededRandom;
  readonly #stacks: Stack[] = [];
  readonly #segments: Segment[] = [];
  readonly #devices: ImpairedDevice[] = [];

  constructor(plan: RunPlan) {
    this.#random = seededRandom(plan.seed);
    this.client = this.#host('client', plan.client.knobs);
    this.server = this.#host('server', plan.server.knobs);
    const routers = plan.mtus.slice(1).map((_, index) => this.#host(`r${index + 1}`, plan.client.knobs));
    const chain = [this.client, ...routers, this.server];
    const last = plan.mtus.length - 1;
    plan.mtus.forEach((mtu, index) => {
      const isSwitch = plan.topology === 'switch' || (plan.topology === 'router' && index === last);
      const segment = isSwitch ? new Switch(this.clock) : new Link(this.clock);
      this.#segments.push(segment);
      const left = present(chain[index], 'one host more than segments');
      const right = present(chain[index + 1], 'one host more than segments');
      const leftEgress = index === 0 ? plan.client.egress : plan.routerEgress;
      const rightEgress = index === last ? plan.server.egress : plan.routerEgress;
      this.#join(left, segment, index === 0 ? 'eth0' : 'eth1', `10.0.${index}.1/24`, mtu, leftEgress);
      this.#join(right, segment, 'eth0', `10.0.${index}.2/24`, mtu, rightEgress);
      if (isSwitch) this.#join(this.#host('bystander', {}), segment, 'eth0', `10.0.${index}.3/24`, mtu, noImpairment);
    });
    this.serverAddress = ip(`10.0.${last}.2`);
    if (last > 0) this.#route(routers, last);
  }

  /** Frames and timers that are on their way. */
  get pendingTimers(): number {
    return this.clock.pending;
  }

  dispose(): void {
    for (const stack of this.#stacks) stack.dispose();
    for (const device of this.#devices) device.dispose();
    for (const segment of this.#segments) segment.dispose();
  }

  #host(hostName: string, knobs: Readonly<Record<string, string>>): Stack {
    const stack = new Stack({ clock: this.clock, random: this.#random.fork(`host/${hostName}`), hostName });
    for (const [name, value] of Object.entries(knobs)) {
      const problem = stack.writeKnob(name, value);
      if (problem !== undefined) throw new Error(problem);
    }
    this.#stacks.push(stack);
    return stack;
  }

  #join(stack: Stack, segment: Segment, name: string, address: string, mtu: number, egress: Impairment): void {
    const macAddress = (0x0200_0000_0001 + this.#devices.length) as MacAddress; // 48 bits, locally administered
    const device = new ImpairedDevice(segment.attach({ macAddress, mtu }), {
      clock: this.clock,
      random: this.#random.fork(`egress/${stack.hostName}/${name}`),
      impairment: egress,
    });
    this.#devices.push(device);
    stack.addInterface(name, device, [prefix(address)]);
  }

  #route(routers: readonly Stack[], last: number): void {
    const everything = prefix('0.0.0.0/0');
    this.client.addRoute({ destination: everything, gateway: ip('10.0.0.2') });
    this.server.addRoute({ destination: everything, gateway: ip(`10.0.${last}.1`) });
    routers.forEach((router, index) => {
      router.setForwarding(true);
      if (index > 0) router.addRoute({ destination: prefix('10.0.0.0/24'), gateway: ip(`10.0.${index}.1`) });
      const isLast = index === routers.length - 1;
      if (!isLast) router.addRoute({ destination: prefix(`10.0.${last}.0/24`), gateway: ip(`10.0.${index + 1}.2`) });
    });
  }
}
