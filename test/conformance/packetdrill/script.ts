// What a packetdrill script says, as values: options, events at times, packets, system calls, commands and snippets.
import type { Place } from './lexer.ts';

/** When an event happens; times in ms, of `relative` ones since the event before. */
export type EventTime =
  { readonly kind: 'absolute' | 'relative'; readonly ms: number; readonly endMs?: number } | { readonly kind: 'any' };

export interface ScriptOption {
  readonly name: string;
  readonly value: string | undefined;
  readonly place: Place;
}

export type TcpOptionSpec =
  | { readonly kind: 'nop' | 'eol' | 'sackOK' }
  | { readonly kind: 'mss' | 'wscale'; readonly value: number }
  | { readonly kind: 'sack'; readonly blocks: readonly (readonly [left: number, right: number])[] }
  | { readonly kind: 'TS'; readonly value: number; readonly echo: number }
  /** Anything else, such as a Fast Open cookie: kind number and bytes. */
  | { readonly kind: 'other'; readonly number: number; readonly bytes: readonly number[]; readonly name: string };

/** What is said of the IP header; `ecn` and `tos` exclude each other. */
export interface IpSpec {
  readonly ecn?: 'noecn' | 'ect0' | 'ect1' | 'ce' | 'ect01';
  readonly tos?: number;
  readonly ttl?: number;
}

export interface TcpPacketSpec {
  readonly kind: 'tcp';
  readonly direction: 'in' | 'out';
  readonly ip: IpSpec;
  readonly ports: { readonly source: number; readonly destination: number } | undefined;
  /** Bits of the flags byte. */
  readonly flags: number;
  readonly sequence: number;
  readonly payloadBytes: number;
  readonly ack: number;
  /** Undefined: not compared (a RST that arrives may leave it out as well). */
  readonly window: number | undefined;
  readonly urgent: number;
  /** Undefined: `<...>`, not compared. */
  readonly options: readonly TcpOptionSpec[] | undefined;
}

export interface UdpPacketSpec {
  readonly kind: 'udp';
  readonly direction: 'in' | 'out';
  readonly ip: IpSpec;
  readonly ports: { readonly source: number; readonly destination: number } | undefined;
  readonly payloadBytes: number;
}

export interface IcmpPacketSpec {
  readonly kind: 'icmp';
  readonly direction: 'in' | 'out';
  readonly ip: IpSpec;
  readonly type: string;
  readonly code: string | undefined;
  readonly mtu: number | undefined;
  /** The packet that the message quotes. */
  readonly quoted: { readonly protocol: 'tcp' | 'udp'; readonly sequence: number; readonly payloadBytes: number };
}

export type PacketSpec = TcpPacketSpec | UdpPacketSpec | IcmpPacketSpec;

export type Expression =
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'word' | 'string'; readonly text: string }
  | { readonly kind: 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly argument: Expression }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  /** `{name=value, msg_iov(2)=[...]}`; also `{..., 1000}`, whose items have no names. */
  | {
      readonly kind: 'struct';
      readonly fields: ReadonlyMap<string, Expression>;
      readonly items: readonly Expression[];
    };

export interface CallSpec {
  readonly name: string;
  readonly arguments: readonly Expression[];
  readonly result: Expression;
  readonly errno: string | undefined;
  /** When a blocking call returns: ms, in the same way as the event's time. */
  readonly returnMs: number | undefined;
}

export type Action =
  | { readonly kind: 'packet'; readonly packet: PacketSpec }
  | { readonly kind: 'call'; readonly call: CallSpec }
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string };

export interface ScriptEvent {
  readonly time: EventTime;
  readonly action: Action;
  readonly place: Place;
}

export interface Script {
  readonly options: readonly ScriptOption[];
  readonly events: readonly ScriptEvent[];
}
