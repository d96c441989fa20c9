// One line per frame, in tcpdump's words: for tcpdump, logs, failures of tests and golden files. Never throws, whatever
// the bytes are. Left out: everything but Ethernet, ARP, IPv4, IPv6's header, ICMP, UDP, TCP, DNS and HTTP's first line.
import { etherType, ethernetHeaderLength, parseEthernet } from '../stack/wire/ethernet.ts';
import { formatMac, type MacAddress } from '../stack/wire/mac-address.ts';
import { readIpv4Address, ipv6FromBytes, type IpAddress } from '../stack/wire/ip-address.ts';
import { Conversations } from './conversation.ts';
import type { LineContext, LineOptions } from './line-options.ts';
import { arpLine } from './layers/arp-line.ts';
import { ipv4Line, ipv6Line } from './layers/ip-line.ts';

const typeNames: Readonly<Record<number, string>> = {
  [etherType.ipv4]: 'IPv4',
  [etherType.arp]: 'ARP',
  [etherType.ipv6]: 'IPv6',
};

/** Writes the lines of a series of frames; remembers where TCP's sequence numbers started. */
export class FrameLines {
  readonly #context: LineContext;

  constructor(options: LineOptions = {}) {
    this.#context = { options, conversations: new Conversations() };
  }

  /** One line (with -v some more, indented), without a time and without the final line feed. */
  line(frame: Uint8Array): string {
    const ethernet = parseEthernet(frame);
    if (ethernet === undefined) return '[|ether]';
    const { options } = this.#context;
    const payload = frame.subarray(ethernetHeaderLength);
    const link =
      options.link === true
        ? `${this.#mac(ethernet.source)} > ${this.#mac(ethernet.destination)}, ${typeText(ethernet.etherType, options.quiet)}, length ${frame.length}: `
        : '';
    return link + this.#payload(ethernet.etherType, payload, link === '');
  }

  #payload(type: number, payload: Uint8Array, withName: boolean): string {
    switch (type) {
      case etherType.ipv4:
        return ipv4Line(this.#context, payload, withName);
      case etherType.arp:
        return arpLine(this.#context, payload, withName);
      case etherType.ipv6:
        return ipv6Line(this.#context, payload, withName);
      default:
        return withName ? `${typeText(type)}, length ${payload.length}` : '';
    }
  }

  #mac(address: MacAddress): string {
    const isNamed = this.#context.options.nameOf !== undefined && address === 0xffff_ffff_ffff;
    return isNamed ? 'Broadcast' : formatMac(address);
  }
}

function typeText(type: number, quiet = false): string {
  const hex = `0x${type.toString(16).padStart(4, '0')}`;
  const name = typeNames[type];
  if (quiet && name !== undefined) return name;
  return type < 0x0600 ? `802.3, length ${type}` : `ethertype ${name ?? 'Unknown'} (${hex})`;
}

/** The IP addresses that the line of a frame starts with: what a tool that shows names must look up first. */
export function addressesOf(frame: Uint8Array): IpAddress[] {
  const ethernet = parseEthernet(frame);
  const at = ethernetHeaderLength;
  switch (ethernet?.etherType) {
    case etherType.ipv4:
      return frame.length < at + 20 ? [] : [readIpv4Address(frame, at + 12), readIpv4Address(frame, at + 16)];
    case etherType.arp:
      return frame.length < at + 28 ? [] : [readIpv4Address(frame, at + 14), readIpv4Address(frame, at + 24)];
    case etherType.ipv6:
      return frame.length < at + 40 ? [] : [ipv6FromBytes(frame, at + 8), ipv6FromBytes(frame, at + 24)];
    default:
      return [];
  }
}

/** A hex dump as `tcpdump -X` prints it: 16 bytes a line, offsets, pairs, text. */
export function hexDump(bytes: Uint8Array, withText: boolean): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    let pairs = '';
    for (let index = 0; index < row.length; index += 1) {
      pairs += `${index % 2 === 0 ? ' ' : ''}${(row[index] as number).toString(16).padStart(2, '0')}`;
    }
    const text = Array.from(row, (byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    const offset = `\t0x${at.toString(16).padStart(4, '0')}: `;
    lines.push(withText ? `${offset}${pairs.padEnd(41)} ${text}` : `${offset}${pairs}`);
  }
  return lines.join('\n');
}
