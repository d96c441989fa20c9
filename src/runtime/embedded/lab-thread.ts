// The line to a world in a thread of its own, and one such thread kept warm for the next lab.
import { Worker } from 'node:worker_threads';
import type { WorldLine } from './embedded-lab.ts';
import type { FromWorld, ToWorld } from './worker-messages.ts';

/** MB of JavaScript objects that one lab may hold; frames and files are not counted. */
const heapLimitMb = 1024;

/** A thread that has not been given a lab yet. */
export class LabThread implements WorldLine {
  readonly #worker: Worker;
  #hear: (message: FromWorld) => void = () => undefined;
  #gone: (reason: string) => void = () => undefined;
  #closing = false;
  #ended = false;

  constructor() {
    this.#worker = new Worker(new URL('./lab-worker.ts', import.meta.url), {
      name: 'lab',
      resourceLimits: { maxOldGenerationSizeMb: heapLimitMb },
    });
    this.#worker.unref(); // a thread without a lab keeps nobody alive
    this.#worker.on('message', (message: FromWorld) => this.#hear(message)); // lab-worker.ts sends nothing else
    this.#worker.on('error', (error) => this.#end(`its thread has failed: ${describe(error)}`));
    this.#worker.on('exit', (code) => this.#end(`its thread has ended with status ${code}`));
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(message: ToWorld): void {
    this.#worker.postMessage(compact(message));
  }

  listen(hear: (message: FromWorld) => void, gone: (reason: string) => void): void {
    this.#worker.ref();
    this.#hear = hear;
    this.#gone = gone;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#worker.terminate();
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#closing) this.#gone(reason);
  }
}

/** A small view of a large buffer would take the whole buffer along. */
function compact(message: ToWorld): ToWorld {
  if (message.kind !== 'host') return message;
  const { request } = message;
  if (request.kind === 'terminal-input') return { ...message, request: { ...request, bytes: request.bytes.slice() } };
  if (request.kind === 'run') return { ...message, request: { ...request, stdin: request.stdin.slice() } };
  return message;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
