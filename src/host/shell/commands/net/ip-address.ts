// `ip address`: the addresses of the interfaces.
import type { AddressInspection, InterfaceInspection } from '../../../../stack/inspect.ts';
import {
  directedBroadcast,
  familyOf,
  formatIp,
  formatPrefix,
  isLoopbackIp,
  type Prefix,
} from '../../../../stack/wire/ip-address.ts';
import { isLinkLocalIpv6 } from '../../../../stack/wire/ipv6-scope.ts';
import { briefHead, headLine, linkLine, stateOf } from './ip-link.ts';
import { IpFault, requireInterface, requirePrefix, shownInterface, type IpObject, type IpOptions } from './ip-words.ts';

export const addressObject: IpObject = (stack, words, options) => {
  const verb = words.verb(['show', 'list', 'lst', 'add', 'replace', 'delete', 'flush'], 'address');
  if (verb === 'add' || verb === 'replace' || verb === 'delete') {
    let prefix: Prefix | undefined;
    let name: string | undefined;
    while (!words.isEmpty) {
      const value = words.valueOf('dev');
      if (value !== undefined) name = value;
      else if (words.valueOf('brd') === undefined && words.valueOf('broadcast') === undefined) {
        prefix = requirePrefix(words.valueOf('local') ?? words.next());
      }
    }
    if (name === undefined) throw new IpFault('Not enough information: "dev" argument is required.', 1);
    requireInterface(stack, name);
    if (prefix === undefined) throw new IpFault('Command line is not complete. Try option "help"', 255);
    const { address, length } = prefix;
    const isThere = stack
      .inspect()
      .interfaces.some(
        (each) => each.name === name && each.addresses.some((own) => own.address === address && own.length === length),
      );
    if (verb === 'delete') {
      if (!stack.removeAddress(name, prefix))
        throw new IpFault('RTNETLINK answers: Cannot assign requested address', 2);
    } else if (!isThere) stack.addAddress(name, prefix);
    else if (verb === 'add') throw new IpFault('RTNETLINK answers: File exists', 2);
    return [];
  }
  const named = words.isEmpty ? undefined : (words.valueOf('dev') ?? words.next());
  if (verb === 'flush') {
    if (named === undefined) throw new IpFault('Flush requires arguments.', 255);
    const found = stack.inspect().interfaces.find((each) => each.name === shownInterface(stack, named));
    for (const prefix of found?.addresses ?? []) stack.removeAddress(named, prefix);
    return [];
  }
  const onlyUp = named === 'up';
  const wanted = named === undefined || onlyUp ? undefined : shownInterface(stack, named);
  const shown = stack
    .inspect()
    .interfaces.filter(({ name, up }) => (wanted === undefined || name === wanted) && (up || !onlyUp));
  return shown.flatMap((each) => interfaceLines(each, options));
};

function interfaceLines(each: InterfaceInspection, options: IpOptions): string[] {
  const addresses = each.addresses.filter(
    ({ address }) => options.family === undefined || familyOf(address) === options.family,
  );
  if (options.family !== undefined && addresses.length === 0) return [];
  if (options.brief) return [`${briefHead(each)}${addresses.map((prefix) => `${formatPrefix(prefix)} `).join('')}`];
  const blocks = addresses.map((prefix) => [addressLine(each, prefix), lifeLine(prefix)]);
  if (options.oneLine) {
    return blocks.map(([line = '', life = '']) => `${each.index}: ${each.name}    ${line.trimStart()}\\${life}`);
  }
  return [headLine(each, ''), ...(options.family === undefined ? [linkLine(each)] : []), ...blocks.flat()];
}

function addressLine(each: InterfaceInspection, prefix: AddressInspection): string {
  const { address } = prefix;
  if (familyOf(address) === 6) {
    const scope = isLoopbackIp(address) ? 'host' : isLinkLocalIpv6(address) ? 'link' : 'global';
    const { state, dynamic } = prefix;
    const flags = [
      ...(state === 'dadfailed' ? ['dadfailed', 'tentative'] : []),
      ...(state === 'tentative' || state === 'deprecated' ? [state] : []),
      ...(dynamic === true ? ['dynamic', 'mngtmpaddr'] : []),
    ];
    return `    inet6 ${formatPrefix(prefix)} scope ${scope} ${flags.map((flag) => `${flag} `).join('')}`;
  }
  const broadcast = each.loopback ? undefined : directedBroadcast(prefix);
  const brd = broadcast === undefined ? '' : ` brd ${formatIp(broadcast)}`;
  return `    inet ${formatPrefix(prefix)}${brd} scope ${isLoopbackIp(address) ? 'host' : 'global'} ${each.name}`;
}

function lifeLine({ validLeftMs = Infinity, preferredLeftMs = Infinity }: AddressInspection): string {
  const text = (leftMs: number): string => (Number.isFinite(leftMs) ? `${Math.ceil(leftMs / 1000)}sec` : 'forever');
  return `       valid_lft ${text(validLeftMs)} preferred_lft ${text(preferredLeftMs)}`;
}

/** True when the interface could carry a packet now. */
export function isUsable(each: InterfaceInspection): boolean {
  return stateOf(each) !== 'DOWN';
}
