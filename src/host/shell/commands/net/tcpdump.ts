// tcpdump as version 4.99 has it: a line for each frame that an interface sends or receives, or a file of them.
import { isIpv4, type IpAddress } from '../../../../stack/wire/ip-address.ts';
import { parseCaptureFilter, type FrameTest } from '../../../../dissect/capture-filter.ts';
import { addressesOf, FrameLines, hexDump } from '../../../../dissect/line.ts';
import type { TapRecord } from '../../../../stack/network-stack.ts';
import { writeInterface, writePacket, writeSectionHeader } from '../../../../wiring/pcapng.ts';
import { Mailbox } from '../../../mailbox.ts';
import type { CommandContext, CommandDefinition, ParsedOptions } from '../../command.ts';

/** Frames that wait to be written; what comes when it is full is counted as dropped, as the kernel's buffer does. */
const waitingFrames = 4096;
const snapshotBytes = 262_144;

export const tcpdump: CommandDefinition = {
  name: 'tcpdump',
  summary: 'show the frames that pass an interface',
  description: [
    'Prints a line for each frame that the interface (by default the first one; any: all of them) sends or receives and that FILTER lets pass, until Ctrl-C or -c frames. Sequence numbers of TCP count from the start of the connection, unless -S.',
    'FILTER is in the words of pcap-filter: host, net, port, portrange, with src or dst before them; ip, ip6, arp, icmp, tcp, udp; ether host; less, greater; tcp[tcpflags] & tcp-syn != 0; and, or, not and parentheses (which the shell wants in quotes).',
    '-w writes a file that Wireshark reads.',
  ],
  options: [
    {
      short: 'i',
      long: 'interface',
      key: 'interface',
      type: 'text',
      value: 'INTERFACE',
      description: 'where to listen; any: everywhere',
    },
    {
      short: 'c',
      key: 'count',
      type: 'integer',
      minimum: 1,
      value: 'COUNT',
      description: 'end after that many frames',
    },
    { short: 'n', key: 'numeric', type: 'flag', description: 'no names for addresses and ports' },
    { short: 'e', key: 'link', type: 'flag', description: 'show the Ethernet header' },
    { short: 'v', long: 'verbose', key: 'verbose', type: 'flag', description: 'show more of the headers' },
    { short: 'x', key: 'hex', type: 'flag', description: 'print the packet in hex' },
    { short: 'X', key: 'text', type: 'flag', description: 'print the packet in hex and as text' },
    { short: 't', key: 'untimed', type: 'flag', description: 'no times' },
    { short: 'S', key: 'absolute', type: 'flag', description: 'sequence numbers as they are' },
    { short: 'l', key: 'lines', type: 'flag', description: 'write line by line (always done here)' },
    {
      short: 'w',
      key: 'file',
      type: 'text',
      value: 'FILE',
      description: 'write the frames to FILE, as pcapng; - is standard output',
    },
  ],
  operands: [{ name: 'FILTER', kind: 'text', optional: true, repeated: true }],
  stopAtOperand: true,
  words: [
    'host',
    'net',
    'port',
    'portrange',
    'src',
    'dst',
    'ip',
    'ip6',
    'arp',
    'icmp',
    'tcp',
    'udp',
    'ether',
    'and',
    'or',
    'not',
  ],
  catchesInterrupt: true,
  examples: [
    { line: 'tcpdump -n icmp', what: 'pings, without names' },
    { line: 'tcpdump -i any -c 10 port 53', what: 'ten frames of DNS, wherever they pass' },
    { line: "tcpdump 'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0'", what: 'how connections begin and end' },
  ],
  run: async (context) => await new Capture(context).run(),
};

class Capture {
  readonly #context: CommandContext;
  readonly #options: ParsedOptions;
  #captured = 0;
  #received = 0;
  #dropped = 0;

  constructor(context: CommandContext) {
    this.#context = context;
    this.#options = context.options;
  }

  async run(): Promise<number> {
    const { host, operands, signal } = this.#context;
    const matches = await this.#filter(operands.join(' '));
    if (typeof matches === 'string') return await this.#fail(matches);
    const wanted = this.#interface();
    if (wanted instanceof Error) return await this.#fail(wanted.message);
    const limit = typeof this.#options['count'] === 'number' ? this.#options['count'] : Number.POSITIVE_INFINITY;
    const file = typeof this.#options['file'] === 'string' ? this.#options['file'] : undefined;
    const mailbox = new Mailbox<TapRecord>(host.clock, signal, waitingFrames);
    const tap = host.stack.tap(wanted, (record) => {
      if (!matches(record.frame)) return;
      this.#received += 1;
      if (!mailbox.put(record)) this.#dropped += 1;
    });
    try {
      await this.#announce(wanted ?? 'any');
      const sink = file === undefined ? this.#lines(wanted === undefined) : await this.#writer(file);
      while (this.#captured < limit && !signal.aborted) {
        const record = await mailbox.take(Number.POSITIVE_INFINITY);
        if (record === undefined) break;
        this.#captured += 1;
        await sink(record);
      }
    } finally {
      tap.dispose();
    }
    await this.#summary();
    return 0;
  }

  async #fail(message: string): Promise<number> {
    await this.#context.stderr.write(`tcpdump: ${message}\n`);
    return 1;
  }

  /** Undefined: every interface. */
  #interface(): string | undefined | Error {
    const names = this.#context.host.stack.interfaces.map(({ name }) => name);
    const asked = this.#options['interface'];
    if (asked === 'any') return undefined;
    if (typeof asked !== 'string') return names.find((name) => name !== 'lo') ?? 'lo';
    return names.includes(asked) ? asked : new Error(`${asked}: No such device exists`);
  }

  /** The filter, its names looked up; or what is wrong with it. */
  async #filter(text: string): Promise<FrameTest | string> {
    const known = new Map<string, readonly IpAddress[]>();
    for (;;) {
      const filter = parseCaptureFilter(text, (name) => known.get(name));
      if (filter.ok) return filter.matches;
      const { unknownHost } = filter;
      if (unknownHost === undefined || known.has(unknownHost)) return filter.message;
      const found = await this.#context.host.resolver.resolve(unknownHost);
      if (found.kind === 'failure') return filter.message;
      known.set(unknownHost, found.addresses);
    }
  }

  async #announce(name: string): Promise<void> {
    const { stderr } = this.#context;
    if (this.#options['verbose'] !== true)
      await stderr.write('tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n');
    await stderr.write(`listening on ${name}, link-type EN10MB (Ethernet), snapshot length ${snapshotBytes} bytes\n`);
  }

  #lines(withInterface: boolean): (record: TapRecord) => Promise<void> {
    const { stdout, host } = this.#context;
    const names = new Map<IpAddress, string | undefined>();
    const isNumeric = this.#options['numeric'] === true;
    const lines = new FrameLines({
      link: this.#options['link'] === true,
      verbosity: this.#options['verbose'] === true ? 1 : 0,
      absolute: this.#options['absolute'] === true,
      ...(!isNumeric && { nameOf: (address: IpAddress) => names.get(address) }),
    });
    return async (record) => {
      if (!isNumeric) await this.#nameAll(record.frame, names);
      const time =
        this.#options['untimed'] === true
          ? ''
          : `${timeText(host.clock.wallClock() - host.clock.now() + record.atMs)} `;
      const place = withInterface ? `${record.interface.padEnd(5)} ${record.direction === 'in' ? 'In ' : 'Out'} ` : '';
      const body = lines.line(record.frame);
      const dump = this.#dump(record.frame);
      await stdout.write(`${time}${place}${body}\n${dump}`);
    };
  }

  #dump(frame: Uint8Array): string {
    const withText = this.#options['text'] === true;
    return withText || this.#options['hex'] === true ? `${hexDump(frame.subarray(14), withText)}\n` : '';
  }

  /** Names of addresses are asked for once; who has none is shown by number. */
  async #nameAll(frame: Uint8Array, names: Map<IpAddress, string | undefined>): Promise<void> {
    for (const address of addressesOf(frame)) {
      if (names.has(address)) continue;
      names.set(address, undefined);
      const isNamed = isIpv4(address) && address !== 0xffff_ffff && address !== 0;
      if (isNamed) names.set(address, await this.#context.host.resolver.reverse(address).catch(() => undefined));
    }
  }

  async #writer(path: string): Promise<(record: TapRecord) => Promise<void>> {
    const { host, stdout } = this.#context;
    const write = async (bytes: Uint8Array): Promise<void> => {
      if (path === '-') await stdout.write(bytes);
      else host.files.append(path, bytes);
    };
    if (path !== '-') host.files.write(path, new Uint8Array(0));
    const names = host.stack.interfaces.map(({ name }) => name);
    await write(writeSectionHeader('Ackademy tcpdump'));
    for (const name of names) await write(writeInterface({ name }));
    const offsetMs = host.clock.wallClock() - host.clock.now();
    return async ({ frame, interface: name, atMs, direction }) =>
      await write(writePacket({ interfaceIndex: names.indexOf(name), wallClockMs: offsetMs + atMs, frame, direction }));
  }

  async #summary(): Promise<void> {
    const plural = (count: number): string => `${count} packet${count === 1 ? '' : 's'}`;
    await this.#context.stderr.write(
      `${plural(this.#captured)} captured\n${plural(this.#received)} received by filter\n${plural(this.#dropped)} dropped by kernel\n`,
    );
  }
}

/** `12:34:56.123456` of UTC. */
function timeText(wallClockMs: number): string {
  const microseconds = Math.floor(wallClockMs * 1000) % 86_400_000_000;
  const seconds = Math.floor(microseconds / 1_000_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':');
  return `${clock}.${String(microseconds % 1_000_000).padStart(6, '0')}`;
}
