// ICMP errors of both families in the words of ping and in the marks of traceroute.
import type { IcmpErrorReport } from '../../../../stack/sockets.ts';
import { unreachableCode } from '../../../../stack/wire/icmpv4.ts';
import { unreachableCode6 } from '../../../../stack/wire/icmpv6.ts';
import { familyOf } from '../../../../stack/wire/ip-address.ts';

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

const unreachableTexts6: Readonly<Record<number, string>> = {
  0: 'No route',
  1: 'Administratively prohibited',
  2: 'Beyond scope of source address',
  3: 'Address unreachable',
  4: 'Port unreachable',
};

const parameterTexts6: Readonly<Record<number, string>> = {
  0: 'Wrong header field ',
  1: 'Unknown header ',
  2: 'Unknown option ',
};

/** What ping prints behind `icmp_seq=1`. */
export function icmpErrorText(report: IcmpErrorReport): string {
  if (familyOf(report.destination.address) === 6) return icmpv6ErrorText(report);
  const { kind, type, code, mtu } = report;
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

/** As iputils has it for ICMPv6 (RFC 4443 section 3). */
function icmpv6ErrorText({ kind, code, mtu }: IcmpErrorReport): string {
  switch (kind) {
    case 'time-exceeded':
      return `Time exceeded: ${code === 0 ? 'Hop limit' : 'Defragmentation failure'}`;
    case 'fragmentation-needed':
      return `Packet too big: mtu=${mtu}`;
    case 'parameter-problem':
      return `Parameter problem: ${parameterTexts6[code] ?? ''}`.trimEnd();
    default:
      return `Destination unreachable: ${unreachableTexts6[code] ?? `Unknown code ${code}`}`;
  }
}

const tracerouteMarks6: Readonly<Record<number, string>> = {
  [unreachableCode6.noRoute]: ' !N',
  [unreachableCode6.prohibited]: ' !X',
  [unreachableCode6.beyondScope]: ' !S',
  [unreachableCode6.address]: ' !H',
  [unreachableCode6.port]: '',
};

/** What traceroute prints behind the time: nothing for the answers that it hopes for. */
export function tracerouteMark({ kind, code, mtu, destination }: IcmpErrorReport): string {
  if (kind === 'fragmentation-needed') return ` !F-${mtu}`;
  if (kind !== 'unreachable') return '';
  if (familyOf(destination.address) === 6) return tracerouteMarks6[code] ?? ` !<${code}>`;
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
