// `node:net` of one host: Node's own Socket and Server, whose handles are connections of the lab's stack.
// Left to Node: unix sockets (`path`) and inherited file descriptors, which are no traffic of the lab.
import nodeNet, { type NetConnectOpts, type Server, type Socket } from 'node:net';
import type { Timer } from '../../base/clock.ts';
import { innerSymbol } from './binding.ts';
import type { NodeNetContext } from './context.ts';
import { derive, type Constructor } from './derive.ts';
import type { Lookup } from './dns-lookup.ts';
import { ListenHandle } from './listen-handle.ts';
import { TcpHandle } from './tcp-handle.ts';

type NetModule = typeof nodeNet;

/** What lib/net.js keeps on its objects beside what the types say. */
interface Inner {
  _handle: unknown;
  _reset(): unknown;
  _onTimeout(): void;
  /** Counts the times a server was told to close. */
  readonly _listeningId: number;
  _listen2(...args: unknown[]): unknown;
  _destroy(error: Error | null, done: (error?: Error | null) => void): void;
  [key: symbol]: unknown;
}
type InnerSocket = Socket & Inner;
type InnerServer = Server & Inner;
type Listen2 = (address: string | null, port: number, family: 4 | 6 | -1, ...rest: unknown[]) => unknown;
type Method = (...args: unknown[]) => unknown;

const reinitialize = innerSymbol(nodeNet.Socket.prototype, 'kReinitializeHandle');
const timeoutKey = innerSymbol(new nodeNet.Socket(), 'timeout');
const normalizeArgs = (
  nodeNet as unknown as { _normalizeArgs(args: unknown[]): [Record<string, unknown>, (() => void) | null] }
)['_normalizeArgs'];

export interface HostNet {
  readonly module: NetModule;
  /** Dresses any class that inherits Node's `net.Server`. */
  deriveServer<T extends Constructor>(base: T): T;
}

export function createNet(context: NodeNetContext, lookup: Lookup): HostNet {
  const HostSocket = derive(nodeNet.Socket, socketMethods(context, lookup));
  const deriveServer = <T extends Constructor>(base: T): T =>
    derive(base, serverMethods(context, lookup, HostSocket.prototype as object, base.prototype as InnerServer));
  const HostServer = deriveServer(nodeNet.Server);
  const connect = (...args: unknown[]): Socket => {
    const [options, done] = normalizeArgs(args);
    const socket = new HostSocket(options);
    if (options['timeout']) socket.setTimeout(options['timeout'] as number);
    return Reflect.apply(socket.connect as Method, socket, done ? [options, done] : [options]) as Socket;
  };
  const createServer = (options?: object, listener?: () => void): Server => new HostServer(options as object, listener);
  const module = {
    ...nodeNet,
    Socket: HostSocket,
    Stream: HostSocket,
    Server: HostServer,
    connect,
    createConnection: connect,
    createServer,
  } as unknown as NetModule;
  return { module, deriveServer };
}

function socketMethods(context: NodeNetContext, lookup: Lookup): object {
  const base = nodeNet.Socket.prototype as InnerSocket;
  return {
    connect(this: InnerSocket, ...args: unknown[]): Socket {
      const [options, done] = Array.isArray(args[0])
        ? (args[0] as ReturnType<typeof normalizeArgs>)
        : normalizeArgs(args);
      if (!options['path'] && !(this['_handle'] instanceof TcpHandle)) {
        (Reflect.get(this, reinitialize) as Method).call(this, new TcpHandle(context));
      }
      const full = options['lookup'] === undefined ? { ...options, lookup } : options;
      const connectArgs = done ? [full as unknown as NetConnectOpts, done] : [full];
      return Reflect.apply(base.connect as Method, this, connectArgs) as Socket;
    },

    /** lib/net.js makes a handle of its own for each further attempt of Happy Eyeballs (RFC 8305); ours replaces it. */
    [reinitialize](this: InnerSocket, handle: TcpHandle | { close(): void }): void {
      if (!(handle instanceof TcpHandle)) handle.close();
      const ours = handle instanceof TcpHandle ? handle : new TcpHandle(context);
      (Reflect.get(base, reinitialize) as Method).call(this, ours);
    },

    resetAndDestroy(this: InnerSocket): Socket {
      if (!(this['_handle'] instanceof TcpHandle)) return base.resetAndDestroy.call(this);
      if (this.connecting) this.once('connect', () => this['_reset']());
      else this['_reset']();
      return this;
    },

    ...(context.clock === undefined ? {} : timeoutMethods(context.clock, base)),
  };
}

/** `setTimeout` by the host's clock. Node's `_unrefTimer` calls `refresh` of what stands under its own symbol. */
function timeoutMethods(clock: NonNullable<NodeNetContext['clock']>, base: InnerSocket): object {
  const stops = new WeakMap<object, () => void>();
  return {
    setTimeout: function setIdleLimit(this: InnerSocket, delayMs: number, listener?: () => void): Socket {
      base.setTimeout.call(this, 0); // forgets the old one
      stops.get(this)?.();
      if (delayMs === 0 || this.destroyed) return base.setTimeout.call(this, delayMs, listener);
      base.setTimeout.call(this, delayMs, listener); // checks the arguments, registers the listener
      clearTimeout(this[timeoutKey] as NodeJS.Timeout);
      let timer: Timer | undefined;
      const refresh = (): void => {
        timer?.cancel();
        timer = clock.schedule(delayMs, () => this['_onTimeout']());
      };
      this[timeoutKey] = { refresh };
      stops.set(this, () => timer?.cancel());
      refresh();
      return this;
    },

    _destroy(this: InnerSocket, error: Error | null, done: (error?: Error | null) => void): void {
      stops.get(this)?.();
      base['_destroy'].call(this, error, done);
    },
  };
}

function serverMethods(context: NodeNetContext, lookup: Lookup, sockets: object, base: InnerServer): object {
  return {
    listen(this: InnerServer, ...args: unknown[]): Server {
      const [options, done] = normalizeArgs(args);
      const { host, port } = options;
      const isName = typeof host === 'string' && host !== '' && nodeNet.isIP(host) === 0;
      const isPlain = isName && isPort(port) && !this['_handle'];
      if (!isPlain) return Reflect.apply(base.listen as Method, this, args) as Server;
      // Node would ask its own resolver: the name is looked up here, and Node is given the address.
      if (done) this.once('listening', done);
      const attempt = this['_listeningId'];
      lookup(host, {}, (error, address) => {
        if (this['_listeningId'] !== attempt) return; // closed, or told to listen elsewhere
        if (error) this.emit('error', error);
        else Reflect.apply(base.listen as Method, this, [{ ...options, host: address }]);
      });
      return this;
    },

    /** lib/net.js: "setupListenHandle"; with a handle in place it only listens and reports. */
    _listen2(this: InnerServer, ...args: Parameters<Listen2>): unknown {
      const [address, port, family, ...rest] = args;
      const fd = rest[1];
      if (this['_handle'] || family === -1 || (typeof fd === 'number' && fd >= 0))
        return base['_listen2'].call(this, ...args);
      const wild = new ListenHandle(context, '::', 6, port);
      const isDual = !address && wild.bindError === 0;
      const [chosen, chosenFamily]: [string, 4 | 6] = isDual ? ['::', 6] : [address || '0.0.0.0', address ? family : 4];
      this['_handle'] = isDual ? wild : new ListenHandle(context, chosen, chosenFamily, port);
      return base['_listen2'].call(this, chosen, port, chosenFamily, ...rest);
    },

    emit(this: InnerServer, event: string | symbol, ...args: unknown[]): boolean {
      const [first] = args;
      const accepted = event === 'connection' && first instanceof nodeNet.Socket ? (first as InnerSocket) : undefined;
      const isPlain = accepted !== undefined && Object.getPrototypeOf(accepted) === nodeNet.Socket.prototype;
      if (isPlain && accepted['_handle'] instanceof TcpHandle) Object.setPrototypeOf(accepted, sockets);
      return Reflect.apply(base.emit as Method, this, [event, ...args]) as boolean;
    },
  };
}

/** What Node accepts as a port; the rest is left to Node, which throws its own error at once. */
function isPort(port: unknown): boolean {
  if (typeof port === 'string' && port.trim() === '') return false;
  return (
    (typeof port === 'string' || typeof port === 'number') &&
    Number(port) >>> 0 === Number(port) &&
    Number(port) < 65_536
  );
}
