// How commands speak: results on standard output, everything else on standard error, progress only on a terminal.
import { Listr } from 'listr2';
import { Fault, formatFault } from '../base/fault.ts';
import { toFaultMessage } from '../messages/faults.ts';
import type { LabProgress } from '../messages/lab.ts';

/** Where the words go; `process.stdout` and `process.stderr` outside of tests. */
export interface Streams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export class Output {
  readonly #streams: Streams;
  readonly json: boolean;

  constructor(streams: Streams, json: boolean) {
    this.#streams = streams;
    this.json = json;
  }

  /** A line for people; nothing with --json. */
  say(line: string): void {
    if (!this.json) this.#streams.stdout.write(`${line}\n`);
  }

  /** A remark that is no result. */
  note(line: string): void {
    if (!this.json) this.#streams.stderr.write(`${line}\n`);
  }

  /** The result with --json. */
  data(value: unknown): void {
    if (this.json) this.#streams.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** A command's own output, byte for byte. */
  raw(stdout: Uint8Array, stderr: Uint8Array): void {
    this.#streams.stdout.write(stdout);
    this.#streams.stderr.write(stderr);
  }

  /** Rows below a heading, in columns as wide as they must be. */
  table(heading: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = heading.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
    for (const row of [heading, ...rows])
      this.say(
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
  }

  /** One sentence, and what to do about it. */
  fault(error: unknown): void {
    const fault = error instanceof Fault ? error : undefined;
    if (this.json && fault !== undefined)
      this.#streams.stderr.write(`${JSON.stringify({ fault: toFaultMessage(fault) })}\n`);
    else if (fault !== undefined) this.#streams.stderr.write(`ackademy: ${formatFault(fault)}\n`);
    // A bug: whoever reports it needs the whole of it.
    else
      this.#streams.stderr.write(
        `ackademy: a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
  }

  /** Does `work` under a title; on a terminal the latest step is seen while it lasts. */
  async working<T>(title: string, work: (tell: (progress: LabProgress) => void) => Promise<T>): Promise<T> {
    if (this.json || this.#streams.stderr.isTTY !== true || this.#streams.stdout.isTTY !== true)
      return await work(() => undefined);
    const done: { value?: T } = {};
    const list = new Listr(
      [
        {
          title,
          task: async (_context, task) => {
            done.value = await work((progress) => {
              task.output = `${progress.step} ${progress.name} (${progress.done} of ${progress.total})`;
            });
          },
        },
      ],
      { registerSignalListeners: false, rendererOptions: { collapseErrors: true, showErrorMessage: false } },
    );
    await list.run();
    return done.value as T; // the one task has run to its end
  }
}
