// `ackademy serve`: puts the server together, prints its one link, and ends everything on Ctrl-C.
import { spawn } from 'node:child_process';
import { LabRegistry } from '../../classroom/lab-registry.ts';
import { makeLog } from '../../server/log.ts';
import { startServer, type RunningServer } from '../../server/server.ts';
import { removeServerState, writeServerState } from '../../server/state-file.ts';
import { buildWeb } from '../../server/web-build.ts';
import type { Output } from '../output.ts';
import type { LogLevel, RuntimeChoice, World } from '../world.ts';

export interface ServeOptions {
  readonly port?: number;
  readonly host: string;
  readonly runtime: RuntimeChoice;
  readonly open?: boolean;
  readonly log: LogLevel;
}

/** Two signals within this time are one Ctrl-C: a wrapper may pass on what the terminal has sent to both. */
const sameInterruptMs = 300;

export async function serve(world: World, output: Output, options: ServeOptions): Promise<number> {
  const { clock, random, templates, stateDirectory } = world;
  const runtimes = await world.runtimes(options.runtime);
  const webDirectory = await buildWeb({ root: world.root, progress: (line) => output.note(line) });
  const registry = new LabRegistry({ runtimes, templates, clock, random });
  const server = await startServer({
    host: options.host,
    port: options.port,
    registry,
    runtimes,
    templates,
    clock,
    random,
    log: makeLog(options.log),
    version: world.version,
    webDirectory,
  }).catch(async (error: unknown) => {
    await registry.close('the server could not start');
    throw error;
  });
  const interrupted = interruption(world, output);
  await writeServerState(stateDirectory, { url: server.url, pid: process.pid, token: server.instructorToken });
  const adopted = await registry.adopt();

  output.say(`Open ${server.instructorUrl}`);
  output.say(`Labs run on ${runtimes.preferred}: ${runtimes.reason}.`);
  if (webDirectory === undefined) output.note('This installation has no page: the API and the other commands work.');
  if (adopted.length > 0)
    output.note(`Taken over from an earlier server: ${adopted.map((session) => session.id).join(', ')}.`);
  if (options.open === true) openBrowser(server.instructorUrl);

  const signal = await interrupted;
  output.note(`${signal}: ending labs. Once more to leave at once.`);
  await endAll(registry, server);
  await removeServerState(stateDirectory, process.pid);
  return 0;
}

async function endAll(registry: LabRegistry, server: RunningServer): Promise<void> {
  const reason = 'the server was stopped';
  await Promise.allSettled(registry.list.map((lab) => registry.end(lab.id, reason)));
  await server.close(reason);
}

/** Resolves at the first interruption; the second one, if it is not the echo of the first, ends the process. */
function interruption(world: World, output: Output): Promise<string> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    world.onInterrupt((signal) => {
      const nowMs = world.clock.now();
      if (firstAtMs === undefined) {
        firstAtMs = nowMs;
        resolve(signal);
      } else if (nowMs - firstAtMs > sameInterruptMs) {
        output.note('Left at once. "ackademy down --all" removes what may be left.');
        world.exit(130);
      }
    });
  });
}

function openBrowser(url: string): void {
  const opener = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open';
  // Without a browser the printed link is still there.
  spawn(opener, [url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}
