// The door of both socket paths: our own page or a program with a token; then it is known who asks.
import type { IncomingMessage } from 'node:http';
import type { ServerOptions, Socket } from 'socket.io';
import { AssertionFailure } from '../../base/assert.ts';
import { Fault } from '../../base/fault.ts';
import type { Member } from '../../classroom/policy.ts';
import { toFaultMessage } from '../../messages/faults.ts';
import type { ServerContext } from '../context.ts';

/** Options that both paths share. Nothing is kept for clients that are away: they are told everything anew. */
export function socketOptions(
  context: ServerContext,
  path: string,
  maximumMessageBytes: number,
): Partial<ServerOptions> {
  return {
    path,
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
    destroyUpgrade: false, // two paths on one server: neither may end the other's upgrades
    maxHttpBufferSize: maximumMessageBytes,
    allowRequest: (request: IncomingMessage, decide) => {
      const { host, origin } = request.headers;
      decide(null, context.origins({ host, origin }));
    },
  };
}

/** Refuses strangers with a fault in the error's data; remembers who the others are. */
export function admitSocket(context: ServerContext): (socket: Socket, next: (error?: Error) => void) => void {
  return (socket, next) => {
    const { cookie, authorization } = socket.handshake.headers;
    const member = context.access.identify({ cookie, authorization });
    if (member === undefined) {
      const fault = new Fault('not-authorised', 'The server does not know who asks.', {
        nextStep: 'Open the link that the server printed, or the link that your instructor gave you.',
      });
      next(Object.assign(new Error(fault.message), { data: { fault: toFaultMessage(fault) } }));
      return;
    }
    socket.data = { member };
    next();
  };
}

/** Who is at the other end; for sockets that were admitted. */
export function memberOf(socket: Socket): Member {
  const { member } = socket.data as { readonly member?: Member }; // set by admitSocket alone
  if (member === undefined) throw new AssertionFailure('a socket that nobody was admitted by');
  return member;
}
