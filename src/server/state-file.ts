// Where a running server is found by the command line: a file with its address and token, for its owner's eyes only.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const serverState = z.object({ url: z.url(), pid: z.int().positive(), token: z.string().min(1) });
export type ServerState = z.infer<typeof serverState>;

const fileOf = (stateDirectory: string): string => join(stateDirectory, 'server.json');

/** Readable by the owner alone from the first byte on. */
export async function writeServerState(stateDirectory: string, state: ServerState): Promise<void> {
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  const draft = `${fileOf(stateDirectory)}.${state.pid}`;
  await rm(draft, { force: true });
  await writeFile(draft, `${JSON.stringify(state)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(draft, fileOf(stateDirectory));
}

/** Undefined when no server has left its state, or something unreadable lies there. */
export async function readServerState(stateDirectory: string): Promise<ServerState | undefined> {
  try {
    const result = serverState.safeParse(JSON.parse(await readFile(fileOf(stateDirectory), 'utf8')));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the state of the server with this process id; another server's stays. */
export async function removeServerState(stateDirectory: string, pid: number): Promise<void> {
  if ((await readServerState(stateDirectory))?.pid === pid) await rm(fileOf(stateDirectory), { force: true });
}
