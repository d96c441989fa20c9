// Standard input as a whole, for commands that pass it on to a host.
import { Fault } from '../base/fault.ts';
import { maximumStdinBytes } from '../messages/api.ts';

/** Everything up to the end of the stream. Throws `Fault` bad-argument when it is too much for one command. */
export async function readStandardInput(stdin: NodeJS.ReadableStream): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (length > maximumStdinBytes) {
      throw new Fault('bad-argument', 'Standard input is longer than 1 MiB.', { nextStep: 'Pass less of it.' });
    }
  }
  return Buffer.concat(chunks);
}
