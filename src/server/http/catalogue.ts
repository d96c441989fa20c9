// Templates and the server's own state, for the catalogue page and for `doctor`.
/* oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 passes rejections on to the fault handler */
import { Router } from 'express';
import { authorise } from '../../classroom/policy.ts';
import {
  protocolVersion,
  type CatalogueResponse,
  type StatusResponse,
  type TemplateResponse,
} from '../../messages/api.ts';
import { parseArgument } from '../../messages/faults.ts';
import { templateName } from '../../messages/ids.ts';
import type { ServerContext } from '../context.ts';
import { memberOf } from './admission.ts';

export function catalogueRouter(context: ServerContext): Router {
  const router = Router();
  router.get('/status', async (_request, response) => {
    const me = memberOf(response);
    authorise(me, 'see the status');
    const { runtimes } = context;
    const facts = await Promise.all(runtimes.opened().map((runtime) => runtime.describe()));
    response.json({
      protocolVersion,
      version: context.version,
      runtime: { kind: runtimes.preferred, reason: runtimes.reason },
      facts: facts.flat().map((fact) => ({ ...fact })),
      me,
    } satisfies StatusResponse);
  });

  router.get('/catalogue', async (_request, response) => {
    authorise(memberOf(response), 'see the catalogue');
    response.json({ templates: [...(await context.templates.list())] } satisfies CatalogueResponse);
  });

  router.get('/catalogue/:name', async (request, response) => {
    authorise(memberOf(response), 'see the catalogue');
    const { entry, guide } = await context.templates.read(parseArgument(templateName, request.params.name, 'template'));
    response.json({ template: entry, guide } satisfies TemplateResponse);
  });
  return router;
}
