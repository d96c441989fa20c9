// The guides' commands, typed as a student types them, on virtual time: every one works, and prints what it printed before.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { course, listTemplates, readTemplate } from '../../src/catalogue/read.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import { VirtualLab } from '../../src/runtime/embedded/virtual-runtime.ts';
import type { CommandResult, RunningHost } from '../../src/runtime/runtime.ts';

interface TypedCommand {
  readonly host: string;
  readonly line: string;
}

/** ms of lab time that a student takes to read and to type. */
const thinkingMs = 2_000;

/** Lines such as `client$ ping server` of a guide's code blocks. */
function typedCommands(guide: string): readonly TypedCommand[] {
  const blocks = Array.from(guide.matchAll(/^```\n([\s\S]*?)^```$/gm), (match) => match[1] ?? '');
  return blocks
    .flatMap((block) => block.split('\n'))
    .map((line) => /^([a-z0-9-]+)\$ (.+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, host = '', line = '']) => ({ host, line }));
}

let lab: VirtualLab | undefined;
afterEach(async () => {
  await lab?.stop();
  expect(lab?.pendingTimers ?? 0).toBe(0);
  lab = undefined;
});

function hostOf(running: VirtualLab, name: string): RunningHost {
  const host = running.hosts.get(name);
  if (host === undefined) throw new Error(`the guide names ${name}, which is no host of the lab`);
  return host;
}

const printed = ({ host, line }: TypedCommand, { stdout, stderr, status }: CommandResult): string => {
  const decoder = new TextDecoder();
  return `${host}$ ${line}\n${decoder.decode(stdout)}${decoder.decode(stderr)}[${status}]\n`;
};

/** What everything prints, in the order in which it ended. A line that waits for others runs on while they are typed. */
async function transcript(running: VirtualLab, commands: readonly TypedCommand[]): Promise<string> {
  const output: string[] = [];
  const background: Promise<unknown>[] = [];
  const leaving = new AbortController();
  for (const command of commands) {
    const isBackground = command.line.endsWith(' &') || command.line.startsWith('nc -l');
    const ending = hostOf(running, command.host)
      .run(command.line.replace(/ &$/, ''), { timeoutMs: 600_000, signal: leaving.signal })
      .then((result) => output.push(printed(command, result)));
    if (isBackground) background.push(ending);
    else await ending;
    await running.pass(thinkingMs);
  }
  leaving.abort(); // who leaves the terminal ends what runs there
  await Promise.allSettled(background);
  await running.pass(thinkingMs);
  return output.join('\n');
}

test('the course names every lab, and no other', async () => {
  expect(await listTemplates()).toEqual(course);
});

describe.each(await listTemplates())('the guide of %s', (name) => {
  test('is the same in both languages, command by command', async () => {
    const { guide } = await readTemplate(name);
    expect(typedCommands(guide.en).length).toBeGreaterThan(4);
    expect(typedCommands(guide.ko)).toEqual(typedCommands(guide.en));
  });

  test('has commands that print what they should (test/golden/guides)', async () => {
    const { template, guide } = await readTemplate(name);
    lab = await VirtualLab.start(planLab(template, { seed: 'guide' }), { labId: 'guide' });
    const seen = await transcript(lab, typedCommands(guide.en));
    expect(seen).not.toMatch(/command not found|invalid option|unrecognized/);
    const golden = new URL(`../golden/guides/${name}.txt`, import.meta.url);
    if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(golden, seen);
    expect(seen).toBe(readFileSync(golden, 'utf8'));
  });
});
