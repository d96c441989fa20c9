// Finds the Docker engine as its own tools do (DOCKER_HOST, then the usual sockets) and says plainly why it can not.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { Engine, type EngineAddress } from './engine.ts';

/** The engine's address from `DOCKER_HOST`, else the first socket that exists. Throws `Fault` bad-argument. */
export function engineAddress(
  environment: Readonly<Record<string, string | undefined>>,
  exists: (path: string) => boolean = existsSync,
): EngineAddress {
  const given = environment['DOCKER_HOST'] ?? '';
  if (given !== '') return parseEngineAddress(given);
  const candidates = [
    '/var/run/docker.sock',
    ...(environment['XDG_RUNTIME_DIR'] === undefined ? [] : [join(environment['XDG_RUNTIME_DIR'], 'docker.sock')]),
    join(homedir(), '.docker', 'run', 'docker.sock'), // Docker Desktop
  ];
  return { kind: 'socket', path: candidates.find(exists) ?? '/var/run/docker.sock' };
}

function parseEngineAddress(text: string): EngineAddress {
  if (text.startsWith('unix://')) return { kind: 'socket', path: text.slice('unix://'.length) };
  const match = /^(?:tcp|http):\/\/(\[[0-9a-f:]+\]|[^:/]+)(?::(\d+))?\/?$/i.exec(text);
  if (match?.[1] === undefined) {
    throw new Fault('bad-argument', `DOCKER_HOST is ${text}, which is none of the forms that are understood here.`, {
      nextStep: 'Use unix:///path/to/docker.sock or tcp://host:port.',
    });
  }
  return { kind: 'tcp', host: match[1].replaceAll(/[[\]]/g, ''), port: Number(match[2] ?? 2375) };
}

/** An engine that answers. Throws `Fault` engine-unreachable with what to do about it. */
export async function connectEngine(environment: Readonly<Record<string, string | undefined>>): Promise<Engine> {
  const address = engineAddress(environment);
  try {
    return await Engine.open(address);
  } catch (error) {
    const place = address.kind === 'socket' ? address.path : `${address.host}:${address.port}`;
    const code = (error as { code?: string } | undefined)?.code;
    throw new Fault('engine-unreachable', `No Docker engine answers at ${place} (${code ?? String(error)}).`, {
      cause: error,
      nextStep: nextStepFor(code),
    });
  }
}

function nextStepFor(code: string | undefined): string {
  if (code === 'ENOENT') return 'Install and start Docker, or choose the embedded runtime, which needs none.';
  if (code === 'EACCES')
    return 'Your user may not use the socket: join the group "docker", or use the embedded runtime.';
  return 'Start the engine (for example: sudo systemctl start docker), or choose the embedded runtime.';
}
