// Both ends of the host messages over a line in memory: a person's terminal here, the host there.
import { expect, test } from 'vitest';
import { Emitter } from '../../src/base/emitter.ts';
import { HostAgent } from '../../src/host/agent/host-agent.ts';
import { terminalCreditBytes, type HostNews } from '../../src/host/agent/messages.ts';
import { HostClient } from '../../src/runtime/host-client.ts';
import { HostWorld, turn } from '../support/host-world.ts';

interface Connected {
  readonly world: HostWorld;
  readonly client: HostClient;
  readonly agent: HostAgent;
  readonly impaired: string[];
}

/** Messages are cloned, as every real line does, and arrive in a later turn. */
function connect(): Connected {
  const world = new HostWorld();
  const news = new Emitter<HostNews>();
  const impaired: string[] = [];
  const agent = new HostAgent({
    host: world.host,
    send: (message) => void setImmediate(() => news.emit(structuredClone(message))),
    impair: (name) => void impaired.push(`impair ${name}`),
    cut: (name, cut) => void impaired.push(`cut ${name} ${String(cut)}`),
  });
  const client = new HostClient({ name: 'client', restart: async () => undefined });
  client.attach({
    send: (request) => void setImmediate(() => agent.handle(structuredClone(request))),
    onNews: news.on,
  });
  return { world, client, agent, impaired };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Lets messages and what they set off pass to and fro, without the passing of time. */
async function exchange(world: HostWorld): Promise<void> {
  for (let index = 0; index < 10; index += 1) await world.pass(0);
}

test('a command’s output, errors, input and status come back', async () => {
  const { world, client } = connect();
  const result = await world.finish(client.run('cat; nosuch; exit 4', { stdin: bytes('in') }));
  expect(new TextDecoder().decode(result.stdout)).toBe('in');
  expect(new TextDecoder().decode(result.stderr)).toBe('nosuch: command not found\n');
  expect(result.status).toBe(4);
});

test('a command that takes too long is ended, and the fault says so', async () => {
  const { world, client } = connect();
  const running = client.run('sleep 1000', { timeoutMs: 2000 });
  await expect(world.finish(running)).rejects.toMatchObject({ code: 'command-timeout', exitCode: 124 });
  expect(world.clock.now()).toBe(2000);
  expect(world.clock.pending).toBe(0);
});

test('aborting a run ends the command', async () => {
  const { world, client } = connect();
  const controller = new AbortController();
  const running = client.run('sleep 1000', { signal: controller.signal });
  running.catch(() => undefined);
  await exchange(world);
  controller.abort();
  await expect(world.finish(running)).rejects.toThrow();
  expect(world.clock.now()).toBeLessThan(1000);
});

test('a terminal carries keys and output', async () => {
  const { world, client } = connect();
  const terminal = await world.finish(client.openTerminal({ columns: 80, rows: 24 }));
  let output = '';
  terminal.onOutput((piece) => void (output += new TextDecoder().decode(piece)));
  terminal.write(bytes('echo hi | grep h\r'));
  await exchange(world);
  expect(output).toContain('\r\nhi\r\n');
  let closed = 0;
  terminal.onClosed(() => (closed += 1));
  terminal.close();
  await exchange(world);
  expect(closed).toBe(1);
});

test('a viewer that takes nothing stops the flood at its credit, and Ctrl-C still works', async () => {
  const { world, client } = connect();
  const terminal = await world.finish(client.openTerminal({ columns: 80, rows: 24 }));
  let received = 0;
  let takeAll = (): void => undefined;
  const taken = new Promise<void>((resolve) => (takeAll = resolve));
  let tail = '';
  terminal.onOutput((piece) => {
    received += piece.length;
    tail = (tail + new TextDecoder().decode(piece)).slice(-200);
    return taken;
  });
  terminal.write(bytes('yes\r'));
  await world.pass(1000);
  const { host } = world;
  terminal.write(bytes('\x03'));
  await exchange(world);
  expect(host.services.processes.list().map(({ command }) => command)).toEqual(['-sh']);
  takeAll();
  await world.pass(10);
  await exchange(world);
  expect(received).toBeGreaterThan(terminalCreditBytes / 2);
  expect(received).toBeLessThan(terminalCreditBytes + 64 * 1024);
  expect(tail).toContain('root@client:~# ');
});

test('a slow viewer gets every byte in order', async () => {
  const { world, client } = connect();
  const terminal = await world.finish(client.openTerminal({ columns: 80, rows: 24 }));
  let output = '';
  terminal.onOutput(async (piece) => {
    await turn();
    output += new TextDecoder().decode(piece);
  });
  terminal.write(bytes('seq 100000\r'));
  for (let index = 0; index < 200 && !output.includes('\n100000\r'); index += 1) await world.pass(10);
  const numbers = output
    .replace('\x1b[?2004l', '')
    .split('\r\n')
    .filter((line) => /^\d+$/.test(line));
  expect(numbers).toEqual(Array.from({ length: 100_000 }, (_, index) => String(index + 1)));
});

test('inspection, impairment, cut and capture are answered; a failure is a fault', async () => {
  const { world, client, impaired } = connect();
  expect(await world.finish(client.inspect())).toMatchObject({ interfaces: [], tcp: [] });
  await world.finish(client.impair('eth0', {}));
  await world.finish(client.cut('eth0', true));
  await world.finish(client.setCapture(true));
  expect(impaired).toEqual(['impair eth0', 'cut eth0 true']);
  world.host.dispose();
  await expect(world.finish(client.run('true'))).rejects.toMatchObject({ code: 'host-down' });
});

test('when the line is lost, requests fail, terminals close, and a new line serves again', async () => {
  const { world, client } = connect();
  const terminal = await world.finish(client.openTerminal({ columns: 80, rows: 24 }));
  let closed = false;
  terminal.onClosed(() => (closed = true));
  const running = client.run('sleep 10');
  running.catch(() => undefined);
  client.detach('its container is gone');
  await expect(running).rejects.toMatchObject({ code: 'host-down', message: expect.stringContaining('container') });
  await expect(client.inspect()).rejects.toMatchObject({ code: 'host-down' });
  expect(closed).toBe(true);
});

test('disposing the agent ends its terminals and runs, not the host', async () => {
  const { world, client, agent } = connect();
  await world.finish(client.openTerminal({ columns: 80, rows: 24 }));
  const running = client.run('sleep 1000');
  running.catch(() => undefined);
  await exchange(world);
  agent.dispose();
  client.detach('the test is over');
  await exchange(world);
  expect(world.clock.pending).toBe(0);
  expect((await world.run('echo alive')).stdout).toBe('alive\n');
});
