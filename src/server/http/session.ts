// Login: the token of a link becomes a cookie, by POST from the page, or by the query of a first visit.
import { Router, type Request, type RequestHandler } from 'express';
import { Fault } from '../../base/fault.ts';
import { sessionRequest, type SessionResponse } from '../../messages/api.ts';
import { parseArgument } from '../../messages/faults.ts';
import type { ServerContext } from '../context.ts';
import { RateLimits, type Rate } from '../rate-limit.ts';

/** Guessing is hopeless anyway (160 bits); this keeps the log short. A class behind one address must fit. */
const loginRate: Rate = { burst: 60, perSecond: 2 };

export function sessionRouter(context: ServerContext): Router {
  const router = Router();
  const limits = new RateLimits(loginRate, context.clock);
  router.post('/session', (request, response) => {
    if (!limits.take(request.socket.remoteAddress ?? ''))
      throw new Fault('limit-reached', 'Too many logins from this address.', { nextStep: 'Wait a few seconds.' });
    const { token, name } = parseArgument(sessionRequest, request.body, 'request');
    const member = context.access.login(token, name, knownMember(context, request));
    response.setHeader('Set-Cookie', context.access.cookieFor(member));
    response.json(member satisfies SessionResponse);
  });
  return router;
}

/** `GET /?token=...`: sets the cookie and leads to the same page without the token, so that it stays in no history. */
export function exchangeQueryToken(context: ServerContext): RequestHandler {
  return (request, response, next) => {
    const { token } = request.query;
    if (request.method !== 'GET' || typeof token !== 'string') {
      next();
      return;
    }
    const member = context.access.login(token, undefined, knownMember(context, request));
    response.setHeader('Set-Cookie', context.access.cookieFor(member));
    response.redirect(303, request.path.replace(/^\/+/, '/')); // never to `//elsewhere`
  };
}

function knownMember(context: ServerContext, request: Request) {
  return context.access.identify({ cookie: request.headers.cookie, authorization: undefined });
}
