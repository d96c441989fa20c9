// What the commands are given: time, chance, runtimes, templates, and where this installation keeps its things.
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { RuntimeSource } from '../classroom/lab-registry.ts';
import type { Templates } from '../classroom/templates.ts';
import type { RuntimeKind } from '../runtime/runtime.ts';
import type { Streams } from './output.ts';

/** As the server's log takes them; here so that `--help` need not load the log. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export const runtimeChoices = ['auto', 'embedded', 'docker'] as const;
export type RuntimeChoice = 'auto' | RuntimeKind;

export interface TemplateTools extends Templates {
  /** Checks a template's text; returns what it describes in one line. Throws `Fault` template-invalid with its place. */
  lint(text: string, file: string): Promise<string>;
  /** The JSON schema of a template file. */
  schema(): unknown;
}

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly streams: Streams;
  readonly stdin: NodeJS.ReadableStream;
  readonly templates: TemplateTools;
  /** Chooses a runtime. Throws `Fault` when the one asked for can not be used here. */
  runtimes(choice: RuntimeChoice): Promise<RuntimeSource>;
  readonly stateDirectory: string;
  /** The folder of this installation: where web/ and dist/ are. */
  readonly root: string;
  readonly version: string;
  /** Calls `listener` when the user or the system wants this to end; returns what stops listening. */
  onInterrupt(listener: (signal: string) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): never;
}
