// Reading the files that a command names, or its standard input when it names none.
import { FileError, type ByteSource, type CommandContext } from '../command.ts';
import { openSource } from '../file-streams.ts';

export interface Input {
  /** As named; `-` for standard input. */
  readonly name: string;
  readonly source: ByteSource;
}

/**
 * Hands each input to `use`, in order; what cannot be opened is complained about, and makes the status 1.
 * No names mean standard input.
 */
export async function eachInput(
  context: CommandContext,
  command: string,
  names: readonly string[],
  use: (input: Input, index: number) => Promise<void>,
): Promise<number> {
  let status = 0;
  for (const [index, name] of (names.length === 0 ? ['-'] : names).entries()) {
    if (context.signal.aborted) break;
    let source: ByteSource;
    try {
      source = name === '-' ? context.stdin : openSource(context.host, name);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await context.stderr.write(`${command}: ${name}: ${error.message}\n`);
      status = 1;
      continue;
    }
    await use({ name, source: endingWith(context, source) }, index);
  }
  return status;
}

/** A large file or a device does not end by itself when its reader is interrupted, nor does it let others have a turn. */
function endingWith(context: CommandContext, source: ByteSource): ByteSource {
  if (source === context.stdin) return source;
  return {
    read: async () => {
      if (context.signal.aborted) return undefined;
      await context.host.sleep(0);
      return source.read();
    },
  };
}
