// The thread of one lab: its world on the real clock, served over the port to the thread that started it.
import { parentPort } from 'node:worker_threads';
import { present } from '../../base/assert.ts';
import { RealClock } from '../../host/real-clock.ts';
import { systemRandom } from '../../host/system-random.ts';
import type { FromWorld, ToWorld } from './worker-messages.ts';
import { WorldServer } from './world-server.ts';

const port = present(parentPort, 'this file is a worker thread');
const random = systemRandom();
const server = new WorldServer({
  clock: new RealClock(),
  randomFor: () => random,
  send: (message) => port.postMessage(message, buffersOf(message)),
});
port.on('message', (message: ToWorld) => server.handle(message)); // only embedded-runtime.ts speaks to us

/** Bytes that nobody here needs any more are handed over instead of copied. */
function buffersOf(message: FromWorld): ArrayBuffer[] {
  if (message.kind === 'frames') return bufferOf(message.batch.bytes);
  if (message.kind === 'news' && message.news.kind === 'terminal-output') return bufferOf(message.news.bytes);
  return [];
}

function bufferOf({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
