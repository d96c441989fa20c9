// The command line in a process of its own, on scripted labs: `node cli-process.ts STATE-DIRECTORY WORDS...`.
import { Fault } from '../../src/base/fault.ts';
import { seededRandom } from '../../src/base/random.ts';
import { onInterrupt } from '../../src/cli/interrupts.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import { RealClock } from '../../src/host/real-clock.ts';
import { scriptedClassroom } from './classroom.ts';

const [stateDirectory = '', ...words] = process.argv.slice(2);
const clock = new RealClock();
const { runtime, runtimes, templates } = scriptedClassroom(clock);
if (process.env['ACKADEMY_TEST_STUCK'] !== undefined) runtime.stuck = true;

const status = await runCommandLine(words, {
  clock,
  random: seededRandom(process.pid),
  environment: process.env,
  streams: process,
  stdin: process.stdin,
  templates: {
    ...templates,
    lint: async (text, file) => {
      if (text.includes('hosts:')) return 'Hello: 2 hosts, 1 segment';
      throw new Fault('template-invalid', 'The template has no hosts.', { place: { file, line: 1, key: 'hosts' } });
    },
    schema: () => ({ type: 'object' }),
  },
  runtimes: async (choice) => {
    if (choice === 'docker') await runtimes.get('docker');
    return runtimes;
  },
  stateDirectory,
  root: stateDirectory,
  version: '0.0.0-test',
  onInterrupt,
  exit: (code) => process.exit(code),
});
process.exit(status);
