// The shell behind a terminal, as a person meets it: typed keys in, a screen out.
import { expect, test } from 'vitest';
import { HostWorld } from '../../support/host-world.ts';

test('a pipeline typed at the prompt prints its result and a new prompt', async () => {
  const terminal = new HostWorld().openTerminal();
  await terminal.type('echo hi | grep h\r');
  expect((await terminal.screen()).slice(-3)).toEqual(['root@client:~# echo hi | grep h', 'hi', 'root@client:~#']);
});

test('Ctrl-C stops a flood at once and gives 130', async () => {
  const world = new HostWorld();
  const terminal = world.openTerminal();
  await terminal.type('yes\r');
  await world.pass(20);
  expect(terminal.outputBytes).toBeGreaterThan(100_000);
  await terminal.type('\x03');
  const atOnce = terminal.outputBytes;
  await world.pass(50);
  expect(terminal.outputBytes).toBe(atOnce);
  await terminal.type('echo $?\r');
  expect((await terminal.screen()).slice(-2)).toEqual(['130', 'root@client:~#']);
});

test('a flood that prints nothing is stopped as well', async () => {
  const world = new HostWorld();
  const terminal = world.openTerminal();
  for (const line of ['yes > /dev/null', 'cat /dev/zero > /dev/null', 'yes | cat > /dev/null', 'wc -c < /dev/zero']) {
    await terminal.type(`${line}\r`);
    await world.pass(5);
    await terminal.type('\x03');
    await terminal.type('echo status $?\r');
    expect((await terminal.screen()).at(-2), line).toBe('status 130');
  }
});

test('a program reads lines of the terminal until Ctrl-D, with erase and kill', async () => {
  const terminal = new HostWorld().openTerminal();
  await terminal.type('cat\r');
  await terminal.type('ab한\x7fc\r');
  await terminal.type('wrong\x15right\r');
  await terminal.type('\x04');
  expect((await terminal.screen()).slice(-5)).toEqual(['abc', 'abc', 'right', 'right', 'root@client:~#']);
});

test('an interrupted reader takes nothing from the next one', async () => {
  const terminal = new HostWorld().openTerminal();
  await terminal.type('cat\r');
  await terminal.type('\x03');
  await terminal.type('cat\r');
  await terminal.type('second\r');
  await terminal.type('\x04');
  expect((await terminal.screen()).slice(-3)).toEqual(['second', 'second', 'root@client:~#']);
});

test('what is typed ahead while a program runs is the next command', async () => {
  const world = new HostWorld();
  const terminal = world.openTerminal();
  await terminal.type('sleep 2\recho ahead\r');
  await world.pass(2100);
  expect((await terminal.screen()).slice(-3)).toEqual(['root@client:~# echo ahead', 'ahead', 'root@client:~#']);
});

test('a background job has a number, a notice, and can be killed', async () => {
  const world = new HostWorld();
  const terminal = world.openTerminal();
  await terminal.type('sleep 100 &\r');
  await terminal.type('jobs\r');
  const pid = /\[1\] (\d+)/.exec(terminal.transcript)?.[1];
  expect(Number(pid)).toBeGreaterThan(1);
  expect(terminal.transcript).toMatch(/\[1\]\+ {2}Running +sleep 100 &/);
  await terminal.type('kill %1\r');
  await terminal.type('\r');
  expect(terminal.transcript).toMatch(/\[1\]\+ {2}Terminated +sleep 100/);
  await terminal.type('jobs\r');
  expect((await terminal.screen()).slice(-2)).toEqual(['root@client:~# jobs', 'root@client:~#']);
});

test('fg waits for a job and Ctrl-C ends it', async () => {
  const world = new HostWorld();
  const terminal = world.openTerminal();
  await terminal.type('sleep 100 &\r');
  await terminal.type('fg\r');
  await terminal.type('\x03');
  await terminal.type('echo $?\r');
  expect((await terminal.screen()).slice(-2)).toEqual(['130', 'root@client:~#']);
  expect(world.clock.pending).toBe(0);
});

test('a background job writes above the line being typed', async () => {
  const world = new HostWorld();
  const terminal = world.openTerminal();
  await terminal.type('sleep 1 && echo news &\r');
  await terminal.type('echo half');
  await world.pass(1100);
  expect((await terminal.screen()).slice(-2)).toEqual(['news', 'root@client:~# echo half']);
  await terminal.type(' way\r');
  expect((await terminal.screen()).at(-3)).toBe('half way');
});

test('exit and Ctrl-D on an empty line close the terminal', async () => {
  const world = new HostWorld();
  const [first, second] = [world.openTerminal(), world.openTerminal()];
  await first.type('exit 3\r');
  await second.type('\x04');
  expect([first.closed, second.closed]).toEqual([true, true]);
});

test('hanging up ends what runs, and the host’s end leaves no timer', async () => {
  const world = new HostWorld();
  const terminal = world.openTerminal();
  await terminal.type('sleep 50 &\r');
  await terminal.type('sleep 100\r');
  expect(world.clock.pending).toBe(2);
  terminal.hangUp();
  await world.pass(0);
  expect(world.clock.pending).toBe(0);
  const other = world.openTerminal();
  await other.type('yes > /dev/null\r');
  world.host.dispose();
  await world.pass(0);
  expect(world.clock.pending).toBe(0);
  expect(other.closed).toBe(true);
});

test('output without a final line feed does not swallow the prompt', async () => {
  const terminal = new HostWorld().openTerminal();
  await terminal.type('echo -n tail\r');
  expect((await terminal.screen()).slice(-2)).toEqual(['tail', 'root@client:~#']);
});

test('Ctrl-C at the prompt drops the line; the interrupt status is 130', async () => {
  const terminal = new HostWorld().openTerminal();
  await terminal.type('echo lost\x03');
  await terminal.type('echo $?\r');
  expect((await terminal.screen()).slice(-4)).toEqual([
    'root@client:~# echo lost^C',
    'root@client:~# echo $?',
    '130',
    'root@client:~#',
  ]);
});
