// How a line is to look, and what the layers share while they write it.
import { formatIp, type IpAddress } from '../stack/wire/ip-address.ts';
import type { Conversations } from './conversation.ts';
import { serviceNames } from './service-names.ts';

export interface LineOptions {
  /** The name of an address; undefined: the address is shown. Absent: no names, neither for ports (tcpdump's -n). */
  readonly nameOf?: (address: IpAddress) => string | undefined;
  /** Ethernet addresses and type before the packet (-e). */
  readonly link?: boolean;
  /** 1: header fields and TCP's checksum (-v); 2: UDP's checksum and all of DNS as well (-vv). */
  readonly verbosity?: number;
  /** Less about the transport: no flags, no options, nothing of DNS (-q). */
  readonly quiet?: boolean;
  /** Sequence numbers as they are (-S). */
  readonly absolute?: boolean;
}

/** What every layer is given. */
export interface LineContext {
  readonly options: LineOptions;
  readonly conversations: Conversations;
}

/** How often -v was said. */
export function verbosityOf({ options }: LineContext): number {
  return options.verbosity ?? 0;
}

export function addressText({ options }: LineContext, address: IpAddress): string {
  return options.nameOf?.(address) ?? formatIp(address);
}

/** `10.0.1.2.80`, `server.lab.http`. */
export function endpointText(context: LineContext, address: IpAddress, port: number): string {
  const service = context.options.nameOf === undefined ? undefined : serviceNames[port];
  return `${addressText(context, address)}.${service ?? port}`;
}

/** The packet that a transport header lies in. */
export interface InnerPacket {
  /** From the transport header to the end of what was captured. */
  readonly bytes: Uint8Array;
  /** Bytes that there should be by the internet header. */
  readonly length: number;
  /** Only the first piece of a packet: its checksums cannot be judged. */
  readonly isFragment: boolean;
  readonly source: IpAddress;
  readonly destination: IpAddress;
}
