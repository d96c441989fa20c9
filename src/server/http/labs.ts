// Labs: the list, starting, looking at one, changing its links, ending it.
/* oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 passes rejections on to the fault handler */
import { Router } from 'express';
import { authorise, may } from '../../classroom/policy.ts';
import {
  impairRequest,
  segmentRequest,
  startRequest,
  type DownAllResponse,
  type LabsResponse,
  type StartResponse,
} from '../../messages/api.ts';
import { parseArgument } from '../../messages/faults.ts';
import { detailFor, type ServerContext } from '../context.ts';
import { memberOf } from './admission.ts';

export function labsRouter(context: ServerContext): Router {
  const router = Router();
  const { registry, log } = context;

  router.get('/labs', (_request, response) => {
    const member = memberOf(response);
    response.json({ labs: registry.list.filter((lab) => may(member, 'see a lab', lab.id)) } satisfies LabsResponse);
  });

  router.post('/labs', async (request, response) => {
    const member = memberOf(response);
    authorise(member, 'start a lab');
    const session = await registry.start(parseArgument(startRequest, request.body, 'request'));
    log.info({ lab: session.id, player: member.player }, 'lab starts');
    response.status(202).json({ labId: session.id } satisfies StartResponse);
  });

  router.get('/labs/:lab', (request, response) => {
    const member = memberOf(response);
    authorise(member, 'see a lab', request.params.lab);
    response.json(detailFor(context, registry.get(request.params.lab), member, request.headers.host ?? ''));
  });

  router.delete('/labs/:lab', async (request, response) => {
    const member = memberOf(response);
    authorise(member, 'end a lab', request.params.lab);
    await registry.end(request.params.lab, `${member.name} has ended it`);
    log.info({ lab: request.params.lab, player: member.player }, 'lab ended');
    response.status(204).end();
  });

  router.post('/labs/:lab/impair', async (request, response) => {
    const member = memberOf(response);
    authorise(member, 'change a link', request.params.lab);
    const { host, interface: interfaceName, impairment } = parseArgument(impairRequest, request.body, 'request');
    const session = registry.get(request.params.lab);
    await session.impair(host, interfaceName, impairment);
    response.json(detailFor(context, session, member, request.headers.host ?? ''));
  });

  router.post('/labs/:lab/segments/:segment', async (request, response) => {
    const member = memberOf(response);
    authorise(member, 'change a link', request.params.lab);
    const { state } = parseArgument(segmentRequest, request.body, 'request');
    const session = registry.get(request.params.lab);
    await session.setSegment(request.params.segment, state);
    response.json(detailFor(context, session, member, request.headers.host ?? ''));
  });

  router.post('/down-all', async (_request, response) => {
    const member = memberOf(response);
    authorise(member, 'end all labs');
    const removed = await registry.endAll(`${member.name} has ended all labs`);
    log.info({ player: member.player, removed: removed.length }, 'everything removed');
    response.json({ removed: [...removed] } satisfies DownAllResponse);
  });
  return router;
}
