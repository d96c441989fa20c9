// The door of the HTTP API: our own page or a program with a token, not too often; then it is known who asks.
import type { RequestHandler, Response } from 'express';
import { Fault } from '../../base/fault.ts';
import { AssertionFailure } from '../../base/assert.ts';
import type { Member } from '../../classroom/policy.ts';
import type { ServerContext } from '../context.ts';
import { RateLimits, type Rate } from '../rate-limit.ts';

const requestRate: Rate = { burst: 200, perSecond: 50 };

/** Refuses other sites' pages and foreign names. */
export function checkOrigin(context: ServerContext): RequestHandler {
  return (request, _response, next) => {
    if (!context.origins({ host: request.headers.host, origin: request.headers.origin })) {
      throw new Fault(
        'not-authorised',
        'This request comes from another site, or addresses the server by a foreign name.',
        {
          nextStep: 'Use the link that the server printed.',
        },
      );
    }
    next();
  };
}

/** Lets members in. */
export function admit(context: ServerContext): RequestHandler {
  const limits = new RateLimits(requestRate, context.clock);
  return (request, response, next) => {
    const { cookie, authorization } = request.headers;
    const member = context.access.identify({ cookie, authorization });
    if (member === undefined) {
      throw new Fault('not-authorised', 'The server does not know who asks.', {
        nextStep: 'Open the link that the server printed, or the link that your instructor gave you.',
      });
    }
    if (!limits.take(member.player))
      throw new Fault('limit-reached', 'Too many requests at once.', { nextStep: 'Wait a second.' });
    response.locals['member'] = member;
    next();
  };
}

/** Who asks; for routes behind `admit`. */
export function memberOf(response: Response): Member {
  const member = response.locals['member'] as Member | undefined; // set by admit alone
  if (member === undefined) throw new AssertionFailure('a route that nobody was admitted to');
  return member;
}
