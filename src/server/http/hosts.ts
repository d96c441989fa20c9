// One host of a lab: run a command, look inside, boot it anew.
/* oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 passes rejections on to the fault handler */
import express, { Router } from 'express';
import { authorise } from '../../classroom/policy.ts';
import { maximumStdinBytes, runRequest, type InspectResponse, type RunResponse } from '../../messages/api.ts';
import { toBase64 } from '../../messages/bytes.ts';
import { parseArgument } from '../../messages/faults.ts';
import type { ServerContext } from '../context.ts';
import { memberOf } from './admission.ts';

/** Base64 of the largest standard input, and the rest of the request. */
const maximumRunBodyBytes = Math.ceil(maximumStdinBytes / 3) * 4 + 64 * 1024;

/** Reads its own, larger bodies. */
export function hostsRouter(context: ServerContext): Router {
  const router = Router();
  const { registry } = context;

  router.post('/labs/:lab/hosts/:host/run', express.json({ limit: maximumRunBodyBytes }), async (request, response) => {
    const { lab, host } = request.params as { readonly lab: string; readonly host: string }; // named in the path
    authorise(memberOf(response), 'run a command', lab);
    const { command, stdin, timeoutMs } = parseArgument(runRequest, request.body, 'request');
    const abort = new AbortController();
    response.on('close', () => abort.abort()); // whoever hangs up does not want the result any more
    const result = await registry.get(lab).run(host, command, { stdin, timeoutMs, signal: abort.signal });
    response.json({
      status: result.status,
      stdout: toBase64(result.stdout),
      stderr: toBase64(result.stderr),
    } satisfies RunResponse);
  });

  router.get('/labs/:lab/hosts/:host/inspect', async (request, response) => {
    authorise(memberOf(response), 'inspect a host', request.params.lab);
    const inspection = await registry.get(request.params.lab).inspect(request.params.host);
    response.json({ inspection } satisfies InspectResponse);
  });

  router.post('/labs/:lab/hosts/:host/restart', async (request, response) => {
    authorise(memberOf(response), 'restart a host', request.params.lab);
    await registry.get(request.params.lab).restart(request.params.host);
    response.status(204).end();
  });
  return router;
}
