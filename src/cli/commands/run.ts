// `ackademy run`: a lab for one command, within this process: what CI and examples use.
import { integerBelow } from '../../base/random.ts';
import { commandLine } from '../command-line.ts';
import type { Output } from '../output.ts';
import { readStandardInput } from '../standard-input.ts';
import type { RuntimeChoice, World } from '../world.ts';
import { LabSession } from '../../classroom/lab-session.ts';
import { labId } from '../../messages/ids.ts';
import { tellResult } from './exec.ts';

export interface RunOptions {
  readonly template: string;
  readonly host: string;
  readonly words: readonly string[];
  readonly runtime: RuntimeChoice;
  readonly seed?: string;
  readonly stdin?: boolean;
  /** ms. */
  readonly timeout?: number;
}

/** Seeds that users can repeat: few digits. */
const seedLimit = 1_000_000;

export async function run(world: World, output: Output, options: RunOptions): Promise<number> {
  const stdin = options.stdin === true ? await readStandardInput(world.stdin) : undefined;
  const source = await world.runtimes(options.runtime);
  const runtime = await source.get(source.preferred);
  const abort = new AbortController();
  let session: LabSession | undefined;
  const stopListening = world.onInterrupt(() => {
    abort.abort();
    void session?.stop('it was interrupted');
  });
  try {
    const seed = options.seed ?? String(integerBelow(world.random, seedLimit));
    const plan = await world.templates.plan(options.template, seed);
    const id = labId.parse(`run-${process.pid}-${integerBelow(world.random, 10_000)}`);
    const lab = (session = LabSession.start({ id, plan, runtime, clock: world.clock }));
    await output.working(`Starting ${options.template} (seed ${seed})`, async (tell) => {
      lab.onNews((news) => news.kind === 'progress' && tell(news.progress));
      await lab.started;
    });
    if (abort.signal.aborted) return 130;
    if (lab.failure !== undefined) throw lab.failure;
    const result = await lab.run(options.host, commandLine(options.words), {
      stdin,
      timeoutMs: options.timeout,
      signal: abort.signal,
    });
    return tellResult(output, result.status, result.stdout, result.stderr);
  } catch (error) {
    if (abort.signal.aborted) return 130;
    throw error;
  } finally {
    stopListening();
    await session?.stop('the command has ended');
    await Promise.all(source.opened().map((one) => one.close()));
  }
}
