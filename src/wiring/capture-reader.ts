// Reads capture files: pcapng (draft-ietf-opsawg-pcapng sections 4.1 to 4.4) and the older pcap
// (draft-ietf-opsawg-pcap), in both byte orders, with micro- and nanoseconds. Left out: links that are not Ethernet,
// obsolete packet blocks, names, statistics; time resolutions that are powers of two count as a fault.

export interface ReadPacket {
  /** µs since the Unix epoch: a safe integer until the year 2255. */
  readonly wallClockUs: number;
  /** As much as was captured; shares the file's memory. */
  readonly frame: Uint8Array;
  /** The interface's name, where the file says one. */
  readonly interface: string;
  readonly direction: 'in' | 'out';
}

export interface ReadCapture {
  readonly packets: readonly ReadPacket[];
  /** At most that many bytes of a frame are kept. */
  readonly snapshotBytes: number;
  /** Why reading ended before the end; the packets before that are good. */
  readonly fault?: string;
}

const magic = {
  section: 0x0a0d0d0a,
  byteOrder: 0x1a2b3c4d,
  microseconds: 0xa1b2c3d4,
  nanoseconds: 0xa1b23c4d,
} as const;
const blockType = { interface: 1, simplePacket: 3, enhancedPacket: 6 } as const;
const optionCode = { end: 0, name: 2, packetFlags: 2, resolution: 9 } as const;
const linkTypeEthernet = 1;
/** What a file without a limit is said to have (libpcap's MAXIMUM_SNAPLEN). */
const unlimitedBytes = 262_144;

/** Undefined when the bytes are no capture file. Never throws, whatever the bytes are. */
export function readCapture(bytes: Uint8Array): ReadCapture | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = view.getUint32(0, true);
  if (first === magic.section) return new PcapngReader(view).read();
  for (const little of [true, false]) {
    const word = view.getUint32(0, little);
    if (word === magic.microseconds || word === magic.nanoseconds) {
      return readPcap(view, little, word === magic.nanoseconds ? 1000 : 1);
    }
  }
  return undefined;
}

/** `perMicrosecond`: how many units of the fraction make a microsecond. */
function readPcap(view: DataView, little: boolean, perMicrosecond: number): ReadCapture {
  const packets: ReadPacket[] = [];
  if (view.byteLength < 24) return { packets, snapshotBytes: unlimitedBytes, fault: 'truncated dump file' };
  const snapshotBytes = view.getUint32(16, little);
  const link = view.getUint32(20, little) & 0xffff;
  if (link !== linkTypeEthernet) return { packets, snapshotBytes, fault: linkFault(link) };
  let at = 24;
  while (at < view.byteLength) {
    const have = view.byteLength - at;
    if (have < 16) return { packets, snapshotBytes, fault: truncation(16, 'header', have) };
    const length = view.getUint32(at + 8, little);
    if (have - 16 < length) return { packets, snapshotBytes, fault: truncation(length, 'captured', have - 16) };
    const fraction = Math.floor(view.getUint32(at + 4, little) / perMicrosecond);
    packets.push({
      wallClockUs: view.getUint32(at, little) * 1_000_000 + fraction,
      frame: bytesAt(view, at + 16, length),
      interface: '',
      direction: 'in',
    });
    at += 16 + length;
  }
  return { packets, snapshotBytes };
}

interface ReadInterface {
  readonly name: string;
  /** Units of a timestamp in a second, as a power of ten. */
  readonly decimals: number;
  readonly snapshotBytes: number;
}

/** What ends the reading; its message is the fault. */
class BadCapture extends Error {}

class PcapngReader {
  readonly #view: DataView;
  readonly #packets: ReadPacket[] = [];
  #interfaces: ReadInterface[] = [];
  #little = true;

  constructor(view: DataView) {
    this.#view = view;
  }

  read(): ReadCapture {
    let fault: string | undefined;
    try {
      for (let at = 0; at < this.#view.byteLength;) at += this.#block(at);
    } catch (error) {
      if (!(error instanceof BadCapture)) throw error;
      fault = error.message;
    }
    const limit = Math.max(0, ...this.#interfaces.map(({ snapshotBytes }) => snapshotBytes));
    return {
      packets: this.#packets,
      snapshotBytes: limit === 0 ? unlimitedBytes : limit,
      ...(fault === undefined ? {} : { fault }),
    };
  }

  /** Takes one block in; returns its length. */
  #block(at: number): number {
    const have = this.#view.byteLength - at;
    if (have < 12) throw new BadCapture(cutBlock(12, have));
    const isSection = this.#view.getUint32(at, true) === magic.section;
    if (isSection) this.#section(at, have);
    const length = this.#view.getUint32(at + 4, this.#little);
    if (length < 12 || length % 4 !== 0) throw new BadCapture(`block in pcapng dump file has a length of ${length}`);
    if (length > have) throw new BadCapture(cutBlock(length, have));
    const body = new DataView(this.#view.buffer, this.#view.byteOffset + at + 8, length - 12);
    const type = this.#view.getUint32(at, this.#little);
    if (type === blockType.interface) this.#interface(body);
    else if (type === blockType.enhancedPacket) this.#packet(body);
    else if (type === blockType.simplePacket) throw new BadCapture('simple packet blocks have no times');
    return length;
  }

  /** Each section has its own byte order and interfaces. */
  #section(at: number, have: number): void {
    const order = (little: boolean): boolean => this.#view.getUint32(at + 8, little) === magic.byteOrder;
    if (have < 28 || (!order(true) && !order(false))) throw new BadCapture('bad section header in pcapng dump file');
    this.#little = order(true);
    this.#interfaces = [];
  }

  #interface(body: DataView): void {
    if (body.byteLength < 8) throw new BadCapture('short interface description in pcapng dump file');
    const link = body.getUint16(0, this.#little);
    if (link !== linkTypeEthernet) throw new BadCapture(linkFault(link));
    let [name, decimals] = ['', 6];
    for (const [code, value] of this.#options(body, 8)) {
      if (code === optionCode.name) name = String.fromCharCode(...value);
      if (code === optionCode.resolution) decimals = value[0] ?? 6;
    }
    if (decimals > 18) throw new BadCapture('timestamps in pcapng dump file are not decimal');
    this.#interfaces.push({ name, decimals, snapshotBytes: body.getUint32(4, this.#little) });
  }

  #packet(body: DataView): void {
    const length = body.byteLength < 20 ? Infinity : body.getUint32(12, this.#little);
    if (length > body.byteLength - 20) throw new BadCapture('short packet in pcapng dump file');
    const source = this.#interfaces[body.getUint32(0, this.#little)];
    if (source === undefined) throw new BadCapture('a packet arrived on an interface without description');
    const units = (BigInt(body.getUint32(4, this.#little)) << 32n) | BigInt(body.getUint32(8, this.#little));
    const { decimals } = source;
    const wallClockUs = decimals >= 6 ? units / 10n ** BigInt(decimals - 6) : units * 10n ** BigInt(6 - decimals);
    const flags = this.#options(body, 20 + Math.ceil(length / 4) * 4).find(([code]) => code === optionCode.packetFlags);
    const direction = ((flags?.[1][this.#little ? 0 : 3] ?? 1) & 3) === 2 ? 'out' : 'in';
    const frame = bytesAt(body, 20, length);
    this.#packets.push({ wallClockUs: Number(wallClockUs), frame, interface: source.name, direction });
  }

  #options(body: DataView, start: number): [code: number, value: Uint8Array][] {
    const found: [number, Uint8Array][] = [];
    for (let at = start; at + 4 <= body.byteLength;) {
      const code = body.getUint16(at, this.#little);
      const length = body.getUint16(at + 2, this.#little);
      if (code === optionCode.end || at + 4 + length > body.byteLength) break;
      found.push([code, bytesAt(body, at + 4, length)]);
      at += 4 + Math.ceil(length / 4) * 4;
    }
    return found;
  }
}

const bytesAt = (view: DataView, at: number, length: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + at, length);

const truncation = (wanted: number, what: string, had: number): string =>
  `truncated dump file; tried to read ${wanted} ${what} bytes, only got ${had}`;

/** As libpcap counts: it reads a block's type and length first. */
const cutBlock = (length: number, had: number): string =>
  `truncated pcapng dump file; tried to read ${length - 8} bytes, only got ${Math.max(0, had - 8)}`;

const linkFault = (link: number): string => `link-type ${link} is not supported, only Ethernet (1) is`;
