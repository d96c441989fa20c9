// setsockopt and getsockopt: what Linux's options mean for our sockets. An option that our stack has not is refused as
// unsupported; one that cannot change what a script sees is remembered, so that it can be read back.
import { numberOf, wordOf, argument, fieldOf, isEllipsis } from './evaluation.ts';
import { bufferFactor, done, failed, Unsupported, type CallOutcome, type KernelSocket } from './kernel-socket.ts';
import type { Expression } from './script.ts';

/** Options without an effect on packets or calls of one connection. */
const withoutEffect: ReadonlySet<string> = new Set([
  'SO_REUSEADDR',
  'SO_REUSEPORT',
  'SO_PRIORITY',
  'SO_MARK',
  'SO_DEBUG',
  'SO_DONTROUTE',
  'SO_OOBINLINE',
  'SO_INCOMING_CPU',
  'SO_BUSY_POLL',
  'IP_BIND_ADDRESS_NO_PORT',
  'IP_FREEBIND',
  'IP_RECVERR',
  'IP_MTU_DISCOVER', // TCP always discovers the path MTU here
  'TCP_NOTSENT_LOWAT', // changes only when pollers are woken
  'TCP_INQ', // kernel.ts looks at it
  'TCP_SAVE_SYN',
]);

/** Host-wide knobs stand in for options of a socket: a script has one host, and its sockets agree. */
const knobOptions: Readonly<Record<string, string>> = {
  TCP_KEEPINTVL: 'net.ipv4.tcp_keepalive_intvl',
  TCP_KEEPCNT: 'net.ipv4.tcp_keepalive_probes',
  TCP_SYNCNT: 'net.ipv4.tcp_syn_retries',
};

/** What getsockopt says of options that nobody has set. */
const initial: Readonly<Record<string, number>> = {
  SO_REUSEADDR: 0,
  SO_KEEPALIVE: 0,
  TCP_NODELAY: 0,
  TCP_CORK: 0,
  TCP_KEEPIDLE: 7200,
  TCP_KEEPINTVL: 75,
  TCP_KEEPCNT: 9,
  TCP_QUICKACK: 1,
  TCP_DEFER_ACCEPT: 0,
  TCP_NOTSENT_LOWAT: 0,
  TCP_USER_TIMEOUT: 0,
  SO_TYPE: 1,
};

export function setSocketOption(socket: KernelSocket, args: readonly Expression[]): CallOutcome {
  const name = wordOf(argument(args, 2)) ?? '';
  const value = argument(args, 3);
  if (name === 'SO_LINGER') {
    const on = fieldOf(value, 'onoff');
    const seconds = fieldOf(value, 'linger');
    if (on === undefined || seconds === undefined) throw new Unsupported('SO_LINGER without {onoff=, linger=}');
    socket.lingerSeconds = numberOf(on) === 0 ? undefined : numberOf(seconds);
    return done(0);
  }
  if (name === 'TCP_CONGESTION') return setCongestion(socket, value);
  if (withoutEffect.has(name)) {
    if (value.kind === 'list' && value.items[0]?.kind === 'integer') socket.options.set(name, numberOf(value));
    return done(0);
  }
  const number = numberOf(value);
  socket.options.set(name, number);
  return applyNumber(socket, name, number);
}

function applyNumber(socket: KernelSocket, name: string, value: number): CallOutcome {
  const { tcp, openOptions } = socket;
  switch (name) {
    case 'SO_SNDBUF':
    case 'SO_SNDBUFFORCE':
      socket.options.set('SO_SNDBUF', value * bufferFactor);
      socket.sendLimitBytes = value * bufferFactor;
      return done(0);
    case 'SO_RCVBUF':
    case 'SO_RCVBUFFORCE':
      socket.options.set('SO_RCVBUF', value * bufferFactor);
      if (tcp !== undefined || socket.listener !== undefined) {
        socket.shortfall(`SO_RCVBUF ${value} of an open connection (buffers are sized when they are made)`);
      }
      openOptions.receiveBufferBytes = Math.max(value, 2048);
      return done(0);
    case 'TCP_NODELAY':
      openOptions.noDelay = value !== 0;
      tcp?.setNoDelay(value !== 0);
      return done(0);
    case 'TCP_CORK':
      tcp?.setCork(value !== 0);
      return done(0);
    case 'TCP_MAXSEG':
      if (value < 88 || value > 32_767) return failed('EINVAL');
      if (tcp !== undefined) throw new Unsupported('TCP_MAXSEG of an open connection');
      openOptions.maximumSegmentBytes = value;
      return done(0);
    case 'SO_KEEPALIVE':
      tcp?.setKeepAlive(value === 0 ? undefined : keepIdleMs(socket));
      return done(0);
    case 'TCP_KEEPIDLE':
      if (socket.options.get('SO_KEEPALIVE') === 1) tcp?.setKeepAlive(value * 1000);
      return done(0);
    case 'TCP_QUICKACK':
      if (value === 0) socket.shortfall('TCP_QUICKACK 0 (the stack leaves quick ACKs by itself)');
      return done(0);
    case 'TCP_USER_TIMEOUT':
      tcp?.setUserTimeout(value === 0 ? undefined : value);
      return done(0);
    case 'IP_TOS':
      if (value !== 0) socket.shortfall(`IP_TOS ${value} (segments carry traffic class 0)`);
      return done(0);
    case 'TCP_LINGER2':
      return writeKnob(socket, 'net.ipv4.tcp_fin_timeout', value);
    default:
  }
  const knob = knobOptions[name];
  if (knob !== undefined) return writeKnob(socket, knob, value);
  throw new Unsupported(`the socket option ${name}`);
}

function keepIdleMs(socket: KernelSocket): number {
  return (socket.options.get('TCP_KEEPIDLE') ?? 7200) * 1000;
}

function writeKnob(socket: KernelSocket, name: string, value: number): CallOutcome {
  return socket.stack.writeKnob(name, `${value}`) === undefined ? done(0) : failed('EINVAL');
}

function setCongestion(socket: KernelSocket, value: Expression): CallOutcome {
  const name = value.kind === 'string' ? value.text : (wordOf(value) ?? '');
  if (socket.tcp !== undefined) throw new Unsupported('TCP_CONGESTION of an open connection');
  const refusal = socket.stack.writeKnob('net.ipv4.tcp_congestion_control', name);
  if (refusal !== undefined) throw new Unsupported(`the congestion control ${name}`);
  return done(0);
}

/** Compares what the option says with the value that the script expects. */
export function getSocketOption(socket: KernelSocket, args: readonly Expression[]): CallOutcome {
  const name = wordOf(argument(args, 2)) ?? '';
  const expected = argument(args, 3);
  if (name === 'TCP_CONGESTION') {
    const seen = socket.stack.readKnob('net.ipv4.tcp_congestion_control') ?? '';
    const wanted = expected.kind === 'string' ? expected.text : seen;
    return done(0, wanted === seen ? [] : [`value: expected ${wanted}, seen ${seen}`]);
  }
  const seen = readOption(socket, name);
  if (typeof seen === 'string') return failed(seen);
  if (isEllipsis(expected) || (expected.kind === 'list' && expected.items.some(isEllipsis))) return done(0);
  const wanted = numberOf(expected);
  return done(0, wanted === seen ? [] : [`value: expected ${wanted}, seen ${seen}`]);
}

/** A number, or an errno. */
function readOption(socket: KernelSocket, name: string): number | string {
  switch (name) {
    case 'SO_ERROR':
      return errnoNumber(socket.takeError());
    case 'TCP_MAXSEG':
      if (socket.tcp === undefined) return socket.openOptions.maximumSegmentBytes ?? 536;
      return socket.tcp.info().segmentBytes;
    case 'SO_ACCEPTCONN':
      return socket.listener === undefined ? 0 : 1;
    default:
  }
  const value = socket.options.get(name) ?? initial[name];
  if (value === undefined) throw new Unsupported(`reading the socket option ${name}`);
  return value;
}

const errnoNumbers: Readonly<Record<string, number>> = {
  EPIPE: 32,
  EPROTO: 71,
  EMSGSIZE: 90,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  EACCES: 13,
};

function errnoNumber(code: string | undefined): number {
  return code === undefined ? 0 : (errnoNumbers[code] ?? -1);
}
