// ICMP errors in the words of ping and in the marks of traceroute.
import type { IcmpErrorReport } from '../../../../stack/sockets.ts';
import { unreachableCode } from '../../../../stack/wire/icmpv4.ts';

const unreachableTexts: Readonly<Record<number, string>> = {
  0: 'Destination Net Unreachable',
  1: 'Destination Host Unreachable',
  2: 'Destination Protocol Unreachable',
  3: 'Destination Port Unreachable',
  5: 'Source Route Failed',
  6: 'Destination Net Unknown',
  7: 'Destination Host Unknown',
  9: 'Destination Net Prohibited',
  10: 'Destination Host Prohibited',
  13: 'Packet filtered',
};

/** What ping prints behind `icmp_seq=1`. */
export function icmpErrorText({ kind, type, code, mtu }: IcmpErrorReport): string {
  switch (kind) {
    case 'time-exceeded':
      return code === 0 ? 'Time to live exceeded' : 'Frag reassembly time exceeded';
    case 'fragmentation-needed':
      return `Frag needed and DF set (mtu = ${mtu})`;
    case 'unreachable':
      return unreachableTexts[code] ?? `Dest Unreachable, Bad Code: ${code}`;
    case 'parameter-problem':
      return 'Parameter problem: pointer = 0';
    case 'source-quench':
      return 'Source Quench';
    case 'redirect':
      return code === 0 ? 'Redirect Network' : `Redirect Host (type ${type})`;
  }
}

/** What traceroute prints behind the time: nothing for the answers that it hopes for. */
export function tracerouteMark({ kind, code, mtu }: IcmpErrorReport): string {
  if (kind === 'fragmentation-needed') return ` !F-${mtu}`;
  if (kind !== 'unreachable') return '';
  switch (code) {
    case unreachableCode.network:
      return ' !N';
    case unreachableCode.host:
      return ' !H';
    case unreachableCode.protocol:
      return ' !P';
    case unreachableCode.port:
      return '';
    case unreachableCode.sourceRouteFailed:
      return ' !S';
    case 9:
    case 10:
    case unreachableCode.prohibited:
      return ' !X';
    default:
      return ` !<${code}>`;
  }
}
