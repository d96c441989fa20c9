// `node:http`, `node:https` and `node:tls` of one host: Node's own, on sockets of the lab's stack.
// Nothing of the protocols is done here: servers listen there, agents and `tls.connect` take their connections there.
import nodeHttp from 'node:http';
import nodeHttps from 'node:https';
import nodeTls from 'node:tls';
import { derive } from './derive.ts';
import type { HostNet } from './net-module.ts';

type Options = Record<string, unknown>;
type Callable = (...args: unknown[]) => unknown;

export interface WebModules {
  readonly http: typeof nodeHttp;
  readonly https: typeof nodeHttps;
  readonly tls: typeof nodeTls;
}

export function createWeb(net: HostNet): WebModules {
  const connect = net.module.connect as unknown as (options: Options) => object;
  const tls = createTls(net, connect);
  return { http: createHttp(net, connect), https: createHttps(net, connect), tls };
}

function createHttp(net: HostNet, connect: (options: Options) => object): typeof nodeHttp {
  const Agent = derive(nodeHttp.Agent, {
    createConnection(options: Options, done?: Callable) {
      return options['socketPath'] ? baseConnection(nodeHttp.Agent, this, options, done) : connect(options);
    },
  });
  const state = { agent: new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 }) };
  const Server = net.deriveServer(nodeHttp.Server);
  const requests = requestFunctions(nodeHttp.ClientRequest, () => state.agent);
  const module = {
    ...nodeHttp,
    ...requests,
    Agent,
    Server,
    createServer: (...args: never[]) => new Server(...args),
  };
  return withGlobalAgent(module, state) as typeof nodeHttp;
}

function createHttps(net: HostNet, connect: (options: Options) => object): typeof nodeHttps {
  const Agent = derive(nodeHttps.Agent, {
    createConnection(this: object, options: Options, done?: Callable) {
      const isOurs = !options['socketPath'] && options['socket'] === undefined;
      const full = isOurs ? { ...options, socket: connect({ ...options, path: undefined }) } : options;
      return baseConnection(nodeHttps.Agent, this, full, done);
    },
  });
  const state = { agent: new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 }) };
  const Server = net.deriveServer(nodeHttps.Server);
  const ClientRequest = nodeHttp.ClientRequest;
  const requests = requestFunctions(ClientRequest, () => state.agent);
  const module = {
    ...nodeHttps,
    request: requests.request,
    get: requests.get,
    Agent,
    Server,
    createServer: (...args: never[]) => new Server(...args),
  };
  return withGlobalAgent(module, state) as typeof nodeHttps;
}

function createTls(net: HostNet, connect: (options: Options) => object): typeof nodeTls {
  const normalize = (net.module as unknown as { _normalizeArgs(args: unknown[]): [Options, Callable | null] })[
    '_normalizeArgs'
  ];
  const Server = net.deriveServer(nodeTls.Server);
  return {
    ...nodeTls,
    Server,
    createServer: (...args: never[]) => new Server(...args),
    connect: (...args: unknown[]) => {
      const [first, done] = normalize(args);
      const extra = args.slice(1).find((each) => typeof each === 'object' && each !== null) as Options | undefined;
      const options: Options = { ...first, ...extra };
      if (!options['socket'] && !options['path']) {
        options['host'] ??= 'localhost';
        options['socket'] = connect({ ...options, onread: undefined, timeout: undefined });
      }
      return (nodeTls.connect as Callable)(options, ...(done ? [done] : []));
    },
  } as typeof nodeTls;
}

/** `request`, `get` and `ClientRequest` whose default agent is this host's (lib/_http_client.js: `_defaultAgent`). */
function requestFunctions(
  base: typeof nodeHttp.ClientRequest,
  agent: () => object,
): Options & {
  request: Callable;
  get: Callable;
} {
  const prepare = (args: unknown[]): unknown[] => {
    const at = typeof args[0] === 'string' || args[0] instanceof URL ? 1 : 0;
    const given = args[at];
    const hasOptions = typeof given === 'object' && given !== null;
    const ours = { _defaultAgent: agent() };
    // By prototype: options may be inherited, and lib/_http_client.js copies what it needs.
    const options: unknown = hasOptions ? { ...inheritedOptions(given), ...ours } : ours;
    if (given !== undefined && given !== null && !hasOptions && typeof given !== 'function') return args; // Node refuses
    return [
      ...args.slice(0, at),
      options,
      ...args.slice(hasOptions || given === undefined || given === null ? at + 1 : at),
    ];
  };
  const ClientRequest = derive(base, {}, { prepare });
  const request: Callable = (...args) => new ClientRequest(...(args as [never]));
  const get: Callable = (...args) => {
    const made = request(...args) as nodeHttp.ClientRequest;
    made.end();
    return made;
  };
  return { ClientRequest, request, get };
}

function inheritedOptions(options: object): Options {
  const all: Options = {};
  for (const key in options) all[key] = (options as Options)[key];
  return all;
}

function baseConnection(base: { prototype: object }, self: object, options: Options, done?: Callable): unknown {
  return (Reflect.get(base.prototype, 'createConnection') as Callable).call(self, options, done);
}

function withGlobalAgent(module: object, state: { agent: object }): object {
  return Object.defineProperty(module, 'globalAgent', {
    enumerable: true,
    configurable: true,
    get: () => state.agent,
    set: (agent: object) => {
      state.agent = agent;
    },
  });
}
