// One connection as a script sees it: its sequence numbers and timestamps begin where the script says, those on the wire
// where the stack has chosen. The remote end is the script's own, so its numbers need no translation.
import { tcpFlag } from '../../../src/stack/wire/tcp.ts';
import type { TcpOptionSpec } from './script.ts';
import type { Ends, LiveSegment } from './wire.ts';

export class Flow {
  readonly ends: Ends;
  /** Wire minus script, of what the stack sends; undefined before its SYN was seen. */
  #localOffset: number | undefined;
  /** Script minus wire, of the stack's timestamps, from the first one compared. */
  #timestamps: { readonly script: number; readonly wire: number } | undefined;
  readonly #timestampsByScript = new Map<number, number>();
  /** µs that one step of a script's timestamp stands for; ours are 1000. */
  readonly #tickUsecs: number;

  constructor(ends: Ends, tickUsecs: number) {
    this.ends = ends;
    this.#tickUsecs = tickUsecs === 0 ? 1000 : tickUsecs;
  }

  /** A SYN or SYN-ACK of the stack tells where its numbers begin; `scriptSequence` is what the script calls that. */
  noteSyn(segment: LiveSegment, scriptSequence: number): void {
    if ((segment.flags & tcpFlag.syn) !== 0) this.#localOffset = (segment.sequence - scriptSequence) >>> 0;
  }

  /** Numbers as the script would write them, of a segment of the stack. */
  toScript(segment: LiveSegment): LiveSegment {
    const options = segment.options.map((option): TcpOptionSpec => {
      if (option.kind !== 'TS' || this.#timestamps === undefined) return option;
      const steps = Math.round((((option.value - this.#timestamps.wire) | 0) * 1000) / this.#tickUsecs);
      return { kind: 'TS', value: (this.#timestamps.script + steps) >>> 0, echo: option.echo };
    });
    return { ...segment, sequence: (segment.sequence - (this.#localOffset ?? 0)) >>> 0, options };
  }

  /** Ties a timestamp of the stack to what the script calls it. */
  noteTimestamp(wire: number, script: number): void {
    this.#timestamps ??= { script, wire };
    this.#timestampsByScript.set(script, wire);
  }

  /** Numbers as on the wire, of a segment that the script lets arrive. */
  toWire(segment: LiveSegment): LiveSegment {
    const hasAck = (segment.flags & tcpFlag.ack) !== 0;
    return {
      ...segment,
      ack: hasAck ? (segment.ack + (this.#localOffset ?? 0)) >>> 0 : segment.ack,
      options: segment.options.map((option): TcpOptionSpec => {
        if (option.kind === 'TS') return hasAck ? { ...option, echo: this.#echoToWire(option.echo) } : option;
        if (option.kind !== 'sack') return option;
        const edge = (script: number): number => this.sequenceToWire(script);
        return { kind: 'sack', blocks: option.blocks.map(([left, right]) => [edge(left), edge(right)] as const) };
      }),
    };
  }

  /** A sequence number of ours, as ICMP messages and SACK blocks name it. */
  sequenceToWire(script: number): number {
    return (script + (this.#localOffset ?? 0)) >>> 0;
  }

  #echoToWire(script: number): number {
    const exact = this.#timestampsByScript.get(script);
    if (exact !== undefined) return exact;
    if (this.#timestamps === undefined || script === 0) return script;
    const steps = Math.round((((script - this.#timestamps.script) | 0) * this.#tickUsecs) / 1000);
    return (this.#timestamps.wire + steps) >>> 0;
  }
}
