// ping as iputils has it: one echo request a second, a line for every answer, statistics at the end.
import { SocketError, type EchoReply, type IcmpErrorReport, type PingSocket } from '../../../../stack/sockets.ts';
import { familyOf, formatIp, type IpAddress, type IpFamily } from '../../../../stack/wire/ip-address.ts';
import { isLinkLocalIpv6, parseScopedIp, withZone } from '../../../../stack/wire/ipv6-scope.ts';
import { errorText } from '../../../error-text.ts';
import { Mailbox } from '../../../mailbox.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { icmpErrorText } from './icmp-text.ts';
import { familyOptions, findTarget, ReverseNames, wantedFamily, type Target } from './target.ts';

/** How long ping waits for an answer at its end when none came before, in ms (iputils: MAXWAIT). */
const lingerMs = 10_000;
/** Sequence numbers have 16 bits. */
const sequenceCount = 0x1_0000;
const headerBytes = 28;

export const ping: CommandDefinition = {
  name: 'ping',
  summary: 'ask a host whether it is there',
  description: [
    'Sends ICMP echo requests to DESTINATION and prints a line for every answer: how large it was, from whom, its number, its TTL on arrival and the round-trip time. Routers on the way that could not deliver a request answer with an ICMP error, which is printed as well.',
    'Without -c it goes on until Ctrl-C. Then, and at the end, it prints how many packets were lost and the minimum, average, maximum and mean deviation of the round-trip times. The exit status is 0 when at least one answer came, 1 when none, 2 for other errors.',
  ],
  options: [
    { short: 'c', key: 'count', type: 'integer', minimum: 1, value: 'COUNT', description: 'stop after COUNT requests' },
    {
      short: 'i',
      key: 'interval',
      type: 'seconds',
      minimum: 0.002,
      value: 'SECONDS',
      description: 'wait between requests (default 1)',
    },
    {
      short: 's',
      key: 'size',
      type: 'integer',
      maximum: 65_507,
      value: 'BYTES',
      description: 'data bytes to send (default 56; with the ICMP header 64)',
    },
    { short: 't', key: 'ttl', type: 'integer', minimum: 1, maximum: 255, value: 'TTL', description: 'time to live' },
    {
      short: 'W',
      key: 'wait',
      type: 'seconds',
      value: 'SECONDS',
      description: 'how long to wait for the last answers (default 10, or twice the longest round trip)',
    },
    {
      short: 'w',
      key: 'deadline',
      type: 'seconds',
      minimum: 0.001,
      value: 'SECONDS',
      description: 'end after that time, whatever was sent or received',
    },
    { short: 'M', key: 'discovery', type: 'text', value: 'do|dont|want', description: 'do: never fragment' },
    { short: 'I', key: 'source', type: 'text', value: 'ADDRESS', description: 'source address, or interface' },
    { short: 'n', key: 'numeric', type: 'flag', description: 'no names for addresses' },
    { short: 'q', key: 'quiet', type: 'flag', description: 'only the statistics' },
    ...familyOptions,
    { short: 'O', key: 'outstanding', type: 'flag', description: 'say so when an answer is missing' },
  ],
  operands: [{ name: 'DESTINATION', kind: 'host' }],
  catchesInterrupt: true,
  examples: [
    { line: 'ping -c 3 server', what: 'three requests' },
    { line: 'ping -c 1 -t 1 server', what: 'the first router answers instead' },
    { line: 'ping -6 -c 3 server', what: 'by IPv6' },
    { line: 'ping -c 1 -M do -s 1472 server', what: 'does a packet of 1500 bytes pass whole?' },
  ],
  async run(context) {
    const { options, operands } = context;
    const fail = async (message: string): Promise<number> => {
      await context.stderr.write(`ping: ${message}\n`);
      return 2;
    };
    const discovery = options['discovery'];
    if (discovery !== undefined && discovery !== 'do' && discovery !== 'dont' && discovery !== 'want') {
      return fail(`invalid -M argument: ${String(discovery)}`);
    }
    const [text = ''] = operands;
    const target = await findTarget(context, text, wantedFamily(context));
    if (target.kind === 'failure') return fail(`${text}: ${target.reason}`);
    const source = sourceOf(context, familyOf(target.address));
    if (typeof source === 'string') return fail(source);
    try {
      return await new PingRun(context, target, source.address).run();
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      return fail(`connect: ${errorText(error.code)}`);
    }
  },
};

/** The address of -I, or a complaint. */
function sourceOf(
  { options, host }: CommandContext,
  family: IpFamily,
): { readonly address: IpAddress | undefined } | string {
  const text = options['source'];
  if (typeof text !== 'string') return { address: undefined };
  const found = host.stack.interfaces.find(({ name }) => name === text);
  const ofInterface = found?.addresses.map((own) => own.address).filter((own) => familyOf(own) === family);
  const global = ofInterface?.find((own) => !isLinkLocalIpv6(own)) ?? ofInterface?.[0];
  const address = found === undefined ? parseScopedIp(text) : global && zoned(global, found.name);
  if (address === undefined) return found === undefined ? `unknown iface: ${text}` : `${text} has no address`;
  const isOurs = host.stack.interfaces.some((each) =>
    each.addresses.some((own) => zoned(own.address, each.name) === address),
  );
  return isOurs ? { address } : `bind: ${errorText('EADDRNOTAVAIL')}`;
}

function zoned(address: IpAddress, name: string): IpAddress {
  return typeof address === 'string' ? withZone(address, name) : address;
}

type News =
  | { readonly kind: 'reply'; readonly atMs: number; readonly reply: EchoReply }
  | { readonly kind: 'error'; readonly report: IcmpErrorReport & { readonly sequence: number } };

class PingRun {
  readonly #context: CommandContext;
  readonly #target: Extract<Target, { kind: 'target' }>;
  readonly #source: IpAddress | undefined;
  readonly #news: Mailbox<News>;
  readonly #socket: PingSocket;
  readonly #names: ReverseNames;
  readonly #payload: Uint8Array;
  /** Request number (from 1, not wrapped) -> when it was sent. */
  readonly #sentAt = new Map<number, number>();
  readonly #answered = new Set<number>();
  readonly #timesMs: number[] = [];
  #sent = 0;
  #received = 0;
  #duplicates = 0;
  #errors = 0;
  #pipe = 0;
  #firstSentMs = 0;
  #lastSentMs = 0;

  constructor(context: CommandContext, target: Extract<Target, { kind: 'target' }>, source: IpAddress | undefined) {
    const { host, signal, options } = context;
    this.#context = context;
    this.#target = target;
    this.#source = source;
    this.#news = new Mailbox(host.clock, signal, 1000);
    this.#names = new ReverseNames(context);
    this.#payload = Uint8Array.from({ length: Number(options['size'] ?? 56) }, (_, index) => index & 0xff);
    this.#socket = host.stack.openPing({
      reply: (reply) => void this.#news.put({ kind: 'reply', atMs: host.clock.now(), reply }),
      icmpError: (report) => void this.#news.put({ kind: 'error', report }),
    });
  }

  async run(): Promise<number> {
    const { host, options, stdout, signal } = this.#context;
    if (host.stack.route(this.#target.address) === undefined) {
      this.#socket.close();
      throw new SocketError('ENETUNREACH', 'no route to the target');
    }
    const size = this.#payload.length;
    const { name, address } = this.#target;
    const from = this.#source === undefined ? '' : `from ${formatIp(this.#source)} `;
    const heading =
      familyOf(address) === 4
        ? `PING ${name} (${formatIp(address)}) ${from}${size}(${size + headerBytes}) bytes of data.`
        : `PING ${name}(${await this.#nameOf(address)}) ${from}${size} data bytes`;
    try {
      await stdout.write(`${heading}\n`);
      const seconds = options['deadline'];
      const endMs = typeof seconds === 'number' ? host.clock.now() + 1000 * seconds : Infinity;
      let isDone = false;
      while (!signal.aborted && !isDone && host.clock.now() < endMs) isDone = await this.#round(endMs);
      await this.#statistics();
    } finally {
      this.#socket.close();
    }
    const { count } = options;
    const isShort = options['deadline'] !== undefined && typeof count === 'number' && this.#received < count;
    return this.#received === 0 || isShort ? 1 : 0;
  }

  /** Sends one request, or waits for the last answers; true when all is done. */
  async #round(endMs: number): Promise<boolean> {
    const { host, options } = this.#context;
    const count = typeof options['count'] === 'number' ? options['count'] : Infinity;
    const intervalMs = 1000 * Number(options['interval'] ?? 1);
    const waitsForCount = options['deadline'] !== undefined; // with -w, -c counts answers
    const isLast = waitsForCount ? this.#received >= count : this.#sent >= count;
    if (isLast) {
      if (this.#received + this.#errors < this.#sent)
        await this.#hear(Math.min(endMs, this.#lastSentMs + this.#lingerMs(intervalMs)));
      return true;
    }
    await this.#send();
    const nextMs = this.#lastSentMs + intervalMs;
    const willEnd = waitsForCount ? false : this.#sent >= count;
    if (!willEnd) await this.#hear(Math.min(endMs, nextMs), waitsForCount ? count : Infinity);
    if (options['outstanding'] === true && !willEnd && !this.#answered.has(this.#sent) && host.clock.now() >= nextMs) {
      await this.#line(`no answer yet for icmp_seq=${this.#sent % sequenceCount}`);
    }
    return false;
  }

  async #send(): Promise<void> {
    const { host, options } = this.#context;
    this.#sent += 1;
    this.#lastSentMs = host.clock.now();
    if (this.#sent === 1) this.#firstSentMs = this.#lastSentMs;
    this.#sentAt.set(this.#sent, this.#lastSentMs);
    this.#sentAt.delete(this.#sent - sequenceCount);
    const discovery = options['discovery'];
    try {
      this.#socket.send(this.#target.address, this.#sent % sequenceCount, this.#payload, {
        ...(typeof options['ttl'] === 'number' ? { ttl: options['ttl'] } : {}),
        ...(discovery === undefined ? {} : { dontFragment: discovery === 'do' }),
        ...(this.#source === undefined ? {} : { source: this.#source }),
      });
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      this.#errors += 1;
      const mtu = host.stack.route(this.#target.address)?.mtu ?? 1500;
      const what =
        error.code === 'EMSGSIZE' ? `local error: message too long, mtu=${mtu}` : `sendmsg: ${errorText(error.code)}`;
      await this.#context.stderr.write(`ping: ${what}\n`);
    }
  }

  /** Takes what comes until `endMs`, or until everything sent is answered and nothing more is to be sent. */
  async #hear(endMs: number, enough = Infinity): Promise<void> {
    const { host, options, signal } = this.#context;
    const count = typeof options['count'] === 'number' ? options['count'] : Infinity;
    while (!signal.aborted) {
      const item = await this.#news.take(endMs - host.clock.now());
      if (item === undefined) return;
      if (item.kind === 'reply') await this.#reply(item.atMs, item.reply);
      else await this.#error(item.report);
      if (this.#received >= enough) return;
      if (this.#sent >= count && this.#received + this.#errors >= this.#sent) return;
    }
  }

  async #reply(atMs: number, reply: EchoReply): Promise<void> {
    const number = this.#numberOf(reply.sequence);
    const sentMs = this.#sentAt.get(number);
    if (sentMs === undefined) return;
    const isDuplicate = this.#answered.has(number);
    if (isDuplicate) this.#duplicates += 1;
    else {
      this.#received += 1;
      this.#answered.add(number);
      this.#pipe = Math.max(this.#pipe, this.#sent - number + 1);
    }
    const timed = reply.payload.length >= 8; // iputils keeps the time of sending in the first bytes of the data
    const timeMs = Math.max(0, atMs - sentMs);
    if (timed) this.#timesMs.push(timeMs);
    const time = timed ? ` time=${timeText(timeMs)} ms` : '';
    const text = `${reply.payload.length + 8} bytes from ${await this.#nameOf(reply.from)}: icmp_seq=${reply.sequence} ttl=${reply.ttl}${time}`;
    await this.#line(`${text}${isDuplicate ? ' (DUP!)' : ''}`);
  }

  async #error(report: IcmpErrorReport & { readonly sequence: number }): Promise<void> {
    this.#errors += 1;
    await this.#line(`From ${await this.#nameOf(report.from)} icmp_seq=${report.sequence} ${icmpErrorText(report)}`);
  }

  async #nameOf(address: IpAddress): Promise<string> {
    const text = formatIp(address);
    const name =
      this.#target.isNumeric || this.#context.options['numeric'] === true ? undefined : await this.#names.find(address);
    return name === undefined ? text : `${name} (${text})`;
  }

  async #line(text: string): Promise<void> {
    if (this.#context.options['quiet'] !== true) await this.#context.stdout.write(`${text}\n`);
  }

  /** The number of the newest request with that sequence number. */
  #numberOf(sequence: number): number {
    const behind = (((this.#sent - sequence) % sequenceCount) + sequenceCount) % sequenceCount;
    return this.#sent - behind;
  }

  /** How long the last request may take: twice the longest time so far but at least an interval. */
  #lingerMs(intervalMs: number): number {
    const wait = this.#context.options['wait'];
    if (typeof wait === 'number') return 1000 * wait;
    if (this.#timesMs.length === 0) return lingerMs;
    return Math.max(2 * Math.max(...this.#timesMs), intervalMs);
  }

  async #statistics(): Promise<void> {
    const lost = this.#sent === 0 ? 0 : ((this.#sent - this.#received) * 100) / this.#sent;
    const parts = [
      `${this.#sent} packets transmitted`,
      `${this.#received} received`,
      ...(this.#duplicates > 0 ? [`+${this.#duplicates} duplicates`] : []),
      ...(this.#errors > 0 ? [`+${this.#errors} errors`] : []),
      `${Number(lost.toPrecision(6))}% packet loss`,
      `time ${Math.floor(this.#lastSentMs - this.#firstSentMs)}ms`,
    ];
    const lines = ['', `--- ${this.#target.name} ping statistics ---`, parts.join(', ')];
    const pipe = this.#pipe > 1 ? `, pipe ${this.#pipe}` : '';
    if (this.#timesMs.length > 0) {
      const average = this.#timesMs.reduce((sum, time) => sum + time, 0) / this.#timesMs.length;
      const squares = this.#timesMs.reduce((sum, time) => sum + time * time, 0) / this.#timesMs.length;
      const deviation = Math.sqrt(Math.max(0, squares - average * average));
      const figures = [Math.min(...this.#timesMs), average, Math.max(...this.#timesMs), deviation];
      lines.push(`rtt min/avg/max/mdev = ${figures.map((ms) => ms.toFixed(3)).join('/')} ms${pipe}`);
    } else if (pipe !== '') lines.push(pipe.slice(2));
    else lines.push('');
    await this.#context.stdout.write(`${lines.join('\n')}\n`);
  }
}

/** iputils prints three digits that matter, and all of the milliseconds. */
function timeText(ms: number): string {
  if (ms >= 100) return Math.floor(ms).toFixed(0);
  return ms.toFixed(ms >= 10 ? 1 : ms >= 1 ? 2 : 3);
}
