// The page: files that were built before, with a policy under which only they run.
import express, { Router, type RequestHandler } from 'express';
import { join } from 'node:path';
import { Fault } from '../../base/fault.ts';

/**
 * Scripts come from us and are never inline; nothing is loaded from elsewhere. Styles may be inline because the terminal
 * and the map set theirs so.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of every answer, whatever it is. */
export const setSecurityHeaders: RequestHandler = (_request, response, next) => {
  response.setHeader('Content-Security-Policy', contentSecurityPolicy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Permissions-Policy', 'camera=(), microphone=(), geolocation=()');
  next();
};

/** Serves `directory`; every path without a file is a place within the page. Without a directory there is no page. */
export function pageRouter(directory: string | undefined): Router {
  const router = Router();
  if (directory === undefined) {
    router.get('/', () => {
      throw new Fault(
        'bad-argument',
        'This server was started without its page: only the API and the command line work.',
      );
    });
    return router;
  }
  router.use(
    express.static(directory, {
      index: false,
      setHeaders: (response, path) => {
        // The builder puts a hash into the names below assets/: such a file never changes.
        const immutable = path.startsWith(join(directory, 'assets'));
        response.setHeader('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    }),
  );
  router.get(/^\/(?!api\/|assets\/)/, (request, response, next) => {
    if (request.accepts('html') === false) {
      next();
      return;
    }
    response.sendFile('index.html', { root: directory, headers: { 'Cache-Control': 'no-cache' } });
  });
  return router;
}
