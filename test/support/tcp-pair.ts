// Two TCPs with a bad pipe between them: seeded loss, delay, reordering, duplication and corruption, in virtual time.
import { fraction, seededRandom, type SeededRandom } from '../../src/base/random.ts';
import type { StackEvent } from '../../src/stack/events.ts';
import { ipKnobs } from '../../src/stack/ip/knobs.ts';
import { Knobs } from '../../src/stack/knobs.ts';
import { newTcpCounters } from '../../src/stack/tcp/counters.ts';
import { tcpKnobs } from '../../src/stack/tcp/knobs.ts';
import { StepClock } from '../../src/stack/step-clock.ts';
import { Tcp } from '../../src/stack/tcp/tcp.ts';
import type { Ipv4Address } from '../../src/stack/wire/ip-address.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { PacketOnlyInternet } from './packet-only-internet.ts';

export interface PipeOptions {
  readonly delayMs: number;
  /** Each packet is up to this much later. */
  readonly jitterMs?: number;
  /** Shares, 0 .. 1. */
  readonly loss?: number;
  readonly duplicate?: number;
  readonly corrupt?: number;
  /** Share of packets held back by another delay. */
  readonly reorder?: number;
  readonly mtu?: number;
}

/** One host: TCP, and what it has said. */
export class PairEnd {
  readonly internet: PacketOnlyInternet;
  readonly knobs = new Knobs(ipKnobs, tcpKnobs);
  readonly counters = newTcpCounters();
  readonly events: StackEvent[] = [];
  readonly tcp: Tcp;
  /** Packets given to the pipe. */
  sent = 0;

  constructor(clock: VirtualClock, random: SeededRandom, address: number, mtu: number) {
    this.internet = new PacketOnlyInternet(address as Ipv4Address, mtu);
    this.tcp = new Tcp({
      internet: this.internet,
      clock: new StepClock(clock),
      random,
      knobs: this.knobs,
      counters: this.counters,
      drop: () => undefined,
      onEvent: (event) => this.events.push(event),
    });
  }
}

export class TcpPair {
  readonly clock = new VirtualClock();
  readonly client: PairEnd;
  readonly server: PairEnd;
  readonly #random: SeededRandom;

  constructor(seed: string | number, options: PipeOptions) {
    const random = seededRandom(seed);
    this.#random = random.fork('pipe');
    const mtu = options.mtu ?? 1500;
    this.client = new PairEnd(this.clock, random.fork('client'), 0x0a00_0001, mtu);
    this.server = new PairEnd(this.clock, random.fork('server'), 0x0a00_0002, mtu);
    this.#join(this.client, this.server, options);
    this.#join(this.server, this.client, options);
  }

  #join(from: PairEnd, to: PairEnd, options: PipeOptions): void {
    const chance = (share: number | undefined): boolean =>
      share !== undefined && share > 0 && fraction(this.#random) < share;
    from.internet.carrier = (bytes, offset) => {
      from.sent += 1;
      if (chance(options.loss)) return;
      const copies = chance(options.duplicate) ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) {
        const late = (options.jitterMs ?? 0) * (options.jitterMs ? fraction(this.#random) : 0);
        const held = chance(options.reorder) ? options.delayMs : 0;
        let carried = bytes;
        if (chance(options.corrupt)) {
          carried = bytes.slice();
          const at = offset + (this.#random.uint32() % (bytes.length - offset));
          carried[at] = (carried[at] as number) ^ (1 << (this.#random.uint32() & 7));
        }
        this.clock.schedule(options.delayMs + late + held, () =>
          to.internet.arrive(carried, offset, from.internet.address),
        );
      }
    };
  }
}
