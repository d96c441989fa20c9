// A lab's frames as they fly, as a pcapng download that ends when the lab does or the reader hangs up.
import { Router } from 'express';
import { authorise } from '../../classroom/policy.ts';
import type { ServerContext } from '../context.ts';
import { PcapngWriter } from '../pcapng.ts';
import { memberOf } from './admission.ts';

/** Bytes that may wait for a slow reader; further frames are counted as dropped in the file. */
const maximumWaitingBytes = 8 * 1024 * 1024;

export function captureRouter(context: ServerContext): Router {
  const router = Router();
  router.get('/labs/:lab/capture', (request, response) => {
    authorise(memberOf(response), 'capture frames', request.params.lab);
    const session = context.registry.get(request.params.lab);
    let writer: PcapngWriter | undefined;
    let dropped = 0;
    const capture = session.capture((frame) => {
      if (response.writableLength > maximumWaitingBytes) {
        dropped += 1;
        return;
      }
      // The lab's clock has its own origin: the first frame says where that lies.
      writer ??= new PcapngWriter(context.clock.wallClock() - frame.atMs);
      for (const block of writer.frame(frame, dropped)) response.write(block);
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
    response.write(new PcapngWriter(0).header()); // at once: the reader learns that it has begun
  });
  return router;
}
