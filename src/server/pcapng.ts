// Frames written as a pcapng stream, one interface block per host interface, for Wireshark and tcpdump.
// draft-ietf-opsawg-pcapng: section header (4.1), interface description (4.2), enhanced packet (4.3); little-endian.
import type { CapturedFrame } from '../runtime/runtime.ts';

const ethernet = 1;
const maximumFrameBytes = 262_144;

/** Makes the blocks; whoever holds it sends them in order. */
export class PcapngWriter {
  readonly #interfaces = new Map<string, number>();
  /** Wall-clock ms of the lab's start. */
  readonly #epochMs: number;

  constructor(epochMs: number) {
    this.#epochMs = epochMs;
  }

  /** What the stream begins with. */
  header(): Uint8Array {
    const body = new DataView(new ArrayBuffer(16));
    body.setUint32(0, 0x1a2b3c4d, true);
    body.setUint16(4, 1, true); // version 1.0
    body.setBigInt64(8, -1n, true); // section length: not known
    return block(0x0a0d0d0a, [bytesOf(body)]);
  }

  /** Blocks for one frame; `dropped`: frames left out since the last one because the reader was too slow. */
  frame(captured: CapturedFrame, dropped: number): readonly Uint8Array[] {
    const name = `${captured.host}/${captured.interface}`;
    const known = this.#interfaces.get(name);
    const index = known ?? this.#interfaces.size;
    this.#interfaces.set(name, index);
    const packet = this.#packet(captured, index, dropped);
    return known === undefined ? [describeInterface(name), packet] : [packet];
  }

  #packet(captured: CapturedFrame, index: number, dropped: number): Uint8Array {
    const { frame } = captured;
    const microseconds = BigInt(Math.round((this.#epochMs + captured.atMs) * 1000));
    const head = new DataView(new ArrayBuffer(20));
    head.setUint32(0, index, true);
    head.setUint32(4, Number(microseconds >> 32n), true);
    head.setUint32(8, Number(microseconds & 0xffff_ffffn), true);
    head.setUint32(12, frame.length, true);
    head.setUint32(16, frame.length, true);
    const flags = new DataView(new ArrayBuffer(4));
    flags.setUint32(0, captured.direction === 'in' ? 1 : 2, true);
    const drops = new DataView(new ArrayBuffer(8));
    drops.setBigUint64(0, BigInt(dropped), true);
    const options = [
      option(2, bytesOf(flags)),
      ...(dropped > 0 ? [option(4, bytesOf(drops))] : []),
      option(0, new Uint8Array()),
    ];
    return block(6, [bytesOf(head), padded(frame), ...options]);
  }
}

function describeInterface(name: string): Uint8Array {
  const body = new DataView(new ArrayBuffer(8));
  body.setUint16(0, ethernet, true);
  body.setUint32(4, maximumFrameBytes, true);
  return block(1, [bytesOf(body), option(2, new TextEncoder().encode(name)), option(0, new Uint8Array())]);
}

function option(code: number, value: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(4));
  head.setUint16(0, code, true);
  head.setUint16(2, value.length, true);
  return Buffer.concat([bytesOf(head), padded(value)]);
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, type, true);
  head.setUint32(4, length, true);
  return Buffer.concat([bytesOf(head), ...parts, bytesOf(head).subarray(4)]);
}

/** Everything in pcapng is a multiple of four bytes. */
function padded(bytes: Uint8Array): Uint8Array {
  return bytes.length % 4 === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(4 - (bytes.length % 4))]);
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}
