// A classroom on scripted runtimes, with one template: two hosts on one segment.
import { Fault } from '../../src/base/fault.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Clock } from '../../src/base/clock.ts';
import { LabRegistry, type RuntimeSource } from '../../src/classroom/lab-registry.ts';
import type { Templates } from '../../src/classroom/templates.ts';
import { templateOf } from '../../src/lab/parse.ts';
import { templateName } from '../../src/messages/ids.ts';
import { twoHosts } from './plan.ts';
import { ScriptedRuntime } from './scripted-runtime.ts';

export const scriptedTemplates: Templates = {
  list: async () => [entry()],
  read: async (name) => {
    if (name !== 'hello') throw unknown(name);
    return { entry: entry(), guide: { en: '# Hello', ko: '# 안녕' } };
  },
  planText: (text, file, seed) => ({ ...twoHosts(), template: templateOf(text, file).name, seed }),
  plan: async (name, seed) => {
    if (name !== 'hello') throw unknown(name);
    return { ...twoHosts(), template: name, seed };
  },
};

export function scriptedClassroom(clock: Clock) {
  const runtime = new ScriptedRuntime();
  const runtimes: RuntimeSource = {
    preferred: 'embedded',
    reason: 'a test has chosen it',
    get: async (kind) => {
      if (kind === 'embedded') return runtime;
      throw new Fault('engine-unreachable', 'No Docker engine answers.', { nextStep: 'Use the embedded runtime.' });
    },
    opened: () => [runtime],
    all: async () => [runtime],
  };
  const registry = new LabRegistry({
    runtimes,
    templates: scriptedTemplates,
    clock,
    random: seededRandom('classroom'),
  });
  return { runtime, runtimes, registry, templates: scriptedTemplates };
}

function entry() {
  return {
    name: templateName.parse('hello'),
    title: { en: 'Hello', ko: '안녕' },
    summary: { en: 'Two hosts.', ko: '두 호스트.' },
    hosts: 2,
    links: 1,
  };
}

function unknown(name: string): Fault {
  return new Fault('template-unknown', `No template is called ${name}.`, { nextStep: 'There is hello.' });
}
