// The running server, as commands talk to it: found by its state file, asked over its API.
import { Fault } from '../base/fault.ts';
import { faultResponse, fromFaultMessage } from '../messages/faults.ts';
import type { z } from 'zod';
import { readServerState, type ServerState } from '../server/state-file.ts';

export class ServerClient {
  readonly #state: ServerState;

  private constructor(state: ServerState) {
    this.#state = state;
  }

  /** Undefined when no server has left its state. Whether it answers shows when it is asked. */
  static async find(stateDirectory: string): Promise<ServerClient | undefined> {
    const state = await readServerState(stateDirectory);
    return state === undefined ? undefined : new ServerClient(state);
  }

  /** Throws `Fault` server-unreachable when there is none. */
  static async require(stateDirectory: string): Promise<ServerClient> {
    const client = await ServerClient.find(stateDirectory);
    if (client !== undefined) return client;
    throw new Fault('server-unreachable', 'No lab server is running.', {
      nextStep: 'Start one with "ackademy serve" in another terminal.',
    });
  }

  get url(): string {
    return this.#state.url;
  }

  /** Undefined when it does not answer: its state is left over. */
  async ifAlive(): Promise<ServerClient | undefined> {
    try {
      await this.#fetch('GET', '/api/labs');
      return this;
    } catch {
      return undefined;
    }
  }

  /** Asks, and reads the answer by `schema`. Throws the server's own fault, or server-unreachable. */
  async ask<T extends z.ZodType>(
    schema: T,
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<z.output<T>> {
    const response = await this.#fetch(method, path, body, signal);
    const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
    if (!response.ok) {
      const refused = faultResponse.safeParse(answer);
      throw refused.success ? fromFaultMessage(refused.data.fault) : notOurs(this.url, `it answers ${response.status}`);
    }
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw notOurs(this.url, 'its answer is of another version');
    return parsed.data;
  }

  async #fetch(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    try {
      return await fetch(this.url + path, {
        method,
        headers: { authorization: `Bearer ${this.#state.token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal !== undefined && { signal }),
      });
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      throw new Fault(
        'server-unreachable',
        `The lab server that was running at ${this.url} does not answer any more.`,
        {
          cause,
          nextStep: 'Start one with "ackademy serve" in another terminal.',
        },
      );
    }
  }
}

function notOurs(url: string, what: string): Fault {
  return new Fault('server-unreachable', `What listens at ${url} is not a lab server of this version: ${what}.`, {
    nextStep: 'Stop it and run "ackademy serve".',
  });
}
