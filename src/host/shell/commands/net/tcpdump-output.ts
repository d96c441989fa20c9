// Where tcpdump's frames go: lines with their times, or a capture file.
import { addressesOf, FrameLines, hexDump } from '../../../../dissect/line.ts';
import { isIpv4, type IpAddress } from '../../../../stack/wire/ip-address.ts';
import { writeInterface, writePacket, writeSectionHeader } from '../../../../wiring/pcapng.ts';
import type { CommandContext } from '../../command.ts';

export interface SeenFrame {
  readonly frame: Uint8Array;
  /** µs since the Unix epoch. */
  readonly wallClockUs: number;
  readonly interface: string;
  readonly direction: 'in' | 'out';
}

export type FrameSink = (seen: SeenFrame) => Promise<void>;

/** Prints frames; `withInterface`: and where each was seen. */
export function printer(context: CommandContext, withInterface: boolean): FrameSink {
  const { stdout, options } = context;
  const names = new Map<IpAddress, string | undefined>();
  const isNumeric = options['numeric'] === true;
  const lines = new FrameLines({
    link: options['link'] === true,
    verbosity: Number(options['verbose'] ?? 0),
    quiet: options['quiet'] === true,
    absolute: options['absolute'] === true,
    ...(!isNumeric && { nameOf: (address: IpAddress) => names.get(address) }),
  });
  const withText = options['text'] === true;
  const withHex = withText || options['hex'] === true;
  const times = new LineTimes(Number(options['times'] ?? 0));
  return async ({ frame, wallClockUs, interface: name, direction }) => {
    if (!isNumeric) await nameAll(context, frame, names);
    const place = withInterface ? `${name.padEnd(5)} ${direction === 'in' ? 'In ' : 'Out'} ` : '';
    const dump = withHex ? `${hexDump(frame.subarray(14), withText)}\n` : '';
    await stdout.write(`${times.text(wallClockUs)}${place}${lines.line(frame)}\n${dump}`);
  };
}

/** Names of addresses are asked for once; who has none is shown by number. */
async function nameAll(
  { host }: CommandContext,
  frame: Uint8Array,
  names: Map<IpAddress, string | undefined>,
): Promise<void> {
  for (const address of addressesOf(frame)) {
    if (names.has(address)) continue;
    names.set(address, undefined);
    const isNamed = isIpv4(address) && address !== 0xffff_ffff && address !== 0;
    if (isNamed) names.set(address, await host.resolver.reverse(address).catch(() => undefined));
  }
}

/** Writes frames to a file of the host, or to standard output (`-`), as pcapng. */
export async function writer({ host, stdout }: CommandContext, path: string): Promise<FrameSink> {
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (path === '-') await stdout.write(bytes);
    else host.files.append(path, bytes);
  };
  if (path !== '-') host.files.write(path, new Uint8Array(0));
  const indexes = new Map<string, number>();
  const interfaceIndex = async (name: string): Promise<number> => {
    const known = indexes.get(name);
    if (known !== undefined) return known;
    indexes.set(name, indexes.size);
    await write(writeInterface({ name }));
    return indexes.size - 1;
  };
  await write(writeSectionHeader('Ackademy tcpdump'));
  for (const { name } of host.stack.interfaces) await interfaceIndex(name);
  return async ({ frame, wallClockUs, interface: name, direction }) => {
    const index = await interfaceIndex(name);
    await write(writePacket({ interfaceIndex: index, wallClockMs: wallClockUs / 1000, frame, direction }));
  };
}

/** What -t, -tt, -ttt, -tttt and -ttttt mean. */
const timeForm = { ofDay: 0, none: 1, ofEpoch: 2, sinceLast: 3, dated: 4, sinceFirst: 5 } as const;

/** The times before the lines, in UTC. */
export class LineTimes {
  readonly #form: number;
  #referenceUs: number | undefined;

  /** `form`: how often -t was said. */
  constructor(form: number) {
    this.#form = form;
  }

  /** With the blank behind it. */
  text(wallClockUs: number): string {
    switch (this.#form) {
      case timeForm.none:
        return '';
      case timeForm.ofEpoch:
        return `${Math.floor(wallClockUs / 1_000_000)}.${fraction(wallClockUs)} `;
      case timeForm.sinceLast:
      case timeForm.sinceFirst:
        return this.#since(wallClockUs);
      case timeForm.dated:
        return `${new Date(wallClockUs / 1000).toISOString().slice(0, 10)} ${clockText(wallClockUs)} `;
      default:
        return `${clockText(wallClockUs)} `;
    }
  }

  #since(wallClockUs: number): string {
    const passedUs = wallClockUs - (this.#referenceUs ?? wallClockUs);
    if (this.#form === timeForm.sinceLast || this.#referenceUs === undefined) this.#referenceUs = wallClockUs;
    return `${passedUs < 0 ? '-' : ' '}${clockText(Math.abs(passedUs))} `;
  }
}

/** `12:34:56.123456`. */
function clockText(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1_000_000) % 86_400;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}.${fraction(microseconds)}`;
}

const fraction = (microseconds: number): string => String(microseconds % 1_000_000).padStart(6, '0');
