// The clock of a stack's steps: read once in a step, never stale after an application's work.
import { expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Stack } from '../../src/stack/stack.ts';
import { StepClock } from '../../src/stack/step-clock.ts';
import { Link } from '../../src/wiring/link.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import type { MacAddress } from '../../src/stack/wire/mac-address.ts';
import { ip, prefix } from '../support/stack-world.ts';

/** Time that also passes while somebody works, as real time does. */
class WorkingClock implements Clock {
  readonly #virtual: VirtualClock;
  workedMs = 0;
  reads = 0;

  constructor(virtual: VirtualClock) {
    this.#virtual = virtual;
  }

  now(): number {
    this.reads += 1;
    return this.#virtual.now() + this.workedMs;
  }

  schedule(delayMs: number, callback: () => void): ReturnType<Clock['schedule']> {
    return this.#virtual.schedule(delayMs, callback);
  }

  wallClock(): number {
    return this.#virtual.wallClock();
  }
}

test('stands still in a step, runs in between, and goes on at a new time after what interrupts a step', () => {
  const working = new WorkingClock(new VirtualClock());
  const clock = new StepClock(working);
  const work = (): number => (working.workedMs += 10);
  const before = clock.enter();
  expect(clock.now()).toBe(0);
  work();
  expect(clock.now()).toBe(0);
  const step = clock.run();
  expect([clock.now(), work() && clock.now()]).toEqual([10, 20]);
  const inner = clock.enter(); // a socket call from a handler
  expect([clock.now(), work() && clock.now()]).toEqual([20, 20]);
  clock.leave(inner);
  expect(clock.now()).toBe(30);
  work();
  clock.leave(step);
  expect([clock.now(), work() && clock.now()]).toEqual([40, 40]);
  clock.leave(before);
  expect(clock.now()).toBe(50);
});

test('a retransmission timer that follows a handler of half a second is not early', () => {
  const virtual = new VirtualClock();
  const working = new WorkingClock(virtual);
  const link = new Link(working);
  const resentAtMs: number[] = [];
  const stackOf = (hostName: string, index: number): Stack => {
    const stack = new Stack({
      clock: working,
      random: seededRandom(hostName),
      hostName,
      onEvent: (event) => event.kind === 'tcp-retransmit' && resentAtMs.push(working.now()),
    });
    const device = link.attach({ macAddress: (0x0200_0000_0001 + index) as MacAddress, mtu: 1500 });
    stack.addInterface('eth0', device, [prefix(`10.0.0.${index + 1}/24`)]);
    return stack;
  };
  const client = stackOf('client', 0);
  const server = stackOf('server', 1);
  let answeredAtMs = 0;
  const listener = server.listenTcp({
    port: 80,
    acceptable: () => {
      const socket = listener.accept();
      if (socket === undefined) return;
      socket.handlers = {
        readable: () => {
          socket.receive();
          working.workedMs += 500; // the handler works, then answers; the answer is lost
          link.setCut(true);
          answeredAtMs = working.now();
          socket.send(Uint8Array.of(1));
        },
      };
    },
  });
  const socket = client.connectTcp({ address: ip('10.0.0.2'), port: 80 }, { handlers: {} });
  virtual.runFor(5);
  socket.send(Uint8Array.of(1));
  virtual.runFor(5000);
  expect(answeredAtMs).toBeGreaterThan(500);
  const first = resentAtMs.find((atMs) => atMs >= answeredAtMs) ?? 0;
  expect(resentAtMs.every((atMs) => atMs < answeredAtMs || atMs >= answeredAtMs + 200)).toBe(true);
  expect(first).toBeGreaterThanOrEqual(answeredAtMs + 200);
  client.dispose();
  server.dispose();
  link.dispose();
});
