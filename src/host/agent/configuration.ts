// What the agent is told at its container's creation, in environment variables: it boots without anybody attached.
import { gunzipSync, gzipSync } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import type { PlannedHost } from '../../lab/plan.ts';

export interface AgentConfiguration {
  readonly host: PlannedHost;
  /** Seed of the host's random draws, so that no two hosts of a lab draw alike. */
  readonly seed: string;
  readonly attachments: readonly AgentAttachment[];
  /** False: somebody else (tc) makes impairments true, the agent's own model stays out of the way. */
  readonly impairs: boolean;
}

/** One of the container's interfaces. */
export interface AgentAttachment {
  /** The plan's name of the interface. */
  readonly interface: string;
  /** The address that the engine gave the kernel's interface: by it we find which one it is. */
  readonly engineAddress: string;
  /** MAC addresses of the other ends of the segment, as text: whom we may speak to. */
  readonly peers: readonly string[];
}

const variablePrefix = 'ACKADEMY_HOST_';
/** Linux takes 128 kB for one variable. */
const variableCharacters = 100_000;

/** The variables that hold `configuration`. */
export function writeConfiguration(configuration: AgentConfiguration): Record<string, string> {
  const text = gzipSync(JSON.stringify(configuration)).toString('base64');
  const variables: Record<string, string> = {};
  for (let part = 0; part * variableCharacters < text.length; part += 1) {
    variables[`${variablePrefix}${part}`] = text.slice(part * variableCharacters, (part + 1) * variableCharacters);
  }
  return variables;
}

/** What `writeConfiguration` wrote. Throws `Fault` bad-argument when it is not there. */
export function readConfiguration(variables: Readonly<Record<string, string | undefined>>): AgentConfiguration {
  let text = '';
  for (let part = 0; ; part += 1) {
    const piece = variables[`${variablePrefix}${part}`];
    if (piece === undefined) break;
    text += piece;
  }
  if (text === '') throw new Fault('bad-argument', `${variablePrefix}0 is not set: this program runs in a lab host`);
  // Written by the orchestrator of the same release: the image's tag sees to that.
  return JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString()) as AgentConfiguration;
}
