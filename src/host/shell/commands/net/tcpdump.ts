// tcpdump as version 4.99 has it: a line for each frame that an interface sends or receives, or a file of them.
import { concatBytes } from '../../../../base/bytes.ts';
import { parseCaptureFilter, type FrameTest } from '../../../../dissect/capture-filter.ts';
import type { TapRecord } from '../../../../stack/network-stack.ts';
import type { IpAddress } from '../../../../stack/wire/ip-address.ts';
import { readCapture } from '../../../../wiring/capture-reader.ts';
import { Mailbox } from '../../../mailbox.ts';
import { FileError, type CommandContext, type CommandDefinition, type ParsedOptions } from '../../command.ts';
import { openSource } from '../../file-streams.ts';
import { printer, writer, type FrameSink } from './tcpdump-output.ts';

/** Frames that wait to be written; what comes when it is full is counted as dropped, as the kernel's buffer does. */
const waitingFrames = 4096;
const snapshotBytes = 262_144;
/** As much as a host's files can hold: for what comes through a pipe. */
const fileLimitBytes = 64 * 1024 * 1024;

export const tcpdump: CommandDefinition = {
  name: 'tcpdump',
  summary: 'show the frames that pass an interface',
  description: [
    'Prints a line for each frame that the interface (by default the first one; any: all of them) sends or receives and that FILTER lets pass, until Ctrl-C or -c frames. Sequence numbers of TCP count from the start of the connection, unless -S.',
    'FILTER is in the words of pcap-filter: host, net, port, portrange, with src or dst before them; ip, ip6, arp, icmp, tcp, udp; ether host; less, greater; tcp[tcpflags] & tcp-syn != 0; and, or, not and parentheses (which the shell wants in quotes).',
    '-w writes a file that Wireshark reads; -r reads one, in pcapng or pcap, instead of listening.',
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
    {
      short: 'v',
      long: 'verbose',
      key: 'verbose',
      type: 'flag',
      repeated: true,
      description: 'show more of the headers; -vv: and all records of DNS',
    },
    { short: 'q', long: 'quiet', key: 'quiet', type: 'flag', description: 'show less of TCP and UDP' },
    { short: 'x', key: 'hex', type: 'flag', description: 'print the packet in hex' },
    { short: 'X', key: 'text', type: 'flag', description: 'print the packet in hex and as text' },
    {
      short: 't',
      key: 'times',
      type: 'flag',
      repeated: true,
      description:
        'no times; -tt: seconds since 1970; -ttt: since the line before; -tttt: with the date; -ttttt: since the first line',
    },
    {
      short: 'S',
      long: 'absolute-tcp-sequence-numbers',
      key: 'absolute',
      type: 'flag',
      description: 'sequence numbers as they are',
    },
    {
      short: 'l',
      long: 'line-buffered',
      key: 'lines',
      type: 'flag',
      description: 'write line by line (always done here)',
    },
    {
      short: 'w',
      key: 'file',
      type: 'text',
      value: 'FILE',
      description: 'write the frames to FILE, as pcapng; - is standard output',
    },
    { short: 'r', key: 'read', type: 'text', value: 'FILE', description: 'read frames from FILE; - is standard input' },
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
  readonly #limit: number;
  #captured = 0;
  #received = 0;
  #dropped = 0;

  constructor(context: CommandContext) {
    this.#context = context;
    this.#options = context.options;
    const { count } = context.options;
    this.#limit = typeof count === 'number' ? count : Number.POSITIVE_INFINITY;
  }

  async run(): Promise<number> {
    const matches = await this.#filter(this.#context.operands.join(' '));
    if (typeof matches === 'string') return await this.#fail(matches);
    const path = this.#options['read'];
    if (typeof path === 'string') return await this.#read(path, matches);
    const wanted = this.#interface();
    return wanted instanceof Error ? await this.#fail(wanted.message) : await this.#listen(wanted, matches);
  }

  /** `wanted` undefined: every interface. */
  async #listen(wanted: string | undefined, matches: FrameTest): Promise<number> {
    const { host, signal } = this.#context;
    const mailbox = new Mailbox<TapRecord>(host.clock, signal, waitingFrames);
    const tap = host.stack.tap(wanted, (record) => {
      if (!matches(record.frame)) return;
      this.#received += 1;
      if (!mailbox.put(record)) this.#dropped += 1;
    });
    try {
      await this.#announce(wanted ?? 'any');
      const sink = await this.#sink(wanted === undefined);
      const offsetMs = host.clock.wallClock() - host.clock.now();
      while (this.#captured < this.#limit && !signal.aborted) {
        const record = await mailbox.take(Number.POSITIVE_INFINITY);
        if (record === undefined) break;
        this.#captured += 1;
        await sink({ ...record, wallClockUs: Math.floor((offsetMs + record.atMs) * 1000) });
      }
    } finally {
      tap.dispose();
    }
    await this.#summary();
    return 0;
  }

  async #read(path: string, matches: FrameTest): Promise<number> {
    const { signal, stderr } = this.#context;
    const bytes = await this.#contents(path);
    if (typeof bytes === 'string') return await this.#fail(bytes);
    const capture = readCapture(bytes);
    if (capture === undefined) return await this.#fail('unknown file format');
    await stderr.write(
      `reading from file ${path}, link-type EN10MB (Ethernet), snapshot length ${capture.snapshotBytes}\n`,
    );
    const sink = await this.#sink(false);
    for (const packet of capture.packets) {
      if (this.#captured >= this.#limit || signal.aborted) return 0;
      if (!matches(packet.frame)) continue;
      this.#captured += 1;
      await sink(packet);
    }
    return capture.fault === undefined ? 0 : await this.#fail(`pcap_loop: ${capture.fault}`);
  }

  /** The file's bytes, or why there are none. */
  async #contents(path: string): Promise<Uint8Array | string> {
    const { host, stdin, signal } = this.#context;
    try {
      const source = path === '-' ? stdin : openSource(host, path);
      const pieces: Uint8Array[] = [];
      let total = 0;
      for (;;) {
        const piece = signal.aborted ? undefined : await source.read();
        if (piece === undefined) return concatBytes(pieces);
        pieces.push(piece);
        total += piece.length;
        if (total > fileLimitBytes) return `${path}: File too large`;
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return `${path}: ${error.message}`;
    }
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
    const isTerse = this.#options['verbose'] === undefined && this.#options['file'] === undefined;
    const start = isTerse ? 'tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n' : 'tcpdump: ';
    await this.#context.stderr.write(
      `${start}listening on ${name}, link-type EN10MB (Ethernet), snapshot length ${snapshotBytes} bytes\n`,
    );
  }

  async #sink(withInterface: boolean): Promise<FrameSink> {
    const { file } = this.#options;
    return typeof file === 'string' ? await writer(this.#context, file) : printer(this.#context, withInterface);
  }

  async #summary(): Promise<void> {
    const plural = (count: number): string => `${count} packet${count === 1 ? '' : 's'}`;
    await this.#context.stderr.write(
      `${plural(this.#captured)} captured\n${plural(this.#received)} received by filter\n${plural(this.#dropped)} dropped by kernel\n`,
    );
  }
}
