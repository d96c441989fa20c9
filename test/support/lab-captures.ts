// Captures of what people do in labs, on virtual time: one interface's frames, for tests of everything that reads frames.
import { readTemplate } from '../../src/catalogue/read.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import { VirtualLab } from '../../src/runtime/embedded/virtual-runtime.ts';
import type { CapturedFrame } from '../../src/runtime/runtime.ts';
import { parseImpairment } from '../../src/wiring/impairment/netem-text.ts';

export interface CaptureOptions {
  readonly template: string;
  /** Whose frames: `client eth0`. */
  readonly place: string;
  /** `host$ command` lines, in order; one that ends with & is not waited for. */
  readonly lines: readonly string[];
  /** Host and interface, then netem's words: `r1 eth0 loss 10%`. */
  readonly impair?: readonly string[];
}

export async function captureLab(options: CaptureOptions): Promise<readonly CapturedFrame[]> {
  const { template } = await readTemplate(options.template);
  const lab = await VirtualLab.start(planLab(template, { seed: 'capture' }), { labId: 'capture' });
  const frames: CapturedFrame[] = [];
  lab.capture((frame) => {
    if (`${frame.host} ${frame.interface}` === options.place) frames.push(frame);
  });
  for (const line of options.impair ?? []) {
    const [host = '', name = '', ...words] = line.split(' ');
    const parsed = parseImpairment(words.join(' '));
    if (!parsed.ok) throw new Error(parsed.fault.message);
    await lab.impair(host, name, parsed.impairment);
  }
  const running: Promise<unknown>[] = [];
  for (const line of options.lines) {
    const [, host = '', command = '', background] = /^(\S+)\$ (.*?)( &)?$/.exec(line) ?? [];
    const work = lab.hosts.get(host)?.run(command, { timeoutMs: 600_000 });
    if (work === undefined) throw new Error(`no host ${host}`);
    running.push(work);
    if (background === undefined) await work;
    await lab.pass(500);
  }
  await Promise.all(running);
  await lab.pass(5000);
  await lab.stop();
  return frames;
}
