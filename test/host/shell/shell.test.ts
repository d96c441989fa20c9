// Command lines run without a terminal: statuses, pipes, redirections, variables, jobs.
import { expect, test } from 'vitest';
import type { CommandDefinition } from '../../../src/host/shell/command.ts';
import { CollectingSink, emptySource } from '../../../src/host/shell/pipe.ts';
import { HostWorld } from '../../support/host-world.ts';

const cases: readonly (readonly [line: string, stdout: string, status: number])[] = [
  ['echo hi | grep h', 'hi\n', 0],
  ['echo hi | grep x', '', 1],
  ['true && echo yes || echo no', 'yes\n', 0],
  ['false && echo yes || echo no', 'no\n', 0],
  ['false; echo $?', '1\n', 0],
  ['! false', '', 0],
  ['exit 3; echo never', '', 3],
  ['yes | head -n 2', 'y\ny\n', 0],
  ['A=5; echo $A "$A$A"', '5 55\n', 0],
  ['export B="x y"; echo "$B" $HOSTNAME', 'x y client\n', 0],
  ['echo one > f; echo two >> f; cat < f; wc -l f', 'one\ntwo\n1 f\n'.replace('1 f', '2 f'), 0],
  ['nosuch 2>&1 | cat', 'nosuch: command not found\n', 0],
  ['cat missing 2> err; cat err', 'cat: missing: No such file or directory\n', 0],
  ['echo both &> all; cat all', 'both\n', 0],
  ['seq 3 | tee copy | wc -l; cat copy', '3\n1\n2\n3\n', 0],
  ['/bin/echo path', 'path\n', 0],
  ['sleep 3 & wait; echo done', 'done\n', 0],
  ['sleep 3 & kill $!; wait $!; echo $?', '143\n', 0],
  ['exit', '', 0],
  ['false; exit', '', 1],
];
test.each(cases)('%s', async (line, stdout, status) => {
  const result = await new HostWorld().run(line);
  expect({ stdout: result.stdout, status: result.status }).toEqual({ stdout, status });
});

test('an unknown command is 127, a wrong line 2, wrong options 2', async () => {
  const world = new HostWorld();
  expect(await world.run('nosuch')).toMatchObject({ status: 127, stderr: 'nosuch: command not found\n' });
  expect(await world.run('a |')).toMatchObject({ status: 2 });
  expect(await world.run('head -z')).toMatchObject({
    status: 2,
    stderr: "head: invalid option -- 'z'\nTry 'head --help' for more information.\n",
  });
});

test('a writer into a closed pipe ends with 141, quietly', async () => {
  const world = new HostWorld();
  const result = await world.run('yes | true; yes > /dev/null &');
  expect(result).toMatchObject({ status: 0, stderr: '' });
});

test('a redirection that fails is said and runs nothing', async () => {
  const world = new HostWorld();
  expect(await world.run('echo x > /etc')).toMatchObject({
    status: 1,
    stderr: 'sh: /etc: Is a directory\n',
    stdout: '',
  });
  expect(await world.run('cat < nothing')).toMatchObject({ stderr: 'sh: nothing: No such file or directory\n' });
});

test('a full file space ends the writer with a message', async () => {
  const result = await new HostWorld().run('yes > big; ls big');
  expect(result).toMatchObject({ stderr: 'yes: No space left on device\n', stdout: 'big\n' });
});

test('an interrupted run ends with the signal’s status and leaves no timer', async () => {
  const world = new HostWorld();
  const controller = new AbortController();
  const sink = new CollectingSink();
  const running = world.host.run('sleep 1000; echo never', {
    stdin: emptySource,
    stdout: sink,
    stderr: sink,
    signal: controller.signal,
  });
  await world.pass(10);
  controller.abort();
  expect(await world.finish(running)).toBe(143);
  expect([sink.text, world.clock.pending]).toEqual(['', 0]);
});

test('time tells the host’s time', async () => {
  expect((await new HostWorld().run('time sleep 1.5')).stderr).toBe('\nreal\t0m1.500s\n');
});

test('a command that throws is a bug: status 70, and the host reports it', async () => {
  const broken: CommandDefinition = {
    name: 'broken',
    summary: '',
    description: [],
    options: [],
    operands: [],
    run: async () => {
      throw new RangeError('off by one');
    },
  };
  const world = new HostWorld({}, [broken]);
  expect(await world.run('broken')).toMatchObject({ status: 70, stderr: 'broken: internal error: off by one\n' });
  expect(world.reports).toMatchObject([{ kind: 'bug', command: 'broken', host: 'client' }]);
});

test('a program that catches the interrupt prints its summary and keeps its status', async () => {
  const counter: CommandDefinition = {
    name: 'counter',
    summary: '',
    description: [],
    options: [],
    operands: [],
    catchesInterrupt: true,
    async run({ host, signal, stdout }) {
      await host.sleep(1e6, signal);
      await stdout.write('summary\n');
      return 0;
    },
  };
  const world = new HostWorld({}, [counter]);
  const terminal = world.openTerminal();
  await terminal.type('counter; echo then $?\r');
  await terminal.type('\x03');
  expect((await terminal.screen()).slice(-3)).toEqual(['^Csummary', 'then 0', 'root@client:~#']);
});
