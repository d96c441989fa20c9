// ss as iproute2 has it: the sockets of the host, and with -i what is inside a TCP connection.
import { serviceNames, servicePort } from '../../../../dissect/service-names.ts';
import type { TcpSocketInspection, UdpSocketInspection } from '../../../../stack/inspect.ts';
import type { NetworkStack } from '../../../../stack/network-stack.ts';
import type { Endpoint } from '../../../../stack/sockets.ts';
import {
  formatIp,
  isUnspecifiedIp,
  parseIp,
  familyOf,
  unspecifiedIpv4,
  unspecifiedIpv6,
  type IpAddress,
  type IpFamily,
} from '../../../../stack/wire/ip-address.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { familyOptions, wantedFamily } from './target.ts';

type SocketInspection = TcpSocketInspection | UdpSocketInspection;

/** The stack's names of states -> those that ss prints. */
const stateNames: Readonly<Record<string, string>> = {
  ESTABLISHED: 'ESTAB',
  SYN_SENT: 'SYN-SENT',
  SYN_RCVD: 'SYN-RECV',
  FIN_WAIT_1: 'FIN-WAIT-1',
  FIN_WAIT_2: 'FIN-WAIT-2',
  TIME_WAIT: 'TIME-WAIT',
  CLOSE_WAIT: 'CLOSE-WAIT',
  LAST_ACK: 'LAST-ACK',
  LISTEN: 'LISTEN',
  CLOSING: 'CLOSING',
  CLOSED: 'UNCONN',
};

/** The stack's names of timers -> ss's; what ss does not know is not shown. */
const timerNames: Readonly<Record<string, string>> = {
  'loss-probe': 'on',
  reorder: 'on',
  retransmit: 'on',
  persist: 'persist',
  'keep-alive': 'keepalive',
  'fin-wait-2': 'timewait',
  'time-wait': 'timewait',
};

const listening = ['LISTEN', 'UNCONN'];
/** Shown neither by default nor with -l. */
const passing = ['TIME-WAIT', 'SYN-RECV'];

export const ss: CommandDefinition = {
  name: 'ss',
  summary: 'show sockets',
  description: [
    'Lists connections; with -l listening sockets, with -a both. Recv-Q and Send-Q are bytes that the program has not read and bytes that the peer has not acknowledged; for a listener, connections that wait and how many may.',
    '-i shows what is inside a TCP connection: rto and rtt (smoothed/variance) in ms, mss in bytes, cwnd and ssthresh in segments, unacked segments, retrans (now/in all), the windows of both sides in bytes.',
    'FILTER is "state NAME" (established, listening, time-wait, fin-wait-1...) and conditions "sport = :80", "dport = :80", "src ADDRESS", "dst ADDRESS", joined by and or or.',
  ],
  options: [
    { short: 't', long: 'tcp', key: 'tcp', type: 'flag', description: 'TCP' },
    { short: 'u', long: 'udp', key: 'udp', type: 'flag', description: 'UDP' },
    { short: 'l', long: 'listening', key: 'listening', type: 'flag', description: 'listening sockets only' },
    { short: 'a', long: 'all', key: 'all', type: 'flag', description: 'all sockets' },
    { short: 'n', long: 'numeric', key: 'numeric', type: 'flag', description: 'no names for ports' },
    { short: 'i', long: 'info', key: 'info', type: 'flag', description: 'the inside of TCP' },
    { short: 'o', long: 'options', key: 'timers', type: 'flag', description: 'timers' },
    { short: 'p', long: 'processes', key: 'processes', type: 'flag', description: 'the programs behind the sockets' },
    { short: 'H', long: 'no-header', key: 'bare', type: 'flag', description: 'no heading' },
    ...familyOptions,
  ],
  operands: [{ name: 'FILTER', kind: 'text', optional: true, repeated: true }],
  words: ['state', 'established', 'listening', 'time-wait', 'sport', 'dport'],
  examples: [
    { line: 'ss -tan', what: 'all TCP sockets' },
    { line: 'ss -ti', what: 'connections with rtt and congestion window' },
    { line: 'ss -lnp', what: 'who listens where' },
  ],
  async run(context) {
    const filter = parseFilter(context.operands);
    if (typeof filter === 'string') {
      await context.stderr.write(`ss: ${filter}\nUsage: ss [ OPTIONS ] [ FILTER ]\n`);
      return 255;
    }
    const lines = socketLines(context, filter);
    await context.stdout.write(lines.map((line) => `${line}\n`).join(''));
    return 0;
  },
};

interface Row {
  readonly socket: SocketInspection;
  readonly state: string;
}

interface Filter {
  /** Undefined: as the options say. */
  readonly states: readonly string[] | undefined;
  matches(socket: SocketInspection): boolean;
}

function socketLines(context: CommandContext, filter: Filter): string[] {
  const { options, host } = context;
  const { tcp, udp } = host.stack.inspect();
  const both = (options['tcp'] === true) === (options['udp'] === true);
  const isShown = filterOfOptions(context, filter);
  const rows: Row[] = [
    ...(both || options['udp'] === true ? udp : []).map((socket) => ({
      socket,
      state: socket.remote === undefined ? 'UNCONN' : 'ESTAB',
    })),
    ...(both || options['tcp'] === true ? tcp : []).map((socket) => ({
      socket,
      state: stateNames[socket.state] ?? socket.state,
    })),
  ].filter((row) => isShown(row) && filter.matches(row.socket) && isOfFamily(row.socket, wantedFamily(context)));
  const withState = filter.states?.length !== 1;
  const head = [
    ...(both ? ['Netid'] : []),
    ...(withState ? ['State'] : []),
    'Recv-Q',
    'Send-Q',
    'Local Address:',
    'Port',
    'Peer Address:',
    'Port',
    'Process',
  ];
  const cells = rows.map((row) => rowCells(row, { context, both, withState }));
  const table = alignColumns([head, ...cells], head);
  const wide = table.slice(options['bare'] === true ? 1 : 0);
  if (options['info'] !== true) return wide;
  const insides = rows.map(({ socket }) => insideText(socket, host.stack));
  const heads = options['bare'] === true ? [] : wide.slice(0, 1);
  const lines = wide.slice(heads.length);
  return [
    ...heads,
    ...lines.flatMap((line, index) => [
      line.trimEnd(),
      ...(insides[index] === '' ? [] : [`\t ${insides[index] ?? ''}`]),
    ]),
  ];
}

/** A socket of both families is an IPv6 socket, as in Linux. */
function isOfFamily({ local, remote }: SocketInspection, family: IpFamily | undefined): boolean {
  return family === undefined || familyOf((remote ?? local).address) === family;
}

function filterOfOptions({ options }: CommandContext, { states }: Filter): (row: Row) => boolean {
  if (states !== undefined) return ({ state }) => states.includes(state);
  if (options['all'] === true) return () => true;
  if (options['listening'] === true) return ({ state }) => listening.includes(state);
  return ({ state }) => !listening.includes(state) && !passing.includes(state);
}

function rowCells(
  { socket, state }: Row,
  shown: { readonly context: CommandContext; readonly both: boolean; readonly withState: boolean },
): string[] {
  const { options, host } = shown.context;
  const port = (value: number): string =>
    (options['numeric'] === true ? undefined : serviceNames[value]) ?? String(value);
  const isIpv6 = familyOf(socket.local.address) === 6;
  const any: Endpoint = { address: isIpv6 ? unspecifiedIpv6 : unspecifiedIpv4, port: 0 };
  const peer = socket.remote ?? any;
  const sendQueue = socket.protocol === 'tcp' ? socket.sendQueue : 0;
  const pid = host.processes.list().find(({ command }) => command.split(/[\s|]/)[0] === socket.owner)?.pid;
  const users = socket.owner === '' ? '' : ` users:(("${socket.owner}"${pid === undefined ? '' : `,pid=${pid}`},fd=3))`;
  const timer = options['timers'] === true ? timerText(socket) : '';
  return [
    ...(shown.both ? [socket.protocol] : []),
    ...(shown.withState ? [state] : []),
    String(socket.receiveQueue),
    String(sendQueue),
    `${addressText(socket.local.address)}:`,
    port(socket.local.port),
    `${addressText(peer.address)}:`,
    socket.remote === undefined ? '*' : port(peer.port),
    `${options['processes'] === true ? users : ''}${timer === '' ? '' : ` ${timer}`}`,
  ];
}

function addressText(address: IpAddress): string {
  const text = formatIp(address);
  if (text.includes(':')) return isUnspecifiedIp(address) ? '*' : `[${text}]`;
  return text;
}

/** ss's layout: addresses to the right, all else to the left, ports without a gap behind their address. */
function alignColumns(rows: readonly (readonly string[])[], head: readonly string[]): string[] {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const title = head[column] ?? '';
        const padded = title.endsWith(':') ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
        return column === 0 || title === 'Port' || title === 'Process' ? padded : ` ${padded}`;
      })
      .join(''),
  );
}

/** What -i adds. */
function insideText(socket: SocketInspection, stack: NetworkStack): string {
  const control = socket.protocol === 'tcp' ? socket.control : undefined;
  if (control === undefined) return '';
  const segments = (bytes: number): number => Math.round(bytes / Math.max(1, control.mss));
  const number = (value: number): string => String(Number(value.toPrecision(6)));
  const { srttMs, rttvarMs } = control;
  const rate = srttMs === undefined || srttMs === 0 ? undefined : (8000 * control.cwnd) / srttMs;
  return [
    stack.readKnob('net.ipv4.tcp_congestion_control') ?? 'cubic',
    `rto:${number(control.rtoMs)}`,
    ...(srttMs === undefined ? [] : [`rtt:${number(round3(srttMs))}/${number(round3(rttvarMs ?? 0))}`]),
    `mss:${control.mss}`,
    `cwnd:${segments(control.cwnd)}`,
    ...(control.ssthresh < 0x7fff_ffff ? [`ssthresh:${segments(control.ssthresh)}`] : []),
    ...(rate === undefined ? [] : [`send ${rateText(rate)}`]),
    ...(control.flightBytes === 0 ? [] : [`unacked:${Math.ceil(control.flightBytes / Math.max(1, control.mss))}`]),
    ...(control.retransmits === 0 ? [] : [`retrans:0/${control.retransmits}`]),
    ...(control.outOfOrderBytes === 0 ? [] : [`rcv_ooo:${control.outOfOrderBytes}`]),
    `snd_wnd:${control.sndWnd}`,
    `rcv_wnd:${control.rcvWnd}`,
  ].join(' ');
}

const round3 = (value: number): number => Math.round(1000 * value) / 1000;

/** `233Mbps`: three digits that matter. */
function rateText(bitsPerSecond: number): string {
  const units = ['bps', 'Kbps', 'Mbps', 'Gbps'];
  let [value, unit] = [bitsPerSecond, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${Number(value.toPrecision(3))}${units[unit] ?? ''}`;
}

/** `timer:(on,204ms,0)`: the first of the timers that run, and how often it has fired in vain. */
function timerText(socket: SocketInspection): string {
  const timers = (socket.protocol === 'tcp' ? socket.control?.timers : undefined) ?? [];
  const timer = timers.find(({ name }) => timerNames[name] !== undefined);
  if (timer === undefined) return '';
  const { leftMs } = timer;
  const left =
    leftMs >= 60_000
      ? `${Math.floor(leftMs / 60_000)}min${Math.floor((leftMs % 60_000) / 1000)}sec`
      : leftMs >= 10_000
        ? `${Math.floor(leftMs / 1000)}sec`
        : `${Math.ceil(leftMs)}ms`;
  const fired = timer.name === 'retransmit' && socket.protocol === 'tcp' ? (socket.control?.retries ?? 0) : 0;
  return `timer:(${timerNames[timer.name] ?? timer.name},${left},${fired})`;
}

/** The filter that the words say, or a complaint. */
function parseFilter(words: readonly string[]): Filter | string {
  const rest = words.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '' && word !== '(' && word !== ')');
  let states: string[] | undefined;
  while (rest[0] === 'state') {
    const name = rest.splice(0, 2)[1]?.toLowerCase() ?? '';
    const known: Readonly<Record<string, readonly string[]>> = {
      established: ['ESTAB'],
      listening: ['LISTEN'],
      listen: ['LISTEN'],
      closed: ['UNCONN'],
      all: Object.values(stateNames),
      connected: Object.values(stateNames).filter((state) => !listening.includes(state)),
    };
    const found = known[name] ?? Object.values(stateNames).filter((state) => state.toLowerCase() === name);
    if (found.length === 0) return `wrong state name: ${name}`;
    states = [...(states ?? []), ...found];
  }
  const alternatives: ((socket: SocketInspection) => boolean)[][] = [[]];
  while (rest.length > 0) {
    if (rest[0] === 'and' || rest[0] === '&&') rest.shift();
    else if (rest[0] === 'or' || rest[0] === '||') {
      rest.shift();
      alternatives.push([]);
    }
    const condition = takeCondition(rest);
    if (condition === undefined) return `wrong filter: ${words.join(' ')}`;
    alternatives.at(-1)?.push(condition);
  }
  return { states, matches: (socket) => alternatives.some((all) => all.every((condition) => condition(socket))) };
}

function takeCondition(rest: string[]): ((socket: SocketInspection) => boolean) | undefined {
  const key = rest.shift();
  if (rest[0] === '=' || rest[0] === '==' || rest[0] === 'eq') rest.shift();
  const text = rest.shift() ?? '';
  const side = (socket: SocketInspection): Endpoint | undefined =>
    key === 'sport' || key === 'src' ? socket.local : socket.remote;
  if (key === 'sport' || key === 'dport') {
    const name = text.replace(/^:/, '');
    const port = /^\d+$/.test(name) ? Number(name) : servicePort(name);
    return port === undefined ? undefined : (socket) => side(socket)?.port === port;
  }
  const address = key === 'src' || key === 'dst' ? parseIp(text) : undefined;
  return address === undefined ? undefined : (socket) => side(socket)?.address === address;
}
