// `ip neighbor`: the neighbor cache.
import type { NetworkStack } from '../../../../stack/network-stack.ts';
import { familyOf, formatIp, type IpAddress } from '../../../../stack/wire/ip-address.ts';
import { formatMac, parseMac, type MacAddress } from '../../../../stack/wire/mac-address.ts';
import { IpFault, requireAddress, requireInterface, type IpObject, type IpWords } from './ip-words.ts';

export const neighborObject: IpObject = (stack, words, options) => {
  const verb = words.verb(['show', 'list', 'lst', 'add', 'replace', 'change', 'delete', 'flush'], 'neigh');
  const found = readWords(stack, words);
  const { address, mac, out } = found;
  switch (verb) {
    case 'add':
    case 'replace':
    case 'change': {
      const [at, on] = required(found);
      if (mac === undefined) throw new IpFault('RTNETLINK answers: Invalid argument', 2);
      const isThere = stack
        .inspect()
        .neighbors.some((entry) => entry.address === at && entry.interface === on && entry.mac !== undefined);
      if (isThere && verb === 'add') throw new IpFault('RTNETLINK answers: File exists', 2);
      stack.addNeighbor(on, at, mac);
      return [];
    }
    case 'delete': {
      const [at, on] = required(found);
      if (!stack.removeNeighbor(on, at)) throw new IpFault('RTNETLINK answers: No such file or directory', 2);
      return [];
    }
    case 'flush':
      if (address === undefined && out === undefined && !found.all) throw new IpFault('Flush requires arguments.', 255);
      if (address === undefined) stack.flushNeighbors(out);
      else {
        for (const entry of stack.inspect().neighbors) {
          if (entry.address === address) stack.removeNeighbor(entry.interface, address);
        }
      }
      return [];
    default:
      return stack
        .inspect()
        .neighbors.filter((entry) => out === undefined || entry.interface === out)
        .filter((entry) => address === undefined || entry.address === address)
        .filter((entry) => options.family === undefined || familyOf(entry.address) === options.family)
        .map((entry) => {
          const dev = out === undefined ? ` dev ${entry.interface}` : '';
          const lladdr = entry.mac === undefined ? '' : ` lladdr ${formatMac(entry.mac)}`;
          return `${formatIp(entry.address)}${dev}${lladdr}${entry.router ? ' router' : ''} ${entry.state} `;
        });
  }
};

interface NeighborWords {
  address: IpAddress | undefined;
  mac: MacAddress | undefined;
  out: string | undefined;
  all: boolean;
}

function readWords(stack: NetworkStack, words: IpWords): NeighborWords {
  const found: NeighborWords = { address: undefined, mac: undefined, out: undefined, all: false };
  while (!words.isEmpty) {
    const dev = words.valueOf('dev');
    const lladdr = dev === undefined ? words.valueOf('lladdr') : undefined;
    if (dev !== undefined) found.out = requireInterface(stack, dev);
    else if (lladdr !== undefined) {
      found.mac = parseMac(lladdr);
      if (found.mac === undefined) throw new IpFault(`"${lladdr}" is invalid lladdr.`, 255);
    } else if (words.has('all')) found.all = true;
    else if (words.valueOf('nud') === undefined) found.address = requireAddress(words.valueOf('to') ?? words.next());
  }
  return found;
}

function required({ address, out }: NeighborWords): readonly [IpAddress, string] {
  if (address === undefined || out === undefined) {
    throw new IpFault('Device and destination are required arguments.', 255);
  }
  return [address, out];
}
