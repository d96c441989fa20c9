// traceroute as Dmitry Butskoy's 2.x has it: UDP probes to high ports (or ICMP echo), 16 at a time, three for each hop.
import { SocketError, type IcmpErrorReport } from '../../../../stack/sockets.ts';
import { familyOf, formatIp, type IpAddress } from '../../../../stack/wire/ip-address.ts';
import { errorText } from '../../../error-text.ts';
import { Mailbox } from '../../../mailbox.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { tracerouteMark } from './icmp-text.ts';
import { familyOptions, findTarget, ReverseNames, wantedFamily } from './target.ts';

const firstPort = 33_434;
/**
 * Probes that are on their way at once (-N of the original) once a hop has been silent. Before that one hop's probes,
 * so that two traces in a row do not meet the limit on ICMP errors that every host keeps.
 */
const atOnce = 16;
/** An answer is not waited for longer than this many times what the same hop, or a later one, took (-w MAX,HERE,NEAR). */
const [hereFactor, nearFactor] = [3, 10];
/** IP and UDP (or ICMP) header, and the whole packet. */
const headerBytes = { 4: 28, 6: 48 } as const;
const packetBytes = { 4: 60, 6: 80 } as const;

export const traceroute: CommandDefinition = {
  name: 'traceroute',
  summary: 'show the routers on the way to a host',
  description: [
    'Sends packets to HOST with a TTL of 1, 2, 3 and so on. The router where the TTL runs out says so, and thereby who it is. The packets are UDP datagrams to ports that nobody listens on, so HOST itself answers "port unreachable" and the search is over. A * means that no answer came in time.',
    'Marks behind a time: !H, !N, !P host, network, protocol unreachable; !X forbidden; !F-MTU fragmentation needed.',
  ],
  options: [
    { short: 'I', long: 'icmp', key: 'icmp', type: 'flag', description: 'ICMP echo requests instead of UDP' },
    { short: 'n', key: 'numeric', type: 'flag', description: 'no names for addresses' },
    {
      short: 'q',
      long: 'queries',
      key: 'queries',
      type: 'integer',
      minimum: 1,
      maximum: 10,
      value: 'N',
      description: 'probes for each hop (default 3)',
    },
    {
      short: 'm',
      long: 'max-hops',
      key: 'hops',
      type: 'integer',
      minimum: 1,
      maximum: 255,
      value: 'N',
      description: 'the largest TTL (default 30)',
    },
    {
      short: 'f',
      long: 'first',
      key: 'first',
      type: 'integer',
      minimum: 1,
      maximum: 255,
      value: 'TTL',
      description: 'start with that TTL (default 1)',
    },
    {
      short: 'w',
      long: 'wait',
      key: 'wait',
      type: 'seconds',
      minimum: 0.001,
      value: 'SECONDS',
      description: 'how long to wait for an answer (default 5)',
    },
    {
      short: 'p',
      long: 'port',
      key: 'port',
      type: 'port',
      value: 'PORT',
      description: 'first destination port (default 33434)',
    },
    ...familyOptions,
  ],
  operands: [{ name: 'HOST', kind: 'host' }],
  examples: [{ line: 'traceroute -n server', what: 'addresses only' }],
  async run(context) {
    const [text = ''] = context.operands;
    const target = await findTarget(context, text, wantedFamily(context));
    if (target.kind === 'failure') {
      await context.stderr.write(
        `${text}: ${target.reason}\nCannot handle "host" cmdline arg \`${text}' on position 1 (argc 1)\n`,
      );
      return 2;
    }
    const run = new Trace(context, target.address);
    await context.stdout.write(
      `traceroute to ${text} (${formatIp(target.address)}), ${run.hops} hops max, ${packetBytes[familyOf(target.address)]} byte packets\n`,
    );
    try {
      await run.run();
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      await context.stderr.write(`connect: ${errorText(error.code)}\n`);
      return 1;
    } finally {
      run.close();
    }
    return 0;
  },
};

interface Answer {
  readonly from: IpAddress;
  readonly timeMs: number;
  readonly mark: string;
  /** The target itself answered, or nobody further on ever will. */
  readonly isFinal: boolean;
}

interface Probe {
  readonly ttl: number;
  readonly sentMs: number;
  answer: Answer | undefined;
  isOver: boolean;
}

class Trace {
  readonly hops: number;
  readonly #context: CommandContext;
  readonly #queries: number;
  readonly #waitMs: number;
  readonly #payloadBytes: number;
  readonly #first: number;
  readonly #names: ReverseNames;
  readonly #probes: Probe[] = [];
  readonly #woken: Mailbox<true>;
  readonly #send: (probe: number, ttl: number, payload: Uint8Array) => void;
  readonly close: () => void;

  constructor(context: CommandContext, target: IpAddress) {
    const { options, host, signal } = context;
    this.#context = context;
    this.#first = Number(options['first'] ?? 1);
    this.hops = Number(options['hops'] ?? 30);
    this.#queries = Number(options['queries'] ?? 3);
    this.#waitMs = 1000 * Number(options['wait'] ?? 5);
    const family = familyOf(target);
    this.#payloadBytes = packetBytes[family] - headerBytes[family];
    this.#names = new ReverseNames(context);
    this.#woken = new Mailbox(host.clock, signal);
    const firstProbePort = Number(options['port'] ?? firstPort);
    if (options['icmp'] === true) {
      const socket = host.stack.openPing({
        reply: ({ sequence, from }) => this.#answered(sequence - 1, from, '', true),
        icmpError: (report) => this.#failed(report.sequence - 1, report),
      });
      this.#send = (probe, ttl, payload) => socket.send(target, probe + 1, payload, { ttl });
      this.close = () => socket.close();
    } else {
      const socket = host.stack.openUdp(
        {
          received: ({ source }) => this.#answered(source.port - firstProbePort, source.address, '', true),
          icmpError: (report) => this.#failed(report.destination.port - firstProbePort, report),
        },
        'traceroute',
      );
      this.#send = (probe, ttl, payload) =>
        socket.send(payload, { address: target, port: firstProbePort + probe }, { ttl });
      this.close = () => socket.close();
    }
  }

  async run(): Promise<void> {
    let last = this.hops;
    for (let ttl = this.#first; ttl <= last && !this.#context.signal.aborted; ttl += 1) {
      const shown = await this.#hop(ttl);
      if (shown) last = ttl;
    }
  }

  /** Prints the line of one hop; true when it is the last. */
  async #hop(ttl: number): Promise<boolean> {
    const { stdout, signal } = this.#context;
    await stdout.write(`${String(ttl).padStart(2)} `);
    let before: IpAddress | undefined;
    let isLast = false;
    for (let query = 0; query < this.#queries; query += 1) {
      const probe = await this.#result((ttl - this.#first) * this.#queries + query);
      if (signal.aborted) return true;
      if (probe.answer === undefined) {
        await stdout.write(' *');
        continue;
      }
      const { from, timeMs, mark } = probe.answer;
      isLast ||= probe.answer.isFinal;
      const who = from === before ? '' : ` ${await this.#nameOf(from)}`;
      before = from;
      await stdout.write(`${who}  ${timeMs.toFixed(3)} ms${mark}`);
    }
    await stdout.write('\n');
    return isLast;
  }

  /** The probe of that number when it is answered or given up; sends as many as may be on their way. */
  async #result(index: number): Promise<Probe> {
    const { host, signal } = this.#context;
    for (;;) {
      this.#sendMore();
      const probe = this.#probes[index];
      if (probe === undefined) throw new RangeError('probes are sent in order');
      const endMs = this.#deadline(probe, index);
      if (probe.answer !== undefined || host.clock.now() >= endMs || signal.aborted) {
        probe.isOver = true;
        return probe;
      }
      await this.#woken.take(endMs - host.clock.now());
    }
  }

  #sendMore(): void {
    const { clock } = this.#context.host;
    const end = this.#probes.find(({ answer }) => answer?.isFinal === true)?.ttl ?? this.hops;
    const total = (end - this.#first + 1) * this.#queries;
    const limit = this.#probes.some(({ answer, isOver }) => isOver && answer === undefined) ? atOnce : this.#queries;
    while (this.#probes.length < total && this.#pending() < limit) {
      const index = this.#probes.length;
      const ttl = this.#first + Math.floor(index / this.#queries);
      this.#probes.push({ ttl, sentMs: clock.now(), answer: undefined, isOver: false });
      const payload = Uint8Array.from({ length: this.#payloadBytes }, (_, at) => 0x40 + at);
      this.#send(index, ttl, payload);
    }
  }

  #pending(): number {
    return this.#probes.filter(({ answer, isOver }) => answer === undefined && !isOver).length;
  }

  #deadline({ sentMs, ttl }: Probe, index: number): number {
    const here = this.#probes.find((other) => other.ttl === ttl && other.answer !== undefined)?.answer;
    const near = this.#probes.find((other, at) => at > index && other.ttl > ttl && other.answer !== undefined)?.answer;
    const bounds = [
      this.#waitMs,
      ...(here === undefined ? [] : [hereFactor * here.timeMs + 1]),
      ...(here !== undefined || near === undefined ? [] : [nearFactor * near.timeMs + 1]),
    ];
    return sentMs + Math.min(...bounds);
  }

  #failed(index: number, report: IcmpErrorReport): void {
    const isFinal = report.kind !== 'time-exceeded';
    this.#answered(index, report.from, tracerouteMark(report), isFinal);
  }

  #answered(index: number, from: IpAddress, mark: string, isFinal: boolean): void {
    const probe = this.#probes[index];
    if (probe === undefined || probe.answer !== undefined || probe.isOver) return;
    probe.answer = { from, timeMs: this.#context.host.clock.now() - probe.sentMs, mark, isFinal };
    this.#woken.put(true);
  }

  async #nameOf(address: IpAddress): Promise<string> {
    const text = formatIp(address);
    if (this.#context.options['numeric'] === true) return text;
    return `${(await this.#names.find(address)) ?? text} (${text})`;
  }
}
