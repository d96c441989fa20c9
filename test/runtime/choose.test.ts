// Choosing where labs run: Docker if it answers, else embedded, and always saying why.
import { expect, test } from 'vitest';
import { Fault } from '../../src/base/fault.ts';
import { chooseRuntimes } from '../../src/runtime/choose.ts';
import type { Runtime, RuntimeKind } from '../../src/runtime/runtime.ts';
import { ScriptedRuntime } from '../support/scripted-runtime.ts';

const setup = (dockerAnswers: boolean) => {
  const opened: RuntimeKind[] = [];
  const engine = { answers: dockerAnswers };
  const open = (kind: RuntimeKind) => async (): Promise<Runtime> => {
    if (kind === 'docker' && !engine.answers) throw new Fault('engine-unreachable', 'No Docker engine answers.');
    opened.push(kind);
    return Object.assign(new ScriptedRuntime(), { kind });
  };
  return { opened, engine, openers: { embedded: open('embedded'), docker: open('docker') } };
};

test('auto takes Docker when its engine answers, and opens nothing else', async () => {
  const { openers, opened } = setup(true);
  const source = await chooseRuntimes('auto', openers);
  expect([source.preferred, source.reason, opened]).toEqual(['docker', 'its engine answers', ['docker']]);
});

test('auto takes the embedded one otherwise, and says what was missing', async () => {
  const source = await chooseRuntimes('auto', setup(false).openers);
  expect([source.preferred, source.reason]).toEqual(['embedded', 'No Docker engine answers']);
  expect((await source.all()).map((runtime) => runtime.kind)).toEqual(['embedded']);
});

test('what was asked for is used or refused, never replaced', async () => {
  const { openers, opened } = setup(true);
  expect((await chooseRuntimes('embedded', openers)).preferred).toBe('embedded');
  expect(opened).toEqual(['embedded']);
  await expect(chooseRuntimes('docker', setup(false).openers)).rejects.toMatchObject({ code: 'engine-unreachable' });
});

test('a runtime is opened once, also when two want it at the same time; an engine may be started later', async () => {
  const { openers, opened, engine } = setup(false);
  const source = await chooseRuntimes('embedded', openers);
  await expect(source.get('docker')).rejects.toThrow();
  engine.answers = true;
  const [first, second] = await Promise.all([source.get('docker'), source.get('docker')]);
  expect(first).toBe(second);
  expect(opened).toEqual(['embedded', 'docker']);
  expect(source.opened()).toHaveLength(2);
});
