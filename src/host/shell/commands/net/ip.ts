// `ip` as iproute2 has it: options, objects and their abbreviations; the objects have a file each.
import { SocketError } from '../../../../stack/sockets.ts';
import type { CommandDefinition } from '../../command.ts';
import { errorText } from '../../../error-text.ts';
import { addressObject } from './ip-address.ts';
import { IpFault, IpWords, type IpObject, type IpOptions } from './ip-words.ts';
import { linkObject } from './ip-link.ts';
import { neighborObject } from './ip-neighbor.ts';
import { routeObject } from './ip-route.ts';

/** In the order in which abbreviations are tried, as iproute2's. */
const objects: readonly (readonly [names: readonly string[], object: IpObject])[] = [
  [['address'], addressObject],
  [['neighbor', 'neighbour'], neighborObject],
  [['link'], linkObject],
  [['route'], routeObject],
];

export const ip: CommandDefinition = {
  name: 'ip',
  summary: 'show and change addresses, routes, neighbors and interfaces',
  description: [
    'ip OBJECT VERB. Objects: address, link, route, neighbor. Every word may be shortened as long as it stays clear: ip a is ip address show.',
    'ip address [show|add|del] [PREFIX] [dev NAME]; ip link [show|set NAME up|down]; ip route [show|add|del|replace|get] [PREFIX|default] [via GATEWAY] [dev NAME] [src ADDRESS] [metric N]; ip neigh [show|add|del|flush] [ADDRESS|all] [lladdr MAC] [dev NAME].',
    'Options come before the object: -br one short line for each interface, -s counters (ip -s link), -4 only IPv4, -o one line each.',
  ],
  options: [],
  operands: [{ name: 'OBJECT [VERB] [ARGUMENTS]', kind: 'interface', repeated: true, optional: true }],
  rawArguments: true,
  words: [
    'address',
    'link',
    'route',
    'neighbor',
    'show',
    'add',
    'del',
    'replace',
    'get',
    'set',
    'flush',
    'up',
    'down',
    'via',
    'dev',
    'metric',
    'src',
    'default',
    'lladdr',
  ],
  examples: [
    { line: 'ip a', what: 'interfaces and their addresses' },
    { line: 'ip route get 10.0.3.2', what: 'which way a packet would go' },
    { line: 'ip route add 10.0.9.0/24 via 10.0.1.1', what: 'a new route' },
    { line: 'ip link set eth0 down', what: 'unplug' },
    { line: 'ip neigh', what: 'who is known on the links' },
  ],
  async run(context) {
    try {
      const words = Array.from(context.operands);
      const options = takeOptions(words);
      const [objectWord, ...rest] = words;
      if (objectWord === undefined) throw new IpFault(usage, 255);
      if (objectWord === 'help') throw new IpFault(usage, 255);
      const found = objects.find(([names]) => names.some((name) => name.startsWith(objectWord)));
      if (found === undefined) throw new IpFault(`Object "${objectWord}" is unknown, try "ip help".`, 1);
      const output = found[1](context.host.stack, new IpWords(rest), options);
      await context.stdout.write(output.map((line) => `${line}\n`).join(''));
      return 0;
    } catch (error) {
      const fault = error instanceof SocketError ? answers(error) : error;
      if (!(fault instanceof IpFault)) throw error;
      await context.stderr.write(`${fault.message}\n`);
      return fault.status;
    }
  },
};

const usage = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { address | link | neighbour | route }
       OPTIONS := { -s[tatistics] | -o[neline] | -br[ief] | -4 | -6 }`;

/** What the kernel would answer. */
function answers({ code }: SocketError): IpFault {
  return new IpFault(`RTNETLINK answers: ${errorText(code)}`, 2);
}

/** Takes the options from the front of `words`. */
function takeOptions(words: string[]): IpOptions {
  const options = { brief: false, statistics: false, oneLine: false, family: undefined as 4 | 6 | undefined };
  while (words[0]?.startsWith('-') === true) {
    const word = words.shift() ?? '';
    const name = word.replace(/^--?/, '');
    if (name === '4' || name === '6') options.family = name === '4' ? 4 : 6;
    else if (name === 's' || isShort(name, 'statistics', 2) || isShort(name, 'stats', 2)) options.statistics = true;
    else if (name === 'o' || isShort(name, 'oneline', 1)) options.oneLine = true;
    else if (isShort(name, 'brief', 2)) options.brief = true;
    else if (!['c', 'color', 'd', 'details', 'h', 'human'].includes(name)) {
      throw new IpFault(`Option "${word}" is unknown, try "ip -help".`, 255);
    }
  }
  return options;
}

function isShort(name: string, full: string, least: number): boolean {
  return name.length >= least && full.startsWith(name);
}
