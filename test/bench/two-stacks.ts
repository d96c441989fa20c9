// Two of our stacks on a link in this process, in real time; or with a router between them.
import { seededRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/host/real-clock.ts';
import { Stack } from '../../src/stack/stack.ts';
import type { MacAddress } from '../../src/stack/wire/mac-address.ts';
import { Link } from '../../src/wiring/link.ts';
import { ip, prefix } from '../support/stack-world.ts';

export const receiverAddress = ip('10.0.1.2');

export interface TwoStacks {
  readonly sender: Stack;
  /** At `receiverAddress`. */
  readonly receiver: Stack;
  dispose(): void;
}

export function twoStacks(mtu: number): TwoStacks {
  const world = new World(mtu);
  const sender = world.stack('sender');
  const receiver = world.stack('receiver');
  world.join(sender, '10.0.1.1/24', receiver, '10.0.1.2/24');
  return { sender, receiver, dispose: () => world.dispose() };
}

export function twoStacksAndRouter(mtu: number): TwoStacks {
  const world = new World(mtu);
  const sender = world.stack('sender');
  const router = world.stack('router');
  const receiver = world.stack('receiver');
  world.join(sender, '10.0.0.1/24', router, '10.0.0.2/24');
  world.join(router, '10.0.1.1/24', receiver, '10.0.1.2/24');
  router.setForwarding(true);
  sender.addRoute({ destination: prefix('0.0.0.0/0'), gateway: ip('10.0.0.2') });
  receiver.addRoute({ destination: prefix('0.0.0.0/0'), gateway: ip('10.0.1.1') });
  return { sender, receiver, dispose: () => world.dispose() };
}

class World {
  readonly #clock = new RealClock();
  readonly #mtu: number;
  readonly #parts: { dispose(): void }[] = [];
  #nextMac = 0x0200_0000_0001;

  constructor(mtu: number) {
    this.#mtu = mtu;
  }

  stack(hostName: string): Stack {
    const stack = new Stack({ clock: this.#clock, random: seededRandom(hostName), hostName });
    this.#parts.push(stack);
    return stack;
  }

  /** A link between the two, with an address for each end. */
  join(left: Stack, leftPrefix: string, right: Stack, rightPrefix: string): void {
    const link = new Link(this.#clock);
    for (const [stack, text] of [
      [left, leftPrefix],
      [right, rightPrefix],
    ] as const) {
      const device = link.attach({ macAddress: this.#nextMac as MacAddress, mtu: this.#mtu }); // 48 bits
      stack.addInterface(`eth${stack.interfaces.length - 1}`, device, [prefix(text)]);
      this.#nextMac += 1;
    }
    this.#parts.push(link);
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose();
  }
}
