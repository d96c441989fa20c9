// How a line is to look, and what the layers share while they write it.
import { formatIp, type IpAddress } from '../stack/wire/ip-address.ts';
import type { Conversations } from './conversation.ts';
import { serviceNames } from './service-names.ts';

export interface LineOptions {
  /** The name of an address; undefined: the address is shown. Absent: no names, neither for ports (tcpdump's -n). */
  readonly nameOf?: (address: IpAddress) => string | undefined;
  /** Ethernet addresses and type before the packet (-e). */
  readonly link?: boolean;
  /** Header fields and checksums (-v). */
  readonly verbose?: boolean;
  /** Sequence numbers as they are (-S). */
  readonly absolute?: boolean;
}

/** What every layer is given. */
export interface LineContext {
  readonly options: LineOptions;
  readonly conversations: Conversations;
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
  readonly source: IpAddress;
  readonly destination: IpAddress;
}
