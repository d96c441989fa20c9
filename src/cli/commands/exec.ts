// `ackademy exec`: one command on a host of a running lab; its output and status become ours.
import { present } from '../../base/assert.ts';
import { runResponse } from '../../messages/api.ts';
import { fromBase64, toBase64 } from '../../messages/bytes.ts';
import { commandLine } from '../command-line.ts';
import type { Output } from '../output.ts';
import { ServerClient } from '../server-client.ts';
import { readStandardInput } from '../standard-input.ts';
import type { World } from '../world.ts';

export interface ExecOptions {
  readonly lab: string;
  readonly host: string;
  readonly words: readonly string[];
  readonly stdin?: boolean;
  /** ms. */
  readonly timeout?: number;
}

export async function exec(world: World, output: Output, options: ExecOptions): Promise<number> {
  const server = await ServerClient.require(world.stateDirectory);
  const stdin = options.stdin === true ? toBase64(await readStandardInput(world.stdin)) : undefined;
  const abort = new AbortController();
  const stopListening = world.onInterrupt(() => abort.abort()); // hanging up interrupts the command
  try {
    const path = `/api/labs/${encodeURIComponent(options.lab)}/hosts/${encodeURIComponent(options.host)}/run`;
    const body = { command: commandLine(options.words), stdin, timeoutMs: options.timeout };
    const result = await server.ask(runResponse, 'POST', path, body, abort.signal);
    return tellResult(output, result.status, bytesOf(result.stdout), bytesOf(result.stderr));
  } catch (error) {
    if (abort.signal.aborted) return 130;
    throw error;
  } finally {
    stopListening();
  }
}

/** Prints a command's result and gives back its status. */
export function tellResult(output: Output, status: number, stdout: Uint8Array, stderr: Uint8Array): number {
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  output.data({ status, stdout: text(stdout), stderr: text(stderr) });
  if (!output.json) output.raw(stdout, stderr);
  return status;
}

function bytesOf(base64: string): Uint8Array {
  return present(fromBase64(base64), 'the server sends base64');
}
