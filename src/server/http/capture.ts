// A lab's frames as they fly, as a pcapng download that ends when the lab does or the reader hangs up.
import { Router } from 'express';
import { authorise } from '../../classroom/policy.ts';
import { writeInterface, writePacket, writeSectionHeader } from '../../wiring/pcapng.ts';
import type { ServerContext } from '../context.ts';
import { memberOf } from './admission.ts';

/** Bytes that may wait for a slow reader; of further frames the file says how many are missing. */
const maximumWaitingBytes = 8 * 1024 * 1024;

export function captureRouter(context: ServerContext): Router {
  const router = Router();
  router.get('/labs/:lab/capture', (request, response) => {
    authorise(memberOf(response), 'capture frames', request.params.lab);
    const session = context.registry.get(request.params.lab);
    const indices = new Map<string, number>();
    let epochMs: number | undefined;
    let dropped = 0;
    const capture = session.capture((captured) => {
      if (response.writableLength > maximumWaitingBytes) {
        dropped += 1;
        return;
      }
      const name = `${captured.host}/${captured.interface}`;
      const interfaceIndex = indices.get(name) ?? indices.size;
      if (!indices.has(name)) response.write(writeInterface({ name }));
      indices.set(name, interfaceIndex);
      epochMs ??= context.clock.wallClock() - captured.atMs; // the lab's clock has its own origin
      const { frame, direction } = captured;
      const comment =
        dropped === 0 ? undefined : `${dropped} frames before this one are missing: the reader was too slow`;
      response.write(writePacket({ interfaceIndex, wallClockMs: epochMs + captured.atMs, frame, direction, comment }));
      dropped = 0;
    });
    const ended = session.onNews((news) => {
      if (news.kind === 'state' && session.state !== 'running') response.end();
    });
    response.on('close', () => {
      capture.dispose();
      ended.dispose();
    });
    response.setHeader('Content-Type', 'application/x-pcapng');
    response.setHeader('Content-Disposition', `attachment; filename="${session.id}.pcapng"`);
    response.write(writeSectionHeader(`Ackademy ${context.version}`)); // at once: the reader learns that it has begun
  });
  return router;
}
