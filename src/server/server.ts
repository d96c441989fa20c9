// The server put together: HTTP, the page, both socket paths; listening, and stopping without leaving anybody hanging.
import { once } from 'node:events';
import express, { type Express } from 'express';
import { createServer, type Server as HttpServer } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { isIPv6, type AddressInfo } from 'node:net';
import { Server as SocketServer } from 'socket.io';
import type { Clock } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import type { Random } from '../base/random.ts';
import type { LabRegistry, RuntimeSource } from '../classroom/lab-registry.ts';
import type { Templates } from '../classroom/templates.ts';
import { realtimePath } from '../messages/realtime.ts';
import { maximumInputBytes, terminalPath } from '../messages/terminal.ts';
import { Access } from './access.ts';
import type { ServerContext } from './context.ts';
import { admit, checkOrigin } from './http/admission.ts';
import { captureRouter } from './http/capture.ts';
import { catalogueRouter } from './http/catalogue.ts';
import { exercisesRouter } from './http/exercises.ts';
import { handleFaults, handleUnknownPath } from './http/fault-handler.ts';
import { hostsRouter } from './http/hosts.ts';
import { labsRouter } from './http/labs.ts';
import { pageRouter, setSecurityHeaders } from './http/page.ts';
import { exchangeQueryToken, sessionRouter } from './http/session.ts';
import type { Log } from './log.ts';
import { originRule } from './origin.ts';
import { openSessionGateway } from './realtime/session-gateway.ts';
import { socketOptions } from './realtime/socket-admission.ts';
import { openTerminalGateway } from './realtime/terminal-gateway.ts';

/** Tried first when no port is asked for, so that bookmarks live. */
export const usualPort = 4747;
/** The largest request is a template: 200,000 characters, as JSON. */
const maximumBodyBytes = 512 * 1024;
const maximumRealtimeBytes = 8 * 1024;

export interface ServerOptions {
  /** Address to listen on; only this machine unless something else is asked for. */
  readonly host?: string;
  /** Absent: the usual port, or a free one when that is taken. */
  readonly port?: number;
  readonly registry: LabRegistry;
  readonly runtimes: RuntimeSource;
  readonly templates: Templates;
  readonly clock: Clock;
  readonly random: Random;
  /** Links and cookies are made with it (key-file.ts). */
  readonly key: Uint8Array;
  readonly log: Log;
  readonly version: string;
  /** The built page. */
  readonly webDirectory?: string;
}

export interface RunningServer {
  /** Where programs on this machine reach it: `http://127.0.0.1:4747`, without a slash at the end. */
  readonly url: string;
  readonly instructorToken: string;
  /**
   * The one link that makes its holder the instructor. When every address is listened on, it names one that others reach
   * too: join links name the address by which the instructor came.
   */
  readonly instructorUrl: string;
  /** Tells pages that it is over, ends what can not live without this process, and stops listening. */
  close(reason: string): Promise<void>;
}

/** Resolves when it listens. Throws `Fault` port-busy or bad-argument. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1';
  const http = createServer();
  const port = await listen(http, host, options.port);
  const context: ServerContext = {
    ...options,
    access: new Access({ ...options, cookieName: `ackademy_${port}` }),
    origins: originRule([hostname().toLowerCase(), host.toLowerCase()]),
  };
  http.on('request', makeApplication(context, options.webDirectory));
  // Terminals have a path of their own: a flood there holds up no news, and no packet of theirs is ever stored.
  const realtime = new SocketServer(http, socketOptions(context, realtimePath, maximumRealtimeBytes));
  const terminals = new SocketServer(http, socketOptions(context, terminalPath, maximumInputBytes + 4 * 1024));
  openSessionGateway(realtime, context);
  openTerminalGateway(terminals, context);

  const url = `http://${authority(localAddress(host), port)}`;
  const publicUrl = `http://${authority(reachableAddress(host), port)}`;
  options.log.info({ url }, 'server listens');
  return {
    url,
    instructorToken: context.access.instructorToken,
    instructorUrl: `${publicUrl}/#token=${context.access.instructorToken}`,
    close: async (reason) => {
      await options.registry.close(reason);
      const closed = once(http, 'close');
      await Promise.all([terminals.close(), realtime.close()]); // either also closes the HTTP server
      http.closeAllConnections();
      await closed;
      options.log.info('server stopped');
    },
  };
}

const everyAddress: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

function localAddress(host: string): string {
  return everyAddress[host] ?? host;
}

/** For a server that listens on every address: the first one that is not this machine's alone. */
function reachableAddress(host: string): string {
  if (!(host in everyAddress)) return host;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((one) => !one.internal && one.family === 'IPv4')?.address ?? localAddress(host);
}

function authority(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function makeApplication(context: ServerContext, webDirectory: string | undefined): Express {
  const application = express();
  application.disable('x-powered-by');
  application.set('query parser', 'simple');
  application.use(setSecurityHeaders, checkOrigin(context));

  const api = express.Router();
  api.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  const jsonBody = express.json({ limit: maximumBodyBytes });
  api.use(jsonBodyExceptRuns(jsonBody), sessionRouter(context));
  api.use(
    admit(context),
    catalogueRouter(context),
    labsRouter(context),
    exercisesRouter(context),
    hostsRouter(context),
    captureRouter(context),
  );
  api.use(handleUnknownPath);

  application.use('/api', api);
  application.use(exchangeQueryToken(context), pageRouter(webDirectory), handleUnknownPath);
  application.use(handleFaults(context.log));
  return application;
}

/** Commands bring their standard input along and have a larger limit of their own, behind the door. */
function jsonBodyExceptRuns(json: express.RequestHandler): express.RequestHandler {
  return (request, response, next) => {
    if (/^\/labs\/[^/]+\/hosts\/[^/]+\/run$/.test(request.path)) next();
    else json(request, response, next);
  };
}

async function listen(http: HttpServer, host: string, port: number | undefined): Promise<number> {
  try {
    return await listenOn(http, host, port ?? usualPort);
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === 'EADDRINUSE' && port === undefined) return await listenOn(http, host, 0);
    if (code === 'EADDRINUSE') {
      throw new Fault('port-busy', `Something else listens on ${host} port ${port}.`, {
        cause: error,
        nextStep: 'Choose another one with --port, or leave --port out to get a free one.',
      });
    }
    if (code === 'EACCES')
      throw new Fault('bad-argument', `Port ${port} is for the administrator only.`, {
        nextStep: 'Choose one above 1023.',
      });
    throw new Fault(
      'bad-argument',
      `The server can not listen on ${host}: ${error instanceof Error ? error.message : String(error)}.`,
      {
        cause: error,
        nextStep: 'Use an address of this machine, such as 127.0.0.1.',
      },
    );
  }
}

function listenOn(http: HttpServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve((http.address() as AddressInfo).port); // a TCP server that listens has such an address
    });
  });
}
