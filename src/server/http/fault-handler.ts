// Errors become answers: a fault with its code and next step; a bug is logged and shown without its details.
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { Fault, formatFault } from '../../base/fault.ts';
import { toFaultMessage } from '../../messages/faults.ts';
import type { Log } from '../log.ts';

/** The fault that an error of any kind is for the person who asked. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  // What express itself and its body parser throw says whose mistake it was.
  const { status, type } = error as { readonly status?: unknown; readonly type?: unknown };
  if (type === 'entity.too.large') return new Fault('bad-argument', 'The request is too large.');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Fault(
      'bad-argument',
      `The request can not be read: ${error instanceof Error ? error.message : 'it is malformed'}.`,
    );
  return new Fault('internal', 'Something went wrong inside the server.', {
    cause: error,
    nextStep: 'The server’s log has the details.',
  });
}

export function handleFaults(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const fault = faultOf(error);
    if (fault.code === 'internal')
      log.error({ err: error, method: request.method, path: request.path }, 'request failed');
    else log.info({ method: request.method, path: request.path, code: fault.code }, formatFault(fault));
    if (response.headersSent) next(error);
    else response.status(fault.httpStatus).json({ fault: toFaultMessage(fault) });
  };
}

/** What no router has answered. */
export const handleUnknownPath: RequestHandler = (request) => {
  throw new Fault('bad-argument', `Nothing answers ${request.method} ${request.path}.`);
};
