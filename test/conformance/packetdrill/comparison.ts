// Expected against seen: what differs between a packet that the script wants and one that the stack has sent, and both
// written as the script writes them. Everything that a script says is compared; PSH in the middle of a run, and PSH that
// is expected where the application's last byte is not, are the sender's choice (RFC 9293 section 3.9.1.2) and are not.
import { tcpFlag } from '../../../src/stack/wire/tcp.ts';
import { formatFlags } from './packet-parser.ts';
import type { TcpOptionSpec, TcpPacketSpec } from './script.ts';
import { ecnName, type LiveSegment, type SeenTcp } from './wire.ts';

export interface ComparisonRules {
  /** µs by which times may differ. */
  readonly toleranceUsecs: number;
  /** µs per timestamp step; 0: values of timestamps are not compared. */
  readonly timestampTickUsecs: number;
  /** The segment carries the last byte written so far. */
  readonly endsWrite: boolean;
}

/** Names and values of the fields that differ; empty when the packet is the one expected. */
export function differences(
  expected: TcpPacketSpec,
  seen: SeenTcp,
  asScript: LiveSegment,
  rules: ComparisonRules,
): readonly string[] {
  const found: string[] = [];
  const compare = (name: string, wanted: number | string, got: number | string): void => {
    if (wanted !== got) found.push(`${name}: expected ${wanted}, seen ${got}`);
  };
  if (expected.ports !== undefined) {
    compare('source port', expected.ports.source, seen.ends.local.port);
    compare('destination port', expected.ports.destination, seen.ends.remote.port);
  }
  compareIp(expected, seen, compare);
  const ignored = isPushFree(expected, asScript, rules) ? tcpFlag.psh : 0;
  compare('flags', formatFlags(expected.flags & ~ignored), formatFlags(asScript.flags & ~ignored));
  compare('sequence', expected.sequence, asScript.sequence);
  compare('payload', expected.payloadBytes, asScript.payloadBytes);
  if ((expected.flags & tcpFlag.ack) !== 0) compare('ack', expected.ack, asScript.ack);
  if (expected.window !== undefined) compare('win', expected.window, asScript.window);
  compare('urg', expected.urgent, asScript.urgent);
  if (expected.options !== undefined) {
    if (!areOptionsAlike(expected.options, asScript.options, rules)) {
      compare('options', formatOptions(expected.options), formatOptions(asScript.options));
    }
  }
  return found;
}

function compareIp(
  expected: TcpPacketSpec,
  seen: SeenTcp,
  compare: (name: string, wanted: number | string, got: number | string) => void,
): void {
  const { ecn, tos, ttl } = expected.ip;
  if (ecn === 'ect01') {
    if (!ecnName(seen.trafficClass).startsWith('ect')) compare('ECN', 'ect0 or ect1', ecnName(seen.trafficClass));
  } else if (ecn !== undefined) compare('ECN', ecn, ecnName(seen.trafficClass));
  if (tos !== undefined) compare('tos', tos, seen.trafficClass);
  if (ttl !== undefined) compare('ttl', ttl, seen.ttl);
}

/** Linux marks PSH by its buffers; where the last byte written is sent, both must say so. */
function isPushFree(expected: TcpPacketSpec, seen: LiveSegment, rules: ComparisonRules): boolean {
  const isWanted = (expected.flags & tcpFlag.psh) !== 0;
  const isThere = (seen.flags & tcpFlag.psh) !== 0;
  return isWanted && !isThere && !rules.endsWrite;
}

function areOptionsAlike(
  expected: readonly TcpOptionSpec[],
  seen: readonly TcpOptionSpec[],
  rules: ComparisonRules,
): boolean {
  if (expected.length !== seen.length) return false;
  return expected.every((wanted, index) => {
    const got = seen[index];
    if (got === undefined) return false;
    if (wanted.kind !== 'TS' || got.kind !== 'TS') return formatOption(wanted) === formatOption(got);
    return wanted.echo === got.echo && isTimestampClose(wanted.value, got.value, rules);
  });
}

function isTimestampClose(wanted: number, got: number, rules: ComparisonRules): boolean {
  const tickUsecs = rules.timestampTickUsecs;
  if (tickUsecs === 0) return true;
  return Math.abs((got - wanted) | 0) * tickUsecs <= Math.max(rules.toleranceUsecs, tickUsecs);
}

/** A packet in the script's own words. */
export function formatSegment(segment: LiveSegment, extras: { readonly win: boolean; readonly ip?: string }): string {
  const end = (segment.sequence + segment.payloadBytes) >>> 0;
  const parts = [
    ...(extras.ip === undefined ? [] : [`[${extras.ip}]`]),
    formatFlags(segment.flags),
    `${segment.sequence}:${end}(${segment.payloadBytes})`,
    ...((segment.flags & tcpFlag.ack) === 0 ? [] : [`ack ${segment.ack}`]),
    ...(extras.win ? [`win ${segment.window}`] : []),
    ...(segment.urgent === 0 ? [] : [`urg ${segment.urgent}`]),
    ...(segment.options.length === 0 ? [] : [`<${formatOptions(segment.options)}>`]),
  ];
  return parts.join(' ');
}

export function formatExpected(expected: TcpPacketSpec): string {
  const ip = expected.ip.ecn ?? (expected.ip.tos === undefined ? undefined : `tos 0x${expected.ip.tos.toString(16)}`);
  const text = formatSegment(
    { ...expected, window: expected.window ?? 0, options: expected.options ?? [] },
    { win: expected.window !== undefined, ...(ip === undefined ? {} : { ip }) },
  );
  return expected.options === undefined ? `${text} <...>` : text;
}

export function formatOptions(options: readonly TcpOptionSpec[]): string {
  return options.map(formatOption).join(',');
}

function formatOption(option: TcpOptionSpec): string {
  switch (option.kind) {
    case 'mss':
    case 'wscale':
      return `${option.kind} ${option.value}`;
    case 'sack':
      return `sack ${option.blocks.map(([left, right]) => `${left}:${right}`).join(' ')}`;
    case 'TS':
      return `TS val ${option.value} ecr ${option.echo}`;
    case 'other':
      return `${option.number}:${option.bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    default:
      return option.kind;
  }
}
