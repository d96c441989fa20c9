// `ackademy template`: for authors: is this file a template, and what may it contain?
import { readFile } from 'node:fs/promises';
import { Fault } from '../../base/fault.ts';
import type { Output } from '../output.ts';
import type { World } from '../world.ts';

export async function templateLint(world: World, output: Output, file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Fault(
      'bad-argument',
      `The file can not be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      {
        place: { file },
        cause,
      },
    );
  });
  const summary = await world.templates.lint(text, file);
  output.data({ file, ok: true, summary });
  output.say(`${file}: ${summary}`);
  return 0;
}

export async function templateSchema(world: World): Promise<number> {
  world.streams.stdout.write(`${JSON.stringify(world.templates.schema(), null, 2)}\n`);
  return 0;
}
