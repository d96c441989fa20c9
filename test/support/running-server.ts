// A server on a free port of this machine, with scripted labs; asked by real HTTP and real sockets.
import { io, type Socket } from 'socket.io-client';
import { seededRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/host/real-clock.ts';
import { makeLog } from '../../src/server/log.ts';
import { startServer, type RunningServer } from '../../src/server/server.ts';
import type { LabId } from '../../src/messages/ids.ts';
import { scriptedClassroom } from './classroom.ts';
import type { ScriptedLab } from './scripted-runtime.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The body as JSON; tests look into it with matchers.
  readonly body: unknown;
}

export async function runningServer(options: { readonly webDirectory?: string } = {}) {
  const clock = new RealClock();
  const classroom = scriptedClassroom(clock);
  const lines: string[] = [];
  const server: RunningServer = await startServer({
    ...classroom,
    ...options,
    port: 0,
    clock,
    random: seededRandom('server'),
    log: makeLog('debug', { write: (line) => lines.push(line) }),
    version: '0.0.0-test',
  });
  const sockets: Socket[] = [];
  const instructor = { authorization: `Bearer ${server.instructorToken}` };

  /** Asks the API; an object becomes a JSON body. */
  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = instructor,
  ): Promise<Answer> {
    const response = await fetch(server.url + path, {
      method,
      redirect: 'manual',
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    let parsed: unknown = text;
    if (response.headers.get('content-type')?.includes('json') === true) parsed = JSON.parse(text);
    return { status: response.status, headers: response.headers, body: parsed };
  }

  return {
    ...classroom,
    server,
    lines,
    ask,
    instructor,
    /** A running lab, and what a player with its join link sends along. */
    async startLab(): Promise<{ id: LabId; lab: ScriptedLab; player: { authorization: string } }> {
      const session = await classroom.registry.start({ template: 'hello' });
      await session.started;
      const { body } = await ask('GET', `/api/labs/${session.id}`);
      const link = (body as { joinLink: string }).joinLink; // the answer to an instructor has one
      const lab = classroom.runtime.labs.at(-1) as ScriptedLab; // just started
      return { id: session.id, lab, player: { authorization: `Bearer ${link.split('#token=')[1] ?? ''}` } };
    },
    /** A socket on one of the server's paths; the caller waits for `connect` or `connect_error`. */
    connect(path: string, headers: Readonly<Record<string, string>> = instructor): Socket {
      const socket = io(server.url, {
        path,
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
        extraHeaders: { ...headers },
      });
      sockets.push(socket);
      return socket;
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.disconnect();
      await server.close('the test is over');
    },
  };
}
