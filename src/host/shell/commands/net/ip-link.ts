// `ip link`: interfaces, their state, their counters.
import type { InterfaceInspection } from '../../../../stack/inspect.ts';
import { formatMac, unspecifiedMac } from '../../../../stack/wire/mac-address.ts';
import { IpFault, requireInterface, shownInterface, type IpObject } from './ip-words.ts';

export const linkObject: IpObject = (stack, words, options) => {
  const verb = words.verb(['show', 'list', 'lst', 'set', 'add', 'delete'], 'link');
  if (verb === 'add' || verb === 'delete') throw new IpFault('RTNETLINK answers: Operation not supported', 2);
  if (verb === 'set') {
    const name = requireInterface(stack, words.valueOf('dev') ?? words.next());
    if (words.isEmpty) throw new IpFault('Not enough of information: "dev" argument is required.', 255);
    while (!words.isEmpty) {
      const word = words.next();
      if (word !== 'up' && word !== 'down') throw new IpFault('RTNETLINK answers: Operation not supported', 2);
      stack.setInterfaceUp(name, word === 'up');
    }
    return [];
  }
  const wanted = words.isEmpty ? undefined : shownInterface(stack, words.valueOf('dev') ?? words.next());
  const shown = stack.inspect().interfaces.filter(({ name }) => wanted === undefined || name === wanted);
  if (options.brief) return shown.map(briefLink);
  return shown.flatMap((each) => {
    const lines = [
      headLine(each, ' mode DEFAULT'),
      linkLine(each),
      ...(options.statistics ? statisticsLines(each) : []),
    ];
    return options.oneLine ? [lines.join('\\')] : lines;
  });
};

/** The first line of an interface; `mode` is what `ip link` adds. */
export function headLine(each: InterfaceInspection, mode: string): string {
  const state = stateOf(each);
  return `${each.index}: ${each.name}: <${flagsOf(each)}> mtu ${each.mtu} qdisc noqueue state ${state}${mode} group default qlen 1000`;
}

export function linkLine({ loopback, mac }: InterfaceInspection): string {
  const [kind, broadcast] = loopback ? ['loopback', formatMac(unspecifiedMac)] : ['ether', 'ff:ff:ff:ff:ff:ff'];
  return `    link/${kind} ${formatMac(loopback ? unspecifiedMac : mac)} brd ${broadcast}`;
}

/** Name and state as `-br` shows them. */
export function briefHead(each: InterfaceInspection): string {
  return `${each.name.padEnd(16)} ${stateOf(each).padEnd(14)} `;
}

function briefLink(each: InterfaceInspection): string {
  return `${briefHead(each)}${formatMac(each.loopback ? unspecifiedMac : each.mac)} <${flagsOf(each)}> `;
}

/** RFC 2863's operational state, as Linux derives it. */
export function stateOf({ loopback, up, carrier }: InterfaceInspection): string {
  if (loopback && up) return 'UNKNOWN';
  return up && carrier ? 'UP' : 'DOWN';
}

function flagsOf({ loopback, up, carrier }: InterfaceInspection): string {
  return [
    ...(up && !carrier && !loopback ? ['NO-CARRIER'] : []),
    ...(loopback ? ['LOOPBACK'] : ['BROADCAST', 'MULTICAST']),
    ...(up ? ['UP'] : []),
    ...(up && (carrier || loopback) ? ['LOWER_UP'] : []),
  ].join(',');
}

/** The widths of iproute2 6: at least the heading, wider when a number needs it, the same in both blocks. */
function statisticsLines({ counters }: InterfaceInspection): string[] {
  const rx = [counters.rxBytes, counters.rxFrames, 0, counters.rxDropped, 0, 0];
  const tx = [counters.txBytes, counters.txFrames, 0, counters.txDropped, 0, 0];
  const widths = [10, 7, 6, 7, 7, 7].map((least, column) =>
    Math.max(least, String(rx[column] ?? 0).length, String(tx[column] ?? 0).length),
  );
  const block = (head: string, names: readonly string[], values: readonly number[]): string[] => {
    const cells = (texts: readonly string[]): string =>
      texts.map((text, at) => text.padStart(widths[at] ?? 7)).join(' ');
    const title = cells(['', ...names.slice(1)]).slice(widths[0]);
    return [
      `    ${head}:${(names[0] ?? '').padStart((widths[0] ?? 10) - 3)}${title}           `,
      `    ${cells(values.map(String))} `,
    ];
  };
  return [
    ...block('RX', ['bytes', 'packets', 'errors', 'dropped', 'missed', 'mcast'], rx),
    ...block('TX', ['bytes', 'packets', 'errors', 'dropped', 'carrier', 'collsns'], tx),
  ];
}
